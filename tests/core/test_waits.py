"""The database does not answer, is locked, damaged or full: who asks is told so, and it goes on when it can (D28)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from app.core.away import told_of
from app.core.db import Database, open_database
from app.core.waits import Waits
from tests.factories.http import as_person, as_system, serving
from tests.factories.people import signed_in
from tests.factories.units import make_unit
from tests.factories.world import TEST_KEYS

SHORT = Waits(connect=2, pool=0.5, brief=0.3, read_lock=0.3, write_lock=0.3, statement=0.6)
USCC = "91500105MA60X0016Y"
PROPOSAL = {"reason": "change", "valid_from": "2024-12-31", "unit_id": 1, "changes": {"name": "别名"}}


@pytest.fixture
def short(database: Database) -> Iterator[Database]:
    """The same database, waited for as at the edge, only shorter."""
    with database.write() as session:
        make_unit(session, uscc=USCC)
    opened = open_database(database.engine.url.render_as_string(hide_password=False), TEST_KEYS, SHORT)
    yield opened
    opened.engine.dispose()


class Door:
    """The edges of one database: what each says."""

    def __init__(self, database: Database) -> None:
        self._key, self._person = as_system(database), as_person(database, "maintainer")
        self._cookie = {"Cookie": signed_in(database, "maintainer")}

    @contextmanager
    def open(self, database: Database) -> Iterator[Door]:
        with serving(database) as self._http:
            yield self

    def check(self) -> str:
        return str(self._http.get(f"/api/v1/check/{USCC}", headers=self._key).json().get("result"))

    def read(self) -> tuple[int, str]:
        answer = self._http.get("/api/v1/units", headers=self._person)
        return answer.status_code, answer.json().get("code", "")

    def write(self) -> tuple[int, str]:
        answer = self._http.post("/api/v1/changes/requests", json=PROPOSAL, headers=self._person)
        return answer.status_code, answer.json().get("code", "")

    def page(self) -> int:
        return int(self._http.get("/units", headers=self._cookie).status_code)

    def sign_in(self) -> int:
        return int(self._http.post("/login", data={"login": "x", "password": "y"}).status_code)


@contextmanager
def stood_still(database: Database) -> Iterator[None]:
    """The whole server stopped, as a machine does whose disk is gone: it holds its connections and says nothing."""
    with database.read() as session:
        folder = session.execute(text("SHOW data_directory")).scalar_one()
    postmaster = int(Path(folder, "postmaster.pid").read_text().split()[0])
    stopped = [
        postmaster,
        *(int(pid) for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()),
    ]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def only_on(database: Database, kind: str) -> None:
    if database.engine.dialect.name != kind:
        pytest.skip(f"happens on {kind} alone")


def test_while_the_server_stands_still_every_edge_says_so_and_goes_on_behind(short, database):
    only_on(database, "postgresql")
    with Door(database).open(short) as door:
        assert (door.check(), door.page()) == ("registered", 200)
        with stood_still(database):
            assert door.check() == "unavailable"
            assert door.read() == (503, "unavailable")
            assert door.write() == (503, "unavailable")
            assert (door.page(), door.sign_in()) == (503, 503)
        while door.check() == "unavailable":  # a server that stood still is left alone for a moment
            pass
        assert (door.check(), door.page()) == ("registered", 200)


def test_a_locked_table_is_not_waited_for(short, database):
    only_on(database, "postgresql")
    with Door(database).open(short) as door, database.write() as session:
        assert door.check() == "registered"
        session.execute(text("LOCK TABLE unit_version, identifier IN ACCESS EXCLUSIVE MODE"))
        assert door.check() == "unavailable"
        assert door.read() == (503, "unavailable")


def test_who_writes_behind_a_writer_that_does_not_end_is_told_so(short, database):
    with Door(database).open(short) as door:
        with database.write() as session:
            session.execute(text("UPDATE user_account SET language = language"))
            session.execute(text("UPDATE register_head SET feed_seq = feed_seq"))
            session.execute(text("SELECT count(*) FROM chain_head" + ("" if database.is_sqlite else ", audit_event")))
            session.execute(text("UPDATE chain_head SET seq = seq"))
            assert door.write() == (503, "unavailable")
            assert door.check() == "registered"
        assert door.write()[0] == 201


def test_a_statement_without_end_is_ended(short, database):
    only_on(database, "postgresql")
    with pytest.raises(OperationalError), short.read() as session:
        session.execute(text("SELECT pg_sleep(600)"))
    with short.patient().read() as session:
        assert session.execute(text("SELECT pg_sleep(0.7)")).one()
        assert session.execute(text("SHOW statement_timeout")).scalar_one() == "0"


def test_a_connection_that_lay_idle_while_the_server_began_anew_is_made_anew(short, database, monkeypatch):
    only_on(database, "postgresql")
    monkeypatch.setattr("app.core.waits._FRESH", 0.0)
    with short.read() as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.read() as session:
        session.execute(text(f"SELECT pg_terminate_backend({pid})"))
    with short.read() as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid


def test_a_damaged_database_is_told_as_such(short, database):
    """As it stops the server says aloud that it cannot write who looked at what."""
    only_on(database, "sqlite")
    with pytest.raises(DatabaseError, match="malformed"):
        look_at_what_is_damaged(short, database)


def look_at_what_is_damaged(short: Database, database: Database) -> None:
    with Door(database).open(short) as door:
        assert door.check() == "registered"
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        path = Path(str(database.engine.url.database))
        database.engine.dispose()
        short.engine.dispose()
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        path.write_bytes(path.read_bytes()[:100] + b"\xff" * (path.stat().st_size - 100))
        assert door.check() == "unavailable"
        assert door.read() == (503, "storage_damaged")
        assert door.write() == (503, "storage_damaged")
        assert (door.page(), door.sign_in()) == (503, 503)


def fill(database: Database) -> None:
    big = "INSERT INTO code_list (name, edition, title, valid_from, valid_until, origin, digest)"
    with database.write() as session:
        for n in range(5000):
            session.execute(text(f"{big} VALUES ('n{n}', 'e', '{'t' * 100}', '2024-01-01', '9999-12-31', '', '')"))


def test_a_full_disk_is_told_as_such_and_reading_goes_on(short, database):
    only_on(database, "sqlite")
    with Door(database).open(short) as door:
        with database.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        event.listen(short.engine, "connect", lambda line, _record: line.execute(f"PRAGMA max_page_count={pages}"))
        short.engine.dispose()
        with pytest.raises(OperationalError) as full:
            fill(short)
        told = told_of(full.value)
        assert told is not None
        assert told.code == "storage_full"
        assert door.check() == "registered"


def _by(kind: type[Exception], state: str) -> Exception:
    fault = psycopg.errors.lookup(state)("x")
    return kind("select", {}, fault)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (_by(OperationalError, "53100"), "storage_full"),
        (_by(OperationalError, "57P03"), "unavailable"),
        (_by(OperationalError, "55P03"), "unavailable"),
        (_by(DatabaseError, "XX001"), "storage_damaged"),
        (_by(IntegrityError, "23505"), None),
        (OSError(28, "no space left"), "storage_full"),
        (FileNotFoundError(2, "nothing there"), None),
        (ValueError("x"), None),
    ],
)
def test_what_a_fault_below_the_program_means(fault: Any, code: str | None) -> None:
    told = told_of(fault)
    assert (told.code if told else None) == code
