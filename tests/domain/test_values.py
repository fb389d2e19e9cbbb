"""One reading of a typed value, whatever door it came through."""

from __future__ import annotations

import pytest

from app.core.said import LANGUAGES, Said
from app.domain.fields import NUMBERS
from app.domain.values import FAULTS, MOST, ValueFault, read_value


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_every_number_is_read_from_text_and_from_a_number(name: str) -> None:
    assert read_value(name, "2023") == read_value(name, 2023) == 2023


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("nonop_expense", " -12 ", -12),
        ("employees", "１２", 12),
        ("employees", "", ""),
        ("employees", None, ""),
        ("employees", "  ", ""),
        ("name", " 甲商店 ", "甲商店"),
        ("opened_on", "2024-02", "2024-02"),
        ("revenue", str(MOST), MOST),
    ],
)
def test_a_value_is_read_as_its_field_holds_it(name: str, given: object, value: object) -> None:
    assert read_value(name, given) == value


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("nonsense", "1", "field_unknown"),
        ("employees", "twelve", "not_whole_number"),
        ("employees", "1.5", "not_whole_number"),
        ("employees", 1.5, "not_whole_number"),
        ("employees", True, "not_whole_number"),
        ("employees", "9" * 5000, "not_whole_number"),
        ("employees", str(MOST + 1), "number_out_of_range"),
        ("employees", -MOST - 1, "number_out_of_range"),
        ("employees", 2**63, "number_out_of_range"),
        ("employees", -1, "number_too_small"),
        ("name", 12, "not_text"),
        ("name", "a\x00b", "text_unreadable"),
        ("name", "\ud800", "text_unreadable"),
        ("postcode", "4000200", "text_too_long"),
        ("opened_on", "2024-13", "not_partial_date"),
        ("uscc", "500105190001010004", "citizen_number"),
        ("tax_no", "50010519000101001200", "citizen_number"),
        ("parent_uscc", "５００１０５１９０００１０１００１２", "citizen_number"),
    ],
)
def test_what_a_field_cannot_hold_is_a_fault_with_a_code_that_names_no_value(
    name: str, given: object, code: str
) -> None:
    with pytest.raises(ValueFault) as fault:
        read_value(name, given)
    assert (fault.value.code, fault.value.field) == (code, name)
    words = [Said(fault.value.code, fault.value.facts).text(language) for language in LANGUAGES]
    assert all(words)
    assert len(set(words)) == 2
    assert str(given) not in str(fault.value.facts)


def test_every_fault_that_has_words_can_be_met() -> None:
    assert set(FAULTS) == {
        "field_unknown", "not_whole_number", "number_out_of_range", "number_too_small", "not_text", "text_unreadable", "text_too_long",
        "not_partial_date", "citizen_number",
    }  # fmt: skip
