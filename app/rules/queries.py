"""Rules in force, and what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import locked
from app.core.rights import Territory
from app.domain.lives import FindingStatus
from app.domain.period import STILL_KNOWN
from app.models import Finding, FindingNote, Rule, RuleRun, UserAccount, unit_version
from app.rules.errors import FindingNotFound, RuleNotFound

STANDING = (str(FindingStatus.OPEN), str(FindingStatus.EXPLAINED))


def rules_on(session: Session, on: date) -> list[Rule]:
    """The rules in force on a day, by code, those that wait for something among them."""
    statement = select(Rule).where(col(Rule.valid_from) <= on, col(Rule.valid_until) > on)
    return list(session.execute(statement.order_by(col(Rule.code))).scalars())


def require_rule(session: Session, code: str) -> None:
    """Raises RuleNotFound where there never was a rule of that code; none is asked for where it is empty."""
    if code and session.execute(select(col(Rule.rule_id)).where(col(Rule.code) == code)).first() is None:
        raise RuleNotFound(rule=code)


def asked_on(session: Session, on: date) -> list[Rule]:
    """The rules that are asked on a day."""
    return [rule for rule in rules_on(session, on) if not rule.waits_for]


def last_run(session: Session) -> RuleRun | None:
    """The last look at the whole register."""
    found: RuleRun | None = session.execute(
        select(RuleRun).order_by(col(RuleRun.run_id).desc()).limit(1)
    ).scalar_one_or_none()
    return found


@dataclass(frozen=True)
class Sought:
    """Which findings are meant; empty means any."""

    rule: str = ""
    unit_id: int | None = None
    status: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        tests: list[Any] = [col(Finding.status).in_((self.status,) if self.status else STANDING)]
        tests += [col(Finding.rule) == self.rule] if self.rule else []
        tests += [col(Finding.unit_id) == self.unit_id] if self.unit_id is not None else []
        return tests


def _within(within: Territory, on: date) -> ColumnElement[bool]:
    """Findings of units that lie within an area on a day."""
    v = unit_version.c
    held = (v.superseded_at == STILL_KNOWN, v.valid_from <= on, v.valid_until > on)
    lies = within.condition(v.area_code, v.park_code)
    return select(v.unit_id).where(v.unit_id == col(Finding.unit_id), *held, lies).exists()


def _asked_still(on: date) -> ColumnElement[bool]:
    """Findings of rules that are in force: what an ended one found is closed by the next look, and nobody's until then."""
    same = (col(Rule.code) == col(Finding.rule), col(Rule.valid_from) <= on, col(Rule.valid_until) > on)
    return select(col(Rule.rule_id)).where(*same).exists()


def list_findings(
    session: Session, sought: Sought, *, within: Territory, on: date, after: int, limit: int
) -> Sequence[Finding]:
    """Findings about units of an area, in the order in which they were first found."""
    wanted = (*sought.conditions(), _within(within, on), _asked_still(on), col(Finding.finding_id) > after)
    statement = select(Finding).where(*wanted)
    return list(session.execute(statement.order_by(col(Finding.finding_id)).limit(limit)).scalars())


def findings_of_units(session: Session, unit_ids: Sequence[int]) -> Sequence[Finding]:
    """What stands of the rules about some units, explained or not."""
    statement = select(Finding).where(col(Finding.unit_id).in_(unit_ids), col(Finding.status).in_(STANDING))
    return list(session.execute(statement.order_by(col(Finding.finding_id))).scalars())


def counts(session: Session, *, within: Territory, on: date) -> dict[tuple[str, str], int]:
    """How many findings there are by rule and state, about units of an area."""
    statement = select(col(Finding.rule), col(Finding.status), func.count()).where(_within(within, on))
    grouped = statement.group_by(col(Finding.rule), col(Finding.status))
    return {(rule, status): count for rule, status, count in session.execute(grouped)}


def get_finding(session: Session, finding_id: int, *, within: Territory, on: date) -> Finding:
    """A finding, held until the transaction ends. Raises FindingNotFound."""
    wanted = (col(Finding.finding_id) == finding_id, _within(within, on), _asked_still(on))
    statement = select(Finding).where(*wanted)
    found: Finding | None = session.execute(locked(statement)).scalar_one_or_none()
    if found is None:
        raise FindingNotFound
    return found


def notes_of(session: Session, finding_ids: Sequence[int]) -> dict[int, list[tuple[FindingNote, str]]]:
    """Finding to its notes with who wrote them, the oldest first."""
    statement = (
        select(FindingNote, col(UserAccount.name))
        .join(UserAccount, col(UserAccount.user_id) == col(FindingNote.by))
        .where(col(FindingNote.finding_id).in_(finding_ids))
    )
    found: dict[int, list[tuple[FindingNote, str]]] = {}
    for note, name in session.execute(statement.order_by(col(FindingNote.note_id))):
        found.setdefault(note.finding_id, []).append((note, name))
    return found
