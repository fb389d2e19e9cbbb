"""Temporary codes that offices gave out for units without a code of any registrar."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from app.core.types import Moment
from app.models.base import ref


class TemporaryCode(SQLModel, table=True):
    """A temporary code of the pool of an area. Who bears it, and since when, is told by the identifiers of units alone."""

    __tablename__ = "temporary_code"

    code: str = Field(primary_key=True, max_length=18)
    area_code: str = Field(max_length=6, index=True)
    office_id: int = ref("office.office_id", index=False)
    issued_by: int = ref("user_account.user_id", index=False)
    issued_at: datetime = Field(sa_type=Moment)
