"""Rules over the register as data, what they found, and what people said of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import Moment, PackedJson
from app.domain import lives
from app.models.base import BigId, id_column, ref


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
