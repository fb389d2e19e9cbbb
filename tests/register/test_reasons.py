"""The table of decision 44 says of each reason what the register does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.domain.fields import NAMES
from app.domain.steps import HAS_END, HAS_HEIR, NAMES_HEIR, STEPS
from app.domain.words import Reason, Standing
from app.register.brought import brought
from app.register.rules import empty_value

PAGE = Path(__file__).parents[2] / "docs/decisions/0044-what-a-reason-does.md"
DAY = date(2024, 12, 31)


def row_of(reason: Reason) -> str:
    """What the code says of a reason: where it finds a unit, what it leaves, what it sets, whether heirs and ends are told."""
    step = STEPS[reason]
    finds = "any" if step.finds == frozenset(Standing) else " ".join(sorted(step.finds)) or "none"
    after = f", after {' '.join(sorted(step.after))}" if step.after else ""
    heir = "has" if reason in HAS_HEIR else "may" if reason in NAMES_HEIR else "–"
    ends = "may" if reason in HAS_END else "–"
    return f"| `{reason}` | {finds}{after} | {step.leaves or 'as it was'} | {sets(reason)} | {heir} | {ends} |"


def sets(reason: Reason) -> str:
    """Of a branch that lives, or is closed where the reason finds no live one."""
    lives = Standing.LIVE in STEPS[reason].finds or not STEPS[reason].finds
    before = {name: empty_value(name) for name in NAMES} | {
        "standing": "live" if lives else "closed",
        "unit_type": "2",
        "operating_status": "1" if lives else "6",
        "parent_uscc": "P",
        "parent_name": "N",
        "part_kind": "2",
        "closed_on": "" if lives else "2024-01-01",
    }
    if reason is Reason.RESUME:
        before["operating_status"] = "2"
    found = brought(reason, DAY, "day", {}, before)
    told = {name: value for name, value in found.items() if value != before[name]}
    return ", ".join(f"`{name}` {value or 'empty'}" for name, value in told.items()) or "–"


@pytest.mark.parametrize("reason", Reason)
def test_the_table_says_what_the_code_does(reason: Reason) -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `{reason}` |")]
    assert [row[: len(row_of(reason))] for row in rows] == [row_of(reason)]
