"""Spot checks: a seeded sample of a frozen list, what was found in the field, field by field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import Moment, PackedJson, SealedJson
from app.domain import lives
from app.models.base import BigId, id_column, optional_ref, ref


class SpotCheck(SQLModel, table=True):
    """A check, sealed until it is started: the seed and size that drew it, the fields compared.

    Drawn from a frozen frame, or from the register by a definition as of a day and a moment; `population_sha256` is that
    of what it was drawn from, so that the draw can be repeated years later.
    """

    __tablename__ = "spot_check"
    __life__ = lives.CHECK
    __state__ = "status"
    __table_args__ = (UniqueConstraint("name"),)

    check_id: int = id_column()
    name: str = Field(max_length=128)
    frame_id: int | None = optional_ref("frame.frame_id")
    definition: Any = Field(default=None, sa_type=PackedJson, nullable=True)
    reference_date: date | None = None
    known_at: datetime | None = Field(default=None, sa_type=Moment)
    population_sha256: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
    seed: str = Field(max_length=64)
    size: int
    population: int
    fields: Any = Field(sa_type=PackedJson)
    status: str = Field(max_length=16)
    office_id: int = ref("office.office_id")
    created_by: int = ref("user_account.user_id", index=False)
    created_at: datetime = Field(sa_type=Moment)
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)


class SpotCheckItem(SQLModel, table=True):
    """One drawn unit, by the version the frame holds. `checker_id` is who visits it and alone writes it; `version` counts
    what was written, so that two phones do not write over each other. `presence`: found, not_found, or empty while not visited.

    `verdicts` maps each field to right, wrong, cannot_tell or not_applicable; `found` holds the values met in the
    field where they differ, sealed, since some are personal; `since`, of those that are wrong, the day since when they are,
    where the checker knows it.
    """

    __tablename__ = "spot_check_item"
    __table_args__ = (Index("ix_spot_check_item_checker_id", "checker_id", "check_id"),)

    check_id: int = Field(primary_key=True, sa_type=BigId, foreign_key="spot_check.check_id")
    seq: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    unit_id: int = Field(sa_type=BigId, index=True)
    version_id: int = Field(sa_type=BigId)
    checker_id: int | None = Field(default=None, sa_type=BigId)
    version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    presence: str = Field(default="", max_length=16)
    verdicts: Any = Field(sa_type=PackedJson)
    found: Any = Field(sa_type=SealedJson, nullable=True)
    since: Any = Field(default=None, sa_type=PackedJson, nullable=True)
    note: str = Field(default="", max_length=1000)
    checked_by: int | None = Field(default=None, sa_type=BigId)
    checked_at: datetime | None = Field(default=None, sa_type=Moment)
    request_id: int | None = Field(default=None, sa_type=BigId)
