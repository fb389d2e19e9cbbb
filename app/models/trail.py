"""The two hash-chained logs: what was changed (audit) and what was seen (access)."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Index, LargeBinary, column
from sqlmodel import Field, SQLModel

from app.core.types import PackedJson
from app.models.base import BigId


class ChainHead(SQLModel, table=True):
    """The last entry of each chain; locking this row is what makes its numbers gap-free."""

    __tablename__ = "chain_head"

    chain: str = Field(primary_key=True, max_length=16)
    seq: int = Field(default=0, sa_type=BigId)
    hash: str = Field(default="", max_length=64)


class LogEntry(SQLModel):
    """What an entry of either chain holds. `hash` covers every other column and the entry before.

    `at` is text, ISO 8601 in UTC: what is hashed is what is stored, on every database. `BESIDE` are columns that came
    later: an entry with nothing in them is hashed as those of before.
    """

    BESIDE: ClassVar[tuple[str, ...]] = ()

    seq: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    at: str = Field(max_length=32)
    actor: str = Field(max_length=64)
    event: str = Field(max_length=64)
    subject: str = Field(default="", max_length=128)
    request_id: int | None = Field(default=None, sa_type=BigId)
    payload_digest: str = Field(max_length=64)
    algorithm: str = Field(default="sha256", max_length=16)
    prev_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class AuditEvent(LogEntry, table=True):
    """`rows_digest` is of what the entry says of rows (`AuditRows`); empty where its transaction wrote none."""

    __tablename__ = "audit_event"
    BESIDE: ClassVar[tuple[str, ...]] = ("rows_digest",)

    rows_digest: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})


class AuditRows(SQLModel, table=True):
    """What an entry says of the rows that its transaction wrote: digests, packed and sealed. It is never destroyed."""

    __tablename__ = "audit_rows"

    seq: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    body: bytes = Field(sa_type=LargeBinary)


class RowLayout(SQLModel, table=True):
    """Columns that were vouched for under an id, which is their digest: what was said before a migration stays legible."""

    __tablename__ = "row_layout"

    layout_id: str = Field(primary_key=True, max_length=16)
    columns: Any = Field(sa_type=PackedJson)


class AuditPayload(SQLModel, table=True):
    """Before and after of an entry, sealed; the chain holds the digest of these bytes.

    A payload past its retention can be destroyed by two people: its row goes, `audit_event` keeps the digest.
    """

    __tablename__ = "audit_payload"

    seq: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    body: bytes = Field(sa_type=LargeBinary)


class AccessEvent(LogEntry, table=True):
    """`unit_from` and `unit_until`: the first and last number of the units that were seen, the same of a single one.

    Those between them stand in `AccessUnits`, whose digest is `units_digest`.
    """

    __tablename__ = "access_event"
    __table_args__ = (
        Index("ix_access_event_unit_from", "unit_from", "seq"),
        Index(
            "ix_access_event_several",
            "seq",
            sqlite_where=column("unit_from") < column("unit_until"),
            postgresql_where=column("unit_from") < column("unit_until"),
        ),
    )
    BESIDE: ClassVar[tuple[str, ...]] = ("unit_from", "unit_until", "units_digest")

    unit_from: int | None = Field(default=None, sa_type=BigId)
    unit_until: int | None = Field(default=None, sa_type=BigId)
    units_digest: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})


class AccessUnits(SQLModel, table=True):
    """The units that were seen beside the first and the last, packed (`app.audit.units`); never destroyed."""

    __tablename__ = "access_units"

    seq: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    body: bytes = Field(sa_type=LargeBinary)


class AccessPayload(SQLModel, table=True):
    __tablename__ = "access_payload"

    seq: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    body: bytes = Field(sa_type=LargeBinary)
