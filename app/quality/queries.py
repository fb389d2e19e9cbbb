"""All selects of the spot checks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.actor import Actor
from app.core.dialect import locked
from app.domain.lives import CheckStatus
from app.domain.roles import PERMISSIONS, Permission
from app.frames.definition import Definition
from app.frames.queries import holds
from app.models import Frame, FrameUnit, Office, SpotCheck, SpotCheckItem, Unit, UserAccount, UserRole, unit_version
from app.quality.errors import CheckNotFound, UnitNotDrawn
from app.quality.sight import Sight, leads, seen_by, sight_of, visited_by
from app.register.queries import AsOf, register_head

_VISITING = tuple(str(role) for role, held in PERMISSIONS.items() if Permission.VISIT in held)


def count_open(session: Session, actor: Actor) -> int:
    """Checks that are not closed yet, of those that the actor sees."""
    statement = (
        select(func.count())
        .select_from(SpotCheck)
        .join(Office, col(Office.office_id) == col(SpotCheck.office_id))
        .where(col(SpotCheck.status) != CheckStatus.CLOSED, seen_by(actor))
    )
    return int(session.execute(statement).scalar_one())


def list_checks(session: Session, actor: Actor, *, before: int = 0, limit: int = 100) -> list[SpotCheck]:
    """The checks that the actor sees, the newest first."""
    statement = (
        select(SpotCheck)
        .join(Office, col(Office.office_id) == col(SpotCheck.office_id))
        .where(seen_by(actor))
        .order_by(col(SpotCheck.check_id).desc())
        .limit(limit)
    )
    if before:
        statement = statement.where(col(SpotCheck.check_id) < before)
    return list(session.execute(statement).scalars())


def get_check(session: Session, check_id: int, actor: Actor) -> tuple[SpotCheck, Sight]:
    """A check and what the actor sees of it. Raises CheckNotFound, also where that is nothing."""
    statement = (
        select(SpotCheck, col(Office.path), visited_by(actor))
        .join(Office, col(Office.office_id) == col(SpotCheck.office_id))
        .where(col(SpotCheck.check_id) == check_id)
    )
    row = session.execute(statement).one_or_none()
    sight = sight_of(actor, row[0].status, row[1], visits=bool(row[2])) if row else None
    if row is None or sight is None:
        raise CheckNotFound(check_id=check_id)
    return row[0], sight


def lock_check(session: Session, check_id: int, actor: Actor) -> SpotCheck:
    """A check, held until the transaction ends: two people writing at once come one after the other."""
    statement = locked(select(SpotCheck).where(col(SpotCheck.check_id) == check_id))
    session.execute(statement, execution_options={"populate_existing": True}).scalar_one_or_none()
    return get_check(session, check_id, actor)[0]


def lock_led(session: Session, check_id: int, actor: Actor) -> SpotCheck:
    """The same for the head of the team alone; to whoever else may see it, there is nothing to be led. Raises CheckNotFound."""
    check = lock_check(session, check_id, actor)
    if not leads(actor, office_path(session, check)):
        raise CheckNotFound(check_id=check_id)
    return check


def office_path(session: Session, check: SpotCheck) -> str:
    """The path of the office whose check it is."""
    return str(session.execute(select(col(Office.path)).where(col(Office.office_id) == check.office_id)).scalar_one())


def find_by_name(session: Session, name: str) -> SpotCheck | None:
    found: SpotCheck | None = session.execute(select(SpotCheck).where(col(SpotCheck.name) == name)).scalar_one_or_none()
    return found


def items_of(session: Session, check_id: int, *, checker: int | None = None) -> list[SpotCheckItem]:
    """All drawn units, or those of one checker, in the order of the draw."""
    statement = select(SpotCheckItem).where(col(SpotCheckItem.check_id) == check_id)
    if checker is not None:
        statement = statement.where(col(SpotCheckItem.checker_id) == checker)
    return list(session.execute(statement.order_by(col(SpotCheckItem.seq))).scalars())


def get_item(session: Session, check_id: int, seq: int) -> SpotCheckItem:
    """As it stands now, whatever the session has read before. Raises UnitNotDrawn."""
    item = session.get(SpotCheckItem, (check_id, seq), populate_existing=True)
    if item is None:
        raise UnitNotDrawn(check_id=check_id, seq=seq)
    return item


def seqs_of(session: Session, check_id: int, among: Sequence[int] | None = None) -> list[int]:
    """Places of the draw: those of them that are there, or all that nobody is named for."""
    item = col(SpotCheckItem.seq)
    statement = select(item).where(col(SpotCheckItem.check_id) == check_id).order_by(item)
    wanted = col(SpotCheckItem.checker_id).is_(None) if among is None else item.in_(among)
    return list(session.execute(statement.where(wanted)).scalars())


def list_checkers(session: Session, path: str) -> list[UserAccount]:
    """Active people of an office, and of those below, whose role visits; by login."""
    visiting = select(col(UserRole.user_id)).where(col(UserRole.role).in_(_VISITING))
    statement = (
        select(UserAccount)
        .join(Office, col(Office.office_id) == col(UserAccount.office_id))
        .where(col(UserAccount.is_active), col(UserAccount.user_id).in_(visiting))
        .where(func.substr(col(Office.path), 1, len(path)) == path)
    )
    return list(session.execute(statement.order_by(col(UserAccount.login))).scalars())


def people(session: Session, numbers: Sequence[int | None]) -> dict[int | None, str]:
    """The names of people by number."""
    known = {number for number in numbers if number is not None}
    statement = select(col(UserAccount.user_id), col(UserAccount.name)).where(col(UserAccount.user_id).in_(known))
    return {row.user_id: row.name for row in session.execute(statement)}


def held_values(session: Session, version_id: int, names: Sequence[str]) -> dict[str, Any]:
    """What a version says in some fields."""
    statement = select(*(unit_version.c[name] for name in names)).where(unit_version.c.version_id == version_id)
    return dict(session.execute(statement).mappings().one())


def day_about(session: Session, check: SpotCheck) -> date:
    """The day that a check speaks of: that of its frame, or that on which it was drawn from the register."""
    if check.reference_date is not None:
        return check.reference_date
    own = select(col(Frame.reference_date)).where(col(Frame.frame_id) == check.frame_id)
    return session.execute(own).scalar_one()


def next_unvisited(session: Session, check_id: int, after: int, *, checker: int) -> int | None:
    """The next of a checker's units that was not visited yet, from the beginning again after the last."""
    statement = (
        select(col(SpotCheckItem.seq))
        .where(col(SpotCheckItem.check_id) == check_id, col(SpotCheckItem.presence) == "")
        .where(col(SpotCheckItem.checker_id) == checker)
        .order_by(col(SpotCheckItem.seq) <= after, col(SpotCheckItem.seq))
        .limit(1)
    )
    return session.execute(statement).scalar_one_or_none()


