"""Rights in two hands: one administrator gives, another confirms, and then they hold.

Whatever is given waits here and opens nothing before: a role, a section of a person, a key of a collection system, given
by the security administrator; an area of an office, which its people see all units of, given by the system administrator
who makes offices. The other of the two confirms. Taking away is the safer side: either does it alone and at once. Nobody
gives or confirms what is about himself, and nothing is given before each of the three administrators has signed in with a
password of his own (DESIGN.md §5.17).

The end of a second factor goes the same way, because who knows the password then sets up another; the end of an
administrator's role, because who alone takes the auditor's is watched by nobody; and a new password of who proposes or
decides, because who alone sets it acts in his name: one of the two asks, the other confirms, whichever comes first. Of
such a password either knows a half, and hands it on. Who is to propose or decide and has a password that one alone set
gets such a one with the role. A key is in two halves too, for it opens what no administrator sees.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts import offices
from app.accounts.entering import close, give_secret
from app.accounts.errors import (
    AdministratorsNotReady,
    AdministratorsPassword,
    AreaOfNoDay,
    NobodyConfirms,
    NoSecondFactor,
    OwnRoles,
    OwnSecondFactor,
    PasswordNotOwn,
    PasswordOfOneHand,
    RightNotFound,
    RoleConflict,
    RoleNotHeld,
    SectionNotFound,
)
from app.accounts.passwords import Hashed
from app.accounts.people import active_user, held_user, roles_of
from app.accounts.second_factor import find_factor, forget
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.errors import SecondPersonNeeded
from app.core.moves import move, move_where
from app.core.rights import Stretch
from app.domain.lives import KeyStatus, RightStatus
from app.domain.period import FOREVER
from app.domain.roles import ACTING, ADMIN_ROLES, PERMISSIONS, Permission, Role, conflict
from app.models import ApiKey, Office, OfficeArea, OneTimePassword, RightGrant, Section, UserAccount, UserRole

ROLE, SECTION, KEY, AREA = "role", "section", "key", "area"
FACTOR, ROLE_END, PASSWORD = "second_factor", "role_end", "password"

_BOTH = (Permission.MANAGE_USERS, Permission.MANAGE_ACCOUNTS)
_EITHER = frozenset({FACTOR, ROLE_END, PASSWORD})
"""What one of the two asks for and the other confirms; also while one of the three places is vacant, for a help desk
that waits would have passwords shared."""
GIVES = {**dict.fromkeys(_EITHER, _BOTH), AREA: (Permission.MANAGE_OFFICES,)}
"""Who gives each kind of right, and may take it back while it waits; of the others the security administrator."""
CONFIRMS = {**dict.fromkeys(_EITHER, _BOTH), AREA: (Permission.MANAGE_USERS,)}
"""Who confirms each kind, or refuses to; of the others the system administrator."""


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


def needs_secret(session: Session, login: str, roles: Iterable[str]) -> bool:
    """Whether these roles come with a new password: one acts or sees units, and one hand alone set the one there is."""
    user = active_user(session, login)
    gained = {*roles} - roles_of(session, user.user_id) - waiting_roles(session, user).keys()
    return bool(ACTING & gained) and of_one_hand(session, user)


def of_one_hand(session: Session, user: UserAccount) -> bool:
    """Whether the last password that another set was not set in two hands. That it was changed since proves nothing:
    whoever set it may have signed in and done that."""
    in_two = select(col(RightGrant.right_id)).where(
        col(RightGrant.kind) == PASSWORD,
        col(RightGrant.user_id) == user.user_id,
        col(RightGrant.status) == RightStatus.CONFIRMED,
        col(RightGrant.decided_at) == user.password_set_at,
    )
    return bool(user.password_set_by) and session.execute(in_two).first() is None


def set_roles(
    session: Session,
    login: str,
    roles: Iterable[str],
    *,
    secret: tuple[Hashed, str] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Have a person hold these roles: what he loses is gone at once, what he gains waits for its confirmation, as does
    the end of an administrator's role. `secret`: a new password and its second half, where `needs_secret`.

    Raises OwnRoles, RoleConflict, AdministratorsNotReady, NobodyConfirms; of two at once the second goes by what the
    first left.
    """
    actor.require(Permission.MANAGE_USERS)
    if login == actor.login:
        raise OwnRoles
    user, wanted = active_user(session, login), checked_roles(roles)
    held, waiting = roles_of(session, user.user_id), waiting_roles(session, user)
    for role in sorted(held - wanted):
        _end_role(session, user, role, actor, now)
    for role in sorted(waiting.keys() - wanted):
        _close(session, waiting[role], RightStatus.WITHDRAWN, actor.user_id, now)
    gained = sorted(wanted - held - waiting.keys())
    if gained:
        require_three(session)
    if gained and secret:
        ask_password(session, login, *secret, actor=actor, now=now)
    for role in gained:
        _give(session, actor, now, f"{ROLE}:{user.user_id}:{role}", kind=ROLE, user_id=user.user_id, role=str(role))
    payload = {"before": sorted(held), "after": sorted(roles_of(session, user.user_id)), "given": gained}
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
    told = {"kind": SECTION, "user_id": user.user_id, "section_id": found.section_id}
    _give_instead(session, actor, now, f"{SECTION}:{user.user_id}", **told)
    _log(session, Tag.RIGHT_GIVE, f"user {login}", actor, now, {"section": section})


