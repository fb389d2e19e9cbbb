"""What a match run reads beside the records: the units held, and what people decided before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.domain.period import FOREVER, STILL_KNOWN
from app.domain.words import Verdict
from app.models import CandidatePair, Decision, unit_version


def held_units(session: Session) -> list[dict[str, Any]]:
    """The furthest-reaching believed version of every unit: what new records are compared with."""
    statement = select(unit_version).where(
        unit_version.c.superseded_at == STILL_KNOWN, unit_version.c.valid_until == FOREVER
    )
    return [dict(row) for row in session.execute(statement.order_by(unit_version.c.unit_id)).mappings()]


def standing_decisions(session: Session) -> list[tuple[str, str]]:
    """Facts and verdict of every decision that stands and says same or different."""
    statement = (
        select(col(CandidatePair.facts), col(Decision.verdict))
        .join(CandidatePair, col(CandidatePair.pair_id) == col(Decision.pair_id))
        .where(
            col(Decision.superseded_at) == STILL_KNOWN,
            col(Decision.verdict).in_([Verdict.SAME, Verdict.DIFFERENT]),
        )
    )
    return [(facts, verdict) for facts, verdict in session.execute(statement)]
