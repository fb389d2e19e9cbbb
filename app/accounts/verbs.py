"""What can be done about people, offices, rights and keys; about one's own account in `app.accounts.myself`."""

from __future__ import annotations

from app.accounts import given, grants, keys, offices, schemas, service
from app.accounts.admins import new_secret
from app.accounts.errors import (
    AdministratorsAccess,
    AdministratorsNotReady,
    AdministratorsPassword,
    AreaEndsInPast,
    AreaExists,
    AreaNotFound,
    AreaOfNoDay,
    AreaOutsideParent,
    BadNetwork,
    CommonPassword,
    KeyNotFound,
    LoginTaken,
    NobodyConfirms,
    NoSecondFactor,
    OfficeExists,
    OfficeNotFound,
    OwnPassword,
    OwnRoles,
    OwnSecondFactor,
    ParkCodeNeeded,
    PasswordNotOwn,
    PasswordOfOneHand,
    RightNotFound,
    RoleConflict,
    RoleNotHeld,
    SectionExists,
    SectionNotFound,
    SurveyNotThere,
    UserInactive,
    UserNotFound,
    WeakPassword,
)
from app.accounts.passwords import check_password, hash_password
from app.core.errors import PermissionMissing, SecondPersonNeeded, WrongState
from app.core.rights import OutOfArea, Reach
from app.domain.lives import RightStatus
from app.domain.roles import Permission
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Items, Nothing

_USERS, _ACCOUNTS = Permission.MANAGE_USERS, Permission.MANAGE_ACCOUNTS
_KEYS, _OFFICES = Permission.MANAGE_KEYS, Permission.MANAGE_OFFICES
_GIVING = (UserNotFound, UserInactive, OwnRoles, AdministratorsNotReady)


@verb("user.list", _USERS, _ACCOUNTS, route="GET /users", reach=Reach.HOUSE)
def list_users(call: Call, _wish: Nothing) -> Items[schemas.PersonShown]:
    """Everybody with roles and office."""
    waiting = given.waiting(call.session)
    people = service.list_people(call.session)
    return Items(items=[schemas.PersonShown.of(person, waiting.get(person.user.login, [])) for person in people])


@verb(
    "user.show",
    _USERS,
    _ACCOUNTS,
    errors=(UserNotFound,),
    route="GET /users/{login}",
    command="user show {login}",
    reach=Reach.HOUSE,
)
def show_user(call: Call, wish: schemas.Login) -> schemas.PersonShown:
    """A person with office, roles, and the rights that wait for their confirmation."""
    return _person(call, wish.login)


@verb(
    "user.create",
    _ACCOUNTS,
    opens=Opens.OWN,
    errors=(OfficeNotFound, LoginTaken, WeakPassword, CommonPassword),
    route="POST /users",
    status=201,
    reach=Reach.HOUSE,
)
def create_user(call: Call, wish: schemas.NewUser) -> schemas.PersonMade:
    """A new person of an office, who may nothing yet; the password is for one sign-in, made up where none is given."""
    made_up = "" if wish.password else new_secret()
    told = {**wish.model_dump(), "password": hash_password(wish.password or made_up, wish.login, wish.name)}

    def settle(call: Call) -> schemas.PersonMade:
        service.create_user(call.session, **told, actor=call.actor, now=call.now)
        return schemas.PersonMade(**_person(call, wish.login).model_dump(), secret=made_up)

    return call.writing(settle)


@verb(
    "user.roles",
    _USERS,
    opens=Opens.OWN,
    errors=(*_GIVING, RoleConflict, NobodyConfirms),
    route="PUT /users/{login}/roles",
    reach=Reach.HOUSE,
)
def set_roles(call: Call, wish: schemas.NewRoles) -> schemas.RolesGiven:
    """The roles a person shall hold: those not named end at once (an administrator's once that is confirmed), new ones
    wait for the system administrator. With one that acts or sees units comes a new password, where one alone set the
    last; its first half is told here, the second to whoever confirms."""
    with call.reading() as read:
        needs = grants.needs_secret(read.session, wish.login, wish.roles)
    first, second = (new_secret(), new_secret()) if needs else ("", "")
    secret = (hash_password(first + second, wish.login), second) if needs else None

    def settle(call: Call) -> schemas.RolesGiven:
        grants.set_roles(call.session, wish.login, wish.roles, secret=secret, actor=call.actor, now=call.now)
        return schemas.RolesGiven(**_person(call, wish.login).model_dump(), secret=first)

    return call.writing(settle)


