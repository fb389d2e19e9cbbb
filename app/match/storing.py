"""Laying down what a run found, in short parts that nobody sees before the run settles.

Pairs and requests of a run that is on are hidden by every select; ways are read by the run alone. So a run that breaks
off while it lays down touched nothing, and what it left is dropped in parts by the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Table, delete, func, or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

import matching
from app.changes import drafting, judging, named
from app.changes.needs import Judged
from app.changes.rules import ItemDraft
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.dialect import bulk_insert, chunked, insert_or_skip
from app.core.moves import move
from app.core.turns import Turns, keep_statistics, until_done
from app.domain.lives import RunStatus
from app.domain.roles import Permission
from app.domain.words import RowOutcome
from app.match import runs
from app.match.errors import RowsMovedOn
from app.match.propose import Proposals
from app.models import CandidatePair, ChangeRequest, MatchRun, MatchWay, RequestItem, SourceRecord, table_of
from app.register.queries import revisions_of

PART = 500
"""Rows laid down or dropped in one transaction: a tenth of a second of the writer."""

_ways, _items, _pairs, _requests = (table_of(m) for m in (MatchWay, RequestItem, CandidatePair, ChangeRequest))


def lay_pairs(turns: Turns, run_id: int, rows: Sequence[dict[str, Any]]) -> int:
    """The questions of a run; one that already stands open with the same facts is not put twice. Returns how many."""
    return sum(turns.write(partial(_lay_pairs, run_id, part)) for part in chunked(rows, PART))


def _lay_pairs(run_id: int, rows: Sequence[dict[str, Any]], session: Session) -> int:
    runs.hold(session, run_id, RunStatus.RUNNING)
    return insert_or_skip(session, _pairs, [{**row, "run_id": run_id} for row in rows])


def lay_requests(turns: Turns, run_id: int, proposals: Proposals, *, actor: Actor, clock: Clock) -> None:
    """One request per batch, kind and day, its items, which were checked, part by part. Raises PermissionMissing."""
    actor.require(Permission.PROPOSE)
    for (batch_id, kind, _), items in sorted(proposals.items.items()):
        told = {"title": proposals.title(batch_id, kind, len(items)), "counts": proposals.counts(kind)}
        based, judged = turns.read(partial(_judged, items, actor, clock))
        told |= {"batch_id": batch_id, "judged": judged}
        request_id = turns.write(partial(_open_request, run_id, based, actor, clock, told))
        for start in range(0, len(based), PART):
            turns.write(partial(_lay_items, run_id, request_id, start + 1, based[start : start + PART]))
    keep_statistics(turns, _items)


def _judged(items: Sequence[ItemDraft], actor: Actor, clock: Clock, session: Session) -> tuple[list[ItemDraft], Judged]:
    """The items based on the units as they are in this look, and what it found: what is written later counts as moved."""
    revisions = revisions_of(session, [item.unit_id for item in items if item.unit_id is not None])
    based = [replace(item, base_revision=revisions.get(item.unit_id or 0, 0)) for item in items]
    return named.as_shown(session, based), judging.require_inside(session, items, actor, clock.now())


def _open_request(
    run_id: int, items: Sequence[ItemDraft], actor: Actor, clock: Clock, told: dict[str, Any], session: Session
) -> int:
    runs.hold(session, run_id, RunStatus.RUNNING)
    request = drafting.open_request(
        session, items, actor=actor, now=clock.now(), is_batch=True, made_by_run=run_id, **told
    )
    return request.request_id


def _lay_items(run_id: int, request_id: int, first: int, items: Sequence[ItemDraft], session: Session) -> None:
    runs.hold(session, run_id, RunStatus.RUNNING)
    drafting.add_items(session, request_id, items, first=first)


def lay_ways(turns: Turns, run_id: int, rows: Sequence[dict[str, Any]]) -> None:
    for part in chunked(rows, 4 * PART):
        turns.write(partial(_lay_ways, run_id, part))
    keep_statistics(turns, _ways)


def _lay_ways(run_id: int, rows: Sequence[dict[str, Any]], session: Session) -> None:
    runs.hold(session, run_id, RunStatus.RUNNING)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    bulk_insert(session, _ways, {**columns, "run_id": [run_id] * len(rows)})


def check_all_wait(session: Session, run_id: int) -> None:
    """Raises RowsMovedOn where rows that the run took up were settled otherwise meanwhile."""
    mine = _ways.c.run_id == run_id
    found = select(func.count()).select_from(_ways).where(mine)
    waits = found.join(SourceRecord, col(SourceRecord.record_id) == _ways.c.record_id).where(
        col(SourceRecord.outcome) == RowOutcome.PENDING
    )
    missing = session.execute(found).scalar_one() - session.execute(waits).scalar_one()
    if missing:
        raise RowsMovedOn(run_id=run_id, missing=missing)


def complete(
    session: Session,
    run_id: int,
    model: matching.Model,
    thresholds: matching.Thresholds,
    report: dict[str, Any],
) -> None:
    """All is laid down: from here on the run is brought to its end, by this process or by another."""
    run = runs.hold(session, run_id, RunStatus.RUNNING)
    named = {"model": model.name, "model_version": model.version}
    kept: dict[str, Any] = {**named, "thresholds": thresholds.as_dict(), "report": report}
    move(session, run, RunStatus.SETTLING, **kept)


def drop_what_broke_off(turns: Turns) -> None:
    """Drop what runs left that were broken off, and ways that all rows have gone."""
    for run_id in turns.read(_with_ways_gone):
        drop_ways(turns, run_id)
    for run_id in turns.read(_with_something_left):
        made = select(_requests.c.request_id).where(_requests.c.made_by_run == run_id)
        until_done(turns, partial(_drop, _items, _items.c.request_id.in_(made)))
        until_done(turns, partial(_drop, _requests, _requests.c.made_by_run == run_id))
        until_done(turns, partial(_drop, _pairs, _pairs.c.run_id == run_id))
        drop_ways(turns, run_id)


def _with_ways_gone(session: Session) -> list[int]:
    stored = select(col(MatchRun.run_id)).where(col(MatchRun.status) == str(RunStatus.STORED))
    return list(session.execute(select(_ways.c.run_id).where(_ways.c.run_id.in_(stored)).distinct()).scalars())


def _with_something_left(session: Session) -> list[int]:
    left = or_(
        *(
            select(column).where(column == col(MatchRun.run_id)).exists()
            for column in (_pairs.c.run_id, _ways.c.run_id, _requests.c.made_by_run)
        )
    )
    broken = col(MatchRun.status) == str(RunStatus.BROKEN_OFF)
    return list(session.execute(select(col(MatchRun.run_id)).where(broken, left)).scalars())


def drop_ways(turns: Turns, run_id: int) -> None:
    until_done(turns, partial(_drop, _ways, _ways.c.run_id == run_id))


def _drop(table: Table, condition: Any, session: Session) -> bool:
    """Delete the next rows; True when none is left."""
    key = list(table.primary_key)[-1]
    some = select(key).where(condition).order_by(key).limit(PART).subquery()
    last = session.execute(select(func.max(some.c[key.name]))).scalar_one()
    if last is not None:
        session.execute(delete(table).where(condition, key <= last))
    return last is None
