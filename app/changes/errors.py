"""Why a change request is refused; each refusal changes nothing."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, Invalid, NotFound


class RequestNotFound(NotFound):
    code = "request_not_found"


class WrongState(Conflict):
    """The request is not in a state from which this can be done."""

    code = "wrong_state"


class StaleChange(Conflict):
    """The unit was written since the request was made; refresh the request against the new version."""

    code = "stale_change"


class SelfApproval(Forbidden):
    """Nobody decides on what they proposed (DESIGN.md, promise 4)."""

    code = "self_approval"


class NotAbove(Forbidden):
    """The policy wants an office above the proposer's."""

    code = "office_not_above"


class OutOfArea(Forbidden):
    """The unit lies outside the area of the actor's office."""

    code = "out_of_area"


class NoPolicy(Conflict):
    """No dated policy says who decides on such a change, so nobody may."""

    code = "no_policy"


class SamePerson(Forbidden):
    """A written approval is recorded by one person and countersigned by another."""

    code = "same_person"


class BadChange(Invalid):
    """The change itself makes no sense: unknown fields, a date that is none, nothing to change."""

    code = "bad_change"
