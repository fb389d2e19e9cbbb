"""Taking something to a state of its life by the steps that lead there, as the product does."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from app.core.moves import move
from app.domain.lives import Life


def lead(session: Session, thing: Any, wanted: StrEnum) -> None:
    """Add a thing that is at a beginning, and move it step by step to `wanted`."""
    session.add(thing)
    session.flush()
    life: Life = type(thing).__life__
    for state in steps_to(life, life.states(getattr(thing, type(thing).__state__)), wanted):
        move(session, thing, state)


def steps_to(life: Life, start: StrEnum, wanted: StrEnum) -> list[StrEnum]:
    """The fewest steps from one state to another. Raises LookupError where none lead there."""
    ways = deque([(start, list[StrEnum]())])
    seen = {start}
    while ways:
        state, way = ways.popleft()
        if state == wanted:
            return way
        for after in sorted(life.steps.get(state, frozenset()) - seen):
            seen.add(after)
            ways.append((after, [*way, after]))
    raise LookupError(f"no steps lead from {start} to {wanted}")
