"""What the rules would say of the units of a request, once it is written: they stop nothing, and are told to all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.changes.apply import as_write
from app.changes.judging import as_write as as_draft
from app.changes.rules import ItemDraft
from app.changes.values import faults_of
from app.domain.lives import ItemStatus
from app.models import RequestItem, Rule
from app.register import writer
from app.register.rules import History, NotThen, Row, Write, first_versions, lay_over
from app.register.steps import Guard
from app.rules.counting import Weighed
from app.rules.spoken import speak

Said = list[tuple[Rule, bool]]
"""Rules that are broken, and whether it is the request that breaks them."""


def of_items(session: Session, items: Sequence[RequestItem], on: date) -> list[Said]:
    """What is said of each item of a request; of those that were written or left out, nothing."""
    open_ones = [item for item in items if item.status == ItemStatus.OPEN]
    told = of_writes(session, [as_write(item) for item in open_ones], on)
    said = {item.seq: one for item, one in zip(open_ones, told, strict=True)}
    return [said.get(item.seq, []) for item in items]


def of_writes(session: Session, writes: Sequence[Write], on: date) -> list[Said]:
    """What would be said of each unit if its write alone were made, by the rules of a day; nothing where it cannot be."""
    return [said for said, _ in _weigh(session, writes, on)]


def weigh(session: Session, items: Sequence[ItemDraft], on: date) -> list[Weighed]:
    """The same with what stops an item, and then no rule is broken: faults of its values, and a step that its unit cannot take.
    What others bear, and who would stand above it, is judged by each item as it is written."""
    faults = faults_of(session, items, on)
    sound = [item for item, wrong in zip(items, faults, strict=True) if not wrong]
    told = iter(_weigh(session, [as_draft(item) for item in sound], on))
    return [Weighed([], wrong) if wrong else _weighed(*next(told)) for wrong in faults]


def _weighed(said: Said, stop: Guard | None) -> Weighed:
    return Weighed(said, [stop.said] if stop else [])


def _weigh(session: Session, writes: Sequence[Write], on: date) -> list[tuple[Said, Guard | None]]:
    held = writer.gather(session, [write.unit_id for write in writes if write.unit_id is not None])
    now = [_now(held.get(write.unit_id or 0), write) for write in writes]
    then = [_then(held.get(write.unit_id or 0), write) for write in writes]
    before = speak(session, [row if row is not None else _NOBODY for row in now], on)
    after = speak(session, [row for row, _ in then], on)
    return [
        ([(rule, rule.code not in {one.code for one in old}) for rule in new], stop)
        for old, new, (_, stop) in zip(before, after, then, strict=True)
    ]


_NOBODY: Row = {"standing": ""}


def _now(history: History | None, write: Write) -> Row | None:
    """The unit as it stands on the day that is written of; None where there is none yet."""
    return _row(history, write.period.valid_from) if history is not None else None


def _then(history: History | None, write: Write) -> tuple[Row, Guard | None]:
    """The unit as it would stand, and what stops that."""
    if write.undoes:  # it says what was said before, and that was heard then
        return _NOBODY, None
    if history is None:
        return {**first_versions(write)[-1], "unit_id": 0, "first_day": write.period.valid_from}, None
    laid = History(history.unit_id, history.revision, list(history.believed))
    try:
        lay_over(laid, write)
    except Guard as stop:
        return _NOBODY, stop
    except NotThen:  # the unit moved on: whoever decides is told so by the decision
        return _NOBODY, None
    return _row(laid, write.period.valid_from), None


def _row(history: History, day: date) -> Row:
    """What holds on a day, or what is nearest to it."""
    first = history.believed[0]
    held: dict[str, Any] = next((row for row in reversed(history.believed) if row["valid_from"] <= day), first)
    return {**held, "unit_id": history.unit_id, "first_day": first["valid_from"]}
