"""Match runs, candidate pairs and what people decided about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import Moment, PackedJson, SaidText
from app.domain import lives
from app.models.base import BigId, id_column, ref


class MatchRun(SQLModel, table=True):
    """One run: model, thresholds and report, so that it can be explained and repeated; all empty while it is on."""

    __tablename__ = "match_run"
    __life__ = lives.RUN
    __state__ = "status"

    run_id: int = id_column()
    model: str = Field(max_length=64)
    model_version: str = Field(max_length=32)
    thresholds: Any = Field(sa_type=PackedJson)
    report: Any = Field(sa_type=PackedJson)
    actor_id: int = ref("user_account.user_id", index=False)
    office_id: int = Field(sa_type=BigId)
    at: datetime = Field(sa_type=Moment)
    status: str = Field(max_length=16)
    # The office while its run is on, then nothing: unique, so that of two that begin at once one is refused.
    open_key: str | None = Field(default=None, max_length=16, unique=True, index=True)
    heard_at: datetime | None = Field(default=None, sa_type=Moment)
    worker: str = Field(default="", max_length=160)
    # The last cluster of `match_way` whose rows went their way.
    settled_through: int = Field(default=0, sa_type=BigId)


class MatchWay(SQLModel, table=True):
    """What a run found for a row: where it goes, why, as which unit, carried by which record. Gone when all went.

    Laid down whole before the first row moves, so that a run whose process dies in between is brought to its end.
    """

    __tablename__ = "match_way"

    run_id: int = Field(primary_key=True, sa_type=BigId, foreign_key="match_run.run_id")
    cluster_id: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    record_id: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}, index=True)
    goes: str = Field(max_length=16)
    reason: Any = Field(default=None, sa_type=SaidText, max_length=255)
    unit_id: int | None = Field(default=None, sa_type=BigId)


class MatchKeys(SQLModel, table=True):
    """Of some units what a match run tells by which of them can matter; made of the register again at any time.

    Keys are enciphered and texts left out, so that nobody reads a name or telephone here. Of two parts that know a unit the later stands.
    """

    __tablename__ = "match_keys"

    part: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    # The last entry of the change feed that is known up to this part.
    seq: int = Field(sa_type=BigId)
    # What the columns were made by: another way of standardising makes other keys.
    made: str = Field(max_length=32)
    units: bytes = Field(sa_type=LargeBinary)
    columns: bytes = Field(sa_type=LargeBinary)


class CandidatePair(SQLModel, table=True):
    """A record beside a unit, or beside another record. `facts` digests what was compared on both sides."""

    __tablename__ = "candidate_pair"
    __life__ = lives.PAIR
    __state__ = "status"
    __table_args__ = (
        UniqueConstraint("record_id", "other_kind", "other_id", "facts"),
        Index("ix_candidate_pair_open", "status", "match_weight"),
        Index("ix_candidate_pair_other", "other_kind", "other_id"),
    )

    pair_id: int = id_column()
    run_id: int = ref("match_run.run_id")
    record_id: int = ref("source_record.record_id")
    other_kind: str = Field(max_length=8)
    other_id: int = Field(sa_type=BigId)
    match_weight: int
    match_probability: float
    rule: str = Field(max_length=64)
    veto: str = Field(default="", max_length=64)
    levels: Any = Field(sa_type=PackedJson)
    facts: str = Field(max_length=64)
    status: str = Field(max_length=16)


class Decision(SQLModel, table=True):
    """A person's verdict on a pair; a later one supersedes it, none is overwritten."""

    __tablename__ = "decision"

    decision_id: int = id_column()
    pair_id: int = ref("candidate_pair.pair_id")
    verdict: str = Field(max_length=16)
    comment: str = Field(default="", max_length=1000)
    actor_id: int = ref("user_account.user_id", index=False)
    at: datetime = Field(sa_type=Moment)
    superseded_at: datetime = Field(sa_type=Moment)
    # The pair while the decision stands, then nothing: unique, so that at most one stands.
    stands_on: int | None = Field(default=None, sa_type=BigId, unique=True, index=True)
    request_id: int | None = Field(default=None, sa_type=BigId)
