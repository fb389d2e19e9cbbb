"""A request whose author lost the right, the office or the account: it stays decidable, and nobody waits for him."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes import drafting, service, verbs
from app.changes.errors import NotTheAuthor, RequestNotFound
from app.changes.rules import ItemDraft
from app.core.db import Database
from app.core.errors import PermissionMissing
from app.domain.words import Reason
from app.models import Office, UserRole
from app.register import sources
from app.verbs import House
from tests.changes.test_requests import person, vouched
from tests.factories.house import do, housing
from tests.factories.world import NOW, user_named
from tests.factories.writes import make_unit


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


def proposed(house: House, *, submit: bool = True) -> int:
    with house.database.write() as session:
        unit_id = make_unit(session, uscc="")
    about = {"reason": "change", "valid_from": "2024-12-01", "unit_id": unit_id, "changes": {"address": "新路2号"}}
    return int(do(house, verbs.propose, "maintainer", **about, submit=submit).request_id)


def deactivated(session: Session) -> None:
    user_named(session, "maintainer").is_active = False


def without_the_right(session: Session) -> None:
    user = user_named(session, "maintainer")
    session.execute(delete(UserRole).where(col(UserRole.user_id) == user.user_id))
    session.add(UserRole(user_id=user.user_id, role="approver"))


def elsewhere(session: Session) -> None:
    other = session.execute(select(Office).where(col(Office.code) == "district2")).scalar_one()
    user_named(session, "maintainer").office_id = other.office_id


GONE = pytest.mark.parametrize("gone", [deactivated, without_the_right, elsewhere])


@GONE
def test_a_submitted_request_stays_decidable(house: House, gone: Callable[[Session], None]) -> None:
    request = proposed(house)
    with house.database.write() as session:
        gone(session)
    assert do(house, verbs.approve, "district_approver", request_id=request, version=1).status == "applied"


@GONE
@pytest.mark.parametrize("submit", [True, False])
def test_a_colleague_takes_back_what_nobody_answers_for(
    house: House, gone: Callable[[Session], None], *, submit: bool
) -> None:
    """It stood there for ever, and its rows waited for nobody."""
    request = proposed(house, submit=submit)
    with pytest.raises(NotTheAuthor):
        do(house, verbs.withdraw, "maintainer2", request_id=request)
    assert not do(house, verbs.show, "maintainer2", request_id=request).may.withdraw
    with house.database.write() as session:
        gone(session)
    for login, refusal in (("district_approver", NotTheAuthor), ("neighbour", RequestNotFound)):
        with pytest.raises(refusal):
            do(house, verbs.withdraw, login, request_id=request)
    assert do(house, verbs.show, "maintainer2", request_id=request).may.withdraw
    assert do(house, verbs.withdraw, "maintainer2", request_id=request).status == "withdrawn"


def test_a_draft_is_handed_in_and_based_anew_by_its_author_alone_and_while_he_may_propose(house: House) -> None:
    draft = proposed(house, submit=False)
    for verb in (verbs.submit, verbs.refresh):
        with pytest.raises(NotTheAuthor):
            do(house, verb, "maintainer2", request_id=draft)
    with house.database.write() as session:
        without_the_right(session)
    may = do(house, verbs.show, "maintainer", request_id=draft).may
    assert (may.submit, may.refresh, may.withdraw) == (False, False, True)
    for verb in (verbs.submit, verbs.refresh):
        with pytest.raises(PermissionMissing):
            do(house, verb, "maintainer", request_id=draft)


def brought_out(session: Session, batch_id: int, gone: Callable[[Session], None] = lambda _: None) -> str:
    """What a run puts together of a file that another vouched for, its author gone before it is brought out."""
    origin = sources.pack(sources.Origin("market", 5, "2024-12-01"))
    unit_id, author = make_unit(session, uscc=""), person(session, "maintainer")
    item = ItemDraft(Reason.CHANGE, date(2024, 12, 1), {"legal_rep": "李四"}, origin, unit_id=unit_id)
    told = {"is_batch": True, "batch_id": batch_id, "counts": {"basis": "code"}}
    request = drafting.draft(session, [item], actor=author, now=NOW, title="批", **told)  # type: ignore[arg-type]
    request.made_by_run = 1
    gone(session)
    session.flush()
    service.bring_out(session, request.request_id, actor=author, now=NOW)
    return request.status


@GONE
def test_nothing_is_accepted_by_policy_for_who_could_not_propose_it(
    session: Session, gone: Callable[[Session], None]
) -> None:
    """A run that he left behind is brought to its end in his name, and a person looks at what comes of it."""
    batch_id = vouched(session)
    assert brought_out(session, batch_id) == "approved"
    assert brought_out(session, batch_id, gone) == "in_review"
