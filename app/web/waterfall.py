"""The score of a pair as a waterfall: each comparison carries the sum on from where the one before left it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, ROW, LEFT, RIGHT, TOP = 460, 31, 4, 48, 4
_UNIT = 1000
"""Weights are thousandths of a bit, so that they add up exactly."""


@dataclass(frozen=True)
class Step:
    """One bar: text at the left, bar from `x` on, weight in bits behind it."""

    y: int
    x: float
    width: float
    kind: str
    text: str
    words: str
    weight: str


@dataclass(frozen=True)
class Waterfall:
    height: int
    zero: float
    steps: tuple[Step, ...]


def waterfall(score: Sequence[Mapping[str, Any]], total: int, sum_text: str) -> Waterfall:
    """Bars of the score's lines (weights in thousandths of a bit) and of their sum; lines of no weight are left out."""
    lines = [line for line in score if line["weight"] or line["comparison"] == "prior"]
    ends = [0]
    for line in lines:
        ends.append(ends[-1] + line["weight"])
    low, high = min([0, *ends]), max([0, *ends, 1])
    scale = (WIDTH - LEFT - RIGHT) / max(1, high - low)

    def at(value: int) -> float:
        return round(LEFT + (value - low) * scale, 1)

    steps = [_step(n, line, ends[n], ends[n + 1], at) for n, line in enumerate(lines)]
    bar = {"label": sum_text, "words": "", "weight": total, "comparison": "sum"}
    steps.append(_step(len(lines), bar, 0, total, at))
    return Waterfall(TOP + ROW * len(steps) + 4, at(0), tuple(steps))


def _step(n: int, line: Mapping[str, Any], start: int, end: int, at: Any) -> Step:
    left, right = at(min(start, end)), at(max(start, end))
    kind = "sum" if line["comparison"] == "sum" else "up" if end >= start else "down"
    weight = f"{line['weight'] / _UNIT:+.1f}"
    return Step(TOP + n * ROW, left, max(2.0, right - left), kind, line["label"], line["words"], weight)