def give_key(session: Session, key: ApiKey, half: str, *, actor: Actor, now: datetime) -> RightGrant:
    """Have a key of a collection system open what its scopes say once that is confirmed, by whoever is shown its second half."""
    require_three(session)
    given = _give(session, actor, now, f"{KEY}:{key.key_id}", kind=KEY, key_id=key.key_id)
    session.add(OneTimePassword(right_id=given.right_id, password_hash="", half=half))
    return given


def give_area(session: Session, code: str, area: Stretch, *, actor: Actor, now: datetime) -> None:
    """Have an office keep an area once that is confirmed, instead of what waits of it already.

    Raises OfficeNotFound, AreaOfNoDay, AdministratorsNotReady, and what `offices.check_area` raises.
    """
    actor.require(Permission.MANAGE_OFFICES)
    office = offices.held_office(session, code)
    if area.valid_from >= area.valid_until:
        raise AreaOfNoDay(area=area.prefix, since=area.valid_from, until=area.valid_until)
    offices.check_area(session, office, area, day_of(now))
    require_three(session)
    days = {"valid_from": area.valid_from, "valid_until": area.valid_until}
    told = {"office_id": office.office_id, "area_prefix": area.prefix, "park_code": area.park, **days}
    _give_instead(session, actor, now, f"{AREA}:{office.office_id}:{area.prefix}:{area.park}", kind=AREA, **told)
    _log(session, Tag.RIGHT_GIVE, f"office {code}", actor, now, _told_of(area))


def end_area(
    session: Session, code: str, *, area_prefix: str, park_code: str, on: date | None, actor: Actor, now: datetime
) -> list[OfficeArea]:
    """Have an office keep an area until a day, and those below nothing of it, by one of the two alone; returns all that ended.

    Raises what `offices.end_area` raises.
    """
    ended = offices.end_area(session, code, area_prefix=area_prefix, park_code=park_code, on=on, actor=actor, now=now)
    for one in ended:
        of_it = (
            col(RightGrant.office_id) == one.office_id,
            col(RightGrant.area_prefix) == one.area_prefix,
            col(RightGrant.park_code) == one.park_code,
            col(RightGrant.valid_from) == one.valid_from,
        )
        move_where(session, RightGrant, RightStatus.ENDED, *of_it, decided_by=actor.user_id, decided_at=now)
    return ended


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


def ask_password(
    session: Session, login: str, password: Hashed, half: str, *, actor: Actor, now: datetime
) -> RightGrant:
    """Have a one-time password hold once another administrator has confirmed it, who is shown its second half; who asks
    knows the first. What waits already waits no more.

    Raises UserNotFound, UserInactive, NobodyConfirms.
    """
    actor.require_any(*GIVES[PASSWORD])
    user = active_user(session, login)
    _require_third(session, user, actor)
    open_key = f"{PASSWORD}:{user.user_id}"
    given = _give_instead(session, actor, now, open_key, kind=PASSWORD, user_id=user.user_id)
    session.add(OneTimePassword(right_id=given.right_id, password_hash=password, half=half))
    _log(session, Tag.PASSWORD_ASK_RESET, f"user {login}", actor, now, {})
    return given


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


def _give_instead(session: Session, actor: Actor, now: datetime, open_key: str, **told: Any) -> RightGrant:
    """What waits of it already waits no more."""
    earlier = _open(session, open_key)
    if earlier is not None:
        _close(session, earlier, RightStatus.WITHDRAWN, actor.user_id, now)
    return _give(session, actor, now, open_key, **told)


