"""What rules say of units as somebody says they are, or would be: beside the form, to the approver, at intake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.core.dialect import chunked
from app.models import Rule
from app.register.queries import AsOf
from app.rules.queries import asked_on
from app.rules.standing import Asked, broken_by
from app.rules.worlds import ASKED, Told, names_asked

PART = 1000
"""Units of one statement, laid before the database as one parameter."""


def speak(session: Session, rows: Sequence[Mapping[str, Any]], on: date) -> list[list[Rule]]:
    """The rules that each of these units breaks, errors first. What it shares with others is looked for among the units of the
    register; asks that look at all units, and that no index answers for one, are not asked.

    A row is a version: attributes, `standing`, and the `first_day` that is known of the unit; `unit_id` 0 is a new one. A
    unit that is neither live nor closed breaks none.
    """
    rules = {rule.code: rule for rule in asked_on(session, on)}
    asked = Asked.of(rules.values()).alone()
    names = names_asked(asked.fields())
    found: list[list[Rule]] = [[] for _ in rows]
    judged = [place for place, row in enumerate(rows) if row["standing"] in ASKED]
    for part in chunked(judged, PART):
        told = Told(session, AsOf(on), tuple(rows[place] for place in part), names)
        for code, number in broken_by(told, asked.asks, "row_no"):
            found[part[number]].append(rules[code])
    return [sorted(some, key=lambda rule: (rule.level, rule.code)) for some in found]
