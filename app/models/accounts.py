"""Offices in a tree, people with roles, tokens; clients of the check with keys."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import Moment, SealedJson
from app.domain import lives
from app.domain.lives import KeyStatus, RightStatus, SessionStatus
from app.models.base import BigId, id_column, optional_ref, ref


class Office(SQLModel, table=True):
    """An office; `path` is the chain of ids from the root (`/1/4/`), so that "above" is a prefix question.

    `level`: national, municipal, district, post. What it keeps stands in `OfficeArea`, with its days.
    `kind`: `administrative`, or `functional` for parks and business districts, a second dimension.
    """

    __tablename__ = "office"

    office_id: int = id_column()
    code: str = Field(max_length=64, unique=True)
    name: str = Field(max_length=128)
    level: str = Field(max_length=16)
    kind: str = Field(default="administrative", max_length=16)
    parent_id: int | None = optional_ref("office.office_id")
    path: str = Field(max_length=255, index=True)


class OfficeArea(SQLModel, table=True):
    """An area that an office keeps for a stretch of days; an office without one sees nothing.

    `area_prefix`: the leading digits of the codes of the area, `000000` the whole country. With `park_code` only the
    units there that bear the code: a functional area (park), the second dimension.
    """

    __tablename__ = "office_area"
    __table_args__ = (UniqueConstraint("office_id", "area_prefix", "park_code", "valid_from"),)

    area_id: int = id_column()
    office_id: int = ref("office.office_id")
    area_prefix: str = Field(max_length=12)
    park_code: str = Field(default="", max_length=32)
    valid_from: date
    valid_until: date


class Section(SQLModel, table=True):
    """A section (科室) of an office: surveys belong to one, and people of it confirm their lists."""

    __tablename__ = "section"
    __table_args__ = (UniqueConstraint("office_id", "code"),)

    section_id: int = id_column()
    office_id: int = ref("office.office_id")
    code: str = Field(max_length=64)
    name: str = Field(max_length=128)


class UserAccount(SQLModel, table=True):
    """A person, or a system actor (`is_system`), who acts in the register.

    `must_change_password`: another set it, and it opens nothing but its own change. `settled_at`: when the person first
    set a password of his own; no right is given before the three administrators have. `password_set_by`: the logins of who
    last set it for him, and when.
    """

    __tablename__ = "user_account"

    user_id: int = id_column()
    login: str = Field(max_length=64, unique=True)
    name: str = Field(max_length=64)
    office_id: int = ref("office.office_id")
    section_id: int | None = optional_ref("section.section_id")
    password_hash: str = Field(default="", max_length=255)
    must_change_password: bool = False
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    password_set_by: str = Field(default="", max_length=160)
    password_set_at: datetime | None = Field(default=None, sa_type=Moment)
    is_active: bool = True
    is_system: bool = False
    language: str = Field(default="zh", max_length=8)
    created_at: datetime = Field(sa_type=Moment)


class UserRole(SQLModel, table=True):
    """A role in force: it stands here from its confirmation until it is taken away."""

    __tablename__ = "user_role"

    user_id: int = Field(primary_key=True, foreign_key="user_account.user_id")
    role: str = Field(primary_key=True, max_length=32)


class SecondFactor(SQLModel, table=True):
    """What a person's authenticator makes one-time codes of, beside the password.

    `secret` is in force from its confirmation; `offered` waits for it, and does not touch the one in force. `last_step`:
    the thirty seconds of the last code that was used; none of them or of those before is taken again.
    """

    __tablename__ = "second_factor"

    user_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="user_account.user_id")
    secret: Any = Field(default=None, sa_type=SealedJson, nullable=True)
    offered: Any = Field(default=None, sa_type=SealedJson, nullable=True)
    confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    last_step: int = 0


class RightGrant(SQLModel, table=True):
    """What one administrator wants and another confirms: a role or section of a person, a client's key, an office's area,
    a new password, the end of a second factor or of an administrator's role.

    `open_key` is set while it waits, so that one right waits once. Of an area `valid_from` and `valid_until` are its days.
    """

    __tablename__ = "right_grant"
    __life__ = lives.RIGHT
    __state__ = "status"

    right_id: int = id_column()
    kind: str = Field(max_length=16)
    user_id: int | None = optional_ref("user_account.user_id")
    role: str = Field(default="", max_length=32)
    section_id: int | None = optional_ref("section.section_id", index=False)
    key_id: int | None = optional_ref("api_key.key_id")
    office_id: int | None = optional_ref("office.office_id")
    area_prefix: str = Field(default="", max_length=12)
    park_code: str = Field(default="", max_length=32)
    valid_from: date | None = None
    valid_until: date | None = None
    status: str = Field(default=RightStatus.PROPOSED, max_length=16)
    open_key: str | None = Field(default=None, max_length=128, unique=True)
    given_by: int = ref("user_account.user_id", index=False)
    given_at: datetime = Field(sa_type=Moment)
    decided_by: int | None = optional_ref("user_account.user_id", index=False)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)


class OneTimePassword(SQLModel, table=True):
    """A secret that waits with its right: of a password for one sign-in what is stored of the whole, and of it or of a key
    the half that whoever confirms is shown. Gone once that is decided."""

    __tablename__ = "one_time_password"

    right_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="right_grant.right_id")
    password_hash: str = Field(max_length=255)
    half: Any = Field(sa_type=SealedJson)


class PersonalToken(SQLModel, table=True):
    """A person's token for API and commands; only its hash is kept. `two_factors`: made by who had shown a code."""

    __tablename__ = "personal_token"
    __life__ = lives.KEY
    __state__ = "status"

    token_id: int = id_column()
    user_id: int = ref("user_account.user_id")
    secret_hash: str = Field(max_length=64, unique=True)
    label: str = Field(default="", max_length=64)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    status: str = Field(default=KeyStatus.ISSUED, max_length=16)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)
    two_factors: bool = False


