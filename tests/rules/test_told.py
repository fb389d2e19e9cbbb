"""Form, import, approver and register say the same of an example of each rule, and each guard stops where it can."""

from __future__ import annotations

import json

import pytest

from app.core.db import Database
from app.rules.service import shipped
from tests.factories.house import housing
from tests.rules import told

CASES = [("rules", code, case) for code, case in told.RULES.items()] + [
    ("guards", code, case) for code, case in told.GUARDS.items()
]


@pytest.mark.parametrize(("kind", "code", "case"), CASES, ids=[code for _, code, _ in CASES])
def test_what_each_place_says_is_what_the_page_of_rules_prints(
    ruled: Database, kind: str, code: str, case: told.Case, pytestconfig: pytest.Config
) -> None:
    with housing(ruled) as house:
        said = told.told_of(house, case)
    held = told.held()
    if pytestconfig.getoption("freeze"):
        held.setdefault(kind, {})[code] = said
        told.TOLD.write_text(json.dumps(held, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert held[kind][code] == said


def test_every_rule_that_is_asked_has_an_example_and_is_heard_in_all_four_places() -> None:
    asked = {rule["code"] for rule in shipped() if not rule.get("waits_for")}
    held = told.held()
    assert held["rules"].keys() == told.RULES.keys() == asked
    assert held["guards"].keys() == told.GUARDS.keys()
    for code, said in held["rules"].items():
        assert [place for place in told.PLACES if code not in said[place]] == NOT_HEARD.get(code, []), code


NOT_HEARD = {
    "A17": ["form", "import", "approver"],  # such a unit lies beyond the area of those who ask here
    "A02": ["import"],  # a row with a code is taken for the unit that bears it
}
