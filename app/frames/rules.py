"""Pure decisions about frames: who may confirm what, what may happen in which state, which days a period means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from app.core.actor import Actor
from app.core.errors import AppError, SecondPersonNeeded, VersionMoved
from app.domain.period import Period
from app.domain.roles import Permission
from app.domain.words import FrameStatus
from app.frames.errors import (
    FrameFrozen,
    FrameNotBuilt,
    FrameNotConfirmed,
    FrameNotFrozen,
    InvalidPeriod,
    SamePersonConfirms,
    SurveyMoved,
)
from app.models import Frame, FrameConfirmation
from app.surveys.queries import Owned
from app.surveys.rules import is_own, require_own


class Side(StrEnum):
    """Who confirms: the register department and the professional section (surveys.md §5)."""

    REGISTER = "register"
    SECTION = "section"


PERMISSION = {
    Side.REGISTER: Permission.FRAME_CONFIRM_REGISTER,
    Side.SECTION: Permission.FRAME_CONFIRM_SECTION,
}


def require_open(name: str, status: str) -> None:
    if status in (FrameStatus.FROZEN, FrameStatus.DISCARDED):
        raise FrameFrozen(name=name, status=str(status))


def require_built(frame: Frame) -> None:
    if frame.status == FrameStatus.DRAFT:
        raise FrameNotBuilt(name=frame.name)


def require_frozen(frame: Frame) -> None:
    if frame.status != FrameStatus.FROZEN:
        raise FrameNotFrozen(name=frame.name, status=str(frame.status))


def require_other_person(actor: Actor, side: Side, held: Sequence[FrameConfirmation]) -> None:
    """Raises SamePersonConfirms when this person has already spoken for the other side."""
    if any(given.actor_id == actor.user_id and given.side != side for given in held):
        raise SamePersonConfirms(login=actor.login)


def require_of_section(actor: Actor, owned: Owned) -> None:
    """Whoever is there for a section works on lists of its own surveys; the register side on all.

    Raises NotTheSection.
    """
    if not is_of_section(actor, owned):
        require_own(actor, owned)


def is_of_section(actor: Actor, owned: Owned) -> bool:
    return actor.may(PERMISSION[Side.REGISTER]) or is_own(actor, owned)


def require_side(actor: Actor, side: Side, frame: Frame, owned: Owned) -> None:
    """Whether this person may speak for a side: nobody who wrote the list, and for the section only its own.

    Raises SurveyMoved, NotTheSection, SecondPersonNeeded (DESIGN.md, promise 4: nobody decides on what he proposed).
    """
    require_same_section(frame, owned)
    if side is Side.SECTION:
        require_own(actor, owned)
    if actor.user_id in (frame.created_by, *frame.redefined_by):
        raise SecondPersonNeeded(login=actor.login)


def require_same_section(frame: Frame, owned: Owned) -> None:
    """A list is confirmed and frozen for the section its survey had when it was written down. Raises SurveyMoved."""
    if frame.section_id is not None and frame.section_id not in owned.sections:
        raise SurveyMoved(name=frame.name, survey=frame.survey)


def require_looked_at(frame: Frame, version: int) -> None:
    """What is confirmed is what was looked at. Raises VersionMoved."""
    if version != frame.version:
        raise VersionMoved(frame=frame.name, version=version, now=frame.version)


def sides_open_to(actor: Actor, frame: Frame, owned: Owned, held: Sequence[FrameConfirmation]) -> list[Side]:
    """The sides for which this person could confirm now."""
    if frame.status not in (FrameStatus.BUILT, FrameStatus.CONFIRMED):
        return []
    if any(given.actor_id == actor.user_id for given in held):
        return []
    missing = set(Side) - {Side(given.side) for given in held}
    return [side for side in Side if side in missing and _may(actor, side, frame, owned)]


def _may(actor: Actor, side: Side, frame: Frame, owned: Owned) -> bool:
    try:
        require_side(actor, side, frame, owned)
    except AppError:
        return False
    return actor.may(PERMISSION[side])


def require_confirmed(held: Sequence[FrameConfirmation]) -> None:
    missing = sorted(set(Side) - {Side(given.side) for given in held})
    if missing:
        raise FrameNotConfirmed(missing=[str(side) for side in missing])


_PERIOD = re.compile(r"(\d{4})(?:-?Q([1-4])|-(\d{2}))?")


def period_of(text: str) -> Period:
    """The days of `2025`, `2025Q1`, `2025-01`, or `2025-01-01..2025-04-01` (the end excluded)."""
    try:
        if ".." in text:
            start, end = text.split("..")
            return Period(date.fromisoformat(start), date.fromisoformat(end))
        match = _PERIOD.fullmatch(text)
        if match:
            return _months(int(match[1]), match[2], match[3])
    except ValueError as error:
        raise InvalidPeriod(period=text) from error
    raise InvalidPeriod(period=text)


def _months(year: int, quarter: str | None, month: str | None) -> Period:
    first, count = (int(quarter) * 3 - 2, 3) if quarter else (int(month), 1) if month else (1, 12)
    after = first + count
    return Period(date(year, first, 1), date(year + (after > 12), (after - 1) % 12 + 1, 1))
