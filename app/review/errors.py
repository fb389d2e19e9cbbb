"""Why a decision on a pair is refused."""

from __future__ import annotations

from app.core.errors import Conflict, NotFound


class PairNotFound(NotFound):
    code = "pair_not_found"


class PairNotOpen(Conflict):
    """The pair was decided, or the question fell away."""

    code = "pair_not_open"


class ContradictoryDecision(Conflict):
    """If A = B and B = C but A ≠ C: the conflict is shown, nothing is merged."""

    code = "contradictory_decision"


class AlreadyApplied(Conflict):
    """What followed from the decision is in the register; correct it there."""

    code = "already_applied"
