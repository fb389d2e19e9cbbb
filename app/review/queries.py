"""Reading pairs, decisions and the records that wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.core.actor import Actor
from app.core.dialect import chunked, locked
from app.core.rights import kept, territory
from app.domain.lives import PairStatus, RunStatus
from app.domain.period import FOREVER, STILL_KNOWN
from app.domain.words import Verdict
from app.models import CandidatePair, Decision, ImportBatch, MatchRun, Office, SourceRecord, UserAccount, unit_version
from app.review.errors import OtherSideBeyond, PairNotFound
from app.review.schemas import DecisionShown

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


def _both(actor: Actor, on: date) -> ColumnElement[bool]:
    """The condition on a pair that the actor may see the other side too: a unit lies in the area, a record came with a
    file of the office or of one below it."""
    version = unit_version.c
    held = and_(version.superseded_at == STILL_KNOWN, version.valid_until == FOREVER)
    lies = territory(actor, on).condition(version.area_code, version.park_code)
    unit = select(version.unit_id).where(version.unit_id == col(CandidatePair.other_id), held, lies).exists()
    record, batch, office = aliased(SourceRecord), aliased(ImportBatch), aliased(Office)
    from_file = (
        select(col(record.record_id))
        .join(batch, col(batch.batch_id) == col(record.batch_id))
        .join(office, col(office.office_id) == col(batch.office_id))
        .where(col(record.record_id) == col(CandidatePair.other_id), kept(actor, col(office.path)))
        .exists()
    )
    kind = col(CandidatePair.other_kind)
    return or_(and_(kind == "unit", unit), and_(kind == "record", from_file))


def seen_whole(session: Session, pairs: Sequence[CandidatePair], actor: Actor, on: date) -> set[int]:
    """Of these pairs, by number, those of which the actor may see the other side; the rest wait for the office above."""
    found: set[int] = set()
    for part in chunked([pair.pair_id for pair in pairs], _PART):
        statement = select(col(CandidatePair.pair_id)).where(col(CandidatePair.pair_id).in_(part), _both(actor, on))
        found.update(session.execute(statement).scalars())
    return found


def require_whole(session: Session, pair: CandidatePair, actor: Actor, on: date) -> None:
    """Raise OtherSideBeyond unless the actor may see both sides."""
    if not seen_whole(session, [pair], actor, on):
        raise OtherSideBeyond(pair_id=pair.pair_id)


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


def count_in(session: Session, queue: PairStatus, actor: Actor, on: date) -> int:
    """Pairs of a queue that one may decide."""
    counted = _whole_in(select(func.count()).select_from(CandidatePair), queue, actor, on)
    return int(session.execute(counted).scalar_one())


def _whole_in(statement: Select[Any], queue: PairStatus, actor: Actor, on: date) -> Select[Any]:
    still = col(CandidatePair.status) == queue
    return _kept(statement, actor).where(still, _STORED, _both(actor, on))


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


def standing_on(session: Session, pair_ids: Sequence[int]) -> dict[int, DecisionShown]:
    """What stands on each of these pairs, and who said it."""
    found: dict[int, DecisionShown] = {}
    for part in chunked(list(pair_ids), _PART):
        statement = (
            select(Decision, col(UserAccount.name))
            .join(UserAccount, col(UserAccount.user_id) == col(Decision.actor_id))
            .where(col(Decision.stands_on).in_(part))
        )
        for one, name in session.execute(statement):
            told = {"verdict": one.verdict, "comment": one.comment, "request_id": one.request_id}
            found[one.pair_id] = DecisionShown(**told, by=name, at=one.at)
    return found


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


def pairs_of_unit(session: Session, unit_id: int, actor: Actor, *, limit: int = 50) -> list[CandidatePair]:
    """Pairs that one may see in which a unit stands on the other side, the newest first."""
    statement = (
        _kept(select(CandidatePair), actor)
        .where(col(CandidatePair.other_kind) == "unit", col(CandidatePair.other_id) == unit_id, _STORED)
        .order_by(col(CandidatePair.pair_id).desc())
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def next_in(session: Session, pair_id: int, queue: PairStatus, actor: Actor, on: date) -> int | None:
    """The pair of a queue behind one that one may decide, from the beginning again after the last; None when there is none."""
    number = col(CandidatePair.pair_id)
    others = _whole_in(select(number).where(number != pair_id), queue, actor, on)
    found: int | None = session.execute(others.order_by(number <= pair_id, number).limit(1)).scalar_one_or_none()
    return found


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
