"""Calls that were sent with a key of their own, so that the same one sent twice acts once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from app.core.types import Moment, SealedJson
from app.domain import lives
from app.domain.lives import CallStatus


class KeyedCall(SQLModel, table=True):
    """What became of a call with an `Idempotency-Key`, kept for a day.

    `caller`: `user:ID` or `client:ID`; neither its key nor what was sent is kept, only digests of them. `worker` is the
    process that does it, so that one that died is known. `answer`: `{"status", "body"}`, sealed, for it is unit data.
    """

    __tablename__ = "keyed_call"
    __life__ = lives.CALL
    __state__ = "status"

    caller: str = Field(primary_key=True, max_length=64)
    key_digest: str = Field(primary_key=True, max_length=64)
    status: str = Field(default=CallStatus.RUNNING, max_length=16)
    worker: str = Field(max_length=160)
    begun_at: datetime = Field(sa_type=Moment)
    kept_until: datetime = Field(sa_type=Moment, index=True)
    sent_digest: str = Field(default="", max_length=64)
    answer: Any = Field(default=None, sa_type=SealedJson, nullable=True)
