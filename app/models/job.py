"""The queue: work that outlives a request."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from app.core.types import Moment, PackedJson, SaidText
from app.domain import lives
from app.models.base import id_column, optional_ref


class Job(SQLModel, table=True):
    """A task by name. `key` stops duplicates: one open job per key. `worker` is whoever does it now; `again` says that it
    was asked for while it was being done, so that another follows.
    """

    __tablename__ = "job"
    __life__ = lives.JOB
    __state__ = "status"

    job_id: int = id_column()
    task: str = Field(max_length=64)
    key: str = Field(max_length=128, index=True)
    # The key while the job is open, then nothing: unique, so that two who ask at once get one job.
    open_key: str | None = Field(default=None, max_length=128, unique=True)
    args: Any = Field(sa_type=PackedJson)
    status: str = Field(default="todo", max_length=16, index=True)
    attempts: int = 0
    worker: str = Field(default="", max_length=160)
    again: bool = False
    done: int = 0
    total: int = 0
    message: Any = Field(default=None, sa_type=SaidText, max_length=2000)
    created_at: datetime = Field(sa_type=Moment)
    heartbeat_at: datetime | None = Field(default=None, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    # Whose it is: of a request the office that proposed, else that of whoever asked.
    office_id: int | None = optional_ref("office.office_id")
    created_by: str = Field(default="", max_length=64)
