"""Files in: rows in = rows accounted for, what is held back, what repeats; the real organisations."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from app.accounts.actor import get_actor
from app.changes import service as changes
from app.core.clock import Clock
from app.core.db import Database
from app.core.kept import keep
from app.core.types import unseal
from app.domain.period import FOREVER
from app.domain.roles import Permission
from app.intake import queries, service
from app.intake.errors import BadFile, NotHeld
from app.intake.reading import import_file
from app.intake.rules import account
from app.match import run as matching_run
from app.models import ImportBatch, Policy
from app.worker import run_all

CLOCK = Clock("2024-12-31T10:00:00+08:00")
HEADER = "统一社会信用代码,企业(机构)名称,成立日期,住所\n"


def taken(database: Database, path: Path, source: str = "market", as_of: date = date(2024, 12, 31)) -> ImportBatch:
    with database.read() as session:
        actor = get_actor(session, "maintainer")
    return import_file(database, path, source, actor=actor, clock=CLOCK, as_of=as_of)


def lines(count: int, first: int = 0) -> str:
    return "".join(f",重庆测云{first + n}号商贸有限公司,2024-01-01,测云路{n}号\n" for n in range(count))


def written(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(HEADER + body, "utf-8")
    return path


def outcomes(database: Database, batch: ImportBatch) -> dict[str, int]:
    with database.read() as session:
        return queries.counts_of(session, batch.batch_id)


def test_the_same_row_twice_in_one_file_is_skipped_once(database: Database, tmp_path: Path) -> None:
    batch = taken(database, written(tmp_path, "a.csv", lines(3) + lines(1)))
    assert batch.rows == 4
    assert outcomes(database, batch) == {"pending": 3, "skipped": 1}


def test_a_corrected_file_sent_again_does_not_ask_twice_about_rows_that_wait(
    database: Database, tmp_path: Path
) -> None:
    taken(database, written(tmp_path, "a.csv", lines(3)))
    again = taken(database, written(tmp_path, "b.csv", lines(4)))
    assert outcomes(database, again) == {"pending": 1, "skipped": 3}


def test_a_file_far_smaller_than_the_last_asks_before_it_goes_on(database: Database, tmp_path: Path) -> None:
    taken(database, written(tmp_path, "a.csv", lines(20)))
    small = taken(database, written(tmp_path, "b.csv", lines(5, first=100)))
    assert small.status == "held"
    assert "far fewer" in small.held_reason.text("en")
    assert small.held_reason.facts == {"rows": 5, "last": 20}
    with database.write() as session:
        actor = get_actor(session, "maintainer2")
        assert service.confirm(session, small.batch_id, actor=actor, now=CLOCK.now()).status == "staged"
        with pytest.raises(NotHeld):
            service.discard(session, small.batch_id, actor=actor, now=CLOCK.now())


def test_when_a_file_asks_is_a_dated_policy(database: Database, tmp_path: Path) -> None:
    with database.write() as session:
        rule = {"least_share_of_last": 0.1}
        policy = Policy(
            name="small", kind="intake", ground="", rule=rule, valid_from=date(2024, 12, 1), valid_until=FOREVER
        )
        session.add(policy)
    taken(database, written(tmp_path, "a.csv", lines(20)))
    assert taken(database, written(tmp_path, "b.csv", lines(5, first=100))).status == "staged"


def test_a_file_that_breaks_off_leaves_no_row_and_says_why(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"
    path.write_text(HEADER + lines(12_000) + '"重庆', "utf-8")
    with pytest.raises(BadFile, match="never closed"):
        taken(database, path)
    with database.read() as session:
        (left,) = queries.list_batches(session, get_actor(session, "maintainer"))
        assert (left.status, left.refused_reason.code) == ("refused", "bad_file")
        assert session.execute(text("SELECT count(*) FROM source_record")).scalar_one() == 0


def test_rows_that_are_not_accounted_for_are_an_error() -> None:
    assert account(3, {"pending": 2, "problem": 1})["pending"] == 2
    with pytest.raises(AssertionError, match="accounted"):
        account(3, {"pending": 2})


def test_originals_are_kept_sealed(database: Database, tmp_path: Path) -> None:
    from app.intake.run import facts_of

    path = written(tmp_path, "a.csv", lines(1))
    kept = keep(path, facts_of(path).sha256, tmp_path / "files")
    assert kept.exists()
    assert "重庆".encode() not in kept.read_bytes()
    assert unseal(kept.read_bytes(), "file", kept.name) == path.read_bytes()


def test_only_who_may_import_imports(database: Database) -> None:
    with database.read() as session:
        assert not get_actor(session, "section").may(Permission.IMPORT)


def test_the_real_organisations_all_go_in(
    database: Database, samples_real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = taken(database, samples_real / "units_chongqing.csv", as_of=date(2019, 12, 31))
    with database.read() as session:
        actor, approver = get_actor(session, "maintainer"), get_actor(session, "approver")
    report = matching_run.run(database, actor=actor, clock=CLOCK)
    assert sum(report.ways.values()) == batch.rows == 3357
    with database.write() as session:
        for request in report.requests:
            changes.approve(session, request, actor=approver, now=CLOCK.now(), comment="整批")
    run_all(database, CLOCK)
    found = outcomes(database, batch)
    assert sum(found.values()) == 3357
    assert found["applied"] == report.ways["new"]
    again = taken(database, samples_real / "units_chongqing.csv", as_of=date(2019, 12, 31))
    assert again.repeat_of == batch.batch_id
    with capsys.disabled():
        print(f"\nreal organisations: {report.ways}, {found}")
