"""Files of many parts and forms on their way in: each part accounted for, doubts asked, marked files refused and logged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.audit.tags import Tag
from app.core.db import Database
from app.intake import verbs
from app.intake.errors import MarkedSecret
from app.intake.together import together
from app.models import AuditEvent, ImportBatch, SourceRecord
from app.verbs import House
from app.web.visitor import csrf_for
from tests.factories.files import taken
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.people import own_secret, signed_in
from tests.importers.files import NEW, UNITS, laid, lines, package, workbook
from tests.importers.files import taken as read

DAY = "2024-12-31"
CANCELLED = ("统一社会信用代码", "企业名称", "注销日期", "注销原因")
BOOK = {
    "封面": [["三月月报"]],
    "设立": [NEW, *UNITS],
    "注销": [CANCELLED, [UNITS[1][0], UNITS[1][1], "2024-03-08", "决议解散"]],
}


def started(house: House, path: Path, source: str = "market") -> int:
    about: dict[str, Any] = {"path": path, "source": source, "as_of": DAY}
    begun = do(house, verbs.start, "maintainer", **about)
    from app.worker import run_this

    run_this(house.database, house.clock, begun.job_id)
    return int(begun.batch_id)


def rows_of(database: Database, batch_id: int) -> list[SourceRecord]:
    with database.read() as session:
        found = session.execute(select(SourceRecord).where(col(SourceRecord.batch_id) == batch_id)).scalars().all()
        session.expunge_all()
        return list(found)


def test_f1_a_batch_names_each_sheet_with_what_became_of_it(database: Database, tmp_path: Path) -> None:
    with housing(database) as house:
        shown = do(
            house, verbs.show, "maintainer", batch_id=started(house, laid(tmp_path, workbook(BOOK), "月报.xlsx"))
        )
    assert [(part.name, part.layout, part.rows, part.unread) for part in shown.parts] == [
        ("封面", "", 0, "no_header"),
        ("设立", "market_new", 2, ""),
        ("注销", "market_cancelled", 1, ""),
    ]
    assert (shown.sheets, shown.rows) == ({"封面": 0, "设立": 2, "注销": 1}, 3)
    assert shown.skipped_lines == {"header": 2, "unread_sheet": 1}
    assert [(row.sheet, row.event) for row in rows_of(database, shown.batch_id)] == [
        ("设立", "new"),
        ("设立", "new"),
        ("注销", "deregistered"),
    ]


def test_f1_a_preview_tells_of_each_part_and_of_what_is_hidden(database: Database, tmp_path: Path) -> None:
    path = laid(
        tmp_path, package({"a.csv": lines(NEW, *UNITS).encode(), "b.xlsx": workbook(BOOK, hidden=["注销"])}), "c.zip"
    )
    with serving(database) as client:
        told = {"source": "market", "as_of": DAY, "dry_run": "true"}
        answer = client.post(
            "/api/v1/imports",
            data=told,
            files={"file": ("c.zip", path.read_bytes())},
            headers=as_person(database, "maintainer"),
        ).json()
    assert [(part["name"], part["rows"], part["hidden"]) for part in answer["parts"]] == [
        ("a.csv", 2, False), ("b.xlsx/封面", 0, False), ("b.xlsx/设立", 2, False), ("b.xlsx/注销", 1, True),
    ]  # fmt: skip
    assert answer["rows"] == 5


def test_a_file_of_which_half_is_known_asks_before_it_goes_on(database: Database, tmp_path: Path) -> None:
    text = lines(
        ("企业名称", "统一社会信用代码", "照片", "网格", "张贴", "巡查"),
        (UNITS[0][1], UNITS[0][0], "1", "甲", "某街", "好"),
    )
    batch = taken(database, tmp_path, text, source="market")
    with housing(database) as house:
        shown = do(house, verbs.show, "maintainer", batch_id=batch.batch_id)
        assert (shown.status, shown.held.code) == ("held", "held_layout_doubted")
        assert shown.held.facts == {"part": "file.csv", "layout": "market_list", "share": 50}
        assert do(house, verbs.confirm, "maintainer2", batch_id=batch.batch_id).status == "staged"


def test_a_file_that_fits_another_source_better_asks(database: Database, tmp_path: Path) -> None:
    head = ("社会信用代码", "名称", "行政区划代码", "企业登记机关", "经营范围", "注册资本", "货币种类", "核准日期")
    batch = taken(database, tmp_path, lines(head, (*UNITS[0][:2], "500105", "某局", "建材", "1", "156", "2024-01-02")))
    assert batch.held_reason.code == "held_looks_like"
    assert batch.held_reason.facts["source"] == "market"


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_f23_a_marked_file_is_refused_before_anything_is_kept_and_the_refusal_is_logged(
    database: Database, dry_run: str
) -> None:
    """It was read like any other, and its original kept."""
    files = {"file": ("名录.csv", ("秘密★1年\n" + lines(NEW, *UNITS)).encode())}
    with serving(database) as client:
        told = {"source": "market", "as_of": DAY, "dry_run": dry_run}
        refused = client.post("/api/v1/imports", data=told, files=files, headers=as_person(database, "maintainer"))
        assert (refused.status_code, refused.json()["code"]) == (422, MarkedSecret.code)
    with database.read() as session:
        logged = select(col(AuditEvent.actor), col(AuditEvent.subject)).where(
            col(AuditEvent.event) == str(Tag.IMPORT_REFUSE_MARKED)
        )
        assert [tuple(row) for row in session.execute(logged)] == [("maintainer", "source market")]
        assert session.execute(select(ImportBatch)).all() == []


def test_f23_a_mark_in_a_package_behind_what_is_looked_at_counts_too(database: Database, tmp_path: Path) -> None:
    many = [(f"9150010500000{n:05}", f"重庆试样{n}有限公司", "2024-03-05", "某街") for n in range(50)]
    files = {"a.csv": lines(NEW, *many).encode(), "b.csv": ("机密\n" + lines(NEW, *UNITS)).encode()}
    with housing(database) as house:
        with pytest.raises(MarkedSecret):
            do(
                house,
                verbs.start,
                "maintainer",
                path=laid(tmp_path, package(files), "c.zip"),
                source="market",
                as_of=DAY,
            )
        assert not house.files_dir.exists() or list(house.files_dir.iterdir()) == []


def test_f6_foreign_money_stays_out_of_what_is_in_thousand_yuan(database: Database, tmp_path: Path) -> None:
    head = (*NEW, "注册资本(万元)", "币种")
    batch = taken(
        database, tmp_path, lines(head, (*UNITS[0], "50", "美元"), (*UNITS[1], "80", "人民币")), source="market"
    )
    clean = [row.clean for row in rows_of(database, batch.batch_id)]
    assert ["reg_capital" in one for one in clean] == [False, True]
    assert (clean[0]["reg_capital_foreign"], clean[0]["reg_capital_currency"], clean[1]["reg_capital"]) == (
        500,
        "美元",
        800,
    )


def test_a_change_that_nobody_understands_is_a_problem_and_never_unchanged(database: Database, tmp_path: Path) -> None:
    head = ("统一社会信用代码", "企业名称", "变更事项", "变更前内容", "变更后内容", "变更日期")
    batch = taken(
        database, tmp_path, lines(head, (*UNITS[0][:2], "业态变更", "", "零售", "2024-03-05")), source="market"
    )
    with housing(database) as house:
        shown = do(house, verbs.show, "maintainer", batch_id=batch.batch_id)
    assert (shown.outcomes, shown.problems) == ({"problem": 1}, {"change_item_unknown": 1})


def test_several_files_are_one_batch_on_screen_and_by_command(database: Database, tmp_path: Path) -> None:
    files = [laid(tmp_path, lines(NEW, unit), f"{n}.csv") for n, unit in enumerate(UNITS)]
    secret = own_secret(database, "maintainer")
    with serving(database) as client:
        client.headers["Cookie"] = signed_in(database, "maintainer", secret=secret)
        told = {"source": "market", "as_of": DAY, "sheet": "", "csrf": csrf_for(database.keys, secret)}
        sent = [("file", (path.name, path.read_bytes())) for path in files]
        assert "0.csv" in client.post("/imports/preview", data=told, files=sent).text
    packed = together([files[0], files[1], files[0]], tmp_path)
    assert taken_whole(packed) == ["0.csv", "1.csv", "0(2).csv"]
    assert packed.read_bytes() == together([files[0], files[1], files[0]], tmp_path).read_bytes()


def taken_whole(path: Path) -> list[str]:
    """The parts of a file that is read as people's are."""
    return [part.name for part in read(path, "market").reader.parts]
