"""Pure decisions about frames: who may confirm what, what may happen in which state, which days a period means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from app.core.actor import Actor
from app.core.errors import Invalid
from app.domain.period import Period
from app.domain.roles import Permission
from app.domain.words import FrameStatus
from app.frames.errors import (
    FrameFrozen,
    FrameNotBuilt,
    FrameNotConfirmed,
    FrameNotFrozen,
    OutsideArea,
    SamePersonConfirms,
)
from app.models import Frame, FrameConfirmation


class Side(StrEnum):
    """Who confirms: the register department and the professional section (surveys.md §5)."""

    REGISTER = "register"
    SECTION = "section"


PERMISSION = {
    Side.REGISTER: Permission.FRAME_CONFIRM_REGISTER,
    Side.SECTION: Permission.FRAME_CONFIRM_SECTION,
}


def require_area(actor: Actor, scope: str) -> None:
    """Raises OutsideArea unless the actor's office keeps the whole area."""
    if not actor.is_system and not scope.startswith(actor.area_prefix):
        raise OutsideArea(f"area {scope or 'without bounds'} reaches beyond {actor.area_prefix}", scope=scope)


def require_open(frame: Frame) -> None:
    if frame.status in (FrameStatus.FROZEN, FrameStatus.DISCARDED):
        raise FrameFrozen(f"frame {frame.name!r} is {frame.status} and never changes", status=frame.status)


def require_built(frame: Frame) -> None:
    if frame.status == FrameStatus.DRAFT:
        raise FrameNotBuilt(f"frame {frame.name!r} is not built yet")


def require_frozen(frame: Frame) -> None:
    if frame.status != FrameStatus.FROZEN:
        raise FrameNotFrozen(f"frame {frame.name!r} is {frame.status}, not frozen", status=frame.status)


def require_other_person(actor: Actor, side: Side, held: Sequence[FrameConfirmation]) -> None:
    """Raises SamePersonConfirms when this person has already spoken for the other side."""
    if any(given.actor_id == actor.user_id and given.side != side for given in held):
        raise SamePersonConfirms(f"{actor.login} has confirmed for the other side: a second person is needed")


def require_confirmed(held: Sequence[FrameConfirmation]) -> None:
    missing = sorted(set(Side) - {Side(given.side) for given in held})
    if missing:
        raise FrameNotConfirmed(f"not confirmed yet by: {', '.join(missing)}", missing=missing)


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
        raise Invalid(f"no period: {text!r} ({error})", code="invalid_period") from error
    raise Invalid(f"no period: {text!r}; write 2025, 2025Q1, 2025-01 or FROM..UNTIL", code="invalid_period")


def _months(year: int, quarter: str | None, month: str | None) -> Period:
    first, count = (int(quarter) * 3 - 2, 3) if quarter else (int(month), 1) if month else (1, 12)
    after = first + count
    return Period(date(year, first, 1), date(year + (after > 12), (after - 1) % 12 + 1, 1))
