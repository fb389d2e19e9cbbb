"""A unit's versions drawn on both clocks: what was true when, across; what we knew when, downwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.register.schemas import VersionShown

WIDTH, ROW, LEFT, TOP = 1100, 22, 8, 18


@dataclass(frozen=True)
class Bar:
    """One version: where it stands, and what it says."""

    x: float
    y: float
    width: float
    old: bool
    text: str


@dataclass(frozen=True)
class Drawing:
    height: int
    bars: tuple[Bar, ...]
    marks: tuple[tuple[float, str], ...]


def drawing(timeline: Sequence[VersionShown], today: date) -> Drawing:
    """Bars from the first day of each version to its last, those no longer believed marked; the newest knowledge last."""
    first = min(date.fromisoformat(row.valid[0]) for row in timeline)
    span = max(1, (today - first).days + 60)
    scale = (WIDTH - 2 * LEFT) / span

    def at(text: str) -> float:
        on = min(date.fromisoformat(text), today) if text else today
        return LEFT + max(0, (on - first).days) * scale

    rows = sorted(timeline, key=lambda row: (row.recorded_at, row.valid[0]))
    bars = tuple(
        Bar(
            at(row.valid[0]),
            TOP + n * ROW,
            max(6.0, at(row.valid[1]) - at(row.valid[0])),
            bool(row.superseded_at),
            row.name,
        )
        for n, row in enumerate(rows)
    )
    return Drawing(TOP + len(rows) * ROW + 4, bars, _marks(first, today, scale))


def _marks(first: date, today: date, scale: float) -> tuple[tuple[float, str], ...]:
    """Years along the top, ten at most."""
    years = range(first.year + 1, today.year + 1)
    step = max(1, -(-len(years) // 10))
    return tuple((LEFT + (date(year, 1, 1) - first).days * scale, str(year)) for year in list(years)[::step])
