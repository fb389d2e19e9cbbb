"""The closed lists of words of the product (DESIGN.md §2), each in one enum; which may follow which stands in `app.domain.lives`."""

from __future__ import annotations

from enum import StrEnum


class UnitType(StrEnum):
    """单位类型 (attributes.md §2.1)."""

    LEGAL_UNIT = "1"
    ESTABLISHMENT = "2"
    HOUSEHOLD = "3"


class Source(StrEnum):
    """Where a record comes from; the SOURCE of `minglu import run`."""

    CENSUS = "census"
    MARKET = "market"
    HOUSEHOLD = "household"
    INSTITUTION = "institution"
    CIVIL = "civil"
    TAX = "tax"
    SURVEY = "survey"


class DocumentStanding(StrEnum):
    """Whether a written approval counts: one does at most, about the request as it stands."""

    WAITING = "waiting"
    COUNTERSIGNED = "countersigned"
    SUPERSEDED = "superseded"
    """another was recorded since"""
    LAPSED = "lapsed"
    """it was taken back, or the request was edited or decided otherwise"""


class Reason(StrEnum):
    """Why a version was written (DESIGN.md §2). A correction is not a change."""

    NEW = "new"
    FOUND_MISSING = "found_missing"
    CHANGE = "change"
    CORRECTION = "correction"
    CODE_CHANGE = "code_change"
    RECODING = "recoding"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSED = "closed"
    BANKRUPT = "bankrupt"
    DEREGISTERED = "deregistered"
    REVOKED = "revoked"
    MERGE = "merge"
    SPLIT = "split"
    MOVE_IN = "move_in"
    MOVE_OUT = "move_out"
    MOVE_WITHIN = "move_within"
    CONVERSION = "conversion"
    TREATED_AS_LEGAL = "treated_as_legal"
    VOID = "void"
    REINSTATE = "reinstate"
    UNDO = "undo"


class Standing(StrEnum):
    """What the register says of a unit's life; what the check answers with."""

    LIVE = "live"
    CLOSED = "closed"
    MERGED = "merged"
    CONVERTED = "converted"
    MOVED_OUT = "moved_out"
    VOID = "void"


ADDING = frozenset({Reason.NEW, Reason.FOUND_MISSING, Reason.MOVE_IN})
REMOVING = frozenset(
    {
        Reason.CLOSED,
        Reason.BANKRUPT,
        Reason.DEREGISTERED,
        Reason.REVOKED,
        Reason.MOVE_OUT,
        Reason.VOID,
    }
)
REPLACING = frozenset(
    {Reason.MERGE, Reason.SPLIT, Reason.CONVERSION, Reason.TREATED_AS_LEGAL, Reason.REINSTATE, Reason.UNDO}
)


class RequestStatus(StrEnum):
    """State of a change request (DESIGN.md §2)."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    APPLYING = "applying"
    APPLIED = "applied"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    STALE = "stale"
    UNDONE = "undone"


UNDECIDED = frozenset({RequestStatus.DRAFT, RequestStatus.IN_REVIEW, RequestStatus.RETURNED, RequestStatus.STALE})
"""Requests on which nobody has decided for good: their author may still take them back or change them."""
HANDED_IN = (UNDECIDED - {RequestStatus.DRAFT}) | {
    RequestStatus.APPROVED,
    RequestStatus.SCHEDULED,
    RequestStatus.APPLYING,
}
"""Requests that somebody above was asked about, and that have not come to their end."""
NOT_SETTLED = UNDECIDED | HANDED_IN


class RowOutcome(StrEnum):
    """Where a source row ended (DESIGN.md §2). `pending` only while its batch is on the way."""

    PENDING = "pending"
    APPLIED = "applied"
    PROPOSED = "proposed"
    TO_REVIEW = "to_review"
    UNCHANGED = "unchanged"
    PROBLEM = "problem"
    SKIPPED = "skipped"


class LostWhy(StrEnum):
    """Why a value of a source is not in force (DESIGN.md, promise 6)."""

    WEAKER = "weaker_source"
    OLDER = "older"
    LOCKED = "locked"
    REFUSED = "refused"
    NOT_TAKEN = "not_taken"
    """nothing stands against it, and nobody took it so far"""


class Verdict(StrEnum):
    """What a reviewer says of a candidate pair."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


class Level(StrEnum):
    """Level of a rule or a problem."""

    ERROR = "error"
    WARNING = "warning"


class CheckResult(StrEnum):
    """`result` of the existence check (DESIGN.md §2)."""

    REGISTERED = "registered"
    CLOSED = "closed"
    MERGED = "merged"
    MOVED_OUT = "moved_out"
    PENDING = "pending"
    NAME_MISMATCH = "name_mismatch"
    NOT_REGISTERED = "not_registered"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"


class PoolState(StrEnum):
    """Where a temporary code is (identifiers.md §7): with nobody yet; with a unit; replaced by a registrar's code; or taken
    back, as its unit lives no more. It is read off the identifiers of units, and no code is given to a second unit."""

    FREE = "free"
    ASSIGNED = "assigned"
    REPLACED = "replaced"
    RECALLED = "recalled"


class FrameStatus(StrEnum):
    """State of a frame: built, confirmed by both sides, frozen."""

    DRAFT = "draft"
    BUILT = "built"
    CONFIRMED = "confirmed"
    FROZEN = "frozen"
    DISCARDED = "discarded"


class OfficeLevel(StrEnum):
    """Where an office stands."""

    NATIONAL = "national"
    MUNICIPAL = "municipal"
    DISTRICT = "district"
    POST = "post"


class OfficeKind(StrEnum):
    """Parks and business districts are a second dimension beside the administrative areas."""

    ADMINISTRATIVE = "administrative"
    FUNCTIONAL = "functional"
