"""A database that is away: one line when it goes and one when it is back, and less and less asking."""

from __future__ import annotations

import errno
import threading

import pytest
from sqlalchemy.exc import OperationalError

from app.audit.access import AccessLog
from app.audit.service import Entry
from app.audit.tags import Tag
from app.core import away
from app.core.away import Outage
from app.core.db import Database
from tests.factories.world import NOW

GONE = OperationalError("select", {"name": "secret"}, Exception("connection refused\nmore of it"))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert not any(one.exc_info for one in caplog.records)
    return [one.getMessage().split(";")[0].split(" after")[0] for one in caplog.records]


def test_of_many_failures_the_first_is_told_and_that_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    part = Outage("part")
    for _ in range(2):
        part.over()
        for _ in range(5):
            assert part.met(GONE) is not None
        part.over()
        part.over()
    assert lines(caplog) == ["part: no database (unavailable: connection refused)", "part: the database is back"] * 2
    assert "secret" not in caplog.text


def test_what_is_no_fault_of_the_database_is_left_to_others(caplog: pytest.LogCaptureFixture) -> None:
    part = Outage("part")
    assert part.met(ValueError("x")) is None
    assert part.met(OSError(errno.ENOENT, "x")) is None
    part.over()
    assert (lines(caplog), part.wait(0.5)) == ([], 0.5)


def test_each_try_waits_longer_up_to_a_bound_and_anew_when_it_is_back() -> None:
    part, waits = Outage("part"), []
    for _ in range(40):
        waits.append(part.wait(0.5))
        part.met(GONE)
    assert waits[:6] == [0.5, 1, 2, 4, 8, 10]
    assert max(waits) == Outage.LONGEST
    part.over()
    assert part.wait(0.5) == 0.5


def test_where_some_find_it_and_others_do_not_it_is_not_back(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(away, "_now", lambda: now[0])
    part = Outage("part", quiet=5)
    for _ in range(10):
        part.met(GONE)
        now[0] += 1
        part.over()
    assert len(lines(caplog)) == 1
    now[0] += 5
    part.over()
    assert lines(caplog)[1:] == ["part: the database is back"]


def test_the_access_log_tells_of_it_once_and_writes_what_waited(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, tries, written = AccessLog(database, every=0.001), [], threading.Event()
    flush = log.flush

    def away_at_first() -> int:
        tries.append(1)
        if len(tries) <= 4:
            raise GONE
        many = flush()
        written.set()
        return many

    monkeypatch.setattr(log, "flush", away_at_first)
    log.note(Entry(Tag.REFUSED, "x", NOW, "x"))
    with log:
        assert written.wait(60)
    assert lines(caplog) == [
        "access log: no database (unavailable: connection refused)",
        "access log: the database is back",
    ]
