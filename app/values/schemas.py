"""What goes into the verbs about whose value stands, and comes out."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from app.core.said import word
from app.domain.fields import BY_NAME, Group
from app.domain.lives import ValueStatus
from app.domain.words import LostWhy
from app.register.schemas import LockShown
from app.verbs.faults import fault, refused
from app.verbs.schemas import After, Answer, Day, Ground, Id, Moment, Text, Wish, Word

NO_FIELD = fault(
    word("no_unit_field", "“{field:field}”须是单位的一个栏目", "“{field:field}” has to be a field of units")
)
MOST_LOCKED = len(BY_NAME)
MOST_FILLED = 500
"""Units of one request that fills a field: as many as one transaction takes (DESIGN.md, promise 12)."""
MOST_FILLINGS = 10
"""Requests that one call makes, each in a transaction of its own."""


def _a_field(name: str) -> str:
    if name and name not in BY_NAME:
        raise refused(NO_FIELD)
    return name


def _a_field_or_group(name: str) -> str:
    return name if name in set(Group) else _a_field(name)


OneField = Annotated[Word, AfterValidator(_a_field)]
Lockable = Annotated[Word, AfterValidator(_a_field_or_group)]
Lockables = Annotated[
    list[Lockable], Field(min_length=1, max_length=MOST_LOCKED, description="fields, or groups of fields; repeat it")
]
Street = Annotated[Word, Field(description="code of the area in which the units lie, or its beginning")]
SourceWord = Annotated[Word, Field(description="the source that says otherwise")]


class LockWish(Wish):
    """Lock fields of a unit: no file's value goes over them until the day, but is put to a person."""

    unit_id: Id
    fields: Lockables
    until: Annotated[Day, Field(description="the first day on which it holds no more")]
    reason: Annotated[Ground, Field(description="why the value in force is right; a full stop says nothing")]


class UnlockWish(Wish):
    """End locks on fields of a unit before their day."""

    unit_id: Id
    fields: Lockables
    reason: Annotated[Ground, Field(description="why; a full stop says nothing")]


class LocksWanted(Wish):
    """Locks that hold, the oldest first, from behind `after` on."""

    unit: Annotated[Id | None, Field(description="number of the unit")] = None
    field: OneField = ""
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Locks(Answer):
    items: list[LockShown]
    next: int | None = None


class ConflictsWanted(Wish):
    """Conflicts between sources, in the order in which they came, from behind `after` on."""

    field: OneField = ""
    source: SourceWord = ""
    street: Street = ""
    why: Annotated[LostWhy | None, Field(description="why the other value lost")] = None
    unit: Annotated[Id | None, Field(description="number of the unit")] = None
    status: Annotated[ValueStatus, Field(description="open, before somebody, or settled")] = ValueStatus.OPEN
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Said(Answer):
    """A value as it is shown, masked where personal, what its code means, who said it and when; empty, nothing is said."""

    value: Any
    called: str
    source: str
    on: str


class ChoiceShown(Answer):
    """Why the value in force was kept, and by whom."""

    note: str
    by: str
    at: Moment


class ConflictShown(Answer):
    """A field of a unit in which a source says something else than what is in force, and why that is not in force."""

    losing_id: int
    unit_id: int
    name: str
    field: str
    label: str
    held: Said
    other: Said
    why: LostWhy
    status: ValueStatus
    request_id: int | None
    locked_until: Day | None
    choices: list[ChoiceShown]


class Conflicts(Answer):
    """A page of conflicts; `total` is exact to 10 000, `total_is` says so where there are more."""

    items: list[ConflictShown]
    next: int | None
    total: int
    total_is: str = ""


class Keeping(Wish):
    """Keep the value in force beside what a source says, until that says something new."""

    losing_id: Id
    note: Annotated[Ground, Field(description="why the value in force is right; a full stop says nothing")]


class Taking(Wish):
    """Propose the other value as a change."""

    losing_id: Id
    valid_from: Annotated[
        Day | None, Field(description="the day from which it holds; the source's, where none is given")
    ] = None
    comment: Annotated[Text, Field(description="what those who decide shall know")] = ""


class Taken(Answer):
    """The request that proposes a value, and how it stands."""

    request_id: int
    status: str


class GapKind(StrEnum):
    """What a source could do in a field: say something where nothing is said, or something newer than what is."""

    EMPTY = "empty"
    STALE = "stale"


class GapsWanted(Wish):
    """Fields that are empty or stale and that a source could fill."""

    street: Street = ""
    field: OneField = ""


class GapShown(Answer):
    """Of a field and a source: units with a gap there, and how many would have one still, were it filled."""

    kind: GapKind
    field: str
    label: str
    source: str
    before: int
    after: int
    fills: int = Field(description="units that the source could fill")


class Gaps(Answer):
    items: list[GapShown]


class FillableWanted(Wish):
    """The units behind a gap, from behind `after` on."""

    field: Annotated[OneField, Field(min_length=1)]
    source: Annotated[SourceWord, Field(min_length=1)]
    kind: GapKind = GapKind.EMPTY
    street: Street = ""
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Filling(Wish):
    """Propose what a source says in a field for all the units behind a gap, in requests of 500 units."""

    field: Annotated[OneField, Field(min_length=1)]
    source: Annotated[SourceWord, Field(min_length=1)]
    kind: GapKind = GapKind.EMPTY
    street: Street = ""
    comment: Annotated[Text, Field(description="what those who decide shall know")] = ""


class Filled(Taken):
    """The first of the `requests`, how many units all of them fill, how many are left for another time, and those that are left
    to a person, as no register keeps the value or it leads them out of the area."""

    requests: list[int]
    units: int
    left: int
    unreadable: list[int]