@verb(
    "user.take_role",
    _USERS,
    _ACCOUNTS,
    opens=Opens.WRITE,
    errors=(UserNotFound, RoleNotHeld, NobodyConfirms),
    route="DELETE /users/{login}/roles/{role}",
    command="user take-role {login} {role}",
    reach=Reach.HOUSE,
)
def take_role(call: Call, wish: schemas.RoleOf) -> schemas.PersonShown:
    """Take a role away from a person, at once and by one administrator alone; an administrator's role ends once another
    administrator has confirmed it (`right.confirm`)."""
    grants.take_role(call.session, wish.login, wish.role, actor=call.actor, now=call.now)
    return _person(call, wish.login)


@verb(
    "user.password",
    _USERS,
    _ACCOUNTS,
    opens=Opens.OWN,
    errors=(
        PermissionMissing,
        UserNotFound,
        UserInactive,
        OwnPassword,
        AdministratorsPassword,
        NobodyConfirms,
        SecondPersonNeeded,
        WeakPassword,
        CommonPassword,
    ),
    route="PUT /users/{login}/password",
    reach=Reach.HOUSE,
)
def set_password(call: Call, wish: schemas.NewPassword) -> schemas.PasswordSet:
    """Set another's password, for one sign-in, at which he sets his own; sign-ins and tokens end with it. Of who
    acts or sees units it is the first half: another administrator confirms it (`right.confirm`) and is told the second."""
    with call.reading() as read:
        user = service.may_reset(read.session, wish.login, call.actor)
        name, two = user.name, service.takes_two(read.session, user)
    check_password(wish.new, wish.login, name)
    half = new_secret() if two else ""
    new = hash_password(wish.new + half, wish.login, name)

    def settle(call: Call) -> schemas.PasswordSet:
        if not two:
            service.set_password(call.session, wish.login, new, actor=call.actor, now=call.now)
            return schemas.PasswordSet(pending=[])
        given = grants.ask_password(call.session, wish.login, new, half, actor=call.actor, now=call.now)
        return schemas.PasswordSet(pending=[_right(call, schemas.RightWanted(right_id=given.right_id))])

    return call.writing(settle)


@verb(
    "user.reset_second_factor",
    _USERS,
    _ACCOUNTS,
    opens=Opens.WRITE,
    errors=(UserNotFound, UserInactive, OwnSecondFactor, NoSecondFactor, NobodyConfirms),
    route="POST /users/{login}/second-factor/reset",
    status=201,
    command="user reset-second-factor {login}",
    reach=Reach.HOUSE,
)
def reset_second_factor(call: Call, wish: schemas.Login) -> schemas.RightShown:
    """End the second factor of a person who lost it, once another administrator has confirmed it (`right.confirm`);
    sign-ins and tokens end with it."""
    given = grants.ask_reset(call.session, wish.login, actor=call.actor, now=call.now)
    return _right(call, schemas.RightWanted(right_id=given.right_id))


@verb(
    "user.deactivate",
    _USERS,
    _ACCOUNTS,
    opens=Opens.WRITE,
    errors=(UserNotFound, UserInactive, AdministratorsAccess),
    route="DELETE /users/{login}",
    command="user deactivate {login}",
    reach=Reach.HOUSE,
)
def deactivate(call: Call, wish: schemas.Login) -> schemas.PersonShown:
    """End a person's access, at once and by one administrator alone, but not an administrator's, whose role is taken
    first; what he did stays in the trail."""
    service.deactivate(call.session, wish.login, actor=call.actor, now=call.now)
    return _person(call, wish.login)


def _person(call: Call, login: str) -> schemas.PersonShown:
    call.session.flush()
    waiting = given.list_rights(call.session, status=RightStatus.PROPOSED, login=login)
    return schemas.PersonShown.of(service.get_person(call.session, login), waiting)


@verb("office.list", route="GET /offices", reach=Reach.HOUSE)
def list_offices(call: Call, _wish: Nothing) -> Items[schemas.OfficeShown]:
    """All offices from the top down, with the areas in force, those to come and those that wait for their confirmation."""
    return Items(items=_offices(call))


@verb(
    "office.create",
    _OFFICES,
    opens=Opens.WRITE,
    errors=(OfficeNotFound, OfficeExists, AreaOutsideParent, ParkCodeNeeded, AreaExists, AdministratorsNotReady),
    route="POST /offices",
    status=201,
    reach=Reach.HOUSE,
)
def create_office(call: Call, wish: schemas.NewOffice) -> schemas.OfficeShown:
    """A new office under its parent, which sees nothing; an area, inside the parent's, waits for the security
    administrator (`right.confirm`)."""
    told = wish.model_dump(exclude={"area_prefix", "park_code"})
    offices.create_office(call.session, **told, actor=call.actor, now=call.now)
    if wish.area:
        grants.give_area(call.session, wish.code, wish.area, actor=call.actor, now=call.now)
    return _office(call, wish.code)


