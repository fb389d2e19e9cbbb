"""What goes into the verbs of the spot checks and comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field

from app.domain.labels import label
from app.domain.lives import CheckStatus
from app.frames.schemas import Definition, FrameName, FrameShown
from app.models import SpotCheck, SpotCheckItem, UserAccount
from app.quality.rules import FIELDS, Finding, Presence, Rate
from app.quality.sight import Sight
from app.verbs.schemas import After, Answer, Day, Id, Items, KnownAt, Line, Moment, Text, Wish, Word

MOST = 100_000
"""Units of one check: more than a bureau visits, less than a page can show at all."""

Login = Annotated[Word, Field(min_length=1)]
Stated = Annotated[Line, Field(min_length=1, pattern=r"\S")]


class CheckWanted(Wish):
    """One spot check."""

    check_id: Id


class ItemWanted(CheckWanted):
    """One drawn unit."""

    seq: Annotated[Id, Field(description="its place in the draw")]


class ChecksWanted(Wish):
    """The newest spot checks of one's office and those below."""

    after: After = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000


class NewCheck(Wish):
    """A sample to be drawn: equal seed and equal frame, or equal definition, day and moment, draw equal units.

    Without a frame it is drawn from the live units of the own area; `definition` narrows them as it does a frame
    (docs/frames.md), `on` is the day (else today), `known_at` the moment (else now).
    """

    name: Annotated[Stated, Field(max_length=128)]
    frame: Annotated[
        FrameName | None, Field(description="frozen frame, by name or number; without it the register")
    ] = None
    definition: Definition | None = None
    on: Day | None = None
    known_at: KnownAt = None
    seed: Annotated[Stated, Field(max_length=64, description="any text; the same seed draws the same units")]
    size: Annotated[int, Field(ge=1, le=MOST, description="how many units")]
    fields: Annotated[list[Word], Field(min_length=1, max_length=200, description="field to compare")] = list(FIELDS)


class Start(CheckWanted):
    """A check to be started. Its units are dealt among the checkers, one at least."""

    checkers: Annotated[list[Login], Field(max_length=100, description="login of a checker")] = []


class Closing(CheckWanted):
    """A check to be closed, and the units that were left out, so that nobody closes one unawares."""

    unvisited: Annotated[
        int | None,
        Field(ge=0, le=MOST, description="units that nobody visited, as one saw; needed where there are any"),
    ] = None


class Assignment(CheckWanted):
    """Who visits some of the drawn units, or all that nobody is named for."""

    checker: Annotated[Login, Field(description="login of the checker")]
    items: Annotated[list[Id] | None, Field(min_length=1, max_length=1000, description="place in the draw")] = None


class FindingsGiven(ItemWanted):
    """What was met in the field. `found` holds right values where the register's are wrong.

    `version` is that of the unit as its checker looked at it: where somebody wrote it since, this is refused.
    """

    version: Annotated[int, Field(ge=0, le=2**31 - 1, description="version of the unit that was looked at")]
    presence: Annotated[Presence, Field(description="found or not_found")]
    verdicts: Annotated[dict[Word, Finding], Field(max_length=200)] = {}
    found: Annotated[dict[Word, Text], Field(max_length=200)] = {}
    since: Annotated[
        dict[Word, Day],
        Field(max_length=200, description="since when the register's value is wrong, where it is known"),
    ] = {}
    note: Annotated[Text, Field(max_length=1000)] = ""


class Correcting(ItemWanted):
    """What was found wrong of a drawn unit, to be proposed as a correction."""

    since: Annotated[
        Day | None,
        Field(
            description="since when it is wrong, for what the checker said no day of; else the day that the check is about"
        ),
    ] = None


class CheckShown(Answer):
    """A spot check, of a frozen frame or of the register as of a day and a moment."""

    check_id: int
    name: str
    frame_id: int | None
    definition: dict[str, Any] | None
    reference_date: date | None
    known_at: Moment | None
    population_sha256: str
    seed: str
    size: int
    population: int
    fields: list[str]
    status: CheckStatus
    created_at: Moment
    started_at: Moment | None
    closed_at: Moment | None

    @classmethod
    def of(cls, check: SpotCheck, **more: Any) -> Self:
        return cls(**{name: getattr(check, name) for name in CheckShown.model_fields}, **more)