def take_role(session: Session, login: str, role: str, *, actor: Actor, now: datetime) -> None:
    """Take a role away from a person, at once and alone; an administrator's once that is confirmed.

    Raises RoleNotHeld, NobodyConfirms.
    """
    actor.require_any(Permission.MANAGE_USERS, Permission.MANAGE_ACCOUNTS)
    user = held_user(session, login)
    if role not in roles_of(session, user.user_id):
        raise RoleNotHeld(login=login, role=role)
    _end_role(session, user, role, actor, now)


def _end_role(session: Session, user: UserAccount, role: str, actor: Actor, now: datetime) -> None:
    if role not in ADMIN_ROLES:
        _take(session, user, role, actor, now)
        return
    open_key = f"{ROLE_END}:{user.user_id}:{role}"
    if _open(session, open_key) is None:
        _require_third(session, user, actor)
        _give(session, actor, now, open_key, kind=ROLE_END, user_id=user.user_id, role=role)
        _log(session, Tag.RIGHT_ASK_END, f"user {user.login}", actor, now, {"role": role})


def _take(session: Session, user: UserAccount, role: str, actor: Actor, now: datetime) -> None:
    own = (col(UserRole.user_id) == user.user_id, col(UserRole.role) == role)
    session.execute(delete(UserRole).where(*own))
    of_it = (col(RightGrant.kind) == ROLE, col(RightGrant.user_id) == user.user_id, col(RightGrant.role) == role)
    move_where(session, RightGrant, RightStatus.ENDED, *of_it, decided_by=actor.user_id, decided_at=now)
    _log(session, Tag.RIGHT_END, f"user {user.login}", actor, now, {"role": role})


def confirm(session: Session, right_id: int, *, actor: Actor, now: datetime) -> str:
    """Have a right hold; of a one-time password, also one that comes with a role, and of a key, returns the half that is
    told to who confirms.

    Raises RightNotFound, WrongState, SecondPersonNeeded, and what giving it could raise.
    """
    given = _asked(session, right_id)
    actor.require_any(*CONFIRMS.get(given.kind, (Permission.MANAGE_ACCOUNTS,)))
    if actor.user_id in (given.given_by, given.user_id):
        raise SecondPersonNeeded(login=actor.login)
    if given.kind not in _EITHER:
        require_three(session)
    return _settled(session, given, actor, now)


def _settled(session: Session, given: RightGrant, actor: Actor, now: datetime) -> str:
    _close(session, given, RightStatus.CONFIRMED, actor.user_id, now)
    half = _have_it_hold(session, given, actor, now)
    _log(session, Tag.RIGHT_CONFIRM, f"right {given.right_id}", actor, now, _facts(given))
    return half


def _have_it_hold(session: Session, given: RightGrant, actor: Actor, now: datetime) -> str:
    if given.kind == KEY:
        move(session, session.get_one(ApiKey, given.key_id), KeyStatus.ISSUED)
        return _told_half(session, given)
    if given.kind == AREA:
        offices.keep_area(session, session.get_one(Office, given.office_id), _area(given), day_of(now))
    else:
        user = session.get_one(UserAccount, given.user_id)
        if given.kind == PASSWORD:
            return _set_password(session, user, given, actor, now)
        return _have_person_hold(session, user, given, actor, now)
    return ""


def _set_password(session: Session, user: UserAccount, given: RightGrant, actor: Actor, now: datetime) -> str:
    if ADMIN_ROLES & roles_of(session, user.user_id):
        raise AdministratorsPassword(login=user.login)
    waited = session.get_one(OneTimePassword, given.right_id)
    asked_by = session.get_one(UserAccount, given.given_by).login
    give_secret(session, user, Hashed(waited.password_hash), by=f"{asked_by}, {actor.login}", now=now)
    _log(session, Tag.USER_CHANGE, f"user {user.login}", actor, now, {"password": "one_time", "asked_by": asked_by})
    return _told_half(session, given)


def _told_half(session: Session, given: RightGrant) -> str:
    """The half that whoever confirms is told, this once; nothing of a key that an earlier version issued whole."""
    waited = session.get(OneTimePassword, given.right_id)
    if waited is None:
        return ""
    session.delete(waited)
    return str(waited.half)


def _have_person_hold(session: Session, user: UserAccount, given: RightGrant, actor: Actor, now: datetime) -> str:
    if given.kind == FACTOR:
        forget(session, user, now=now)
        _log(session, Tag.SECOND_FACTOR_RESET, f"user {user.login}", actor, now, {})
    elif given.kind == ROLE_END:
        _take(session, user, given.role, actor, now)
    elif given.kind == SECTION:
        user.section_id = given.section_id
    else:
        return _hold_role(session, user, given.role, actor, now)
    return ""


