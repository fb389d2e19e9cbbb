"""Whose value stands: fields that a person locked, what sources say beside the value in force, and what people said of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import Moment, SealedJson
from app.domain import lives
from app.models.base import BigId, id_column, optional_ref, ref


class FieldLock(SQLModel, table=True):
    """A field of a unit that no file's value goes over until a day, excluded, unless somebody ends it before."""

    __tablename__ = "field_lock"
    __life__ = lives.LOCK
    __state__ = "status"
    __table_args__ = (Index("ix_field_lock_unit", "unit_id", "status"),)

    lock_id: int = id_column()
    unit_id: int = Field(sa_type=BigId, foreign_key="unit.unit_id")
    field: str = Field(max_length=32)
    reason: str = Field(max_length=255)
    until: date
    status: str = Field(max_length=16)
    set_by: int = ref("user_account.user_id", index=False)
    set_at: datetime = Field(sa_type=Moment)
    ended_by: int | None = optional_ref("user_account.user_id", index=False)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_why: str = Field(default="", max_length=255)
    # Unit and field while it is held, then nothing: unique, so that one holds at most.
    held_key: str | None = Field(default=None, max_length=64, unique=True, index=True)


class LosingValue(SQLModel, table=True):
    """The latest value of a source that is not in force in a field of a unit, and why it lost.

    `over…` is the value in force that it lost against: its source and day, empty where the unit says nothing. `facts` and
    `over_facts` are keyed digests of both: once one of them changes, what people said of it settles it no longer.
    """

    __tablename__ = "losing_value"
    __life__ = lives.VALUE
    __state__ = "status"
    __table_args__ = (
        UniqueConstraint("unit_id", "field", "source"),
        # In the order in which they came, all of a state, or those of a field and source.
        Index("ix_losing_value_status", "status", "losing_id"),
        Index("ix_losing_value_field", "status", "field", "source", "losing_id"),
    )

    losing_id: int = id_column()
    unit_id: int = Field(sa_type=BigId, foreign_key="unit.unit_id")
    field: str = Field(max_length=32)
    source: str = Field(max_length=16)
    record_id: int = Field(sa_type=BigId)
    said_on: str = Field(max_length=10)
    why: str = Field(max_length=16)
    value: Any = Field(sa_type=SealedJson)
    facts: str = Field(max_length=32)
    over: str = Field(default="", max_length=16)
    over_on: str = Field(default="", max_length=10)
    over_facts: str = Field(default="", max_length=32)
    status: str = Field(max_length=16)
    # The request that puts it to a person, or in which it was refused, where that is known.
    request_id: int | None = Field(default=None, sa_type=BigId)
    lost_at: datetime = Field(sa_type=Moment)


class ValueChoice(SQLModel, table=True):
    """Why a value stays in force beside what a source says, by whom; never changed. `facts` tell which two were looked at."""

    __tablename__ = "value_choice"

    choice_id: int = id_column()
    unit_id: int = ref("unit.unit_id")
    field: str = Field(max_length=32)
    source: str = Field(max_length=16)
    facts: str = Field(max_length=32)
    over_facts: str = Field(max_length=32)
    note: str = Field(max_length=255)
    by: int = ref("user_account.user_id", index=False)
    at: datetime = Field(sa_type=Moment)
