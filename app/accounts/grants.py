"""Rights in two hands: the security administrator gives them, the system administrator confirms, and then they hold.

Taking away is the safer side: either does it alone and at once. Whatever is given waits here, a role, a section of a
person, a key of a collection system, and opens nothing before. Nobody gives or confirms what is about himself, and
nothing is given before each of the three administrators has signed in with a password of his own (DESIGN.md §5.17).

The end of a second factor goes the same way, because who knows the password then sets up another: one of the two asks,
the other confirms, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.accounts.errors import (
    AdministratorsNotReady,
    NobodyConfirms,
    NoSecondFactor,
    OwnRoles,
    OwnSecondFactor,
    PasswordNotOwn,
    RightNotFound,
    RoleConflict,
    RoleNotHeld,
    SectionNotFound,
)
from app.accounts.people import active_user, held_user, roles_of
from app.accounts.second_factor import find_factor, forget
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.errors import SecondPersonNeeded
from app.core.moves import move, move_where
from app.domain.lives import KeyStatus, RightStatus
from app.domain.roles import ADMIN_ROLES, PERMISSIONS, Permission, Role, conflict
from app.models import ApiClient, ApiKey, RightGrant, Section, UserAccount, UserRole

ROLE, SECTION, KEY, FACTOR = "role", "section", "key", "second_factor"

_BOTH = (Permission.MANAGE_USERS, Permission.MANAGE_ACCOUNTS)
GIVES = {FACTOR: _BOTH}
"""Who gives each kind of right, and may take it back while it waits; of the others the security administrator."""
CONFIRMS = {FACTOR: _BOTH}
"""Who confirms each kind, or refuses to; of the others the system administrator."""


@dataclass(frozen=True)
class Right:
    """A right with the names that people know: whose, which, by whom."""

    grant: RightGrant
    whose: str
    what: str
    given_by: str
    decided_by: str


def require_three(session: Session) -> None:
    """Raise AdministratorsNotReady unless each of the three has signed in and set a password of his own."""
    statement = (
        select(col(UserRole.role))
        .join(UserAccount, col(UserAccount.user_id) == col(UserRole.user_id))
        .where(col(UserRole.role).in_(sorted(ADMIN_ROLES)))
        .where(col(UserAccount.is_active), col(UserAccount.settled_at).is_not(None))
    )
    missing = ADMIN_ROLES - {Role(role) for role in session.execute(statement).scalars()}
    if missing:
        raise AdministratorsNotReady(missing=sorted(missing))


def checked_roles(roles: Iterable[str]) -> frozenset[Role]:
    """These roles, if one person may hold them together. Raises RoleConflict."""
    checked = frozenset(Role(role) for role in roles)
    if conflict(checked):
        raise RoleConflict
    return checked


def set_roles(session: Session, login: str, roles: Iterable[str], *, actor: Actor, now: datetime) -> None:
    """Have a person hold these roles: what he loses is gone at once, what he gains waits for its confirmation.

    Raises OwnRoles, RoleConflict, AdministratorsNotReady; of two at once the second goes by what the first left.
    """
    actor.require(Permission.MANAGE_USERS)
    if login == actor.login:
        raise OwnRoles
    user, wanted = active_user(session, login), checked_roles(roles)
    held, waiting = roles_of(session, user.user_id), _waiting_roles(session, user)
    for role in sorted(held - wanted):
        _take(session, user, role, actor, now)
    for role in sorted(waiting.keys() - wanted):
        _close(session, waiting[role], RightStatus.WITHDRAWN, actor.user_id, now)
    gained = sorted(wanted - held - waiting.keys())
    if gained:
        require_three(session)
    for role in gained:
        _give(session, actor, now, f"{ROLE}:{user.user_id}:{role}", kind=ROLE, user_id=user.user_id, role=str(role))
    payload = {"before": sorted(held), "after": sorted(held & wanted), "given": gained}
    _log(session, Tag.RIGHT_GIVE, f"user {login}", actor, now, payload)


def give_section(session: Session, login: str, section: str, *, actor: Actor, now: datetime) -> None:
    """Have a person belong to a section of his office once that is confirmed. Raises SectionNotFound."""
    actor.require(Permission.MANAGE_USERS)
    if login == actor.login:
        raise OwnRoles
    user = active_user(session, login)
    own = select(Section).where(col(Section.office_id) == user.office_id, col(Section.code) == section)
    found: Section | None = session.execute(own).scalar_one_or_none()
    if found is None:
        raise SectionNotFound(section=section)
    require_three(session)
    earlier = _open(session, f"{SECTION}:{user.user_id}")
    if earlier is not None:
        _close(session, earlier, RightStatus.WITHDRAWN, actor.user_id, now)
    told = {"kind": SECTION, "user_id": user.user_id, "section_id": found.section_id}
    _give(session, actor, now, f"{SECTION}:{user.user_id}", **told)
    _log(session, Tag.RIGHT_GIVE, f"user {login}", actor, now, {"section": section})


def give_key(session: Session, key: ApiKey, *, actor: Actor, now: datetime) -> RightGrant:
    """Have a key of a collection system open what its scopes say once that is confirmed."""
    require_three(session)
    return _give(session, actor, now, f"{KEY}:{key.key_id}", kind=KEY, key_id=key.key_id)


def ask_reset(session: Session, login: str, *, actor: Actor, now: datetime) -> RightGrant:
    """Have a person's second factor end once another administrator has confirmed it; asked again, the one that waits.

    Raises OwnSecondFactor, UserNotFound, UserInactive, NoSecondFactor, NobodyConfirms.
    """
    actor.require_any(*GIVES[FACTOR])
    if login == actor.login:
        raise OwnSecondFactor
    user = active_user(session, login)
    if find_factor(session, user.user_id) is None:
        raise NoSecondFactor(login=login)
    _require_third(session, user, actor)
    waits = _open(session, f"{FACTOR}:{user.user_id}")
    if waits is not None:
        return waits
    _log(session, Tag.SECOND_FACTOR_ASK_RESET, f"user {login}", actor, now, {})
    return _give(session, actor, now, f"{FACTOR}:{user.user_id}", kind=FACTOR, user_id=user.user_id)


def _require_third(session: Session, user: UserAccount, actor: Actor) -> None:
    """Raises NobodyConfirms unless somebody is there who may confirm and is neither of the two."""
    confirming = sorted(role for role, may in PERMISSIONS.items() if not may.isdisjoint(CONFIRMS[FACTOR]))
    held_by = select(col(UserRole.user_id)).where(col(UserRole.role).in_(confirming))
    third = select(col(UserAccount.user_id)).where(
        col(UserAccount.is_active),
        col(UserAccount.user_id).in_(held_by),
        col(UserAccount.user_id).not_in((actor.user_id, user.user_id)),
    )
    if session.execute(third).first() is None:
        raise NobodyConfirms(login=user.login)


def _give(session: Session, actor: Actor, now: datetime, open_key: str, **told: Any) -> RightGrant:
    given = RightGrant(open_key=open_key, given_by=actor.user_id, given_at=now, **told)
    session.add(given)
    session.flush()
    return given


def take_role(session: Session, login: str, role: str, *, actor: Actor, now: datetime) -> None:
    """Take a role away from a person, at once and alone. Raises RoleNotHeld."""
    actor.require_any(Permission.MANAGE_USERS, Permission.MANAGE_ACCOUNTS)
    user = held_user(session, login)
    if role not in roles_of(session, user.user_id):
        raise RoleNotHeld(login=login, role=role)
    _take(session, user, role, actor, now)
    _log(session, Tag.RIGHT_END, f"user {login}", actor, now, {"role": role})


def _take(session: Session, user: UserAccount, role: str, actor: Actor, now: datetime) -> None:
    own = (col(UserRole.user_id) == user.user_id, col(UserRole.role) == role)
    session.execute(delete(UserRole).where(*own))
    of_it = (col(RightGrant.user_id) == user.user_id, col(RightGrant.role) == role)
    move_where(session, RightGrant, RightStatus.ENDED, *of_it, decided_by=actor.user_id, decided_at=now)


def confirm(session: Session, right_id: int, *, actor: Actor, now: datetime) -> None:
    """Have a right hold. Raises RightNotFound, WrongState, SecondPersonNeeded, and what giving it could raise."""
    given = _asked(session, right_id)
    actor.require_any(*CONFIRMS.get(given.kind, (Permission.MANAGE_ACCOUNTS,)))
    if actor.user_id in (given.given_by, given.user_id):
        raise SecondPersonNeeded(login=actor.login)
    if given.kind != FACTOR:  # it gives nobody anything
        require_three(session)
    _close(session, given, RightStatus.CONFIRMED, actor.user_id, now)
    _have_it_hold(session, given, actor, now)
    _log(session, Tag.RIGHT_CONFIRM, f"right {right_id}", actor, now, _facts(given))


def _have_it_hold(session: Session, given: RightGrant, actor: Actor, now: datetime) -> None:
    if given.kind == KEY:
        move(session, session.get_one(ApiKey, given.key_id), KeyStatus.ISSUED)
        return
    user = session.get_one(UserAccount, given.user_id)
    if given.kind == FACTOR:
        forget(session, user, now=now)
        _log(session, Tag.SECOND_FACTOR_RESET, f"user {user.login}", actor, now, {})
        return
    if given.kind == SECTION:
        user.section_id = given.section_id
        return
    checked_roles({*roles_of(session, user.user_id), given.role})
    if given.role in ADMIN_ROLES and user.must_change_password:
        raise PasswordNotOwn(login=user.login)
    session.add(UserRole(user_id=user.user_id, role=given.role))
    session.flush()


def refuse(session: Session, right_id: int, *, actor: Actor, now: datetime) -> None:
    """Not confirm a right; a key that waited for it is revoked. Raises RightNotFound, WrongState."""
    given = _asked(session, right_id)
    actor.require_any(*CONFIRMS.get(given.kind, (Permission.MANAGE_ACCOUNTS,)))
    _end_waiting(session, given, RightStatus.REFUSED, Tag.RIGHT_REFUSE, actor, now)


def withdraw(session: Session, right_id: int, *, actor: Actor, now: datetime) -> None:
    """Take back a right that waits; a key that waited for it is revoked. Raises RightNotFound, WrongState."""
    given = _asked(session, right_id)
    actor.require_any(*GIVES.get(given.kind, (Permission.MANAGE_USERS,)))
    _end_waiting(session, given, RightStatus.WITHDRAWN, Tag.RIGHT_WITHDRAW, actor, now)


def _end_waiting(
    session: Session, given: RightGrant, status: RightStatus, tag: Tag, actor: Actor, now: datetime
) -> None:
    _close(session, given, status, actor.user_id, now)
    if given.key_id is not None:
        of_it = col(ApiKey.key_id) == given.key_id
        move_where(session, ApiKey, KeyStatus.REVOKED, of_it, revoked_at=now)
    _log(session, tag, f"right {given.right_id}", actor, now, _facts(given))


def end_all(session: Session, user: UserAccount, *, by: int | None, now: datetime) -> None:
    """What waits for somebody whose access ends waits no more."""
    its_own = col(RightGrant.user_id) == user.user_id
    for given in session.execute(select(RightGrant).where(its_own, _WAITS)).scalars().all():
        _close(session, given, RightStatus.WITHDRAWN, by, now)


def key_revoked(session: Session, key: ApiKey, *, by: int, now: datetime) -> None:
    """A key that was revoked before its confirmation waits no more; one that held holds no more."""
    for given in session.execute(select(RightGrant).where(col(RightGrant.key_id) == key.key_id)).scalars().all():
        waits = given.status == RightStatus.PROPOSED
        _close(session, given, RightStatus.WITHDRAWN if waits else RightStatus.ENDED, by, now)


def _close(session: Session, given: RightGrant, status: RightStatus, by: int | None, now: datetime) -> None:
    move(session, given, status, open_key=None, decided_by=by, decided_at=now)


_WAITS: ColumnElement[bool] = col(RightGrant.status) == RightStatus.PROPOSED


def _waiting_roles(session: Session, user: UserAccount) -> dict[str, RightGrant]:
    its_own = (col(RightGrant.user_id) == user.user_id, col(RightGrant.kind) == ROLE)
    return {given.role: given for given in session.execute(select(RightGrant).where(*its_own, _WAITS)).scalars()}


def _open(session: Session, open_key: str) -> RightGrant | None:
    found: RightGrant | None = session.execute(
        select(RightGrant).where(col(RightGrant.open_key) == open_key)
    ).scalar_one_or_none()
    return found


def _asked(session: Session, right_id: int) -> RightGrant:
    """The right, its person held, so that of two who change his rights the second waits. Raises RightNotFound."""
    found = session.get(RightGrant, right_id)
    if found is None:
        raise RightNotFound(right_id=right_id)
    if found.user_id is not None:
        held_user(session, session.get_one(UserAccount, found.user_id).login)
    return found


def list_rights(
    session: Session, *, status: str = "", login: str = "", right_id: int = 0, after: int = 0, limit: int = 100
) -> list[Right]:
    """Rights in the order they were given, those behind `after`."""
    section = select(col(Section.name)).where(col(Section.section_id) == col(RightGrant.section_id))
    client = (
        select(col(ApiClient.name))
        .join(ApiKey, col(ApiKey.client_id) == col(ApiClient.client_id))
        .where(col(ApiKey.key_id) == col(RightGrant.key_id))
    )
    names: list[Any] = [
        _login_of(col(RightGrant.user_id)),
        client.scalar_subquery(),
        section.scalar_subquery(),
        _login_of(col(RightGrant.given_by)),
        _login_of(col(RightGrant.decided_by)),
    ]
    statement = select(RightGrant, *names).where(col(RightGrant.right_id) > after, *_wanted(status, login, right_id))
    found = session.execute(statement.order_by(col(RightGrant.right_id)).limit(limit))
    return [_named(*row) for row in found]


def _login_of(user_id: Any) -> Any:
    person = aliased(UserAccount)
    return select(col(person.login)).where(col(person.user_id) == user_id).scalar_subquery()


def _named(given: RightGrant, login: str, client: str, section: str, by: str, decided: str | None) -> Right:
    key = f"{client} #{given.key_id}" if given.key_id else ""
    return Right(given, login or client, given.role or section or key, by, decided or "")


def _wanted(status: str, login: str, right_id: int) -> list[ColumnElement[bool]]:
    whose = _login_of(col(RightGrant.user_id))
    named = [(status, col(RightGrant.status)), (login, whose), (right_id, col(RightGrant.right_id))]
    return [column == value for value, column in named if value]


def waiting(session: Session) -> dict[str, list[Right]]:
    """Login to what waits for its confirmation."""
    found: dict[str, list[Right]] = {}
    for right in list_rights(session, status=RightStatus.PROPOSED, limit=10_000):
        found.setdefault(right.whose, []).append(right)
    return found


def get_right(session: Session, right_id: int) -> Right:
    """Raises RightNotFound."""
    for found in list_rights(session, right_id=right_id):
        return found
    raise RightNotFound(right_id=right_id)


def _facts(given: RightGrant) -> dict[str, Any]:
    named = {"user": given.user_id, "role": given.role, "section": given.section_id, "key": given.key_id}
    return {"kind": given.kind, **{name: value for name, value in named.items() if value}}


def _log(session: Session, tag: Tag, subject: str, actor: Actor, now: datetime, payload: dict[str, Any]) -> None:
    record_event(session, tag, actor=actor.login, at=now, subject=subject, payload=payload)
