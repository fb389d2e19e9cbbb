"""Files and batches through their verbs: what was read, where each row ended, answering a batch that asks."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import importers
from app.core.db import Database
from app.core.errors import BadPayload, PermissionMissing
from app.http.files import send
from app.intake import verbs
from app.intake.errors import BadFile, BatchNotFound, FileNotKept, NotHeld
from app.verbs import House
from importers.spec import with_mapping
from tests.factories.files import CENSUS, CENSUS_HEADER, MARKET_HEADER, taken
from tests.factories.hostile_files import last_corner
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.races import at_once

DIRTY = (
    MARKET_HEADER + "91500105MA5U8K3N95,=甲公司,,,2019-13-05,,5165,,\n" + ",,,,,,,,\n" + ",乙公司,,,不是日期,,5165,,\n"
)


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


def held(house: House, folder: Path) -> int:
    """A batch that asks, being far smaller than the one before."""
    taken(house.database, folder, CENSUS, name="first.csv")
    small = CENSUS_HEADER + "1,重庆另一家公司,,钱七,13800004444,500105006001,测云路9号,1,零售,5299\n"
    return taken(house.database, folder, small, name="small.csv").batch_id


def given(path: Path) -> dict[str, object]:
    return {"path": path, "source": "market", "as_of": "2024-12-31"}


def test_a_file_is_looked_at_and_nothing_is_kept_unless_asked(house: House, tmp_path: Path) -> None:
    path = tmp_path / "dirty.csv"
    path.write_text(DIRTY, "utf-8")
    seen = do(house, verbs.preview, "maintainer", **given(path))
    assert (seen.rows, seen.whole, seen.sha256) == (2, True, "")
    assert do(house, verbs.list_, "maintainer").items == []
    assert list(house.files_dir.iterdir()) == []
    kept = do(house, verbs.preview, "maintainer", **given(path), keep=True)
    assert (house.files_dir / kept.sha256).exists()


def test_a_file_that_cannot_be_read_says_why_in_both_languages(house: House, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("")
    with pytest.raises(BadFile) as refused:
        do(house, verbs.start, "maintainer", **given(path))
    assert refused.value.text("zh") == "文件 empty.csv 读不了：文件是空的；请重新导出。没有读入任何内容。"
    assert refused.value.text("en") == "empty.csv: the file is empty; export it again"
    with pytest.raises(BadFile):
        do(house, verbs.start, "maintainer", **given(tmp_path / "nowhere.csv"))
    with pytest.raises(PermissionMissing):
        do(house, verbs.start, "section", **given(path))


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_a_workbook_of_20_kb_that_would_take_512_gb_is_refused_and_the_server_goes_on(database, dry_run):
    """One cell in the last corner of the sheet ended the process that read it, which was the server (D24)."""
    files = {"file": ("a.xlsx", last_corner(random.Random(1)))}
    told = {"source": "census", "as_of": "2024-12-31", "dry_run": dry_run}
    with serving(database) as client:
        refused = client.post("/api/v1/imports", data=told, files=files, headers=as_person(database, "maintainer"))
        assert refused.json()["code"] in {"unsafe_file", "too_large"}
        assert refused.json()["details"]["most"] > 0
        assert client.get("/api/v1/imports", headers=as_person(database, "maintainer")).json()["items"] == []


def test_rows_and_problems_come_page_by_page_and_say_why(house: House, tmp_path: Path) -> None:
    batch = taken(house.database, tmp_path, DIRTY + ",乙公司,,,不是日期,,5165,,\n", source="market").batch_id
    first = do(house, verbs.rows, "maintainer", batch_id=batch, limit=2)
    rest = do(house, verbs.rows, "maintainer", batch_id=batch, after=first.next, limit=2)
    assert ([row.row_no for row in [*first.items, *rest.items]], rest.next) == ([2, 4, 5], None)
    assert [row.outcome for row in [*first.items, *rest.items]] == ["pending", "pending", "skipped"]
    assert (rest.items[0].reason, rest.items[0].said.en) == (
        "文件前面已有同样的一行",
        "the same row stands earlier in this file",
    )
    assert rest.items[0].said.code == "row_repeated_here"
    problems = do(house, verbs.problems, "maintainer", batch_id=batch).items
    assert ("date_unreadable", "20****05", "2019-13-05") in [(p.code, p.value, p.read) for p in problems]


def test_problems_leave_as_a_file_safe_for_spreadsheets(house: House, tmp_path: Path) -> None:
    batch = taken(house.database, tmp_path, DIRTY, source="market").batch_id
    file = do(house, verbs.problems_file, "maintainer", batch_id=batch)
    rows = list(csv.reader(Path(file.path).read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["工作表", "行", "级别", "问题", "列", "读到的值", "说明"]
    assert len(rows) == 1 + len(do(house, verbs.problems, "maintainer", batch_id=batch).items)
    assert send(file).headers["content-disposition"] == f'attachment; filename="problems-{batch}.csv"'
    Path(file.path).unlink()
    with pytest.raises(BatchNotFound):
        do(house, verbs.problems_file, "maintainer", batch_id=99)


def test_of_two_who_answer_a_batch_at_once_one_is_heard(house: House, tmp_path: Path) -> None:
    batch = held(house, tmp_path)
    answers = at_once(
        lambda: do(house, verbs.confirm, "maintainer2", batch_id=batch, match=True),
        lambda: do(house, verbs.discard, "maintainer2", batch_id=batch),
    )
    assert sum(isinstance(answer, NotHeld) for answer in answers) == 1, answers
    shown = do(house, verbs.show, "maintainer", batch_id=batch)
    assert (shown.status, shown.outcomes) in [("staged", {"pending": 1}), ("discarded", {"skipped": 1})]


def test_a_batch_that_asks_says_why_as_a_code_and_in_words(house: House, tmp_path: Path) -> None:
    shown = do(house, verbs.show, "maintainer", batch_id=held(house, tmp_path))
    assert (shown.status, shown.held.code, shown.held.facts) == ("held", "held_few_rows", {"rows": 1, "last": 3})
    assert shown.held_reason == shown.held.zh == "1 行，远少于上一个同类文件的 3 行"


def test_over_http_what_is_not_known_is_refused_and_answers_are_typed(house: House, tmp_path: Path) -> None:
    batch = held(house, tmp_path)
    with serving(house.database) as client:
        client.headers.update(as_person(house.database, "maintainer"))
        about = {"source": "census", "as_of": "2024-12-31"}
        file = {"file": ("a.csv", CENSUS.encode())}
        assert client.post("/api/v1/imports", data={**about, "dry_run": "1"}, files=file).json()["rows"] == 3
        bad = client.post("/api/v1/imports", data={**about, "force": "1"}, files=file)
        assert (bad.status_code, bad.json()["code"]) == (422, BadPayload.code)
        assert client.get(f"/api/v1/imports/{batch}/rows?outcome=lost").status_code == 422
        assert client.get(f"/api/v1/imports/{batch}/rows?colour=red").status_code == 422
        table = client.get(f"/api/v1/imports/{batch}/problems.csv")
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        own = client.post(f"/api/v1/imports/{batch}/confirm")
        assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
        other = as_person(house.database, "maintainer2")
        assert client.post(f"/api/v1/imports/{batch}/confirm", headers=other).json()["status"] == "staged"
        again = client.post(f"/api/v1/imports/{batch}/confirm", headers=other)
        assert (again.status_code, again.json()["code"]) == (409, "batch_not_held")
        described = client.get("/openapi.json").json()["paths"]["/api/v1/imports"]["post"]
        assert set(described["responses"]) >= {"202", "401", "403", "422"}


def test_a_file_that_nobody_handed_up_is_refused_at_once(database):
    told = {"name": "a.csv", "sha256": "a" * 64, "source": "market", "as_of": "2024-12-31"}
    with housing(database) as house, pytest.raises(FileNotKept):
        do(house, verbs.start, "maintainer", **told)


def test_labels_of_an_operator_that_cannot_be_read_are_a_refusal_of_the_file(tmp_path):
    for text in ("[1", "[1]", '{"nope": {}}'):
        path = tmp_path / "map.json"
        path.write_text(text)
        with pytest.raises(importers.FileProblem):
            with_mapping(importers.get_spec("market"), path)
