"""What goes into verbs and comes out: bounded values, no unknown keys, moments and days of one kind.

Every integer, text and list has bounds here, so that no input reaches a database that cannot hold it.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from app.core.clock import iso_moment, parse_moment
from app.core.said import Said, word
from app.domain.ground import says_something
from app.verbs.faults import NOT_A_MOMENT, UNREADABLE, fault, refused

T = TypeVar("T")
MAX_ID = 2**63 - 1
LONGEST_PATH = 4096
FIRST_DAY, LAST_DAY = date(1000, 1, 1), date(9999, 12, 31)
FIRST_MOMENT, LAST_MOMENT = (datetime.fromisoformat(day) for day in ("1000-01-02", "9999-12-30"))
DAY_OUTSIDE = fault(
    word(
        "day_outside",
        "“{field:field}”须在 {first} 至 {last} 之间",
        "“{field:field}” must lie between {first} and {last}",
    )
)


class Wish(BaseModel):
    """What a verb is asked. Keys that are not known are refused, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What a verb answers."""

    model_config = ConfigDict(from_attributes=True)

    def answered_as(self) -> int | None:
        """How a route answers it, where that is not as the verb says."""
        return None


class Nothing(Wish):
    """A verb that needs to be told nothing."""


class Done(Answer):
    """A verb that has nothing to tell but that it was done."""

    done: bool = True


class Items(Answer, Generic[T]):
    """A page of a list. `next` goes into `after` for the page behind it; absent when this is the last."""

    items: list[T]
    next: int | str | None = None

    def joined(self, more: Self) -> Self:
        """This page and the one behind it as one."""
        return self.model_copy(update={"items": [*self.items, *more.items], "next": more.next})


_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


def _readable(text: str) -> str:
    if _UNREADABLE.search(text):
        raise refused(UNREADABLE)
    return text


_Readable = AfterValidator(_readable)
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
After = Annotated[int, Field(ge=0, le=MAX_ID, description="go on behind this one")]
Line = Annotated[str, Field(max_length=255), _Readable]
"""A line of text: a name, a title, a word to look for."""
Text = Annotated[str, Field(max_length=2000), _Readable]
"""What somebody has to say: a comment, a ground."""
Word = Annotated[str, Field(max_length=64), _Readable]
"""A word of a list, a login, a code."""
TOLD_ONCE = "told_once"
Once = Annotated[str, TOLD_ONCE]
"""A secret that an answer tells this once: where the same call is sent again the answer is without it, nor is it kept."""
Stripped = BeforeValidator(lambda told: told.strip() if isinstance(told, str) else told)
"""Blanks around a text, typed by chance, are not part of it."""
Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"\S"), _Readable, Stripped]
"""What something new is called."""
PathName = Annotated[
    str, Field(min_length=1, max_length=255, pattern=r"^[^/?#\\\x00-\x1f\x7f-\x9f]*$"), _Readable, Stripped
]
"""What something new is called that is reached by its name: nothing that ends a path's segment or cannot be seen."""


SAYS_NOTHING = fault(
    word(
        "says_nothing", "“{field:field}”须写明理由，不能只有标点或数字", "“{field:field}” has to say something in words"
    )
)


def _telling(text: str) -> str:
    if not says_something(text):
        raise refused(SAYS_NOTHING)
    return text


Ground = Annotated[Name, AfterValidator(_telling)]
"""Why something is done; a full stop says nothing."""


def _short_path(path: Path) -> Path:
    if len(str(path)) > LONGEST_PATH or "\x00" in str(path):
        raise refused(UNREADABLE)
    return path


FilePath = Annotated[
    Path,
    AfterValidator(_short_path),
    WithJsonSchema({"type": "string", "format": "path", "maxLength": LONGEST_PATH}),
]
"""A file on this machine, laid down by an upload or named by a command."""


def _bounded(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise refused(DAY_OUTSIDE, first=FIRST_DAY.isoformat(), last=LAST_DAY.isoformat())
    return day


Day = Annotated[date, AfterValidator(_bounded), Field(description="a day, YYYY-MM-DD, Asia/Shanghai")]


def _moment(value: Any) -> Any:
    """ISO text to naive UTC; without an offset it is read as Asia/Shanghai."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        moment = parse_moment(value)
    except (ValueError, OverflowError) as wrong:
        raise refused(NOT_A_MOMENT) from wrong
    if not FIRST_MOMENT <= moment <= LAST_MOMENT:  # so that it has a day in Shanghai, and on both databases
        raise refused(NOT_A_MOMENT)
    return moment


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(iso_moment, return_type=str, when_used="json-unless-none"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
    Field(description="a moment, ISO 8601; UTC in answers, Asia/Shanghai where asked without an offset"),
]
KnownAt = Annotated[
    datetime | None, BeforeValidator(_moment), Field(description="as known at this moment (ISO); now when not given")
]


class SaidAnswer(Answer):
    """A reason: its code, the sentence in both languages, the facts of the case."""

    code: str
    zh: str
    en: str
    facts: dict[str, Any] = {}

    @classmethod
    def of(cls, said: Said) -> SaidAnswer:
        return cls(**said.as_json())


class Download(BaseModel):
    """A file that leaves: where it lies until it was sent, and how it is called there."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    path: str
    file_name: str
    media_type: str
    headers: dict[str, str] = {}
