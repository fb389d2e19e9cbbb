"""The rows of a frame, put in and taken out in short parts by ranges of units.

Rows of a frame that is not built are there for nobody, so they need not come or go at once; what a process that died
left of a build is taken out by the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

from sqlalchemy import and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import whoever_was
from app.codelists.queries import list_versions
from app.core.moves import move
from app.core.turns import Turns, keep_statistics, ranges, until_done, within
from app.domain.words import FrameStatus
from app.exports.rows import Fingerprint
from app.frames import queries
from app.frames.definition import Definition, parse
from app.frames.errors import BuiltElsewhere
from app.jobs.service import enqueue
from app.models import Frame, FrameConfirmation, FrameUnit, table_of, unit_version
from app.register.queries import AsOf, last_unit, register_head

DROP_TASK = "frame.drop"
"""The task that takes rows out of frames which were given up, where whoever began died over it."""

PART = 3000
"""Units looked at in one transaction: a twentieth of a second of the writer."""

_frame_unit = table_of(FrameUnit)


@dataclass(frozen=True)
class Build:
    """One build of a frame: what it draws, as of which day and moment, among which units."""

    frame_id: int
    key: str
    definition: Definition
    as_of: AsOf
    last_unit_id: int


def void(session: Session, frame: Frame, became: FrameStatus = FrameStatus.DRAFT) -> None:
    """What was built and confirmed is void: the confirmations at once, the rows by `drop_void_rows`."""
    session.execute(delete(FrameConfirmation).where(col(FrameConfirmation.frame_id) == frame.frame_id))
    frame.known_at, frame.row_count, frame.rows_sha256, frame.building = None, 0, "", ""
    frame.version += 1
    move(session, frame, became)
    session.flush()


def begin(session: Session, frame: Frame, known_at: datetime | None, now: datetime) -> Build:
    """A build of this frame; one that is on stops at its next part."""
    void(session, frame)
    head = register_head(session)
    last = head.recorded_at if head else now
    moment = min(known_at, last) if known_at else last
    frame.building = uuid4().hex
    session.flush()
    as_of = AsOf(frame.reference_date, moment)
    return Build(frame.frame_id, frame.building, parse(frame.definition), as_of, last_unit(session))


def draw(turns: Turns, build: Build) -> None:
    """Put in the units that the definition holds, those of an earlier build taken out before."""
    until_done(turns, partial(_drop_part, build.frame_id))
    for part in ranges(1, build.last_unit_id, PART):
        turns.write(partial(_draw_part, build, part))
    keep_statistics(turns, _frame_unit)


def _draw_part(build: Build, part: tuple[int, int], session: Session) -> None:
    _held(session, build)
    drawn = queries.members(build.frame_id, build.definition, build.as_of)
    drawn = drawn.where(within(unit_version.c.unit_id, part))
    session.execute(insert(_frame_unit).from_select(["frame_id", "unit_id", "version_id"], drawn))


def finish(session: Session, build: Build, found: Fingerprint) -> Frame:
    """All rows are in: from now on the frame is there as built."""
    frame = _held(session, build)
    editions = list_versions(session, frame.reference_date).items()
    frame.known_at, frame.building = build.as_of.known_at, ""
    move(
        session,
        frame,
        FrameStatus.BUILT,
        row_count=found.row_count,
        rows_sha256=found.sha256,
        code_lists=[{"name": name, "edition": edition} for name, edition in editions],
    )
    return frame


def _held(session: Session, build: Build) -> Frame:
    """The frame, locked, as long as this build is the one that is on. Raises BuiltElsewhere."""
    frame = queries.lock_frame(session, build.frame_id)
    if frame.building != build.key:
        raise BuiltElsewhere(name=frame.name)
    return frame


def drop_void_rows(turns: Turns) -> None:
    """Take the rows out of frames that were given up or redefined, whoever was to do it before."""
    for frame in turns.read(_with_void_rows):
        until_done(turns, partial(_drop_part, frame.frame_id))


def ask_to_drop(session: Session, now: datetime) -> None:
    """Have the worker take out what is still there: nobody may come to the next frame for a year."""
    for frame in _with_void_rows(session)[:1]:
        author = whoever_was(session, frame.created_by).login
        enqueue(session, DROP_TASK, args={}, key=DROP_TASK, by=author, office_id=frame.office_id, now=now)


def _with_void_rows(session: Session) -> list[Frame]:
    redefined = and_(col(Frame.status) == str(FrameStatus.DRAFT), col(Frame.building) == "")
    rows = select(_frame_unit.c.unit_id).where(_frame_unit.c.frame_id == col(Frame.frame_id)).exists()
    given_up = col(Frame.status) == str(FrameStatus.DISCARDED)
    return list(session.execute(select(Frame).where(or_(redefined, given_up), rows)).scalars())


def _drop_part(frame_id: int, session: Session) -> bool:
    """Take out the next rows of a frame; True when none is left."""
    unit, own = _frame_unit.c.unit_id, _frame_unit.c.frame_id == frame_id
    some = select(unit).where(own).order_by(unit).limit(PART).subquery()
    last = session.execute(select(func.max(some.c.unit_id))).scalar_one()
    if last is not None:
        session.execute(delete(_frame_unit).where(own, unit <= last))
    return last is None
