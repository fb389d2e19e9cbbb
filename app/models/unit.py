"""The register: units for ever, their versions, identifiers and relations on two clocks, the change feed.

`unit_version` is a plain table whose attribute columns come from `app.domain.fields`: it is only ever read and
written in sets, by `app.register`, and one table of fields is one place to add an attribute.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    text,
)
from sqlmodel import Field, SQLModel

from app.core.finding import FOUND_BY, PERSONS
from app.core.persons import PERSON
from app.core.types import Moment, PackedJson, PersonalText
from app.domain.fields import FIELDS, Kind
from app.domain.fields import Field as Attribute
from app.domain.steps import ENDING
from app.domain.words import Standing
from app.models.base import BigId, metadata


class RegisterHead(SQLModel, table=True):
    """One row: the writer's counters. Who holds its lock is the writer.

    `recorded_at` is the last knowledge moment given out, `feed_seq` the register version. Ids come from here and
    not from sequences, so that a rolled-back chunk leaves no gap and a rerun gives the same ids.
    """

    __tablename__ = "register_head"

    head_id: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    feed_seq: int = Field(default=0, sa_type=BigId)
    recorded_at: datetime = Field(sa_type=Moment)
    last_unit_id: int = Field(default=0, sa_type=BigId)
    last_version_id: int = Field(default=0, sa_type=BigId)


class Unit(SQLModel, table=True):
    """A unit for life: meaningless id, permanent random number (53 bits), number of writes so far."""

    __tablename__ = "unit"

    unit_id: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    random_number: int = Field(sa_type=BigInteger)
    revision: int = 1
    created_at: datetime = Field(sa_type=Moment)
    request_id: int = Field(sa_type=BigId)


def _attribute(field: Attribute) -> Column[object]:
    if field.personal:
        return Column(field.name, PersonalText, nullable=True)
    if field.kind is Kind.NUMBER:
        return Column(field.name, BigInteger, nullable=True)
    return Column(field.name, String(field.length), nullable=False, server_default="")


def _clocks() -> list[Column[object]]:
    return [
        Column("valid_from", Date, nullable=False),
        Column("valid_until", Date, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        Column("superseded_at", Moment, nullable=False),
        Column("reason", String(20), nullable=False),
        Column("request_id", BigId, nullable=False),
    ]


def _origin() -> list[Column[object]]:
    """Who gave a link: a source and its record, 0 for a hand edit; no source where an earlier version wrote it. One that is
    `stated` a request said by itself, and no version implies it."""
    return [
        Column("source", String(16), nullable=False),
        Column("record_id", BigId, nullable=False),
        Column("stated", Boolean, nullable=False),
    ]


STILL_BELIEVED = text("superseded_at = '9999-12-31 00:00:00.000000'")
"""The condition of the partial indexes of `unit_version`, word for word, and of the searches that live by them.

