"""The process killed in the middle of applying a batch: begun anew, it ends in the same register."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from sqlalchemy import text

from app.accounts.actor import get_actor
from app.audit.proof import verify
from app.changes import service
from app.changes.rules import ItemDraft
from app.core.db import Database, open_database
from app.domain.words import Reason
from app.register import sources
from tests.conftest import Databases
from tests.factories.world import NOW, TEST_KEYS, TODAY
from tests.factories.writes import CENSUS, UNIT

WORKER = """
import sys
from app.changes import apply
from app.core.clock import Clock
from app.core.db import open_database
from app.worker import run_all
from tests.factories.world import TEST_KEYS
apply.CHUNK_ITEMS = 20
database = open_database(sys.argv[1], TEST_KEYS)
from app.worker import tasks
whole = tasks.apply_chunk
def watched(*args, **kwargs):
    done = whole(*args, size=20, **kwargs)
    print("chunk", flush=True)  # inside the transaction, which is committed only after the word to go on
    sys.stdin.readline()
    return done
tasks.apply_chunk = watched
run_all(database, Clock("2024-12-31T10:00:00+08:00"))
"""

STATE = {
    "units": "SELECT unit_id, random_number, revision FROM unit ORDER BY unit_id",
    "versions": "SELECT version_id, unit_id, name, uscc, valid_from FROM unit_version ORDER BY version_id",
    "identifiers": "SELECT unit_id, scheme, value FROM identifier ORDER BY unit_id, scheme, value",
    "feed": "SELECT seq, unit_id, reason FROM change_feed ORDER BY seq",
    "items": "SELECT seq, unit_id, status FROM request_item ORDER BY seq",
}


def approved_batch(database: Database, size: int) -> int:
    with database.write() as session:
        maintainer, approver = get_actor(session, "maintainer"), get_actor(session, "approver")
        items = [
            ItemDraft(Reason.FOUND_MISSING, TODAY, {**UNIT, "uscc": f"T{i:05}"}, sources.pack(CENSUS))
            for i in range(size)
        ]
        request = service.draft(session, items, actor=maintainer, now=NOW, title="批", is_batch=True)
        request_id = request.request_id
        service.submit(session, request_id, actor=maintainer, now=NOW)
        service.approve(session, request_id, actor=approver, now=NOW)
        return request_id


def state(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as session:
        return {name: [tuple(row) for row in session.execute(text(sql))] for name, sql in STATE.items()}


def run_worker(url: str, *, kill_at: int | None = None, committing: bool = False) -> int:
    """Let a worker of its own process work; kill it once so many units are in.

    The kill lands before the commit of the next chunk, or, `committing`, somewhere about it.
    """
    command = [sys.executable, "-c", WORKER, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        for _chunk in process.stdout:
            enough = kill_at is not None and units_in(url) >= kill_at
            if enough and not committing:
                break
            print(file=process.stdin, flush=True)
            if enough:
                break
        if kill_at is not None:
            process.send_signal(signal.SIGKILL)
    return process.returncode


def units_in(url: str) -> int:
    database = open_database(url, TEST_KEYS)
    with database.read() as session:
        found = session.execute(text("SELECT count(*) FROM unit")).scalar_one()
    database.engine.dispose()
    return int(found)


def killed_and_begun_anew(databases: Databases, size: int, kills: list[int]) -> None:
    undisturbed, disturbed = databases.fresh_url(), databases.fresh_url()
    for url in (undisturbed, disturbed):
        database = open_database(url, TEST_KEYS)
        approved_batch(database, size)
        database.engine.dispose()
    assert run_worker(undisturbed) == 0
    for n, at in enumerate(kills):
        assert run_worker(disturbed, kill_at=at, committing=n % 2 == 1) == -signal.SIGKILL
        free_the_job(disturbed)
    killed = open_database(disturbed, TEST_KEYS)
    assert 0 < len(state(killed)["units"]) < size
    assert run_worker(disturbed) == 0
    calm = open_database(undisturbed, TEST_KEYS)
    try:
        assert state(killed) == state(calm)
        with killed.read() as session:
            assert verify(session).intact
    finally:
        databases.drop(killed)
        databases.drop(calm)


def free_the_job(url: str) -> None:
    """Let the heartbeat of the killed worker be old, as it is two minutes later."""
    database = open_database(url, TEST_KEYS)
    with database.write() as session:
        session.execute(text("UPDATE job SET heartbeat_at = '2020-01-01 00:00:00.000000' WHERE status = 'doing'"))
    database.engine.dispose()


def test_a_batch_killed_in_the_middle_ends_in_the_same_register(databases: Databases) -> None:
    killed_and_begun_anew(databases, 400, [60])


@pytest.mark.long
def test_a_batch_killed_again_and_again_ends_in_the_same_register(databases: Databases) -> None:
    killed_and_begun_anew(databases, 2000, [20, 100, 500, 900, 1300, 1700])
