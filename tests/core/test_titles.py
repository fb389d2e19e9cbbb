"""Titles: what the program gave is worded in both languages, what a person typed is never read as a code."""

from __future__ import annotations

import pytest
from sqlalchemy.engine.default import DefaultDialect

from app.core.said import said, worded
from app.core.types import TitleText
from app.models import notes

KEPT, DIALECT = TitleText(), DefaultDialect()


def kept(title: object) -> object:
    return KEPT.process_result_value(KEPT.process_bind_param(title, DIALECT), DIALECT)  # type: ignore[arg-type]


def test_a_title_that_the_program_gave_comes_back_as_a_code() -> None:
    title = said(notes.BATCH_TITLES["add"], batch=3, count=22)
    assert kept(title) == title
    assert worded(kept(title), "en") == "New units: batch 3, 22"  # type: ignore[arg-type]
    assert worded(title) == "新增单位：批次 3，22 个"


@pytest.mark.parametrize("typed", ["更正名称", '{"code":"title_add"}', "{", '{"a"', ""])
def test_what_a_person_typed_stays_what_it_is(typed: str) -> None:
    assert worded(kept(typed)) == typed  # type: ignore[arg-type]
    assert worded(kept(typed), "en") == typed  # type: ignore[arg-type]
