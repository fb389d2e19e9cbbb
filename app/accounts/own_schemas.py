"""What goes into the verbs about one's own account, and what comes out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.accounts.schemas import Password
from app.accounts.service import TOKEN_DAYS
from app.accounts.totp import address_of, grouped
from app.core.actor import Actor
from app.core.rights import Territory
from app.domain.roles import Permission, Role, permissions_of
from app.models import Office
from app.verbs.schemas import Answer, Id, Moment, Once, Wish, Word

TokenLabel = Annotated[Word, Field(description="what the token is for")]
TokenDays = Annotated[int, Field(ge=1, le=366, description="how long the token is valid")]
Code = Annotated[
    str,
    Field(max_length=32, description="one-time code of the second factor, from who has one and where one is asked for"),
]


class NewToken(Wish):
    """A token for oneself; who is not signed in says login and password."""

    login: Annotated[Word, Field(description="where one is not signed in")] = ""
    password: Password = ""
    code: Code = ""
    label: TokenLabel = ""
    days: TokenDays = TOKEN_DAYS


class OwnPassword(Wish):
    """A new password for oneself; tokens and sign-ins end, but the one to keep. Who is not signed in says his login."""

    login: Annotated[Word, Field(description="where one is not signed in")] = ""
    old: Password
    new: Password
    code: Code = ""
    keep: Id | None = None


class FactorWanted(Wish):
    """A second factor for oneself; who is not signed in says login and password, who has one already a code of it."""

    login: Annotated[Word, Field(description="where one is not signed in")] = ""
    password: Password = ""
    code: Code = ""


class FactorConfirmed(FactorWanted):
    """A code made of the secret that was offered. `keep`: the sign-in that goes on; all others end."""

    new_code: Annotated[
        str, Field(max_length=32, description="the code that the authenticator shows for the new secret")
    ]
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
    """The person who calls, and what he may do. `password_set_by`: who last set the password for him, and when."""

    login: str
    name: str
    office_id: int
    office: str
    office_name: str
    area: str
    language: str
    roles: list[Role]
    permissions: list[Permission]
    password_set_by: str
    password_set_at: Moment | None

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
            password_set_by=actor.password_set_by,
            password_set_at=actor.password_set_at,
        )


class FactorOffered(Answer):
    """A secret for one's authenticator in base32, in groups for hands, and as an address; shown this once."""

    secret: Once
    groups: Once
    uri: Once

    @classmethod
    def of(cls, secret: str, login: str) -> FactorOffered:
        return cls(secret=secret, groups=grouped(secret), uri=address_of(secret, login))


class TokenIssued(Answer):
    """A secret, shown this once."""

    token: Once


class Revoked(Answer):
    """How many tokens were revoked."""

    tokens: int


class TokenShown(Answer):
    """A token without its secret."""

    token_id: int
    label: str
    created_at: Moment
    expires_at: Moment


class SessionShown(Answer):
    """A sign-in at a browser."""

    session_id: int
    agent: str
    created_at: Moment
    expires_at: Moment


class PasswordChanged(Answer):
    """How many other sign-ins and how many tokens were ended."""

    sessions: int
    tokens: int


class Ended(Answer):
    """How many sign-ins were ended."""

    sessions: int
