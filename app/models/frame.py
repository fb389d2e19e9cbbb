"""Frozen frames: definition, rows, confirmations, exports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import Moment, PackedJson
from app.domain import lives
from app.models.base import BigId, id_column, optional_ref, ref


class Frame(SQLModel, table=True):
    """A respondent list: what it holds, of which day, as known when, and the hash of its canonical rows."""

    __tablename__ = "frame"
    __life__ = lives.FRAME
    __state__ = "status"
    __table_args__ = (UniqueConstraint("name"),)

    frame_id: int = id_column()
    name: str = Field(max_length=128)
    survey: str = Field(max_length=64, index=True)
    period_from: date
    period_until: date
    definition: Any = Field(sa_type=PackedJson)
    reference_date: date
    known_at: datetime | None = Field(default=None, sa_type=Moment)
    code_lists: Any = Field(sa_type=PackedJson)
    row_count: int = 0
    rows_sha256: str = Field(default="", max_length=64)
    status: str = Field(max_length=16)
    # The build that is on, which puts its rows in part by part; a later one takes over.
    building: str = Field(default="", max_length=32)
    # Moves with whatever alters what is looked at: another definition, another build.
    version: int = 1
    # Whose the survey was as this was written down; who redefined it, beside who drafted it.
    section_id: int | None = optional_ref("section.section_id", index=False)
    redefined_by: Any = Field(default=[], sa_type=PackedJson)
    office_id: int = ref("office.office_id")
    created_by: int = ref("user_account.user_id", index=False)
    created_at: datetime = Field(sa_type=Moment)
    frozen_at: datetime | None = Field(default=None, sa_type=Moment)


class FrameUnit(SQLModel, table=True):
    """A unit of a frame, by the version that was believed: old versions never change, so neither does the frame."""

    __tablename__ = "frame_unit"

    frame_id: int = Field(primary_key=True, sa_type=BigId, foreign_key="frame.frame_id")
    unit_id: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}, index=True)
    version_id: int = Field(sa_type=BigId)


class FrameConfirmation(SQLModel, table=True):
    """One side's confirmation: `register` or `section`."""

    __tablename__ = "frame_confirmation"
    __table_args__ = (UniqueConstraint("frame_id", "side"),)

    confirmation_id: int = id_column()
    frame_id: int = ref("frame.frame_id")
    side: str = Field(max_length=16)
    actor_id: int = ref("user_account.user_id", index=False)
    comment: str = Field(default="", max_length=1000)
    at: datetime = Field(sa_type=Moment)


class ExportPackage(SQLModel, table=True):
    """An export that left the house: purpose, recipient, what, and the hash of its data; a list has no frame."""

    __tablename__ = "export_package"

    export_id: int = id_column()
    frame_id: int | None = optional_ref("frame.frame_id")
    purpose: str = Field(max_length=255)
    recipient: str = Field(max_length=128)
    form: str = Field(max_length=16)
    rows: int
    data_sha256: str = Field(max_length=64)
    actor_id: int = ref("user_account.user_id", index=False)
    at: datetime = Field(sa_type=Moment)