def count_unvisited(session: Session, check_id: int) -> int:
    """Drawn units that nobody has visited."""
    left = (col(SpotCheckItem.check_id) == check_id, col(SpotCheckItem.presence) == "")
    return int(session.execute(select(func.count()).select_from(SpotCheckItem).where(*left)).scalar_one())


def register_units(session: Session, definition: Definition, as_of: AsOf) -> list[tuple[int, int, int]]:
    """The same of the register: what a definition holds as of a day and a moment, in one reading."""
    statement = (
        select(unit_version.c.unit_id, unit_version.c.version_id, col(Unit.random_number))
        .join(Unit, col(Unit.unit_id) == unit_version.c.unit_id)
        .where(as_of.holds(), holds(definition))
        .order_by(unit_version.c.unit_id)
    )
    return [(unit_id, version_id, number) for unit_id, version_id, number in session.execute(statement)]


def last_written(session: Session) -> datetime | None:
    """The moment of the newest entry of the register: what is known up to then does not change any more."""
    head = register_head(session)
    return head.recorded_at if head else None


def numbered_units(session: Session, frame_id: int) -> list[tuple[int, int, int]]:
    """Unit, the version that the frame holds, and its permanent random number."""
    statement = (
        select(col(FrameUnit.unit_id), col(FrameUnit.version_id), col(Unit.random_number))
        .join(Unit, col(Unit.unit_id) == col(FrameUnit.unit_id))
        .where(col(FrameUnit.frame_id) == frame_id)
        .order_by(col(FrameUnit.unit_id))
    )
    return [(unit_id, version_id, number) for unit_id, version_id, number in session.execute(statement)]
