"""What goes into the verbs about people, offices, tokens, keys and sign-ins, and what comes out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.accounts.service import KEY_DAYS, TOKEN_DAYS, Person
from app.core.actor import Actor
from app.core.rights import Territory
from app.domain.lives import KeyStatus
from app.domain.roles import Permission, Role, permissions_of
from app.domain.words import OfficeKind, OfficeLevel
from app.models import ApiKey, Office
from app.verbs.schemas import Answer, Id, Line, Moment, Name, PathName, Stripped, Wish, Word

Named = Annotated[Word, Field(min_length=1)]
"""A login, a code, a name: something has to be there."""
NewName = Annotated[PathName, Field(max_length=64)]
"""A login, a code, a name that is given now and stands in paths from then on."""
OfficeName = Annotated[Name, Field(max_length=128)]
AreaPrefix = Annotated[
    str, Field(max_length=12, pattern=r"^\d*$", description="leading digits of the area codes it keeps")
]
TokenLabel = Annotated[Word, Field(description="what the token is for")]
TokenDays = Annotated[int, Field(ge=1, le=366, description="how long the token is valid")]
KeyDays = Annotated[int, Field(ge=1, le=3650, description="how long the key is valid")]
PerMinute = Annotated[int, Field(ge=1, le=100_000_000, description="checks a minute")]
SCOPES = ("check", "feed", "units", "propose")
_SCOPE = f"(?:{'|'.join(SCOPES)})"
Scopes = Annotated[
    str,
    Field(
        max_length=255,
        pattern=rf"^{_SCOPE}(?: {_SCOPE})*$",
        description="what the key is for, parted by blanks: check, feed, units, propose",
    ),
    Stripped,
]
Password = Annotated[str, Field(max_length=255)]
Roles = Annotated[list[Role], Field(max_length=len(Role), description="may be given again")]


class Login(Wish):
    """One person by the login."""

    login: Named


class NewUser(Wish):
    """A person of an office with roles."""

    login: NewName
    name: Annotated[Name, Field(max_length=64, description="the person's name")]
    office: Annotated[Name, Field(max_length=64, description="code of the office")]
    roles: Roles
    password: Annotated[Password, Field(description="for signing in; may be set later")] = ""


class NewRoles(Wish):
    """The roles a person shall hold from now on."""

    login: Named
    roles: Roles


class NewPassword(Wish):
    """A password for somebody."""

    login: Named
    new: Password


class TokenFor(Wish):
    """A token for somebody."""

    login: Annotated[Named, Field(description="whose; oneself, or another as security administrator")]
    label: TokenLabel = ""
    days: TokenDays = TOKEN_DAYS


class NewToken(Wish):
    """A token for oneself."""

    label: TokenLabel = ""
    days: TokenDays = TOKEN_DAYS


class NewOffice(Wish):
    """An office under its parent; without a parent the root of a new installation."""

    code: NewName
    name: OfficeName
    level: Annotated[OfficeLevel, Field(description="national, municipal, district or post")]
    parent: Annotated[Word, Stripped, Field(description="code of the office above")] = ""
    area_prefix: AreaPrefix = ""
    kind: OfficeKind = OfficeKind.ADMINISTRATIVE


class NewKey(Wish):
    """A key for a collection system, which is made when it is new."""

    client: Annotated[NewName, Field(description="name of the collection system")]
    scopes: Scopes = "check"
    per_minute: PerMinute = 600_000
    days: KeyDays = KEY_DAYS
    contact: Annotated[Line, Field(max_length=128)] = ""


class KeyWanted(Wish):
    """One key by its number."""

    key_id: Id


class OwnPassword(Wish):
    """A new password for oneself; sign-ins elsewhere end, but the one to keep."""

    old: Password
    new: Password
    keep: Id | None = None


class Spoken(Wish):
    """The language of one's screens and answers."""

    language: Literal["zh", "en"]


class SessionWanted(Wish):
    """One of one's own sign-ins by its number."""

    session_id: Id


class OtherSessions(Wish):
    """All of one's own sign-ins but the one to keep."""

    keep: Id | None = None


class Me(Answer):
    """The person who calls, and what he may do."""

    login: str
    name: str
    office_id: int
    office: str
    office_name: str
    area: str
    language: str
    roles: list[Role]
    permissions: list[Permission]

    @classmethod
    def of(cls, actor: Actor, office: Office, area: Territory) -> Me:
        return cls(
            login=actor.login,
            name=actor.name,
            office_id=actor.office_id,
            office=office.code,
            office_name=office.name,
            area=str(area),
            language=actor.language,
            roles=sorted(actor.roles),
            permissions=sorted(permissions_of(actor.roles)),
        )


class PersonShown(Answer):
    """Somebody with office and roles. A system actor cannot sign in."""

    login: str
    name: str
    office: str
    active: bool
    system: bool
    roles: list[Role]

    @classmethod
    def of(cls, person: Person) -> PersonShown:
        return cls(
            login=person.user.login,
            name=person.user.name,
            office=person.office,
            active=person.user.is_active,
            system=person.user.is_system,
            roles=[Role(role) for role in person.roles],
        )


class OfficeShown(Answer):
    """An office; `path` is the chain of ids from the root."""

    code: str
    level: OfficeLevel
    name: str
    kind: OfficeKind
    area: str
    path: str

    @classmethod
    def of(cls, office: Office, area: Territory | None) -> OfficeShown:
        return cls(
            code=office.code,
            level=OfficeLevel(office.level),
            name=office.name,
            kind=OfficeKind(office.kind),
            area=str(area or Territory()),
            path=office.path,
        )


class TokenIssued(Answer):
    """A secret, shown this once."""

    token: str


class KeyIssued(Answer):
    """A secret, shown this once."""

    key: str


class Revoked(Answer):
    """How many tokens were revoked."""

    tokens: int


class TokenShown(Answer):
    """A token without its secret."""

    token_id: int
    label: str
    created_at: Moment
    expires_at: Moment


class KeyShown(Answer):
    """A key without its secret."""

    key_id: int
    client: str
    scopes: str
    per_minute: int
    status: KeyStatus
    revoked: bool
    created_at: Moment
    expires_at: Moment
    revoked_at: Moment | None

    @classmethod
    def of(cls, key: ApiKey, client: str) -> KeyShown:
        return cls(
            key_id=key.key_id,
            client=client,
            scopes=key.scopes,
            per_minute=key.per_minute,
            status=KeyStatus(key.status),
            revoked=key.status == KeyStatus.REVOKED,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
        )


class SessionShown(Answer):
    """A sign-in at a browser."""

    session_id: int
    agent: str
    created_at: Moment
    expires_at: Moment


class Ended(Answer):
    """How many sign-ins were ended."""

    sessions: int
