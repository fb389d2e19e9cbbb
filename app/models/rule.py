"""Rules over the register as data, what they found, and what people said of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import Moment, PackedJson
from app.domain import lives
from app.models.base import BigId, id_column, optional_ref, ref


class Rule(SQLModel, table=True):
    """A dated rule: a level, words in both languages, where it comes from, and what breaks it.

    `asks` is what `app.rules.asks` understands; `fields` are the attributes beside which it speaks. With `waits_for` it is
    not asked yet: what it needs comes with later work.
    """

    __tablename__ = "rule"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)

    rule_id: int = id_column()
    code: str = Field(max_length=16)
    level: str = Field(max_length=8)
    zh: str = Field(max_length=512)
    en: str = Field(max_length=512)
    source: str = Field(max_length=255)
    fields: Any = Field(sa_type=PackedJson)
    asks: Any = Field(sa_type=PackedJson)
    waits_for: str = Field(default="", max_length=255)
    valid_from: date
    valid_until: date


class RuleDraft(SQLModel, table=True):
    """An edition of a rule that somebody proposes, or with `ends` its end on a day; nothing comes of it before a second
    person has confirmed it. Of an end the words and the asks are empty."""

    __tablename__ = "rule_draft"
    __life__ = lives.DRAFT
    __state__ = "status"

    draft_id: int = id_column()
    code: str = Field(max_length=16)
    ends: bool = False
    level: str = Field(default="", max_length=8)
    zh: str = Field(default="", max_length=512)
    en: str = Field(default="", max_length=512)
    source: str = Field(default="", max_length=255)
    fields: Any = Field(sa_type=PackedJson)
    asks: Any = Field(sa_type=PackedJson)
    valid_from: date
    status: str = Field(max_length=16)
    office_id: int = ref("office.office_id", index=False)
    proposed_by: int = ref("user_account.user_id", index=False)
    proposed_at: datetime = Field(sa_type=Moment)
    decided_by: int | None = optional_ref("user_account.user_id", index=False)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)


class RuleCount(SQLModel, table=True):
    """What the rules say of all rows of a file, or of all items of a request, as of a day: for each rule how many break it,
    how many of these bring that in, and the first; for each guard how many it stops. Made again by counting anew.
    """

    __tablename__ = "rule_count"
    __table_args__ = (UniqueConstraint("about", "about_id"),)

    count_id: int = id_column()
    about: str = Field(max_length=8)
    about_id: int = Field(sa_type=BigId)
    on: date
    at: datetime = Field(sa_type=Moment)
    version: int
    items: int
    rules: Any = Field(sa_type=PackedJson)
    guards: Any = Field(sa_type=PackedJson)


class Finding(SQLModel, table=True):
    """A unit that breaks a rule: one row for both, whatever became of it. Found anew it is open again.

    `facts` is a keyed digest of what the unit said when the finding was explained: once that changes, the note no longer
    explains it.
    """

    __tablename__ = "finding"
    __life__ = lives.FINDING
    __state__ = "status"
    __table_args__ = (
        UniqueConstraint("unit_id", "rule"),
        Index("ix_finding_status_rule", "status", "rule", "unit_id"),
    )

    finding_id: int = id_column()
    rule: str = Field(max_length=16)
    unit_id: int = Field(sa_type=BigId, foreign_key="unit.unit_id")
    status: str = Field(max_length=16)
    found_at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    facts: str = Field(default="", max_length=64)


class FindingNote(SQLModel, table=True):
    """Why a unit is right although it breaks a rule, by whom; never changed."""

    __tablename__ = "finding_note"

    note_id: int = id_column()
    finding_id: int = ref("finding.finding_id")
    note: str = Field(max_length=2000)
    by: int = ref("user_account.user_id", index=False)
    at: datetime = Field(sa_type=Moment)


class RuleRun(SQLModel, table=True):
    """A look at the whole register: as of which day, and how many findings it opened and closed. Who asked for it is said by the job."""

    __tablename__ = "rule_run"

    run_id: int = id_column()
    on: date = Field(index=True)
    at: datetime = Field(sa_type=Moment)
    units: int
    opened: int
    closed: int
