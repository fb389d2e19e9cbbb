"""Layouts of files that people taught."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import Moment, PackedJson
from app.models.base import id_column, ref


class FileLayout(SQLModel, table=True):
    """A version of a layout: which column of a file is which field, and how its values are written.

    Taught anew under its name it gets the next version; batches name the one they were read by. One that ended is used no more.
    """

    __tablename__ = "file_layout"
    __table_args__ = (UniqueConstraint("office_id", "source", "name", "version"),)

    layout_id: int = id_column()
    office_id: int = ref("office.office_id")
    source: str = Field(max_length=16)
    name: str = Field(max_length=48)
    version: int
    # The shipped layout whose rows report the same.
    like: str = Field(max_length=64)
    # Label of a column to the field, or to nothing where nobody is to read it.
    labels: Any = Field(sa_type=PackedJson)
    # money_unit, day_first, codes: field to what files write for its codes.
    ways: Any = Field(sa_type=PackedJson)
    taught_by: int = ref("user_account.user_id", index=False)
    taught_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment, nullable=True)
