"""What goes into the verbs of code lists and comes out."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field

from app.models import CodeItem, CodeList
from app.verbs.schemas import Answer, Day, Line, Name, PathName, Wish, Word

ListName = Annotated[Word, Field(min_length=1, max_length=32, description="name of the code list")]
EditionName = Annotated[Word, Field(min_length=1, description="name of the edition")]


class CodesWanted(Wish):
    """Codes of an edition: the one named, else the one in force on a day."""

    name: ListName
    on: Day | None = Field(None, description="as in force on this day; today when not given")
    edition: Word = Field("", description="this edition, whatever the day")
    parent: Word | None = Field(None, description="the codes right below this one; empty for those at the top")
    q: Line = Field("", description="the beginning of a code, or a part of a name")
    after: Word = Field("", description="go on behind this code")
    limit: int | None = Field(None, ge=1, le=100_000, description="so many at most; all when not given")


class CodeWanted(Wish):
    """One code of the edition in force on a day."""

    name: ListName
    code: Word
    on: Day | None = Field(None, description="as in force on this day; today when not given")


class CodesLoad(Wish):
    """An operator's list in a file. `origin` is how the file is called where it comes from."""

    path: str = Field(max_length=4096, description="UTF-8 CSV with columns code and name")
    name: Annotated[PathName, Field(max_length=32, description="name of the code list")]
    edition: Annotated[Name, Field(max_length=64, description="name of the edition")]
    valid_from: Day
    title: Annotated[Line, Field(max_length=128)] = ""
    origin: Line = ""


class EditionWanted(Wish):
    """An edition of a list by its name."""

    name: ListName
    edition: EditionName


class EditionShown(Answer):
    """An edition with its validity and where it comes from."""

    name: str
    edition: str
    title: str
    valid_from: date
    valid_until: date
    origin: str


class Editions(Answer):
    items: list[EditionShown]


class CodeShown(Answer):
    """A code with its name and the one above it; whatever else the list says of it stands beside."""

    model_config = ConfigDict(extra="allow")

    code: str
    name: str
    parent: str

    @classmethod
    def of(cls, item: CodeItem) -> CodeShown:
        return cls(**{**(item.extra or {}), "code": item.code, "name": item.name, "parent": item.parent_code})


class Codes(EditionShown):
    """Codes of an edition. `trail` are the codes above, from the top down; `open` those that have others below."""

    items: list[CodeShown]
    next: str | None = None
    trail: list[CodeShown] = []
    open: list[str] = []

    @classmethod
    def within(cls, edition: CodeList, items: list[CodeItem], **more: object) -> Codes:
        held = EditionShown.model_validate(edition)
        return cls(**held.model_dump(), items=[CodeShown.of(item) for item in items], **more)


class OneCode(CodeShown):
    """One code, with the edition that says so."""

    edition: str


class Loaded(Answer):
    """How many codes an edition holds that was just loaded."""

    name: str
    edition: str
    codes: int