def _office(call: Call, code: str) -> schemas.OfficeShown:
    call.session.flush()
    return next(office for office in _offices(call) if office.code == code)


def _offices(call: Call) -> list[schemas.OfficeShown]:
    kept, to_come = offices.areas_of(call.session, call.today), offices.areas_to_come(call.session, call.today)
    waiting = given.waiting_areas(call.session)
    return [
        schemas.OfficeShown.of(one, kept.get(one.office_id), to_come.get(one.office_id, ()), waiting.get(one.code, ()))
        for one in offices.list_offices(call.session)
    ]


@verb(
    "office.give_area",
    _OFFICES,
    opens=Opens.WRITE,
    errors=(OfficeNotFound, AreaOfNoDay, AreaOutsideParent, ParkCodeNeeded, AreaExists, AdministratorsNotReady),
    route="POST /offices/{code}/areas",
    status=201,
    reach=Reach.HOUSE,
)
def give_area(call: Call, wish: schemas.AreaGiven) -> schemas.OfficeShown:
    """Have an office keep an area from a day on, once the security administrator has confirmed it (`right.confirm`)."""
    grants.give_area(call.session, wish.code, wish.area(call.today), actor=call.actor, now=call.now)
    return _office(call, wish.code)


@verb(
    "office.end_area",
    _OFFICES,
    _USERS,
    opens=Opens.WRITE,
    errors=(OfficeNotFound, AreaNotFound, AreaEndsInPast),
    route="POST /offices/{code}/areas/end",
    reach=Reach.HOUSE,
)
def end_area(call: Call, wish: schemas.AreaEnded) -> schemas.OfficeEnded:
    """Have an office keep an area no longer, or less long, from today or a later day on, and none of it that was to begin
    after that; what the offices below keep of it ends with it (`below`): by one administrator alone."""
    ended = grants.end_area(call.session, **wish.model_dump(), actor=call.actor, now=call.now)
    codes = {one.office_id: one.code for one in offices.list_offices(call.session)}
    below = [schemas.AreaBelow.of(codes[one.office_id], one) for one in ended if codes[one.office_id] != wish.code]
    return schemas.OfficeEnded(**dict(_office(call, wish.code)), below=below)


@verb("section.list", route="GET /sections", reach=Reach.HOUSE)
def list_sections(call: Call, wish: schemas.SectionsWanted) -> Items[schemas.SectionShown]:
    """Sections (科室) of all offices, or of one."""
    found = offices.list_sections(call.session, wish.office)
    return Items(items=[schemas.SectionShown(office=code, section=one.code, name=one.name) for one, code in found])


@verb(
    "section.create",
    _OFFICES,
    opens=Opens.WRITE,
    errors=(OfficeNotFound, SectionExists),
    route="POST /offices/{office}/sections",
    status=201,
    reach=Reach.HOUSE,
)
def create_section(call: Call, wish: schemas.NewSection) -> schemas.SectionShown:
    """A new section of an office; people are given one by the security administrator (`user.section`)."""
    offices.create_section(call.session, **wish.model_dump(), actor=call.actor, now=call.now)
    return schemas.SectionShown(**wish.model_dump())


@verb(
    "user.section",
    _USERS,
    opens=Opens.WRITE,
    errors=(*_GIVING, SectionNotFound),
    route="PUT /users/{login}/section",
    reach=Reach.HOUSE,
)
def set_section(call: Call, wish: schemas.SectionOf) -> schemas.PersonShown:
    """Have a person belong to a section of his office, once the system administrator has confirmed it."""
    grants.give_section(call.session, wish.login, wish.section, actor=call.actor, now=call.now)
    return _person(call, wish.login)


@verb("right.list", _USERS, _ACCOUNTS, route="GET /rights", reach=Reach.HOUSE)
def list_rights(call: Call, wish: schemas.RightsWanted) -> Items[schemas.RightShown]:
    """Rights that were given, in their order: those that wait, or all."""
    found = given.list_rights(
        call.session, status=wish.status or "", login=wish.login, after=wish.after, limit=wish.limit + 1
    )
    shown = [schemas.RightShown.of(right) for right in found[: wish.limit]]
    return Items(items=shown, next=shown[-1].right_id if len(found) > wish.limit else None)


