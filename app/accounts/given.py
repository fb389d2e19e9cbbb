"""Rights as people read them: whose, which, by whom, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.accounts.errors import RightNotFound
from app.accounts.keys import Key, list_keys
from app.core.rights import Territory
from app.domain.lives import RightStatus
from app.models import Office, RightGrant, Section, UserAccount


@dataclass(frozen=True)
class Right:
    """A right with the names that people know: whose (a login, a client, the code of an office), which, by whom. Of a
    key all that it opens: who confirms it answers for that."""

    grant: RightGrant
    whose: str
    name: str
    what: str
    given_by: str
    decided_by: str
    key: Key | None = None


def list_rights(
    session: Session, *, status: str = "", login: str = "", right_id: int = 0, after: int = 0, limit: int = 100
) -> list[Right]:
    """Rights in the order they were given, those behind `after`."""
    section = select(col(Section.name)).where(col(Section.section_id) == col(RightGrant.section_id))
    names: list[Any] = [
        section.scalar_subquery(),
        _login_of(col(RightGrant.given_by)),
        _login_of(col(RightGrant.decided_by)),
    ]
    statement = (
        select(RightGrant, UserAccount, Office, *names)
        .outerjoin(UserAccount, col(UserAccount.user_id) == col(RightGrant.user_id))
        .outerjoin(Office, col(Office.office_id) == col(RightGrant.office_id))
        .where(col(RightGrant.right_id) > after, *_wanted(status, login, right_id))
    )
    found = session.execute(statement.order_by(col(RightGrant.right_id)).limit(limit)).all()
    keys = [given.key_id for given, *_ in found if given.key_id is not None]
    known = {one.key.key_id: one for one in list_keys(session, keys)} if keys else {}
    return [_named(given, user, office, names, known.get(given.key_id)) for given, user, office, *names in found]


def _login_of(user_id: Any) -> Any:
    person = aliased(UserAccount)
    return select(col(person.login)).where(col(person.user_id) == user_id).scalar_subquery()


def _named(
    given: RightGrant, user: UserAccount | None, office: Office | None, names: Sequence[Any], key: Key | None
) -> Right:
    section, by, decided = names
    if user is not None:
        whose, name, what = user.login, user.name, given.role or section or ""
    elif office is not None:
        area = Territory(((given.area_prefix, given.park_code),))
        whose, name, what = office.code, office.name, str(area)
    else:
        assert key is not None, "a right is a person's, an office's or a key's"
        whose, name, what = key.client, key.client, str(key)
    return Right(given, whose, name, what, by, decided or "", key)


def _wanted(status: str, login: str, right_id: int) -> list[ColumnElement[bool]]:
    named = [(status, col(RightGrant.status)), (login, col(UserAccount.login)), (right_id, col(RightGrant.right_id))]
    return [column == value for value, column in named if value]


def waiting(session: Session) -> dict[str, list[Right]]:
    """Login to what waits for its confirmation."""
    return _waiting(session, of_offices=False)


def waiting_areas(session: Session) -> dict[str, list[Right]]:
    """Code of an office to the areas that wait for their confirmation."""
    return _waiting(session, of_offices=True)


def _waiting(session: Session, *, of_offices: bool) -> dict[str, list[Right]]:
    found: dict[str, list[Right]] = {}
    for right in list_rights(session, status=RightStatus.PROPOSED, limit=10_000):
        if (right.grant.office_id is not None) == of_offices:
            found.setdefault(right.whose, []).append(right)
    return found


def get_right(session: Session, right_id: int) -> Right:
    """Raises RightNotFound."""
    for found in list_rights(session, right_id=right_id):
        return found
    raise RightNotFound(right_id=right_id)
