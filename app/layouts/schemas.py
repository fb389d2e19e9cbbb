"""What goes into the verbs of taught layouts and comes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.domain.words import Source
from app.models import FileLayout
from app.verbs.schemas import After, Answer, FilePath, Id, Line, Moment, Wish, Word
from importers.labels import LONGEST_LABEL

MOST_COLUMNS = 512
Name = Annotated[str, Field(min_length=1, max_length=48, pattern=r"^[^@+\s]+$", description="without blanks, @ and +")]
Label = Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL)]
Field_ = Annotated[str, Field(max_length=64, description="field, or nothing for a column that nobody is to read")]


class LayoutsWanted(Wish):
    """The newest layouts in use, on from behind one."""

    source: Source | None = None
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class LayoutTaught(Wish):
    """Which column of a file is which field. Under a name that is taken it becomes the next version.

    `like` is a layout of the source whose rows report the same; `codes` says, by field, what files write for its codes.
    """

    source: Source
    name: Name
    like: Word
    labels: Annotated[dict[Label, Field_], Field(min_length=1, max_length=MOST_COLUMNS)]
    money_unit: Word = Field(
        "", description="of amounts whose label and cell say none: one of those that `importers/taught.py` names"
    )
    day_first: bool | None = Field(None, description="whether 05/03/2024 is the 5th of March; not said: ask a person")
    codes: Annotated[dict[Word, Annotated[dict[Line, Word], Field(max_length=500)]], Field(max_length=64)] = {}


class LayoutWanted(Wish):
    """One layout by its number."""

    layout_id: Id


class LayoutShown(Answer):
    """A version of a taught layout, and whose it is."""

    layout_id: int
    source: Source
    name: str
    version: int
    like: str
    labels: dict[str, str]
    money_unit: str
    day_first: bool | None
    codes: dict[str, dict[str, str]]
    office_id: int
    taught_at: Moment

    @classmethod
    def told(cls, layout: FileLayout) -> LayoutShown:
        return cls(
            layout_id=layout.layout_id,
            source=Source(layout.source),
            name=layout.name,
            version=layout.version,
            like=layout.like,
            labels=layout.labels,
            office_id=layout.office_id,
            taught_at=layout.taught_at,
            **layout.ways,
        )


class Layouts(Answer):
    items: list[LayoutShown]
    next: int | None = None


class FileLookedAt(Wish):
    """A file of which nobody knows the layout; it is not kept."""

    path: FilePath
    source: Source = Field(description="what the file is")


class ColumnSeen(Answer):
    """A column: its label, the field that it says or may mean (`sure` or guessed), its first values, personal ones masked."""

    label: str
    field: str
    sure: bool
    values: list[str]


class PartSeen(Answer):
    """A part of the file: its columns, and the layout it is read by or most like, if any."""

    name: str
    like: str
    columns: list[ColumnSeen]


class LayoutDraft(Answer):
    """What a layout for a file may say. `layouts` are those of the source by what each needs, `fields` those there are."""

    file: str
    source: Source
    parts: list[PartSeen]
    layouts: dict[str, list[list[str]]]
    fields: list[str]
