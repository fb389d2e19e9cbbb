"""Who may do what on which things: the matrix of verbs and roles, made of the verbs and of the one table of roles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.core.rights import Reach
from app.domain.roles import PERMISSIONS, Role
from app.verbs.call import Call
from app.verbs.schemas import Answer, Items, Nothing
from app.verbs.verb import VERBS, Opens, Verb, verb


class RightsOf(Answer):
    """A verb, the roles that may call it, and on which things; `scope` opens it to keys of collection systems."""

    verb: str
    help: str
    reach: Reach
    roles: list[Role]
    scope: str
    public: bool


def roles_of(one: Verb[Any, Any]) -> list[Role]:
    """Roles that may call a verb; one that names no permission is open to whoever is signed in."""
    needed = set(one.permissions)
    return [role for role in Role if not needed or needed & PERMISSIONS[role]]


def rows(verbs: Iterable[Verb[Any, Any]]) -> list[RightsOf]:
    """The matrix, verb by verb."""
    return [
        RightsOf(
            verb=one.name,
            help=one.help.partition("\n")[0],
            reach=one.reach,
            roles=roles_of(one),
            scope=one.scope,
            public=one.public,
        )
        for one in sorted(verbs, key=lambda one: one.name)
    ]


@verb("matrix.show", opens=Opens.OWN, route="GET /matrix", cached=True, command="matrix show")
def show(_call: Call, _wish: Nothing) -> Items[RightsOf]:
    """Who may do what, on which things: the very table that every call is judged by."""
    return Items(items=rows(VERBS.values()))
