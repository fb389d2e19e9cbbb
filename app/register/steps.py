"""What may become of a unit is asked of the table of steps, and told in the register's words (DESIGN.md, promise 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from app.core.errors import Conflict
from app.domain.steps import ENDING, STEPS, go_together, may_find, standing_after, status_after
from app.domain.words import ADDING, Reason, Standing


class Guard(Conflict):
    """A guard of the register stops what a request would write. A single request is refused, of a batch the item is.

    `items` are all that it and others stop of one call, by item; empty where nobody can tell whose fault it is.
    """

    items: Mapping[int, Guard] = MappingProxyType({})

    @staticmethod
    def of_all(stopped: Mapping[int, Guard]) -> Guard:
        """The first of several, which tells of all."""
        first = next(iter(stopped.values()))
        first.items = stopped
        return first


class BadStep(Guard):
    """What a request calls its reason cannot happen to a unit of this standing."""

    code = "bad_step"
    zh = "该单位在 {on} 为“{standing:standing}”（运营状态代码 {status}），不能办理“{reason:reason}”；请核对事由和日期。"
    en = "on {on} the unit is {standing:standing} (operating status {status}), so {reason:reason} cannot happen to it"


class StatusAgainst(Guard):
    """The operating status that a request states is not one of a unit in the standing that it leaves."""

    code = "status_against_standing"
    zh = (
        "运营状态代码 {status} 与单位状态“{standing:standing}”不符；误注销的请用“{reinstate:reason}”，其余请核对事由“{reason:reason}”"
        "和运营状态。"
    )
    en = (
        "the operating status {status} is none of a unit that is {standing:standing} after {reason:reason}; to undo an ending "
        "use {reinstate:reason}"
    )


def require_step(reason: Reason, before: Mapping[str, Any], changes: Mapping[str, Any], on: object) -> None:
    """What a write calls its reason can happen to a unit that says `before`. Raises BadStep, StatusAgainst.

    A status that the unit says already is not brought in by a write that takes no step.
    """
    standing, held = _stands(before)
    if not may_find(reason, standing, held):
        raise BadStep(on=str(on), standing=standing, status=held or "–", reason=str(reason))
    status = str(changes.get("operating_status") or "")
    after = standing_after(reason, standing, status)
    steps = bool(STEPS[reason].status) or after != standing
    against = bool(status) and (steps or status != held) and not go_together(reason, after, status)
    if against or (_empties(reason, changes, held) and after == Standing.CLOSED):
        told = {"reason": str(reason), "reinstate": str(Reason.REINSTATE)}
        raise StatusAgainst(status=status or "–", standing=str(Standing(after)), **told)


def _empties(reason: Reason, changes: Mapping[str, Any], held: str) -> bool:
    """Whether a write takes the status of an ended unit away and brings none."""
    emptied = "operating_status" in changes and not changes["operating_status"]
    return emptied and held in ENDING and not status_after(reason, held)


def require_onward(told: Sequence[Mapping[str, Any]], laid: Sequence[Mapping[str, Any]], since: date) -> None:
    """What happened after a day, as it was told, can still happen to the unit as a write leaves it. Raises BadStep.

    What could not have happened before the write either is not brought in by it.
    """
    ended, begun = ({row[edge]: row for row in laid} for edge in ("valid_until", "valid_from"))
    for before, row in pairwise(told):
        day, reason = row["valid_from"], Reason(row["began_by"])
        if reason in ADDING:  # a stretch of the birth that was corrected
            reason = Reason.CORRECTION
        if day <= since or not _follows(reason, before, row):
            continue
        if not _follows(reason, ended[day], begun[day]):
            standing, status = _stands(ended[day])
            raise BadStep(on=str(day), standing=standing, status=status or "–", reason=str(reason))


def _follows(reason: Reason, before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return may_find(reason, *_stands(before)) and go_together(reason, *_stands(row))


def _stands(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["standing"]), str(row["operating_status"] or "")
