"""Rows go the way that a run laid down for them, cluster by cluster; then all that the run found is there at once.

What is to be done stands in `match_way`, how far it is with the run: a process that dies in between is followed by
another that goes on behind the last part. Until the end the rows count as waiting.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import whoever_was
from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import service as changes
from app.changes.outcomes import ask_match
from app.changes.whole import Looks, looked_at
from app.core.clock import Clock
from app.core.dialect import chunked, locked
from app.core.moves import move_rows, move_where
from app.core.turns import Turns, until_done
from app.domain.lives import BatchStatus, ItemStatus, RunStatus
from app.domain.words import RowOutcome
from app.match import runs, storing
from app.models import CandidatePair, ChangeRequest, ImportBatch, MatchWay, RequestItem, SourceRecord
from app.records.losing import keep_of_rows
from app.records.queries import anything_waits
from app.register.queries import MAX_IN

PART = 500
"""Rows that go their way in one transaction."""

_WAITS = col(SourceRecord.outcome) == RowOutcome.PENDING


def settle(turns: Turns, run_id: int, clock: Clock) -> list[int]:
    """Bring a run to its end that was laid down whole; returns its requests."""
    until_done(turns, partial(_settle_part, run_id, clock))
    batches = turns.read(partial(_batches_of, run_id))
    made = turns.read(partial(_made_by, run_id))
    requests = looked_at(
        turns, made, clock.now(), lambda looks: turns.write(partial(_bring_out, run_id, batches, clock, looks))
    )
    storing.drop_ways(turns, run_id)
    return requests


def _settle_part(run_id: int, clock: Clock, session: Session) -> bool:
    """Let the rows of the next clusters go; True when none is left."""
    run = runs.hold(session, run_id, RunStatus.SETTLING)
    ways = _next_ways(session, run_id, run.settled_through)
    if not ways:
        return True
    waiting = _still_waiting(session, [way.record_id for way in ways])
    late = {way.cluster_id for way in ways if way.record_id not in waiting}
    gone = [way for way in ways if way.cluster_id not in late]
    _let_go(session, gone)
    keep_of_rows(session, {way.record_id: way.unit_id for way in gone if way.unit_id is not None}, clock.now())
    _leave_out(session, run_id, sorted(late))
    run.settled_through = ways[-1].cluster_id
    session.flush()
    return False


def _next_ways(session: Session, run_id: int, after: int) -> Sequence[MatchWay]:
    """The ways of the next clusters, none of them parted."""
    cluster, own = col(MatchWay.cluster_id), col(MatchWay.run_id) == run_id
    some = select(cluster).where(own, cluster > after).order_by(cluster, col(MatchWay.record_id)).limit(PART)
    last = max(session.execute(some).scalars(), default=None)
    if last is None:
        return []
    whole = select(MatchWay).where(own, cluster > after, cluster <= last)
    return session.execute(whole.order_by(cluster, col(MatchWay.record_id))).scalars().all()


def _still_waiting(session: Session, record_ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for part in chunked(sorted(record_ids), MAX_IN):
        statement = select(col(SourceRecord.record_id)).where(col(SourceRecord.record_id).in_(part), _WAITS)
        found.update(session.execute(locked(statement.order_by(col(SourceRecord.record_id)))).scalars())
    return found


def _let_go(session: Session, ways: Sequence[MatchWay]) -> None:
    for goes in sorted({way.goes for way in ways}):
        rows = [
            {
                "record_id": way.record_id,
                "cluster_id": way.cluster_id,
                "outcome_reason": way.reason,
                "unit_id": way.unit_id,
            }
            for way in ways
            if way.goes == goes
        ]
        move_rows(session, SourceRecord, RowOutcome(goes), rows, _WAITS, key="record_id")


def _leave_out(session: Session, run_id: int, late: Collection[int]) -> None:
    """Rows that were settled otherwise this moment are no part of the run: not in its requests, nor in its questions."""
    made = select(col(ChangeRequest.request_id)).where(col(ChangeRequest.made_by_run) == run_id)
    for part in chunked(list(late), MAX_IN):
        carried = (col(RequestItem.request_id).in_(made), col(RequestItem.record_id).in_(part))
        move_where(session, RequestItem, ItemStatus.EXCLUDED, *carried)
        asked = (col(CandidatePair.run_id) == run_id, col(CandidatePair.record_id).in_(part))
        session.execute(delete(CandidatePair).where(*asked))


def _batches_of(run_id: int, session: Session) -> list[int]:
    statement = (
        select(col(SourceRecord.batch_id))
        .join(MatchWay, col(MatchWay.record_id) == col(SourceRecord.record_id))
        .where(col(MatchWay.run_id) == run_id)
        .distinct()
    )
    return sorted(session.execute(statement).scalars())


def _made_by(run_id: int, session: Session) -> list[int]:
    """The requests that a run put together."""
    made = select(col(ChangeRequest.request_id)).where(col(ChangeRequest.made_by_run) == run_id)
    return list(session.execute(made.order_by(col(ChangeRequest.request_id))).scalars())


def _bring_out(run_id: int, batch_ids: Sequence[int], clock: Clock, looks: Looks, session: Session) -> list[int]:
    """The one moment from which on the run's questions and requests are there, and its rows have gone."""
    run, now = runs.hold(session, run_id, RunStatus.SETTLING), clock.now()
    actor = whoever_was(session, run.actor_id)
    requests = _made_by(run_id, session)
    for request_id in requests:
        changes.bring_out(session, request_id, actor=actor, now=now, seen=looks.get(request_id))
    for part in chunked(batch_ids, MAX_IN):
        move_where(session, ImportBatch, BatchStatus.MATCHED, col(ImportBatch.batch_id).in_(part))
    runs.end(session, run_id)
    if anything_waits(session, run.office_id, new=True):  # staged while this run was on
        ask_match(session, run.office_id, by=actor.login, now=now, again=True)
    told = {"ways": run.report["ways"], "questions": run.report["questions"], "requests": requests}
    payload = {"run": run_id, **told}
    record_event(session, Tag.MATCH_RUN, actor=actor.login, at=now, subject=f"run {run_id}", payload=payload)
    return requests
