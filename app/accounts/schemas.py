"""What goes into the verbs about people, offices, rights and keys, and what comes out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import Field

from app.accounts.given import Right
from app.accounts.keys import DAYS as KEY_DAYS
from app.accounts.keys import MOST_PER_MINUTE, PER_MINUTE, Key
from app.accounts.service import Person
from app.core.rights import Stretch, Territory
from app.domain.lives import KeyStatus, RightStatus
from app.domain.period import FOREVER
from app.domain.roles import Role
from app.domain.words import OfficeKind, OfficeLevel
from app.models import Office, OfficeArea
from app.verbs.schemas import After, Answer, Day, Id, Line, Moment, Name, Once, PathName, Stripped, Wish, Word

Named = Annotated[Word, Field(min_length=1)]
"""A login, a code, a name: something has to be there."""
NewName = Annotated[PathName, Field(max_length=64)]
"""A login, a code, a name that is given now and stands in paths from then on."""
OfficeName = Annotated[Name, Field(max_length=128)]
AreaPrefix = Annotated[
    str, Field(max_length=12, pattern=r"^\d*$", description="leading digits of the area codes it keeps")
]
ParkCode = Annotated[
    str, Field(max_length=32, pattern=r"^[\w-]*$", description="of a park's office: the code its units bear")
]
KeyDays = Annotated[int, Field(ge=1, le=3650, description="how long the key is valid")]
PerMinute = Annotated[int, Field(ge=1, le=MOST_PER_MINUTE, description="checks a minute")]
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
    """A person of an office; rights are given to him by another (`user.roles`)."""

    login: NewName
    name: Annotated[Name, Field(max_length=64, description="the person's name")]
    office: Annotated[Name, Field(max_length=64, description="code of the office")]
    password: Annotated[Password, Field(description="for one sign-in; made up and shown once where none is given")] = ""


class NewRoles(Wish):
    """The roles a person shall hold from now on."""

    login: Named
    roles: Roles


class RoleOf(Wish):
    """A role that a person holds."""

    login: Named
    role: Role


class RightsWanted(Wish):
    """Rights by their state and person, a page of them."""

    status: Annotated[RightStatus | None, Field(description="those in this state; all when not given")] = None
    login: Annotated[Word, Field(description="those of this person")] = ""
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class RightWanted(Wish):
    """One right by its number."""

    right_id: Id


class NewPassword(Wish):
    """A password for another, good for one sign-in; of who acts in the register or sees units the first half of it."""

    login: Named
    new: Password


class NewOffice(Wish):
    """An office under its parent; the root is made with the installation. Its area, if one is named, waits."""

    code: NewName
    name: OfficeName
    level: Annotated[OfficeLevel, Field(description="national, municipal, district or post")]
    parent: Annotated[Named, Stripped, Field(description="code of the office above")]
    area_prefix: AreaPrefix = ""
    kind: OfficeKind = OfficeKind.ADMINISTRATIVE
    park_code: ParkCode = ""

    @property
    def area(self) -> Stretch | None:
        """What it shall keep, all its days; None where no area is named."""
        return Stretch(self.area_prefix, self.park_code) if self.area_prefix else None


class AreaGiven(Wish):
    """An area that an office shall keep from a day on."""

    code: Named
    area_prefix: Annotated[AreaPrefix, Field(min_length=1)]
    park_code: ParkCode = ""
    valid_from: Annotated[Day | None, Field(description="its first day; today when not given")] = None
    valid_until: Annotated[Day | None, Field(description="the day on which it is kept no more")] = None

    def area(self, today: date) -> Stretch:
        return Stretch(self.area_prefix, self.park_code, self.valid_from or today, self.valid_until or FOREVER)


class AreaEnded(Wish):
    """An area that an office keeps no more."""

    code: Named
    area_prefix: Annotated[AreaPrefix, Field(min_length=1)]
    park_code: ParkCode = ""
    on: Annotated[Day | None, Field(description="the first day on which it is kept no more; today when not given")] = (
        None
    )


class SectionsWanted(Wish):
    """Sections, of one office where it is named."""

    office: Annotated[Word, Field(description="code of the office; all when not given")] = ""


class NewSection(Wish):
    """A section of an office."""

    office: Annotated[Named, Field(description="code of the office")]
    section: Annotated[NewName, Field(description="code of the section")]
    name: OfficeName


class SectionOf(Wish):
    """The section a person shall belong to."""

    login: Named
    section: Annotated[Named, Field(description="code of a section of the person's office")]


class NewKey(Wish):
    """A key for a collection system, which is made when it is new."""

    client: Annotated[NewName, Field(description="name of the collection system")]
    areas: Annotated[
        list[Annotated[AreaPrefix, Field(min_length=1)]],
        Field(min_length=1, max_length=100, description="area it is told of, by leading digits, within yours"),
    ]
    scopes: Scopes = "check"
    per_minute: PerMinute = PER_MINUTE
    days: KeyDays = KEY_DAYS
    surveys: Annotated[list[Named], Field(max_length=100, description="survey it is for; any when none is named")] = []
    networks: Annotated[
        list[Named],
        Field(max_length=100, description="network it is asked with from, such as 10.1.0.0/16; any when none is named"),
    ] = []
    contact: Annotated[Line, Field(max_length=128)] = ""


class KeyWanted(Wish):
    """One key by its number."""

    key_id: Id


class KeyLimitShown(Answer):
    """An `area`, `survey` or `network` that a key is for; `valid_until` is excluded."""

    kind: str
    value: str
    valid_from: Day
    valid_until: Day


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
    limits: list[KeyLimitShown]

    @classmethod
    def of(cls, found: Key) -> KeyShown:
        key = found.key
        return cls(
            key_id=key.key_id,
            client=found.client,
            limits=[KeyLimitShown.model_validate(limit) for limit in found.limits],
            scopes=key.scopes,
            per_minute=key.per_minute,
            status=KeyStatus(key.status),
            revoked=key.status == KeyStatus.REVOKED,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
        )


class RightShown(Answer):
    """A right that one administrator gave and another confirms: whose, which, and how far it is.

    `whose`: a login, the code of an office or the name of a client; `name`: what people call it. Of an area its days, of
    a `key` all that it opens.
    """

    right_id: int
    kind: str
    whose: str
    name: str
    what: str
    valid_from: Day | None
    valid_until: Day | None
    status: RightStatus
    given_by: str
    given_at: Moment
    decided_by: str
    decided_at: Moment | None
    key: KeyShown | None

    @classmethod
    def of(cls, right: Right) -> RightShown:
        return cls(
            right_id=right.grant.right_id,
            kind=right.grant.kind,
            whose=right.whose,
            name=right.name,
            what=right.what,
            valid_from=_unless(date.min, right.grant.valid_from),
            valid_until=_unless(FOREVER, right.grant.valid_until),
            status=RightStatus(right.grant.status),
            given_by=right.given_by,
            given_at=right.grant.given_at,
            decided_by=right.decided_by,
            decided_at=right.grant.decided_at,
            key=KeyShown.of(right.key) if right.key else None,
        )


def _unless(end: date, day: date | None) -> date | None:
    return None if day == end else day


class RightConfirmed(RightShown):
    """A right that holds; `secret` is the second half of a one-time password or of a key, which follows the first, shown
    this once."""

    secret: Once


class PasswordSet(Answer):
    """The right that waits for its confirmation, of who acts in the register or sees units; none where the password holds already."""

    pending: list[RightShown]


class PersonShown(Answer):
    """Somebody with office, roles in force, and rights that wait. A system actor cannot sign in."""

    login: str
    name: str
    office: str
    section: str
    active: bool
    system: bool
    roles: list[Role]
    pending: list[RightShown]
    must_change_password: bool
    password_set_by: str
    password_set_at: Moment | None
    second_factor: bool

    @classmethod
    def of(cls, person: Person, waiting: Iterable[Right]) -> PersonShown:
        return cls(
            login=person.user.login,
            name=person.user.name,
            office=person.office,
            section=person.section,
            active=person.user.is_active,
            system=person.user.is_system,
            roles=[Role(role) for role in person.roles],
            pending=[RightShown.of(right) for right in waiting],
            must_change_password=person.user.must_change_password,
            password_set_by=person.user.password_set_by,
            password_set_at=person.user.password_set_at,
            second_factor=person.second_factor,
        )


class PersonMade(PersonShown):
    """A new person; `secret` is the password for one sign-in where it was made up, shown this once."""

    secret: Once


class RolesGiven(PersonShown):
    """A person whose roles were set; `secret` is the first half of a new password that comes with them, shown this once."""

    secret: Once


class AreaToCome(Answer):
    """An area that an office will keep from a later day on."""

    area: str
    valid_from: Day
    valid_until: Day | None


class OfficeShown(Answer):
    """An office with the areas in force, those to come and those that wait; `path` is the chain of ids from the root."""

    code: str
    level: OfficeLevel
    name: str
    kind: OfficeKind
    area: str
    to_come: list[AreaToCome]
    pending: list[RightShown]
    path: str

    @classmethod
    def of(
        cls, office: Office, area: Territory | None, to_come: Iterable[Stretch], waiting: Iterable[Right]
    ) -> OfficeShown:
        return cls(
            code=office.code,
            level=OfficeLevel(office.level),
            name=office.name,
            kind=OfficeKind(office.kind),
            area=str(area or Territory()),
            to_come=[
                AreaToCome(
                    area=str(Territory(((one.prefix, one.park),))),
                    valid_from=one.valid_from,
                    valid_until=_unless(FOREVER, one.valid_until),
                )
                for one in to_come
            ],
            pending=[RightShown.of(right) for right in waiting],
            path=office.path,
        )


class AreaBelow(Answer):
    """An area of an office below that ended with the one above it, and the first day on which it is kept no more."""

    office: str
    area: str
    valid_until: Day

    @classmethod
    def of(cls, office: str, ended: OfficeArea) -> AreaBelow:
        area = Territory(((ended.area_prefix, ended.park_code),))
        return cls(office=office, area=str(area), valid_until=ended.valid_until)


class OfficeEnded(OfficeShown):
    """An office that keeps an area no longer; `below` are the areas of the offices below that ended with it."""

    below: list[AreaBelow]


class SectionShown(Answer):
    """A section of an office, each by its code."""

    office: str
    section: str
    name: str


class KeyIssued(Answer):
    """The first half of a key, shown this once, and the right that waits for its confirmation, which shows the second."""

    key: Once
    pending: list[RightShown]
