"""Import batches and their rows, verbatim and as understood."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.types import Moment, PackedJson, PersonalText, SaidText, SealedJson
from app.domain import lives
from app.models.base import BigId, id_column, ref


class ImportBatch(SQLModel, table=True):
    """One file on its way in. `columns` maps each label of the file to the field it was read as, or nothing."""

    __tablename__ = "import_batch"
    __life__ = lives.BATCH
    __state__ = "status"

    batch_id: int = id_column()
    source: str = Field(max_length=16, index=True)
    file_name: str = Field(max_length=255)
    file_sha256: str = Field(max_length=64, index=True)
    file_size: int = Field(sa_type=BigId)
    sheet: str = Field(default="", max_length=128)
    layout: str = Field(default="", max_length=64)
    mapping_version: str = Field(default="", max_length=32)
    encoding: str = Field(default="", max_length=32)
    as_of: date
    status: str = Field(max_length=16)
    rows: int = 0
    # Lines of the file that hold no record (title, blank, total …), by reason.
    skipped_lines: Any = Field(sa_type=PackedJson)
    held_reason: Any = Field(default=None, sa_type=SaidText, max_length=500)
    refused_reason: Any = Field(default=None, sa_type=SaidText, max_length=2000)
    repeat_of: int | None = Field(default=None, sa_type=BigId)
    # Source and digest of the file while the batch counts, then nothing: unique, so that a file is taken in once.
    live_key: str | None = Field(default=None, max_length=128, unique=True, index=True)
    columns: Any = Field(default_factory=dict, sa_type=PackedJson)
    # The account of each part of the file: sheet, layout, columns, rows, what was skipped, what hidden, what not read and why.
    parts: Any = Field(default_factory=list, sa_type=PackedJson)
    office_id: int = Field(sa_type=BigId, index=True)
    confirmed_by: int | None = Field(default=None, sa_type=BigId)
    created_by: int = ref("user_account.user_id", index=False)
    created_at: datetime = Field(sa_type=Moment)


SAYS_WHY = text("outcome_reason <> ''")
"""The condition of a partial index, word for word: of a file that waits, rows without a reason are passed over unread."""


class SourceRecord(SQLModel, table=True):
    """One source row. `raw` verbatim and `clean` as understood are sealed; the outcome says where it ended."""

    __tablename__ = "source_record"
    __life__ = lives.ROW
    __state__ = "outcome"
    # Two columns each, so that the right index is taken even before a table has statistics.
    __table_args__ = (
        UniqueConstraint("batch_id", "sheet", "row_no"),
        Index("ix_source_record_outcome_batch", "outcome", "batch_id"),
        Index("ix_source_record_hash_batch", "row_hash", "batch_id"),
        Index("ix_source_record_cluster_outcome", "cluster_id", "outcome"),
        Index("ix_source_record_says_why", "outcome", "batch_id", sqlite_where=SAYS_WHY, postgresql_where=SAYS_WHY),
    )

    record_id: int = id_column()
    batch_id: int = ref("import_batch.batch_id")
    sheet: str = Field(default="", max_length=128)
    row_no: int
    row_hash: bytes
    raw: Any = Field(sa_type=SealedJson)
    clean: Any = Field(sa_type=SealedJson)
    # The code the row states, in clear beside the sealed values: the check asks for it (checks.queries.find_pending).
    code: str | None = Field(default=None, max_length=32, index=True)
    event: str = Field(max_length=16)
    event_on: str = Field(default="", max_length=10)
    outcome: str = Field(max_length=16)
    outcome_reason: Any = Field(default=None, sa_type=SaidText, max_length=255)
    unit_id: int | None = Field(default=None, sa_type=BigId, index=True)
    # The record that carries this one into a change request: itself, or the first of a new unit's records.
    cluster_id: int | None = Field(default=None, sa_type=BigId)


class ImportProblem(SQLModel, table=True):
    """What is wrong with a row: where, what was read, what to do."""

    __tablename__ = "import_problem"

    problem_id: int = id_column()
    batch_id: int = ref("import_batch.batch_id")
    sheet: str = Field(default="", max_length=128)
    row_no: int
    code: str = Field(max_length=64)
    level: str = Field(max_length=8)
    column: str = Field(default="", max_length=255)
    field: str = Field(default="", max_length=64)
    value: Any = Field(sa_type=PersonalText, nullable=True)
    message_zh: str = Field(max_length=1000)
    message_en: str = Field(max_length=1000)