SQLite uses a partial index only for the literal it was made with, never for a parameter. `== STILL_KNOWN` says the
same with a parameter and is the way wherever no partial index is meant.
"""

_NOT_BELIEVED = "superseded_at < '9999-12-31 00:00:00.000000'"
_GONE = "operating_status IN ({})".format(", ".join(f"'{status}'" for status in sorted(ENDING)))
_STANDINGS = ", ".join(f"'{standing}'" for standing in Standing)


def _on_both_clocks() -> list[CheckConstraint]:
    """What holds on some day, and was held to be so for some time."""
    return [
        CheckConstraint("valid_from < valid_until", name="days"),
        CheckConstraint("recorded_at < superseded_at", name="known"),
    ]


unit_version = Table(
    "unit_version",
    metadata,
    Column("version_id", BigId, primary_key=True, autoincrement=False),
    Column("unit_id", BigId, ForeignKey("unit.unit_id"), nullable=False),
    *_clocks(),
    # What began this stretch of validity in the world, while `reason` says why this row was written.
    Column("began_by", String(20), nullable=False),
    Column("date_precision", String(5), nullable=False),
    Column("standing", String(12), nullable=False),
    *(_attribute(field) for field in FIELDS),
    # The unit that follows one that was merged or converted.
    Column("successor_id", BigId, ForeignKey("unit.unit_id"), nullable=True),
    Column("sources", PackedJson, nullable=False),
    # Whose name it is that the unit's names show masked: of no field, the writer puts it there (decision 49).
    Column(PERSON, PersonalText, nullable=True),
    # Keyed digests by which sealed fields are found; whoever reads the database sees which are equal, and no more.
    *(Column(name, LargeBinary, nullable=True) for name in FOUND_BY),
    # A second wall behind the guards (decision 47), of what one row says alone; what was believed once is history.
    *_on_both_clocks(),
    CheckConstraint(f"standing IN ({_STANDINGS})", name="standing"),
    CheckConstraint(f"{_NOT_BELIEVED} OR standing <> 'live' OR NOT {_GONE}", name="live_status"),
    CheckConstraint(f"{_NOT_BELIEVED} OR standing <> 'closed' OR {_GONE}", name="closed_status"),
    *(
        CheckConstraint(f"{_NOT_BELIEVED} OR standing <> 'live' OR {name} <> ''", name=f"live_{name}")
        for name in ("area_code", "unit_type")
    ),
    CheckConstraint(f"{_NOT_BELIEVED} OR standing <> 'live' OR name <> '' OR short_name <> ''", name="live_name"),
    CheckConstraint("successor_id <> unit_id", name="successor"),
    Index("ix_unit_version_unit", "unit_id", "superseded_at", "valid_from"),
    Index("ix_unit_version_request", "request_id"),
    # A second guard behind the writer: no two believed versions of a unit begin on one day.
    Index(
        "uq_unit_version_believed",
        "unit_id",
        "valid_from",
        unique=True,
        sqlite_where=STILL_BELIEVED,
        postgresql_where=STILL_BELIEVED,
    ),
    # What lists are made of, so that filters, counts and names are had without the wide rows.
    Index(
        "ix_unit_version_list",
        *("valid_until", "valid_from", "standing", "unit_type", "area_code", "industry_code", "operating_status"),
        *("began_by", "name", "uscc", "unit_id", "version_id"),
        sqlite_where=STILL_BELIEVED,
        postgresql_where=STILL_BELIEVED,
    ),
)

FOLDED_NAME = text("upper(replace(replace(replace(replace(name, '（', '('), '）', ')'), ' ', ''), '　', ''))")
"""A name in one form, word for word as it is indexed: whoever looks for equal ones says the same."""

for _name, _of in (("name", FOLDED_NAME), ("mobile", unit_version.c.mobile_whole_digest)):
    # By what rules find the units that share something, for one unit at a time.
    Index(
        f"ix_unit_version_{_name}",
        _of,
        sqlite_where=STILL_BELIEVED,
        postgresql_where=STILL_BELIEVED,
        _table=unit_version,
    )

for _name in PERSONS:
    # By what who may unmask finds a person; most units name one or two.
    Index(
        f"ix_unit_version_{_name.removesuffix('_whole_digest')}",
        unit_version.c[_name],
        sqlite_where=text(f"{STILL_BELIEVED} AND {_name} IS NOT NULL"),
        postgresql_where=text(f"{STILL_BELIEVED} AND {_name} IS NOT NULL"),
    )

identifier = Table(
    "identifier",
    metadata,
    Column("identifier_id", BigId, primary_key=True),
    Column("unit_id", BigId, ForeignKey("unit.unit_id"), nullable=False),
    Column("scheme", String(16), nullable=False),
    Column("value", String(64), nullable=False),
    Column("verified", String(1), nullable=False),
    # The scheme of the code that this one is a part of; empty where the unit bears it by itself.
    Column("within", String(16), nullable=False),
    *_origin(),
    *_clocks(),
    *_on_both_clocks(),
    CheckConstraint("value <> ''", name="value"),
    CheckConstraint("verified IN ('y', 'n', '')", name="verified"),
    # With the unit, so that a part of a code is looked for in the index alone.
    Index("ix_identifier_value", "value", "superseded_at", "unit_id"),
    Index("ix_identifier_unit", "unit_id"),
)

relation = Table(
    "relation",
    metadata,
    Column("relation_id", BigId, primary_key=True),
    Column("unit_id", BigId, ForeignKey("unit.unit_id"), nullable=False),
    # parent, superior: by code as it was told, and the unit that is meant, once the register holds one alone.
    # succession: from the unit that ended to the one that follows.
    Column("kind", String(16), nullable=False),
    Column("target_unit_id", BigId, ForeignKey("unit.unit_id"), nullable=True),
    Column("target_code", String(32), nullable=False),
    *_origin(),
    *_clocks(),
    *_on_both_clocks(),
    CheckConstraint("target_unit_id <> unit_id", name="target"),
    CheckConstraint("target_unit_id IS NOT NULL OR target_code <> ''", name="told"),
    Index("ix_relation_unit", "unit_id", "kind"),
    Index("ix_relation_target", "target_unit_id"),
    Index("ix_relation_target_code", "target_code"),
)


class ChangeFeed(SQLModel, table=True):
    """One line per write to a unit, numbered without gaps: the register version of the check."""

    __tablename__ = "change_feed"

    seq: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    unit_id: int = Field(sa_type=BigId, index=True)
    reason: str = Field(max_length=20)
    valid_from: str = Field(max_length=10)
    recorded_at: datetime = Field(sa_type=Moment)
    request_id: int = Field(sa_type=BigId)
