"""How far a source is believed on a group of fields (maintenance.md §4): dated data, the lower the rank the stronger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.domain.fields import BY_NAME
from app.models import SourcePriority

Ranks = Mapping[tuple[str, str], int]
"""(source, field group) to rank."""

_UNRANKED = 50


def ranks(session: Session, on: date) -> dict[tuple[str, str], int]:
    """Source and field group to rank, as in force on a day."""
    statement = select(SourcePriority).where(col(SourcePriority.valid_from) <= on, col(SourcePriority.valid_until) > on)
    return {(row.source, row.field_group): row.rank for row in session.execute(statement).scalars()}


def rank(given: Ranks, source: str, name: str) -> int:
    """Of a source, for a field."""
    return given.get((source, str(BY_NAME[name].group)), _UNRANKED)


def recency(on: str) -> str:
    """Sorts by age; `2024` counts as newer than any day within it, since it may mean the last."""
    return on.ljust(len("2024-12-31"), "~")
