"""Who calls: a person with an office and roles, a system actor, or a collection system with a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.errors import PermissionMissing
from app.core.rights import Stretch
from app.domain.roles import Permission, Role, permissions_of


@dataclass(frozen=True)
class Actor:
    """`office_path` is the chain of office ids from the root: an office above has a shorter, leading path.

    `areas` are those of the office, each with its days; what they reach is asked of `app.core.rights` alone.
    `must_change_password`: another set the password, and until it is changed nothing else is done. `must_enrol`: a second
    factor is asked of him and he has none, and until he has nothing else is done. `by_token`: known by a personal token,
    not by a sign-in. `two_factors`: signed in by password and code, or by a token that was made so. `password_set_by`:
    the logins of who last set it for him, and when; nothing where nobody did.
    """

    user_id: int
    login: str
    name: str
    office_id: int
    office_path: str
    areas: tuple[Stretch, ...]
    roles: frozenset[Role]
    section_id: int | None = None
    is_system: bool = False
    language: str = "zh"
    must_change_password: bool = False
    must_enrol: bool = False
    by_token: bool = False
    two_factors: bool = False
    password_set_by: str = ""
    password_set_at: datetime | None = None

    def may(self, permission: Permission) -> bool:
        return self.is_system or permission in permissions_of(self.roles)

    def require(self, permission: Permission) -> None:
        """Raises Forbidden unless this actor may."""
        if not self.may(permission):
            raise PermissionMissing(login=self.login, permission=str(permission))

    def require_any(self, *permissions: Permission) -> None:
        """Raises Forbidden unless this actor may one of these."""
        if not any(self.may(permission) for permission in permissions):
            raise PermissionMissing(login=self.login, permission=str(permissions[0]))


@dataclass(frozen=True)
class Client:
    """A collection system that asks with a key; `scopes` are what the key is for.

    `areas` are those of the key, as an office's. `surveys` and `networks` are those that it is for today; None, any.
    """

    client_id: int
    key_id: int
    name: str
    scopes: frozenset[str]
    per_minute: int
    areas: tuple[Stretch, ...] = ()
    surveys: frozenset[str] | None = None
    networks: frozenset[str] | None = None
    language: str = "zh"


@dataclass(frozen=True)
class Anybody:
    """Who did not say who he is; for the few verbs that are public."""

    login: str = "anybody"
    language: str = "zh"
    scopes: frozenset[str] = frozenset()


Caller = Actor | Client | Anybody
"""Who may call a verb: a person, a system with a key, or, where the verb is public, anybody."""
