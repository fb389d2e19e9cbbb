"""Reading taught layouts."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.actor import Actor
from app.core.dialect import locked
from app.core.rights import keeps, kept
from app.layouts.errors import LayoutNotFound
from app.models import FileLayout, Office
from importers.taught import Taught


def list_layouts(session: Session, actor: Actor, *, source: str | None, after: int, limit: int) -> list[FileLayout]:
    """Layouts in use that the actor's office taught, those above it, and those below; the newest first."""
    statement = (
        select(FileLayout)
        .join(Office, col(Office.office_id) == col(FileLayout.office_id))
        .where(or_(kept(actor, col(Office.path)), col(Office.path).in_(_above(actor.office_path))))
        .where(col(FileLayout.ended_at).is_(None))
        .order_by(col(FileLayout.layout_id).desc())
        .limit(limit)
    )
    if source:
        statement = statement.where(col(FileLayout.source) == source)
    if after:
        statement = statement.where(col(FileLayout.layout_id) < after)
    return list(session.execute(statement).scalars())


def get_layout(session: Session, layout_id: int, actor: Actor) -> FileLayout:
    """A layout in use of the actor's office or of one below it; others are as if they were not there."""
    statement = (
        select(FileLayout, col(Office.path))
        .join(Office, col(Office.office_id) == col(FileLayout.office_id))
        .where(col(FileLayout.layout_id) == layout_id, col(FileLayout.ended_at).is_(None))
    )
    found = session.execute(statement).one_or_none()
    if found is None or not keeps(actor, found[1]):
        raise LayoutNotFound(layout_id=layout_id)
    layout: FileLayout = found[0]
    return layout


def last_version(session: Session, office_id: int, source: str, name: str) -> int:
    """The newest version of a layout, whether or not it is in use; 0 where nobody taught one."""
    statement = (
        select(col(FileLayout.version))
        .where(col(FileLayout.office_id) == office_id, col(FileLayout.source) == source, col(FileLayout.name) == name)
        .order_by(col(FileLayout.version).desc())
        .limit(1)
    )
    return session.execute(statement).scalar_one_or_none() or 0


def in_use(session: Session, office_id: int, source: str, name: str) -> list[FileLayout]:
    """The versions of a layout that are in use: one at most, once each is ended by the next."""
    own = (col(FileLayout.office_id) == office_id, col(FileLayout.source) == source, col(FileLayout.name) == name)
    return list(session.execute(select(FileLayout).where(*own, col(FileLayout.ended_at).is_(None))).scalars())


def hold_office(session: Session, office_id: int) -> None:
    """Hold an office until the transaction ends, so that two who teach one layout come one behind the other."""
    session.execute(locked(select(col(Office.office_id)).where(col(Office.office_id) == office_id)))


def taught_for(session: Session, office_id: int, source: str) -> tuple[Taught, ...]:
    """By which layouts a file of an office is read: its own and those of offices above it, the newest first."""
    path = session.execute(select(col(Office.path)).where(col(Office.office_id) == office_id)).scalar_one()
    statement = (
        select(FileLayout)
        .join(Office, col(Office.office_id) == col(FileLayout.office_id))
        .where(col(Office.path).in_([path, *_above(path)]), col(FileLayout.source) == source)
        .where(col(FileLayout.ended_at).is_(None))
        .order_by(col(FileLayout.layout_id).desc())
    )
    return tuple(as_taught(layout) for layout in session.execute(statement).scalars())


def as_taught(layout: FileLayout) -> Taught:
    """A layout as the reader takes it."""
    return Taught(layout.name, layout.version, layout.like, layout.labels, **layout.ways)


def _above(path: str) -> list[str]:
    """The paths of the offices above the one with this path (`/1/4/9/`: `/1/4/`, `/1/`)."""
    numbers = [part for part in path.split("/") if part]
    return ["/" + "/".join(numbers[:depth]) + "/" for depth in range(len(numbers) - 1, 0, -1)]
