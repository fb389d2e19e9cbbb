"""`minglu check codes`: what a code that fails may have been, and what other kind of code it is."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from app.cli.check import codes

CODE = "91500105MA60X0016Y"


@pytest.mark.parametrize(
    ("text", "proposal", "rule"),
    [
        (f"{CODE}(1-1)", CODE, "length"),
        (f"{CODE} 副本", CODE, "length"),
        (f"统一社会信用代码：{CODE}", CODE, "length"),
        (f"{CODE}/500105000000001", CODE, "length"),
        ("91500105MA6OX0016Y", CODE, "character"),
        ("MA60X001-6", "", "org_code"),
        ("500105190001010012", "", "citizen_number"),
        (CODE, "", ""),
    ],
)
def test_f20_a_code_with_something_around_it_is_proposed(tmp_path: Path, text: str, proposal: str, rule: str) -> None:
    """The rule was length, without a proposal, and an organisation code was named by a place in it."""
    (tmp_path / "codes.csv").write_text(f'uscc\n"{text}"\n', "utf-8")
    codes(tmp_path / "codes.csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        row = next(csv.DictReader(file))
    assert (row["check_proposal"], row["check_rule"]) == (proposal, rule)
