"""Who acts: a person with an office and roles, or a system actor, as every verb receives it."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.errors import Forbidden
from app.domain.roles import Permission, Role, permissions_of


@dataclass(frozen=True)
class Actor:
    """`office_path` is the chain of office ids from the root: an office above has a shorter, leading path."""

    user_id: int
    login: str
    name: str
    office_id: int
    office_path: str
    area_prefix: str
    roles: frozenset[Role]
    is_system: bool = False
    language: str = "zh"

    def may(self, permission: Permission) -> bool:
        return self.is_system or permission in permissions_of(self.roles)

    def require(self, permission: Permission) -> None:
        """Raises Forbidden unless this actor may."""
        if not self.may(permission):
            raise Forbidden(f"{self.login} may not {permission}", code="permission_missing", permission=permission)


def is_above(path: str, other: str) -> bool:
    """Whether the office with `path` stands above the one with path `other`."""
    return path != other and other.startswith(path)
