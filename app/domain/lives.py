"""The lives of the house: whatever has states has its words and its table of steps here (DESIGN.md, promise 15).

`app.core.moves` is the one hand that takes a step; `docs/lives.md` is printed from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.words import FrameStatus, RequestStatus, RowOutcome


class PairStatus(StrEnum):
    """State of a candidate pair."""

    OPEN = "open"
    UNSURE = "unsure"
    DECIDED = "decided"
    SETTLED = "settled"


class ItemStatus(StrEnum):
    """State of one unit's part of a change request."""

    OPEN = "open"
    APPLIED = "applied"
    STALE = "stale"
    EXCLUDED = "excluded"


class BatchStatus(StrEnum):
    """State of an import batch."""

    READING = "reading"
    HELD = "held"
    STAGED = "staged"
    MATCHED = "matched"
    REPEATED = "repeated"
    DISCARDED = "discarded"
    REFUSED = "refused"


class RunStatus(StrEnum):
    """State of a match run."""

    RUNNING = "running"
    SETTLING = "settling"
    STORED = "stored"
    BROKEN_OFF = "broken_off"


class JobStatus(StrEnum):
    """State of a job of the queue."""

    TODO = "todo"
    DOING = "doing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CheckStatus(StrEnum):
    """State of a spot check: drawn it is sealed from those it checks, until somebody starts it."""

    DRAWN = "drawn"
    STARTED = "started"
    CLOSED = "closed"


class KeyStatus(StrEnum):
    """State of a key of a collection system, and of a person's token. Their expiry is a day, not a state.

    A key is pending until the second hand has confirmed it; a token is its owner's own and is issued at once.
    """

    PENDING = "pending"
    ISSUED = "issued"
    REVOKED = "revoked"


class RightStatus(StrEnum):
    """State of a right that one administrator gives and another confirms; it holds while it is confirmed."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class SessionStatus(StrEnum):
    """State of a sign-in at a browser. Its limits in time are moments, not states."""

    OPEN = "open"
    ENDED = "ended"


class FindingStatus(StrEnum):
    """State of what a rule found: until it is put right, or a note says why it is right."""

    OPEN = "open"
    EXPLAINED = "explained"
    CLOSED = "closed"


class LockStatus(StrEnum):
    """State of a lock on a field. The day until which it holds is a day, not a state."""

    HELD = "held"
    ENDED = "ended"


class ValueStatus(StrEnum):
    """State of a value that is not in force: nobody looked at it, a request puts it to a person, the other one was kept."""

    OPEN = "open"
    PROPOSED = "proposed"
    KEPT = "kept"


class DraftStatus(StrEnum):
    """State of an edition of a rule, or of its end, that one person proposes and another confirms."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class CallStatus(StrEnum):
    """State of a call that came with a key of its own (`Idempotency-Key`)."""

    RUNNING = "running"
    ANSWERED = "answered"


@dataclass(frozen=True)
class Life:
    """A kind of life: where it begins, and which state may follow which.

    A state that follows itself may be stated anew (with another reason, say); one that nothing follows is an end.
    """

    name: str
    states: type[StrEnum]
    begins: frozenset[StrEnum]
    steps: Mapping[StrEnum, frozenset[StrEnum]]

    def origins(self, wanted: StrEnum) -> list[str]:
        """The states from which `wanted` may follow, in the order of the words."""
        return [str(state) for state in self.states if wanted in self.steps.get(state, frozenset())]

    def may(self, state: str, wanted: StrEnum) -> bool:
        return str(state) in self.origins(wanted)

    @property
    def ends(self) -> frozenset[StrEnum]:
        return frozenset(state for state in self.states if not self.steps.get(state))


def _life(name: str, states: type[StrEnum], begins: str, steps: Mapping[str, str]) -> Life:
    """A life from words: `steps` maps a state to those that may follow it, parted by blanks."""
    return Life(
        name,
        states,
        frozenset(states(word) for word in begins.split()),
        {states(state): frozenset(states(word) for word in after.split()) for state, after in steps.items()},
    )


ROW = _life(
    "row",
    RowOutcome,
    begins="pending problem",
    steps={
        "pending": "pending proposed to_review unchanged problem skipped",
        "proposed": "applied pending skipped to_review problem",
        "to_review": "to_review proposed pending unchanged problem skipped",
        "unchanged": "to_review",
        "problem": "pending to_review skipped",
        "skipped": "pending to_review",
        "applied": "skipped",
    },
)
PAIR = _life(
    "pair",
    PairStatus,
    begins="open",
    steps={
        "open": "decided settled unsure",
        "unsure": "decided settled unsure open",
        "decided": "open",
        "settled": "open",
    },
)
UNDECIDED_PAIRS = (PairStatus.OPEN, PairStatus.UNSURE)
"""Pairs on which somebody has still to say what they are."""
ITEM = _life("item", ItemStatus, begins="open", steps={"open": "applied stale excluded"})
REQUEST = _life(
    "request",
    RequestStatus,
    begins="draft",
    steps={
        "draft": "in_review withdrawn",
        "in_review": "approved scheduled returned rejected withdrawn stale",
        "returned": "in_review withdrawn",
        "stale": "in_review withdrawn",
        "scheduled": "approved withdrawn returned",
        "approved": "applying applied stale withdrawn returned",
        "applying": "applying applied undone",
        "applied": "undone applying",
        "undone": "applied",
    },
)
BATCH = _life(
    "batch",
    BatchStatus,
    begins="reading repeated",
    steps={
        "reading": "held staged refused discarded",
        "refused": "reading discarded",
        "held": "staged discarded",
        "staged": "matched",
        "matched": "matched",
    },
)
RUN = _life("run", RunStatus, begins="running", steps={"running": "settling stored broken_off", "settling": "stored"})
JOB = _life(
    "job",
    JobStatus,
    begins="todo",
    steps={"todo": "doing cancelled", "doing": "doing succeeded failed todo", "failed": "todo"},
)
FRAME = _life(
    "frame",
    FrameStatus,
    begins="draft",
    steps={
        "draft": "draft built discarded",
        "built": "draft built confirmed discarded",
        "confirmed": "draft built frozen discarded",
    },
)
CHECK = _life("check", CheckStatus, begins="drawn", steps={"drawn": "started closed", "started": "closed"})
KEY = _life("key", KeyStatus, begins="issued pending", steps={"pending": "issued revoked", "issued": "revoked"})
RIGHT = _life(
    "right",
    RightStatus,
    begins="proposed",
    steps={"proposed": "confirmed refused withdrawn", "confirmed": "ended"},
)
SESSION = _life("session", SessionStatus, begins="open", steps={"open": "ended"})
CALL = _life("call", CallStatus, begins="running", steps={"running": "running answered"})
FINDING = _life(
    "finding",
    FindingStatus,
    begins="open",
    steps={"open": "explained closed", "explained": "explained open closed", "closed": "open"},
)
DRAFT = _life("draft", DraftStatus, begins="proposed", steps={"proposed": "confirmed refused withdrawn"})

LOCK = _life("lock", LockStatus, begins="held", steps={"held": "ended"})
VALUE = _life(
    "value",
    ValueStatus,
    begins="open proposed kept",
    steps={"open": "open proposed kept", "proposed": "open proposed kept", "kept": "open kept"},
)

LIVES = {
    life.name: life
    for life in (
        ROW,
        PAIR,
        ITEM,
        REQUEST,
        BATCH,
        RUN,
        JOB,
        FRAME,
        CHECK,
        KEY,
        RIGHT,
        SESSION,
        CALL,
        FINDING,
        DRAFT,
        LOCK,
        VALUE,
    )
}
