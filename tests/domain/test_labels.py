"""What people call the closed words."""

from __future__ import annotations

import pytest

from app.domain.fields import FIELDS
from app.domain.labels import label


@pytest.mark.parametrize(
    ("kind", "word", "zh", "en"),
    [
        ("request", "in_review", "待审批", "In review"),
        ("field", "name", "单位详细名称", "full registered name"),
        ("field", "unit_id", "单位内部编号", "unit id"),
        ("source", "of_a_later_version", "of_a_later_version", "of_a_later_version"),
        ("field", "no_such_field", "no_such_field", "no_such_field"),
        ("role", None, "", ""),
    ],
)
def test_a_word_is_called_by_its_name_and_an_unknown_one_by_itself(kind: str, word: str, zh: str, en: str) -> None:
    assert (label(kind, word), label(kind, word, "en")) == (zh, en)


def test_an_unknown_kind_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        label("colour", "red")


def test_no_two_fields_are_called_alike() -> None:
    for language in ("zh", "en"):
        names = [label("field", field.name, language) for field in FIELDS]
        assert len(names) == len(set(names))
