"""Reading pairs, decisions and the records that wait."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.actor import Actor
from app.core.dialect import chunked, locked
from app.core.rights import kept
from app.domain.lives import PairStatus, RunStatus
from app.domain.period import STILL_KNOWN
from app.domain.words import Verdict
from app.models import CandidatePair, Decision, ImportBatch, MatchRun, Office, SourceRecord, unit_version
from app.review.errors import PairNotFound

_PART = 500

_STORED = col(CandidatePair.run_id).not_in(
    select(col(MatchRun.run_id)).where(col(MatchRun.status) != str(RunStatus.STORED))
)
"""Pairs of a run that is still on, or was broken off, are there for nobody."""


def get_pair(session: Session, pair_id: int, actor: Actor) -> CandidatePair:
    """A pair whose record the actor's office, or one below it, took in. Raises PairNotFound."""
    found = session.execute(_kept(select(CandidatePair), actor).where(col(CandidatePair.pair_id) == pair_id, _STORED))
    pair: CandidatePair | None = found.scalar_one_or_none()
    if pair is None:
        raise PairNotFound(pair_id=pair_id)
    return pair


def _kept(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Of the pairs selected those whose record came with a file of the actor's office or of one below it."""
    return (
        statement.join(SourceRecord, col(SourceRecord.record_id) == col(CandidatePair.record_id))
        .join(ImportBatch, col(ImportBatch.batch_id) == col(SourceRecord.batch_id))
        .join(Office, col(Office.office_id) == col(ImportBatch.office_id))
        .where(kept(actor, col(Office.path)))
    )


def hold_pair(session: Session, pair_id: int, actor: Actor) -> CandidatePair:
    """A pair as it is now, its record held until the transaction ends: whoever decides on the same record waits.

    The record and not the pair is held, because a decision settles the other pairs of its record too.
    """
    record_id = get_pair(session, pair_id, actor).record_id
    session.execute(locked(select(col(SourceRecord.record_id)).where(col(SourceRecord.record_id) == record_id)))
    return session.get_one(CandidatePair, pair_id, populate_existing=True)


def list_pairs(
    session: Session, actor: Actor, *, status: PairStatus = PairStatus.OPEN, after: int = 0, limit: int = 50
) -> list[CandidatePair]:
    """Pairs of a status in the order they were found."""
    statement = (
        _kept(select(CandidatePair), actor)
        .where(col(CandidatePair.status) == status, col(CandidatePair.pair_id) > after, _STORED)
        .order_by(col(CandidatePair.pair_id))
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def count_pairs(session: Session, actor: Actor) -> dict[str, int]:
    """Pairs that one may see, by status."""
    by_status: Any = select(col(CandidatePair.status), func.count()).select_from(CandidatePair)
    counted = _kept(by_status, actor).where(_STORED)
    return dict(session.execute(counted.group_by(col(CandidatePair.status))).all())


def pairs_of_record(session: Session, record_id: int, statuses: Iterable[PairStatus]) -> list[CandidatePair]:
    """Pairs that stand in the way of a record."""
    statement = (
        select(CandidatePair)
        .where(col(CandidatePair.record_id) == record_id, col(CandidatePair.status).in_(list(statuses)), _STORED)
        .order_by(col(CandidatePair.pair_id))
    )
    return list(session.execute(statement).scalars())


def decision_on(session: Session, pair_id: int) -> Decision | None:
    """The decision that stands on a pair."""
    statement = select(Decision).where(col(Decision.pair_id) == pair_id, col(Decision.superseded_at) == STILL_KNOWN)
    decision: Decision | None = session.execute(statement).scalar_one_or_none()
    return decision


def decided_others(session: Session, record_id: int, verdict: Verdict) -> list[tuple[str, int]]:
    """What a record was decided to be the same as, or different from."""
    statement = (
        select(col(CandidatePair.other_kind), col(CandidatePair.other_id))
        .join(Decision, col(Decision.pair_id) == col(CandidatePair.pair_id))
        .where(
            and_(
                col(CandidatePair.record_id) == record_id,
                col(Decision.superseded_at) == STILL_KNOWN,
                col(Decision.verdict) == verdict,
            )
        )
    )
    return [(kind, other) for kind, other in session.execute(statement)]


def pairs_of_unit(session: Session, unit_id: int, *, limit: int = 50) -> list[CandidatePair]:
    """Pairs in which a unit stands on the other side, the newest first."""
    statement = (
        select(CandidatePair)
        .where(col(CandidatePair.other_kind) == "unit", col(CandidatePair.other_id) == unit_id, _STORED)
        .order_by(col(CandidatePair.pair_id).desc())
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def next_open(session: Session, pair_id: int, actor: Actor) -> int | None:
    """The open pair behind one, from the beginning again after the last; None when no other is open."""
    after = list_pairs(session, actor, after=pair_id, limit=1) or list_pairs(session, actor, limit=1)
    found = after[0].pair_id if after else None
    return found if found != pair_id else None


def names_of_pairs(session: Session, pairs: Iterable[CandidatePair]) -> dict[tuple[str, int], str]:
    """(`record` or `unit`, id) to the name there, for both sides of the pairs."""
    held = list(pairs)
    records = {pair.record_id for pair in held} | {pair.other_id for pair in held if pair.other_kind == "record"}
    units = {pair.other_id for pair in held if pair.other_kind == "unit"}
    names: dict[tuple[str, int], str] = {}
    for part in chunked(sorted(records), _PART):
        statement = select(col(SourceRecord.record_id), col(SourceRecord.clean)).where(
            col(SourceRecord.record_id).in_(part)
        )
        names.update({("record", rid): clean.get("name", "") for rid, clean in session.execute(statement)})
    for part in chunked(sorted(units), _PART):
        named = select(unit_version.c.unit_id, unit_version.c.name).where(
            unit_version.c.unit_id.in_(part), unit_version.c.superseded_at == STILL_KNOWN
        )
        names.update({("unit", uid): name for uid, name in session.execute(named.order_by(unit_version.c.valid_from))})
    return names
