"""Code checks, on the vectors of the dossier (identifiers.md §2.5, §3, §4)."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from matching.standardise.codes import (
    check_org_code,
    check_reg_no,
    check_uscc,
    check_uscc_column,
    is_citizen_number,
    is_head_office_code,
    normalise_code,
    propose_repair,
)

VALID = [
    "11341602003165775Y",
    "91500105MA60X0016Y",
    "91500105MA5U8K3N95",
    "915000002028123494",
    "92500105MA5XY00A38",
    "93500105MA5NCP0197",
    "11500105009281232H",
    "12500105450388882T",
    "51500105MJ0123456G",
    "52500105MJP567896W",
    "54500105MF0123451H",
    "55500105MF1234567F",
    "81500105MC0123450E",
    "31500000MD0123454L",
    "N2500105MF7654327N",
]


@pytest.mark.parametrize("code", VALID)
def test_the_valid_vectors_are_valid_without_a_warning(code: str) -> None:
    verdict = check_uscc(code)
    assert (verdict.ok, verdict.level, verdict.rule) == (True, "", "")


@pytest.mark.parametrize(
    ("code", "rule", "position"),
    [
        ("91500105MA60X0016X", "check", 18),
        ("91500105MA60X0061Y", "check", 18),
        ("91500105MA6OX0016Y", "character", 12),
        ("91500105MA60X0016", "length", 0),
        ("9.15000002028123E+17", "scientific", 0),
        ("9A500105MA60X0016Y", "check", 18),
        ("9150010AMA60X0016Y", "character", 8),
        ("", "empty", 0),
    ],
)
def test_the_invalid_vectors_name_the_rule_that_fails(code: str, rule: str, position: int) -> None:
    verdict = check_uscc(code)
    assert not verdict.ok
    assert (verdict.rule, verdict.position) == (rule, position)


def test_zeros_in_place_of_a_code_are_no_code() -> None:
    assert check_uscc("0" * 18).rule == "empty"
    assert check_org_code("0" * 9).rule == "empty"
    assert not check_reg_no("0" * 13).ok


@pytest.mark.parametrize(
    "text",
    ["９１５００１０５ＭＡ６０Ｘ００１６Ｙ", " 91500105ma60x0016y ", "'91500105MA60X0016Y", '="91500105MA60X0016Y"',
     "91500105-MA60X0016-Y", "91500105MA60X0016Y\u200b", "91500105 MA60 X001 6Y\u00a0\t"],
)  # fmt: skip
def test_ways_of_writing_one_code_have_one_normal_form(text: str) -> None:
    assert normalise_code(text) == "91500105MA60X0016Y"


def test_a_wrong_inner_organisation_code_alone_is_a_warning() -> None:
    from matching.standardise.codes import uscc_check_character

    body = "91500105MA60X0015"
    verdict = check_uscc(body + uscc_check_character(body))
    assert (verdict.ok, verdict.level, verdict.rule) == (True, "warning", "org_check")


def test_an_unknown_prefix_is_a_warning() -> None:
    from matching.standardise.codes import uscc_check_character

    body = "98500105MA60X0016"
    verdict = check_uscc(body + uscc_check_character(body))
    assert (verdict.ok, verdict.rule) == (True, "prefix")


def test_organisation_codes() -> None:
    assert check_org_code("MA60X001-6").ok
    assert check_org_code("MA60X0017").rule == "check"
    assert check_org_code("MA60X001B").ok
    assert is_head_office_code("MA60X001B")
    assert not is_head_office_code("MA60X0016")


@pytest.mark.parametrize("code", ["500105000012342", "500105600123456", "110000000000017", "500105212345674"])
def test_registration_numbers_pass_mod_11_10(code: str) -> None:
    assert check_reg_no(code).level == ""
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert check_reg_no(wrong).rule == "check"


def test_cooperatives_and_old_numbers_have_no_check() -> None:
    assert check_reg_no("500105NA000123X").ok
    assert check_reg_no("5001051234567").level == "warning"


def test_a_look_alike_letter_is_proposed_and_not_silently_read() -> None:
    assert normalise_code("91500105MA6OX0016Y") == "91500105MA6OX0016Y"
    assert propose_repair("91500105MA6OX0016Y") == "91500105MA60X0016Y"
    assert propose_repair("91500105MA6OX0061Y") is None
    assert propose_repair("91500105MA60X0016Y") is None


def test_a_column_gives_the_verdicts_of_its_values() -> None:
    column = pd.Series(["91500105MA60X0016Y", "", None, "91500105MA60X0016X", "91500105MA60X0016Y"])
    table = check_uscc_column(column)
    assert table["ok"].tolist() == [True, False, False, False, True]
    assert table["rule"].tolist() == ["", "empty", "empty", "check", ""]
    assert table.index.equals(column.index)


def test_the_published_codes_of_chongqing_pass(samples_real: Path) -> None:
    with (samples_real / "units_chongqing.csv").open(encoding="utf-8") as file:
        codes = [row["uscc"] for row in csv.DictReader(file)]
    failed = [code for code in codes if code and len(code) == 18 and not check_uscc(code).ok]
    assert len(codes) == 3357
    assert failed == []


@pytest.mark.parametrize("text", ["500105190001010012", "50010519000101001200", "５００１０５１９０００１０１００１２"])
def test_a_citizens_number_is_known_with_what_a_tax_office_puts_behind_it(text: str) -> None:
    assert is_citizen_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "500105190001010013",  # another check character
        "500105190013010010",  # no day
        "91500105MA60X0016Y",
        "110105197708140101",  # a day inside, and no check of either
        "5001051900010100",
        "50010519000101001200X",
        "",
    ],
)
def test_what_is_no_citizens_number(text: str) -> None:
    assert not is_citizen_number(text)


def test_a_code_that_stands_in_all_its_checks_is_no_citizens_number() -> None:
    both = "510101190001012233"  # a day of birth and the check character of a card fit too
    assert check_uscc(both).rule == ""
    assert not is_citizen_number(both)
