"""What goes into the verbs of the review queue and comes out."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from app.domain.lives import PairStatus
from app.domain.words import RowOutcome, Standing, Verdict
from app.verbs.schemas import After, Answer, Id, Line, Moment, Wish


class PairsWanted(Wish):
    """Pairs of a status in the order they were found, on from behind one."""

    status: PairStatus = Field(PairStatus.OPEN, description="open, unsure, decided or settled")
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class DecisionShown(Answer):
    """What somebody said of a pair, and still stands."""

    verdict: Verdict
    comment: str
    request_id: int | None
    by: str
    at: Moment


class PairListed(Answer):
    """A pair in the queue, with the names on both sides.

    `waits_above`: the other side is of another office; nothing is told of it, and the office above decides.
    """

    pair_id: int
    record_id: int
    other_kind: str
    other_id: int | None
    match_weight: int | None
    match_probability: float | None
    rule: str
    status: PairStatus
    record_name: str
    other_name: str
    decision: DecisionShown | None
    waits_above: bool = False


class Pairs(Answer):
    """The queue, with counts by status."""

    counts: dict[str, int]
    items: list[PairListed]
    next: int | None = None


class PairWanted(Wish):
    """One pair by its number."""

    pair_id: Id


class NextWanted(PairWanted):
    """The pair behind one, in one of the two queues."""

    queue: Annotated[PairStatus, Field(description="open, or unsure")] = PairStatus.OPEN


class PairDecided(Wish):
    """What somebody says of a pair."""

    pair_id: Id
    verdict: Verdict
    comment: Annotated[Line, Field(max_length=1000, description="why")] = ""


class RecordSide(Answer):
    """A source record as understood, personal values masked; with the unit that it is known to be of."""

    record_id: int
    unit_id: int | None
    source: str
    on: str
    event: str
    values: dict[str, Any]


class UnitSide(Answer):
    """A unit of the register, personal values masked."""

    unit_id: int
    standing: Standing
    values: dict[str, Any]


class Difference(Answer):
    """A field on both sides, with what its codes mean; `same` where both say it alike."""

    field: str
    label: str
    record: Any
    other: Any
    record_called: str = ""
    other_called: str = ""
    same: bool


class Step(Answer):
    """A comparison with its level in words and its weight (1/1000 bit); the weights add up to the match weight."""

    comparison: str
    label: str
    level: int
    words: str
    weight: int


class PairShown(Answer):
    """Both sides of a pair. `next` is the pair behind it in its queue (open, or unsure) that the caller may decide, `open` how
    many these are.

    `waits_above`: the other side is of another office; neither it nor how alike the two are is told, and the office above
    decides.
    """

    pair_id: int
    status: PairStatus
    match_weight: int | None
    match_probability: float | None
    rule: str
    veto: str
    record: RecordSide
    other_kind: str
    other: RecordSide | UnitSide | None
    waits_above: bool
    differences: list[Difference]
    score: list[Step]
    rivals: list[int]
    decision: DecisionShown | None
    next: int | None
    open: int


class DecidedShown(Answer):
    """What a decision led to: where the record ended for now, and the change request that was made of it."""

    decision_id: int
    outcome: RowOutcome
    request_id: int | None


class PairState(Answer):
    pair_id: int
    status: PairStatus


class NextShown(Answer):
    """The open pair behind one, from the beginning again after the last; none when no other is open."""

    next: int | None
