"""What a match run reads beside the records: the units held, and what people decided before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import and_, not_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import areas_of
from app.core.rights import Territory, on_day
from app.domain.period import FOREVER, STILL_KNOWN
from app.domain.words import Reason, Standing, Verdict
from app.models import CandidatePair, Decision, ImportBatch, unit_version
from app.records.queries import Waiting, clusters_of


def held_units(session: Session) -> list[dict[str, Any]]:
    """The furthest-reaching believed version of every unit: what new records are compared with. One that came with a request
    that was taken back never was: what speaks of it is of no unit, or of another."""
    never_was = and_(unit_version.c.standing == Standing.VOID, unit_version.c.reason == Reason.UNDO)
    statement = select(unit_version).where(
        unit_version.c.superseded_at == STILL_KNOWN, unit_version.c.valid_until == FOREVER, not_(never_was)
    )
    return [dict(row) for row in session.execute(statement.order_by(unit_version.c.unit_id)).mappings()]


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
    strange: Iterable[Waiting],
    waiting: Collection[int],
    units: Mapping[int, Mapping[str, Any]],
    own: Territory,
    on: date,
) -> set[int]:
    """Of clusters that wait for what another office has on its way, those whose unit lies, or would lie, beyond an area."""
    joined = [record for record in strange if called_by(record) in waiting]
    known = clusters_of(session, (record.record_id for record in joined))
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
