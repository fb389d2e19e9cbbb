"""What a match run reads beside the records: the units held, and what people decided before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, not_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import areas_of
from app.core.dialect import chunked
from app.core.rights import Territory, on_day
from app.domain.period import FOREVER, STILL_KNOWN
from app.domain.words import Reason, Standing, Verdict
from app.models import CandidatePair, ChangeFeed, Decision, ImportBatch, unit_version
from app.records.queries import Waiting, clusters_of, records_of
from app.register.queries import MAX_IN, latest_versions_of, merged_into


def parts_of_held_units(
    session: Session, names: Sequence[str], *, size: int, unit_ids: Sequence[int] | None = None
) -> Iterator[list[dict[str, Any]]]:
    """Number, standing and some fields of these units, or of all, so many at a time, by the believed version that is still open: what
    new records are compared with. One that came with a request that was taken back never was: what speaks of it is of another."""
    version = unit_version.c
    never_was = and_(version.standing == Standing.VOID, version.reason == Reason.UNDO)
    statement = (
        select(version.unit_id, version.standing, *(version[name] for name in names))
        .where(version.superseded_at == STILL_KNOWN, version.valid_until == FOREVER, not_(never_was))
        .order_by(version.unit_id)
    )
    if unit_ids is None:
        for part in session.execute(statement.execution_options(yield_per=size)).mappings().partitions():
            yield [dict(row) for row in part]
        return
    for some in chunked(unit_ids, size):
        found: list[dict[str, Any]] = []
        for few in chunked(some, MAX_IN):
            found += (dict(row) for row in session.execute(statement.where(version.unit_id.in_(few))).mappings())
        if found:
            yield found


def units_changed(session: Session, after: int) -> list[int]:
    """The units of which the change feed tells behind an entry."""
    statement = select(col(ChangeFeed.unit_id)).where(col(ChangeFeed.seq) > after).distinct()
    return sorted(session.execute(statement).scalars())


def with_heirs(session: Session, unit_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The furthest-reaching versions of these units, and of those that go on for the merged ones among them."""
    found: dict[int, dict[str, Any]] = {}
    ahead = set(unit_ids)
    while ahead:
        found |= latest_versions_of(session, ahead)
        heirs = {merged_into(version) for version in found.values()}
        ahead = {heir for heir in heirs if heir is not None} - found.keys() - ahead
    return found


def standing_decisions(session: Session) -> list[tuple[str, str]]:
    """Facts and verdict of every decision that stands and says same or different, in the order they were taken."""
    statement = (
        select(col(CandidatePair.facts), col(Decision.verdict))
        .join(CandidatePair, col(CandidatePair.pair_id) == col(Decision.pair_id))
        .where(
            col(Decision.superseded_at) == STILL_KNOWN,
            col(Decision.verdict).in_([Verdict.SAME, Verdict.DIFFERENT]),
        )
        .order_by(col(Decision.decision_id))
    )
    return [(facts, verdict) for facts, verdict in session.execute(statement)]


def awaited_beyond(
    session: Session,
    strange: Iterable[int],
    own: Territory,
    on: date,
) -> set[int]:
    """By the records that carry them, the units that another office has on its way with these records and that lie, or would
    lie, beyond an area."""
    joined = records_of(session, strange)
    known = clusters_of(session, (record.record_id for record in joined))
    units = latest_versions_of(session, (unit_id for _, unit_id in known.values() if unit_id is not None))
    held = {record.record_id: units.get(known[record.record_id][1] or 0) for record in joined}
    return {called_by(record) for record in joined if not _holds(session, record, held[record.record_id], own, on)}


def called_by(record: Waiting) -> int:
    """The record that carries this one, by which its cluster is called."""
    return record.cluster_id or record.record_id


def _holds(session: Session, record: Waiting, unit: Mapping[str, Any] | None, own: Territory, on: date) -> bool:
    """Whether an area holds what a record speaks of: its unit, else the place it names, else all that its office keeps."""
    said = unit or record.clean
    if said.get("area_code"):
        return own.holds(said["area_code"], said.get("park_code") or "")
    office_id = session.get_one(ImportBatch, record.batch_id).office_id
    return own.holds_all_of(on_day(areas_of(session, office_id), on).scope)
