"""Verbs: asked who may before anything is opened, one snapshot or one transaction, refusals that are named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.accounts.actor import get_actor
from app.audit.access import AccessLog
from app.audit.tags import Tag
from app.core.actor import Actor, Client
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Conflict, PermissionMissing
from app.domain.roles import Permission
from app.models import AccessEvent, AuditEvent, Office
from app.verbs import VERBS, Answer, Call, House, Opens, Verb, Wish, perform, verb
from app.verbs.schemas import Day, Id, KnownAt, Line, Word
from app.verbs.verb import KeyNotForThis
from tests.factories.http import MORNING


class Renaming(Wish):
    office: Word
    name: Line = "改名"


class Named(Answer):
    name: str


class NameHeld(Conflict):
    code = "test_name_held"
    zh, en = "名称“{name}”已有", "the name {name} is held"


class Unnamed(Conflict):
    code = "test_unnamed"
    zh, en = "没有说过", "never told"


@pytest.fixture
def kept() -> Iterator[None]:
    """Verbs entered by a test go with it."""
    before = dict(VERBS)
    yield
    VERBS.clear()
    VERBS.update(before)


@pytest.fixture
def rename(kept: None) -> Verb[Renaming, Named]:
    @verb("test.rename", Permission.MANAGE_OFFICES, opens=Opens.WRITE, errors=(NameHeld,))
    def rename(call: Call, wish: Renaming) -> Named:
        """Rename an office."""
        office = call.session.execute(select(Office).where(Office.code == wish.office)).scalar_one()
        office.name = wish.name
        call.session.flush()
        if wish.name == "已有":
            raise NameHeld(name=wish.name)
        call.log(Tag.OFFICE_CREATE, f"office {office.code}", {"name": wish.name})
        return Named(name=office.name)

    return rename


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with AccessLog(database) as access:
        yield House(database, Clock(MORNING), access, tmp_path)


def person(house: House, login: str) -> Actor:
    with house.database.read() as session:
        return get_actor(session, login)


def name_of(house: House) -> str:
    with house.database.read() as session:
        return session.execute(select(Office.name).where(Office.code == "post")).scalar_one()


def test_a_verb_is_data(rename: Verb[Renaming, Named]) -> None:
    assert VERBS["test.rename"] is rename
    assert (rename.takes, rename.gives, rename.help) == (Renaming, Named, "Rename an office.")
    with pytest.raises(ValueError, match=r"test\.rename already"):
        verb("test.rename")(rename.do)


def test_what_a_verb_does_is_there_when_it_answers_and_is_logged_under_who_called(
    house: House, rename: Verb[Renaming, Named]
) -> None:
    assert perform(house, rename, person(house, "sysadmin"), Renaming(office="post")).name == "改名"
    assert name_of(house) == "改名"
    with house.database.read() as session:
        event = session.execute(select(AuditEvent).order_by(AuditEvent.seq.desc())).scalars().first()  # type: ignore[attr-defined]
        assert event is not None
        assert (event.actor, event.subject) == ("sysadmin", "office post")


def test_who_may_not_is_refused_before_anything_is_opened(house: House, rename: Verb[Renaming, Named]) -> None:
    closed = House(None, house.clock, house.access, house.files_dir)  # type: ignore[arg-type]
    with pytest.raises(PermissionMissing, match="Manage offices"):
        perform(closed, rename, person(house, "maintainer"), Renaming(office="post"))


def test_a_refusal_leaves_nothing_behind(house: House, rename: Verb[Renaming, Named]) -> None:
    before = name_of(house)
    with pytest.raises(NameHeld):
        perform(house, rename, person(house, "sysadmin"), Renaming(office="post", name="已有"))
    assert name_of(house) == before


def test_a_verb_within_an_open_call_asks_who_may_too(house: House, rename: Verb[Renaming, Named]) -> None:
    with house.database.write() as session, pytest.raises(PermissionMissing):
        rename(Call(house, person(house, "section"), house.clock.now(), "zh", session), Renaming(office="post"))


def test_a_key_calls_what_its_scope_opens_and_nothing_else(house: House, kept: None) -> None:
    @verb("test.look", scope="check")
    def look(call: Call, _wish: Renaming) -> Named:
        call.saw(Tag.UNIT_CHECK, "a unit")
        return Named(name=call.caller_name)

    client = Client(1, 1, "直报平台", frozenset({"check"}), 60)
    assert perform(house, look, client, Renaming(office="post")).name == "client:直报平台"
    house.access.close()
    with house.database.read() as session:
        assert session.execute(select(AccessEvent.actor)).scalars().all() == ["client:直报平台"]
    with pytest.raises(KeyNotForThis):
        perform(house, look, Client(1, 1, "别的", frozenset({"feed"}), 60), Renaming(office="post"))
    assert not look.permissions


def test_a_verb_without_a_scope_is_not_for_keys(house: House, rename: Verb[Renaming, Named]) -> None:
    with pytest.raises(KeyNotForThis, match=r"test\.rename"):
        perform(house, rename, Client(1, 1, "x", frozenset({"check"}), 60), Renaming(office="post"))


def test_reading_keeps_nothing(house: House, kept: None) -> None:
    @verb("test.peek")
    def peek(call: Call, _wish: Renaming) -> Named:
        call.session.add(Office(code="new", name="new", level="post", path="/9/"))
        call.session.flush()
        return Named(name="seen")

    perform(house, peek, person(house, "maintainer"), Renaming(office="post"))
    with house.database.read() as session:
        assert session.execute(select(Office).where(Office.code == "new")).first() is None


def test_a_verb_that_opens_its_own_has_none_open(house: House, kept: None) -> None:
    @verb("test.long", opens=Opens.OWN)
    def long(call: Call, wish: Renaming) -> Named:
        assert call.opened is None
        with call.reading() as reading:
            first = reading.session.execute(select(Office.name).where(Office.code == wish.office)).scalar_one()
        return Named(name=call.writing(lambda inner: f"{first} {inner.now:%Y}"))

    assert perform(house, long, person(house, "maintainer"), Renaming(office="post")).name.endswith(" 2024")


def test_refusals_that_are_not_named_are_known(rename: Verb[Renaming, Named]) -> None:
    assert rename.declares(NameHeld(name="x"))
    assert rename.declares(PermissionMissing(login="x", permission="y"))
    assert not rename.declares(Unnamed())


def test_the_language_is_the_one_asked_for_else_the_callers_own(house: House, kept: None) -> None:
    @verb("test.speak")
    def speak(call: Call, _wish: Renaming) -> Named:
        return Named(name=call.language)

    caller = person(house, "maintainer")
    assert perform(house, speak, caller, Renaming(office="x")).name == caller.language
    assert perform(house, speak, caller, Renaming(office="x"), language="en").name == "en"


class Told(Wish):
    number: Id = 1
    line: Line = ""
    day: Day | None = None
    known_at: KnownAt = None


@pytest.mark.parametrize(
    "told",
    [
        {"unknown": 1},
        {"number": 0},
        {"number": 2**63},
        {"number": "1x"},
        {"line": "x" * 256},
        {"line": "a\x00b"},
        {"line": "\ud800"},
        {"day": "0999-12-31"},
        {"day": "2024-02-30"},
        {"known_at": "yesterday"},
        {"known_at": "9999-99-99T00:00:00"},
    ],
)
def test_what_no_database_holds_is_refused_at_the_door(told: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Told(**told)  # type: ignore[arg-type]


def test_a_moment_is_read_as_a_person_writes_it_and_an_empty_one_is_none() -> None:
    assert Told(known_at="2024-12-31T10:00:00").known_at == datetime(2024, 12, 31, 2)  # type: ignore[arg-type]
    assert Told(known_at=" ").known_at is None  # type: ignore[arg-type]