class WebSession(SQLModel, table=True):
    """A person signed in at a browser; only the hash of the cookie's secret is kept. `two_factors`: with a code."""

    __tablename__ = "web_session"
    __life__ = lives.SESSION
    __state__ = "status"

    session_id: int = id_column()
    user_id: int = ref("user_account.user_id")
    secret_hash: str = Field(max_length=64, unique=True)
    agent: str = Field(default="", max_length=255)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    status: str = Field(default=SessionStatus.OPEN, max_length=16)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    two_factors: bool = False


class ApiClient(SQLModel, table=True):
    """A collection system that asks the check."""

    __tablename__ = "api_client"
    __table_args__ = (UniqueConstraint("name"),)

    client_id: int = id_column()
    name: str = Field(max_length=64)
    contact: str = Field(default="", max_length=128)
    created_at: datetime = Field(sa_type=Moment)


class ApiKey(SQLModel, table=True):
    """A client's key: scopes (space separated), checks per minute, expiry; only its hash is kept. What else limits it
    stands in `ApiKeyLimit`."""

    __tablename__ = "api_key"
    __life__ = lives.KEY
    __state__ = "status"

    key_id: int = id_column()
    client_id: int = ref("api_client.client_id")
    secret_hash: str = Field(max_length=64, unique=True)
    scopes: str = Field(default="check", max_length=255)
    per_minute: int
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    status: str = Field(default=KeyStatus.ISSUED, max_length=16)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)


class ApiKeyLimit(SQLModel, table=True):
    """What a key is for, for a stretch of days: an area (its leading digits), a survey, a network (CIDR).

    A key without an area is told of no unit; one that ever had a survey or a network is for those of the day alone.
    """

    __tablename__ = "api_key_limit"
    __table_args__ = (UniqueConstraint("key_id", "kind", "value", "valid_from"),)

    limit_id: int = id_column()
    key_id: int = ref("api_key.key_id")
    kind: str = Field(max_length=16)
    value: str = Field(max_length=64)
    valid_from: date
    valid_until: date
