"""What goes into the verbs of temporary codes and comes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.domain.words import PoolState
from app.verbs.schemas import After, Answer, Moment, Wish, Word

MOST_AT_ONCE = 500


class CodesIssue(Wish):
    """How many codes for an area."""

    area: Annotated[str, Field(pattern="^[0-9]{6}$", description="county, six digits")]
    count: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 1


class Issued(Answer):
    """Codes that nobody bears yet."""

    codes: list[str]


class PoolWanted(Wish):
    """Codes in their order, from behind `after` on."""

    state: PoolState | None = None
    after: Word = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class PoolCode(Answer):
    """A temporary code, and where it is."""

    code: str
    state: PoolState
    issued_at: Moment


class Pool(Answer):
    """Codes of the areas that one's own reaches; how many are in each state; of the live units how many have no code of a
    registrar."""

    items: list[PoolCode]
    next: str | None
    counts: dict[PoolState, int]
    live: After
    without: After
