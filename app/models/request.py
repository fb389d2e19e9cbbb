"""Change requests, the one door to the register, and the policies that say who opens it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import Moment, PackedJson, SealedJson, TitleText
from app.domain import lives
from app.models.base import BigId, id_column, optional_ref, ref


class Policy(SQLModel, table=True):
    """A dated rule. `kind` `approval`: who decides on a kind of change; `acceptance`: what needs no person."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("name", "valid_from"),)

    policy_id: int = id_column()
    name: str = Field(max_length=64)
    kind: str = Field(max_length=16)
    rule: Any = Field(sa_type=PackedJson)
    ground: str = Field(default="", max_length=255)
    valid_from: date
    valid_until: date


class ChangeRequest(SQLModel, table=True):
    """A wish to change the register. `need`: what its policy looks at (add, replace, remove, change)."""

    __tablename__ = "change_request"
    __life__ = lives.REQUEST
    __state__ = "status"

    request_id: int = id_column()
    title: Any = Field(sa_type=TitleText, max_length=255)
    need: str = Field(max_length=16)
    is_batch: bool = False
    status: str = Field(max_length=16, index=True)
    step: str = Field(default="", max_length=32)
    policy_name: str = Field(default="", max_length=64)
    proposer_id: int = ref("user_account.user_id")
    office_id: int = ref("office.office_id")
    created_at: datetime = Field(sa_type=Moment)
    submitted_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_by: int | None = optional_ref("user_account.user_id", index=False)
    effective_on: date | None = None
    # Moves with whatever alters what an approver judges: a decision names the one that was looked at.
    version: int = 0
    applied_through: int = 0
    # The last item whose rows were settled after a rejection or withdrawal.
    freed_through: int = 0
    item_count: int = 0
    counts: Any = Field(sa_type=PackedJson)
    # Where its units lie and would lie, each (area, park) once, as it was proposed: who decides has to reach all of them.
    lands: Any = Field(default_factory=list, sa_type=PackedJson)
    # How its units would be spread over kinds, streets and industries, counted as it was proposed.
    spread: Any = Field(default_factory=dict, sa_type=PackedJson)
    batch_id: int | None = Field(default=None, sa_type=BigId, index=True)
    # The office into whose area a unit would move, and who agreed for it, since the request was handed in.
    asks_office_id: int | None = optional_ref("office.office_id")
    consented_by: int | None = optional_ref("user_account.user_id", index=False)
    # When a batch that was approved was stopped: what it applied is taken back then, `applied_through` goes down again.
    stopped_at: datetime | None = Field(default=None, sa_type=Moment)
    # The request whose writes this one takes back.
    undoes: int | None = Field(default=None, sa_type=BigId, index=True)
    # The match run that is still putting the request together: until it is done the request is there for nobody.
    made_by_run: int | None = Field(default=None, sa_type=BigId, index=True)


class RequestItem(SQLModel, table=True):
    """One unit's part of a request: the fields to set, their grounds, and what it was based on.

    `changes` maps field to new value, `expects` the same fields to what the unit said when this was made, at
    `base_revision`: over the days of the item, a list of [first day, value]; a lone value is what it said last.
    `valid_until` bounds a correction. `origin` is packed sources. `status`: open, applied, stale
    (one of these fields was changed since), excluded (refused by who approved the rest, or it cannot be written).
    """

    __tablename__ = "request_item"
    __life__ = lives.ITEM
    __state__ = "status"

    request_id: int = Field(primary_key=True, sa_type=BigId, foreign_key="change_request.request_id")
    seq: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    unit_id: int | None = Field(default=None, sa_type=BigId, index=True)
    base_revision: int = 0
    reason: str = Field(max_length=20)
    valid_from: date
    valid_until: date
    date_precision: str = Field(max_length=5)
    changes: Any = Field(sa_type=SealedJson)
    # The code among the changes, in clear: until the request is applied the check answers `pending` for it.
    code: str | None = Field(default=None, max_length=32, index=True)
    expects: Any = Field(sa_type=SealedJson)
    origin: Any = Field(sa_type=PackedJson)
    record_id: int | None = Field(default=None, sa_type=BigId, index=True)
    successor_id: int | None = Field(default=None, sa_type=BigId)
    # What it says of links beside its fields (`app.register.stated`), and what goes along with its unit; nothing where empty.
    links: Any = Field(default_factory=dict, sa_type=PackedJson)
    status: str = Field(default="open", max_length=16)


class RequestOpinion(SQLModel, table=True):
    """What each person said at each step; never changed."""

    __tablename__ = "request_opinion"

    opinion_id: int = id_column()
    request_id: int = ref("change_request.request_id")
    actor_id: int = ref("user_account.user_id", index=False)
    verb: str = Field(max_length=16)
    comment: Any = Field(default="", sa_type=TitleText, max_length=2000)
    at: datetime = Field(sa_type=Moment)


class WrittenApproval(SQLModel, table=True):
    """The approval of an upper office that does not use the system, recorded by one and countersigned by another."""

    __tablename__ = "written_approval"

    approval_id: int = id_column()
    request_id: int = ref("change_request.request_id")
    document_no: str = Field(max_length=128)
    approved_on: date
    approving_office: str = Field(max_length=128)
    # What follows is empty on rows of versions that kept no document; such a row cannot be countersigned.
    office_id: int | None = optional_ref("office.office_id", index=False)
    file_name: str = Field(default="", max_length=255)
    media_type: str = Field(default="", max_length=32)
    size: int = 0
    document_sha256: str = Field(max_length=64)
    # The request as the document found it: edited afterwards, it is not what the upper office approved.
    version: int = 0
    recorded_by: int = ref("user_account.user_id", index=False)
    recorded_at: datetime = Field(sa_type=Moment)
    countersigned_by: int | None = optional_ref("user_account.user_id", index=False)
    countersigned_at: datetime | None = Field(default=None, sa_type=Moment)
    # The request while the document waits for its second person, then nothing: unique, so that one waits at most.
    waits_on: int | None = Field(default=None, sa_type=BigId, unique=True, index=True)


class SourcePriority(SQLModel, table=True):
    """How far a source is believed on a group of fields: the lower the rank the stronger (maintenance.md §4)."""

    __tablename__ = "source_priority"
    __table_args__ = (UniqueConstraint("source", "field_group", "valid_from"),)

    priority_id: int = id_column()
    source: str = Field(max_length=16)
    field_group: str = Field(max_length=16)
    rank: int
    valid_from: date
    valid_until: date
