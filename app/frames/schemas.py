"""What goes into the verbs of the frames and comes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from app.domain.words import FrameStatus
from app.exports.package import Form
from app.frames.queries import Count, Counts
from app.frames.rules import Side
from app.frames.wording import in_words
from app.models import ExportPackage, Frame, FrameConfirmation
from app.verbs.schemas import MAX_ID, After, Answer, Day, Items, KnownAt, Line, Moment, PathName, Text, Wish, Word

Definition = Annotated[
    dict[str, Any],
    Field(max_length=20, description="conditions, columns, scope (docs/frames.md); a JSON file on the command line"),
]
AtOnce = Annotated[bool, Field(description="draw the units at once")]
FrameName = Annotated[Line, Field(min_length=1, max_length=128)]


class FrameWanted(Wish):
    """One frame."""

    reference: Annotated[FrameName, Field(description="name or number")]


class FramesWanted(Wish):
    """The newest frames of one's area; discarded ones only when asked for."""

    survey: Word = ""
    status: FrameStatus | None = None
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class PreviewWanted(Wish):
    """What a definition would hold on a day, today when none is given."""

    definition: Definition
    on: Day | None = None


class NewFrame(Wish):
    """A frame to be written down."""

    name: Annotated[PathName, Field(max_length=128)]
    survey: Annotated[Word, Field(min_length=1, description="code of the survey")]
    period: Annotated[Word, Field(description="2025, 2025Q1, 2025-01 or FROM..UNTIL (end excluded)")]
    definition: Definition
    reference_date: Day
    build: AtOnce = False


class Redefinition(FrameWanted):
    """Another definition for a frame."""

    definition: Definition
    reference_date: Day
    build: AtOnce = False


class BuildWanted(FrameWanted):
    """A frame to be drawn, as known at a moment."""

    known_at: KnownAt = None


class ConfirmationGiven(FrameWanted):
    """One side's confirmation."""

    side: Annotated[Side, Field(description="register or section")]
    version: Annotated[
        int,
        Field(ge=0, le=MAX_ID, description="the version of the frame that was looked at; refused when it has moved"),
    ]
    comment: Annotated[Text, Field(max_length=1000)] = ""


class UnitsWanted(FrameWanted):
    """A page of the units as built, by unit id."""

    after: After = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ExportWanted(FrameWanted):
    """A package of a frozen frame."""

    purpose: Annotated[Line, Field(description="what for")]
    recipient: Annotated[Line, Field(max_length=128, description="for whom")]
    form: Annotated[Form, Field(description="form of the data")] = Form.CSV
    personal: Annotated[
        list[Word], Field(max_length=50, description="personal field to add in clear; name: names in full")
    ] = []
    reason: Annotated[Line, Field(description="why personal fields are needed")] = ""


class FrameShown(Answer):
    """A frame as it stands. `sha256` is `rows_sha256` again, as commands have always called it."""

    frame_id: int
    name: str
    survey: str
    period_from: date
    period_until: date
    reference_date: date
    known_at: Moment | None
    status: FrameStatus
    version: int
    rows: int
    rows_sha256: str
    sha256: str
    definition: dict[str, Any]
    code_lists: list[dict[str, Any]]

    @classmethod
    def of(cls, frame: Frame, **more: Any) -> Self:
        held = {name: getattr(frame, name) for name in FrameShown.model_fields if name in Frame.model_fields}
        return cls(**held, rows=frame.row_count, sha256=frame.rows_sha256, **more)


class ConfirmationShown(Answer):
    side: Side
    by: str
    at: Moment
    comment: str

    @classmethod
    def of(cls, given: FrameConfirmation, people: Mapping[int, str]) -> ConfirmationShown:
        return cls(side=Side(given.side), by=people.get(given.actor_id, ""), at=given.at, comment=given.comment)


class FrameInFull(FrameShown):
    """A frame with its conditions in the caller's words, who confirmed it, for which sides the caller may, and whether its
    survey lets him alter it."""

    columns: list[str]
    words: list[str]
    created_by: str
    confirmations: list[ConfirmationShown]
    may_confirm: list[Side]
    may_alter: bool


class Frames(Items[FrameShown]):
    """Frames, the newest first."""


class Counted(Answer):
    """A condition as it was written, in words, with the units it holds alone and together with those before it."""

    model_config = ConfigDict(extra="allow")

    words: str
    alone: int
    remaining: int

    @classmethod
    def of(cls, count: Count, language: str) -> Counted:
        said = count.condition.as_json()
        return cls(words=in_words(count.condition, language), alone=count.alone, remaining=count.remaining, **said)


class PreviewShown(Answer):
    """How many units lie in the area, and how many of them meet the definition."""

    total: int
    in_area: int
    conditions: list[Counted]

    @classmethod
    def of(cls, counts: Counts, language: str) -> PreviewShown:
        lines = [Counted.of(count, language) for count in counts.conditions]
        return cls(total=counts.total, in_area=counts.in_area, conditions=lines)


class FrameUnits(Answer):
    """Rows of a frame in the columns of its definition. `next` goes into `after` for the page behind."""

    columns: list[str]
    items: list[dict[str, Any]]
    next: int | None


class VerificationShown(Answer):
    """A frame drawn again from its definition and two dates, from the units it holds, and what the log says of it."""

    frame: str
    intact: bool
    rows: int
    sha256: str
    drawn: str
    drawn_rows: int
    drawn_sha256: str
    stored_sha256: str
    logged_sha256: str


class ExportShown(Answer):
    export_id: int
    at: Moment
    by: str
    purpose: str
    recipient: str
    form: Form
    rows: int
    data_sha256: str

    @classmethod
    def of(cls, package: ExportPackage, people: Mapping[int, str]) -> ExportShown:
        held = {name: getattr(package, name) for name in cls.model_fields if name in ExportPackage.model_fields}
        return cls(**held, by=people.get(package.actor_id, ""))


class Exports(Items[ExportShown]):
    """What of a frame left the house."""


class SelectableField(Answer):
    field: str
    zh: str
    en: str
    operators: list[str]


class FrameOptions(Answer):
    """What conditions can be written of, what a form offers first, and how far one's own area reaches."""

    items: list[SelectableField]
    operators: list[str]
    scope: str
    today: date