def _hold_role(session: Session, user: UserAccount, role: str, actor: Actor, now: datetime) -> str:
    """Who acts or sees units begins with what he opens from then on: what is open may be another's, from before."""
    checked_roles({*roles_of(session, user.user_id), role})
    if role in ADMIN_ROLES and user.must_change_password:
        raise PasswordNotOwn(login=user.login)
    half = ""
    if role in ACTING:
        half = _two_handed(session, user, role, actor, now) if of_one_hand(session, user) else ""
        close(session, user, now=now)
    session.add(UserRole(user_id=user.user_id, role=role))
    session.flush()
    return half


def _two_handed(session: Session, user: UserAccount, role: str, actor: Actor, now: datetime) -> str:
    """The password that waits is confirmed with the role, but an administrator's before it: his is to be his own by then."""
    waits = _open(session, f"{PASSWORD}:{user.user_id}")
    if waits is None or role in ADMIN_ROLES or waits.given_by == actor.user_id:
        raise PasswordOfOneHand(login=user.login)
    return _settled(session, waits, actor, now)


def refuse(session: Session, right_id: int, *, actor: Actor, now: datetime) -> None:
    """Not confirm a right; a key that waited for it is revoked.

    Raises RightNotFound, WrongState, and SecondPersonNeeded where it is the end of one's own role.
    """
    given = _asked(session, right_id)
    actor.require_any(*CONFIRMS.get(given.kind, (Permission.MANAGE_ACCOUNTS,)))
    _end_waiting(session, given, RightStatus.REFUSED, Tag.RIGHT_REFUSE, actor, now)


def withdraw(session: Session, right_id: int, *, actor: Actor, now: datetime) -> None:
    """Take back a right that waits; a key that waited for it is revoked. Raises what `refuse` raises."""
    given = _asked(session, right_id)
    actor.require_any(*GIVES.get(given.kind, (Permission.MANAGE_USERS,)))
    _end_waiting(session, given, RightStatus.WITHDRAWN, Tag.RIGHT_WITHDRAW, actor, now)


def _end_waiting(
    session: Session, given: RightGrant, status: RightStatus, tag: Tag, actor: Actor, now: datetime
) -> None:
    if given.kind == ROLE_END and actor.user_id == given.user_id != given.given_by:
        raise SecondPersonNeeded(login=actor.login)
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
    if given.kind in (PASSWORD, KEY) and status != RightStatus.CONFIRMED:
        _told_half(session, given)


_WAITS: ColumnElement[bool] = col(RightGrant.status) == RightStatus.PROPOSED


def waiting_roles(session: Session, user: UserAccount) -> dict[str, RightGrant]:
    its_own = (col(RightGrant.user_id) == user.user_id, col(RightGrant.kind) == ROLE)
    return {given.role: given for given in session.execute(select(RightGrant).where(*its_own, _WAITS)).scalars()}


def _open(session: Session, open_key: str) -> RightGrant | None:
    found: RightGrant | None = session.execute(
        select(RightGrant).where(col(RightGrant.open_key) == open_key)
    ).scalar_one_or_none()
    return found


def _asked(session: Session, right_id: int) -> RightGrant:
    """The right, its person or office held, so that of two who change its rights the second waits. Raises RightNotFound."""
    found = session.get(RightGrant, right_id)
    if found is None:
        raise RightNotFound(right_id=right_id)
    if found.user_id is not None:
        held_user(session, session.get_one(UserAccount, found.user_id).login)
    if found.office_id is not None:
        offices.held_office(session, session.get_one(Office, found.office_id).code)
    return found


def _facts(given: RightGrant) -> dict[str, Any]:
    named = {"user": given.user_id, "role": given.role, "section": given.section_id, "key": given.key_id}
    of_area = {"office": given.office_id, **_told_of(_area(given))} if given.kind == AREA else {}
    return {"kind": given.kind, **{name: value for name, value in {**named, **of_area}.items() if value}}


def _area(given: RightGrant) -> Stretch:
    assert given.valid_from, "an area has its days"
    assert given.valid_until, "an area has its days"
    return Stretch(given.area_prefix, given.park_code, given.valid_from, given.valid_until)


def _told_of(area: Stretch) -> dict[str, Any]:
    return {
        "area": area.prefix,
        "park": area.park,
        "from": str(area.valid_from) if area.valid_from > date.min else "",
        "until": str(area.valid_until) if area.valid_until < FOREVER else "",
    }


def _log(session: Session, tag: Tag, subject: str, actor: Actor, now: datetime, payload: dict[str, Any]) -> None:
    record_event(session, tag, actor=actor.login, at=now, subject=subject, payload=payload)
