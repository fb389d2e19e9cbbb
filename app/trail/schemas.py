"""What goes into the verbs of the logs and comes out."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field

from app.audit.proof import ChainBroken, Proof, RegisterAltered, Verification
from app.audit.tags import Tag
from app.core.said import Said
from app.models.trail import LogEntry
from app.verbs.schemas import After, Answer, Id, Items, Line, SaidAnswer, Wish, Word


class Chain(StrEnum):
    """Which log: what was changed, or what was seen."""

    AUDIT = "audit"
    ACCESS = "access"


WhichChain = Annotated[Chain, Field(description="audit (what was changed) or access (what was seen)")]


class EntriesWanted(Wish):
    """The newest entries of a log, by who, what and about what."""

    chain: WhichChain = Chain.AUDIT
    actor: Annotated[Word, Field(description="who did it, by login")] = ""
    event: Annotated[Tag | None, Field(description="what was done")] = None
    subject: Annotated[Line, Field(description="about what, by its first words, such as: unit 12")] = ""
    request_id: Annotated[Id | None, Field(description="only entries of this change request")] = None
    after: Annotated[After, Field(description="go on with what is older than this one")] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class AccessWanted(Wish):
    """Who saw one unit, by its number; who works on a case names it and says why."""

    unit: Annotated[Id, Field(description="our number of the unit")]
    case: Annotated[Line, Field(description="number of the case, for who works on one")] = ""
    reason: Annotated[Line, Field(description="why it is asked")] = ""
    after: Annotated[After, Field(description="go on with what is older than this one")] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class EntryWanted(Wish):
    """One entry of a log by its number; its values for who works on a case."""

    chain: WhichChain
    seq: Id
    case: Annotated[Line, Field(description="number of the case for which values of units are read")] = ""
    reason: Annotated[Line, Field(description="why the values are needed")] = ""


class ChainWanted(Wish):
    """One of the logs."""

    chain: WhichChain = Chain.AUDIT


class VerificationWanted(Wish):
    """A head of either log that was kept elsewhere; whether every difference is wanted or the first is enough."""

    head: Annotated[Line, Field(description="a head kept elsewhere that must still occur")] = ""
    all: Annotated[bool, Field(description="name every row that differs, not the first alone")] = False


class EntryLine(Answer):
    """An entry in a list. `at` is text: its bytes are part of the chain."""

    seq: int
    at: str
    actor: str
    event: str
    subject: str
    request_id: int | None
    hash: str


class Sight(EntryLine):
    """Somebody saw the unit; `units` counts all that he saw with it, itself among them."""

    units: int


class Sights(Items[Sight]):
    """Who saw the unit. `altered` are entries that somebody altered: they may have been about it, and nothing of them is
    believed."""

    altered: list[int]

    def joined(self, more: Self) -> Self:
        return super().joined(more).model_copy(update={"altered": [*self.altered, *more.altered]})


class EntryShown(EntryLine):
    """An entry with its ground, before and after; `payload` is null where it was destroyed by decision.

    Values of units stand in it for an inspector on a case alone; `closed` says that they were left out.
    """

    chain: Chain
    payload: Any
    closed: bool
    payload_digest: str
    algorithm: str
    prev_hash: str

    @classmethod
    def of(cls, chain: Chain, entry: LogEntry, payload: Any, *, opened: bool) -> EntryShown:
        told = payload if opened else names_only(payload)
        return cls(**entry.model_dump(), chain=chain, payload=told, closed=told != payload)


VALUES_IN = frozenset({"units", "title", "q", "comment", "verdicts"})
"""Parts of payloads that say what stands in units, or what somebody typed."""

CLOSED = "…"


def units_written(payload: Any) -> list[int]:
    """The units whose values a payload holds: those that a request wrote, each with its place, number and reason."""
    rows = payload.get("units", []) if isinstance(payload, dict) else []
    return [row[1] for row in rows if isinstance(row, list)]


def names_only(payload: Any) -> Any:
    """A payload without what stands in units: who, what and the names of fields are left."""
    if not isinstance(payload, dict):
        return payload
    return {name: _closed(value) if name in VALUES_IN else names_only(value) for name, value in payload.items()}


def _closed(value: Any) -> Any:
    if isinstance(value, dict):
        return dict.fromkeys(value, CLOSED)
    if isinstance(value, list):
        return [_closed(one) if isinstance(one, dict | list) else one for one in value]
    return CLOSED if value not in ("", None) else value


class BreakShown(Answer):
    """The first place where a chain does not hold; `what` in the caller's language."""

    seq: int
    what: str
    reason: SaidAnswer


class ChainVerified(Answer):
    """Whether a log is intact. `head` is to be kept elsewhere: only that shows a cut tail."""

    chain: Chain
    entries: int
    intact: bool
    head: str
    destroyed: int
    broken: BreakShown | None

    @classmethod
    def of(cls, found: Verification, language: str) -> ChainVerified:
        place = found.broken
        broken = (
            BreakShown(seq=place.seq, what=place.what.text(language), reason=SaidAnswer.of(place.what))
            if place
            else None
        )
        return cls(
            chain=Chain(found.chain),
            entries=found.entries,
            intact=found.intact,
            head=found.head,
            destroyed=found.destroyed,
            broken=broken,
        )


class DifferenceShown(Answer):
    """A row that is not what the log says: altered, missing or extra; `columns` are those in which it differs."""

    table: str
    id: int | str
    what: str
    columns: list[str]


class Verified(Answer):
    """Whether both logs are intact and every row the log vouches for is as it says. Without `all` one difference is named."""

    intact: bool
    heads: list[ChainVerified]
    rows: int
    differences: list[DifferenceShown]

    @classmethod
    def of(cls, proof: Proof, language: str) -> Verified:
        return cls(
            intact=proof.intact,
            heads=[ChainVerified.of(found, language) for found in proof.chains],
            rows=proof.rows,
            differences=[
                DifferenceShown(table=one.table, id=one.id, what=one.what, columns=list(one.columns))
                for one in proof.differences
            ],
        )

    def raise_if_broken(self) -> None:
        """Raises ChainBroken, RegisterAltered: how a command tells a script that something was changed."""
        for head in self.heads:
            if head.broken:
                raise ChainBroken(seq=head.broken.seq, what=Said(head.broken.reason.code, head.broken.reason.facts))
        for one in self.differences:
            raise RegisterAltered(table=one.table, id=str(one.id))


class HeadShown(Answer):
    """The number and hash of a log's last entry."""

    chain: Chain
    seq: int
    head: str
