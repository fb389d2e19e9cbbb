"""All selects of the spot checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.actor import Actor
from app.core.dialect import locked
from app.core.rights import kept
from app.domain.lives import CheckStatus
from app.models import FrameUnit, Office, SpotCheck, SpotCheckItem, Unit, unit_version
from app.quality.errors import CheckNotFound, UnitNotDrawn


def count_open(session: Session, actor: Actor) -> int:
    """Open checks of the actor's office and of those below it."""
    statement = (
        select(func.count())
        .select_from(SpotCheck)
        .join(Office, col(Office.office_id) == col(SpotCheck.office_id))
        .where(col(SpotCheck.status) == CheckStatus.OPEN, kept(actor, col(Office.path)))
    )
    return int(session.execute(statement).scalar_one())


def list_checks(session: Session, actor: Actor, *, before: int = 0, limit: int = 100) -> list[SpotCheck]:
    """Checks of the actor's office and those below, the newest first."""
    statement = (
        select(SpotCheck)
        .join(Office, col(Office.office_id) == col(SpotCheck.office_id))
        .where(kept(actor, col(Office.path)))
        .order_by(col(SpotCheck.check_id).desc())
        .limit(limit)
    )
    if before:
        statement = statement.where(col(SpotCheck.check_id) < before)
    return list(session.execute(statement).scalars())


def get_check(session: Session, check_id: int, actor: Actor) -> SpotCheck:
    """A check of the actor's office or of one below. Raises CheckNotFound."""
    statement = (
        select(SpotCheck)
        .join(Office, col(Office.office_id) == col(SpotCheck.office_id))
        .where(col(SpotCheck.check_id) == check_id, kept(actor, col(Office.path)))
    )
    found: SpotCheck | None = session.execute(statement).scalar_one_or_none()
    if found is None:
        raise CheckNotFound(check_id=check_id)
    return found


def lock_check(session: Session, check_id: int, actor: Actor) -> SpotCheck:
    """The same, held until the transaction ends: two people recording at once come one after the other."""
    get_check(session, check_id, actor)
    statement = locked(select(SpotCheck).where(col(SpotCheck.check_id) == check_id))
    found: SpotCheck = session.execute(statement, execution_options={"populate_existing": True}).scalar_one()
    return found


def find_by_name(session: Session, name: str) -> SpotCheck | None:
    found: SpotCheck | None = session.execute(select(SpotCheck).where(col(SpotCheck.name) == name)).scalar_one_or_none()
    return found


def items_of(session: Session, check_id: int) -> list[SpotCheckItem]:
    """All drawn units in the order of the draw."""
    statement = select(SpotCheckItem).where(col(SpotCheckItem.check_id) == check_id)
    return list(session.execute(statement.order_by(col(SpotCheckItem.seq))).scalars())


def get_item(session: Session, check_id: int, seq: int) -> SpotCheckItem:
    """Raises UnitNotDrawn."""
    item = session.get(SpotCheckItem, (check_id, seq))
    if item is None:
        raise UnitNotDrawn(check_id=check_id, seq=seq)
    return item


def held_values(session: Session, version_id: int, names: Sequence[str]) -> dict[str, Any]:
    """What a version says in some fields."""
    statement = select(*(unit_version.c[name] for name in names)).where(unit_version.c.version_id == version_id)
    return dict(session.execute(statement).mappings().one())


def next_unvisited(session: Session, check_id: int, after: int) -> int | None:
    """The next unit nobody visited yet, from the beginning again after the last."""
    statement = (
        select(col(SpotCheckItem.seq))
        .where(col(SpotCheckItem.check_id) == check_id, col(SpotCheckItem.presence) == "")
        .order_by(col(SpotCheckItem.seq) <= after, col(SpotCheckItem.seq))
        .limit(1)
    )
    return session.execute(statement).scalar_one_or_none()


def numbered_units(session: Session, frame_id: int) -> list[tuple[int, int, int]]:
    """Unit, the version that the frame holds, and its permanent random number."""
    statement = (
        select(col(FrameUnit.unit_id), col(FrameUnit.version_id), col(Unit.random_number))
        .join(Unit, col(Unit.unit_id) == col(FrameUnit.unit_id))
        .where(col(FrameUnit.frame_id) == frame_id)
        .order_by(col(FrameUnit.unit_id))
    )
    return [(unit_id, version_id, number) for unit_id, version_id, number in session.execute(statement)]