@verb(
    "right.confirm",
    _ACCOUNTS,
    _USERS,
    opens=Opens.WRITE,
    errors=(
        PermissionMissing,
        RightNotFound,
        WrongState,
        SecondPersonNeeded,
        RoleConflict,
        AdministratorsPassword,
        PasswordNotOwn,
        PasswordOfOneHand,
        AdministratorsNotReady,
        AreaOutsideParent,
        ParkCodeNeeded,
        AreaExists,
    ),
    route="POST /rights/{right_id}/confirm",
    command="right confirm {right_id:right}",
    reach=Reach.HOUSE,
)
def confirm_right(call: Call, wish: schemas.RightWanted) -> schemas.RightConfirmed:
    """Have a right hold: a role, a section, a key that the security administrator gave; as he an office's area that the
    system administrator gave; as the one of the two who did not ask, the end of a second factor or of an administrator's
    role, and a new password, of which the second half is told; so it is of one that comes with a role, and of a key."""
    half = grants.confirm(call.session, wish.right_id, actor=call.actor, now=call.now)
    return schemas.RightConfirmed(**_right(call, wish).model_dump(), secret=half)


@verb(
    "right.refuse",
    _ACCOUNTS,
    _USERS,
    opens=Opens.WRITE,
    errors=(PermissionMissing, RightNotFound, WrongState, SecondPersonNeeded),
    route="POST /rights/{right_id}/refuse",
    command="right refuse {right_id:right}",
    reach=Reach.HOUSE,
)
def refuse_right(call: Call, wish: schemas.RightWanted) -> schemas.RightShown:
    """Not confirm a right; the end of one's own role another decides."""
    grants.refuse(call.session, wish.right_id, actor=call.actor, now=call.now)
    return _right(call, wish)


@verb(
    "right.withdraw",
    _USERS,
    _ACCOUNTS,
    opens=Opens.WRITE,
    errors=(PermissionMissing, RightNotFound, WrongState, SecondPersonNeeded),
    route="POST /rights/{right_id}/withdraw",
    command="right withdraw {right_id:right}",
    reach=Reach.HOUSE,
)
def withdraw_right(call: Call, wish: schemas.RightWanted) -> schemas.RightShown:
    """Take back a right that was given and is not confirmed yet."""
    grants.withdraw(call.session, wish.right_id, actor=call.actor, now=call.now)
    return _right(call, wish)


def _right(call: Call, wish: schemas.RightWanted) -> schemas.RightShown:
    call.session.flush()
    return schemas.RightShown.of(given.get_right(call.session, wish.right_id))


@verb("key.list", _KEYS, _ACCOUNTS, route="GET /keys", reach=Reach.HOUSE)
def list_keys(call: Call, _wish: Nothing) -> Items[schemas.KeyShown]:
    """Keys with client, limits and expiry; never the keys themselves."""
    return Items(items=[schemas.KeyShown.of(key) for key in keys.list_keys(call.session)])


@verb(
    "key.issue",
    _KEYS,
    opens=Opens.WRITE,
    errors=(AdministratorsNotReady, OutOfArea, SurveyNotThere, BadNetwork),
    route="POST /keys",
    status=201,
    reach=Reach.HOUSE,
)
def issue_key(call: Call, wish: schemas.NewKey) -> schemas.KeyIssued:
    """A new key for a collection system: its first half, shown this once. It opens nothing before the system administrator
    confirms, who is shown the second half: neither of the two can ask by it."""
    wanted = keys.Wanted(**wish.model_dump(exclude={"client", "contact"}))
    first, given = keys.issue(
        call.session, wanted, client=wish.client, contact=wish.contact, actor=call.actor, now=call.now
    )
    return schemas.KeyIssued(key=first, pending=[_right(call, schemas.RightWanted(right_id=given.right_id))])


@verb(
    "key.revoke",
    _KEYS,
    _ACCOUNTS,
    opens=Opens.WRITE,
    errors=(KeyNotFound, WrongState),
    route="DELETE /keys/{key_id}",
    command="key revoke {key_id:key}",
    reach=Reach.HOUSE,
)
def revoke_key(call: Call, wish: schemas.KeyWanted) -> schemas.KeyShown:
    """End a key."""
    keys.revoke(call.session, wish.key_id, actor=call.actor, now=call.now)
    return schemas.KeyShown.of(keys.list_keys(call.session, [wish.key_id])[0])