class Checks(Items[CheckShown]):
    """Spot checks, the newest first."""


class RateShown(Answer):
    """`hits` of `tried` with exact limits (Clopper–Pearson, 95 %); nothing tried gives no rate."""

    name: str
    zh: str
    en: str
    hits: int
    tried: int
    rate: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, rate: Rate) -> RateShown:
        kind = "rate" if rate.name in {"not_found", "unit_error"} else "field"
        return cls(zh=label(kind, rate.name), en=label(kind, rate.name, "en"), **asdict(rate))


class ItemLine(Answer):
    """A drawn unit, its checker and how it was met; `wrong` counts the fields that were wrong.

    While the check is under way those who are checked see the unit alone.
    """

    seq: int
    unit_id: int
    name: str
    version: int
    checker: str | None
    presence: Presence | None
    verdicts: dict[str, Finding]
    wrong: int
    note: str
    checked_at: Moment | None
    request_id: int | None

    @classmethod
    def of(cls, item: SpotCheckItem, names: Mapping[int, str], people: Mapping[int | None, str], **more: Any) -> Self:
        return cls(
            seq=item.seq,
            unit_id=item.unit_id,
            name=names.get(item.unit_id) or f"#{item.unit_id}",
            version=item.version,
            checker=people.get(item.checker_id),
            presence=Presence(item.presence) if item.presence else None,
            verdicts=item.verdicts,
            wrong=sum(verdict == Finding.WRONG for verdict in item.verdicts.values()),
            note=item.note,
            checked_at=item.checked_at,
            request_id=item.request_id,
            **more,
        )

    @classmethod
    def sealed(cls, item: SpotCheckItem, names: Mapping[int, str]) -> Self:
        """That it was drawn, and nothing else."""
        bare = SpotCheckItem(
            check_id=item.check_id, seq=item.seq, unit_id=item.unit_id, version_id=0, verdicts={}, found={}
        )
        return cls.of(bare, names, {})


class CheckInFull(CheckShown):
    """A spot check with its progress, its rates and the units drawn, as far as one sees them.

    `sight`: `all`, `own` (the units that are one's own to visit) or `units` (which were drawn, nothing of what was met:
    then `visited` is null and there are no rates). `first` is the next one that one has to visit; `leads` says whether
    one may start, assign and close.
    """

    sight: Sight
    leads: bool
    visited: int | None
    first: int | None
    rates: list[RateShown]
    items: list[ItemLine]


class ItemShown(ItemLine):
    """A drawn unit with what the frame's version says of it, personal values masked, and what was met.

    `meanings` are the names of the codes among the values. `since` are the days that the checker said; `about` is the day
    that the check speaks of, since when a correction holds where he said none; `says_since`, since when the register says
    each value.
    """

    check: CheckShown
    values: dict[str, Any]
    meanings: dict[str, str]
    found: dict[str, str]
    since: dict[str, Day]
    about: Day
    says_since: dict[str, Day]
    following: int | None
    may_record: bool
    may_correct: bool


class Recorded(Answer):
    """What is kept of a visit; `following` is the next unit that nobody visited."""

    check_id: int
    seq: int
    version: int
    presence: Presence
    verdicts: dict[str, Finding]
    following: int | None


class Assigned(Answer):
    """How many units a checker was named for."""

    check_id: int
    checker: str
    items: int


class Corrected(Answer):
    """The change request that what was found has become."""

    check_id: int
    seq: int
    request_id: int


class CheckerShown(Answer):
    """Somebody who can be named for drawn units."""

    login: str
    name: str

    @classmethod
    def of(cls, user: UserAccount) -> CheckerShown:
        return cls(login=user.login, name=user.name)


class CheckOptions(Answer):
    """What a sample can be drawn from, what can be compared (`usual` unless something else is chosen), and who can visit."""

    frames: list[FrameShown]
    checkers: list[CheckerShown]
    fields: list[str]
    usual: list[str]
