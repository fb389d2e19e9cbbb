"""A layout that nobody knows is taught from a sample, by screen, route and command; next month's file needs no hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.core.db import Database
from app.core.errors import PermissionMissing
from app.intake import verbs as intake
from app.intake.errors import BadFile
from app.layouts import verbs
from app.layouts.errors import LayoutNotFound, LayoutUnusable
from app.models import SourceRecord
from tests.factories.files import taken
from tests.factories.house import do, housing
from tests.factories.http import as_person, serving
from tests.factories.people import own_secret, signed_in
from tests.factories.races import at_once
from tests.importers.files import UNITS, laid, lines

HEAD = ("店家甲", "号码乙", "日子丙", "处所丁", "本钱戊", "状况己", "掌柜庚")
SAMPLE = lines(("某街道商户台账",), HEAD, (UNITS[0][1], UNITS[0][0], "05/03/2024", "某街1号", "8000", "开着", "张三丰"))
NEXT_MONTH = lines(HEAD, (UNITS[1][1], UNITS[1][0], "06/03/2024", "某街2号", "9000", "关着", "李四光"))
LABELS = {
    "店家甲": "name",
    "号码乙": "uscc",
    "日子丙": "established_on",
    "处所丁": "address",
    "本钱戊": "reg_capital",
    "状况己": "operating_status",
    "掌柜庚": "legal_rep",
}
TAUGHT: dict[str, Any] = {
    "source": "market",
    "name": "街道台账",
    "like": "market_new",
    "labels": LABELS,
    "money_unit": "元",
    "day_first": True,
    "codes": {"operating_status": {"开着": "1", "关着": "2"}},
}


def clean_rows(database: Database, batch_id: int) -> list[dict[str, Any]]:
    with database.read() as session:
        found = select(SourceRecord).where(col(SourceRecord.batch_id) == batch_id)
        return [row.clean for row in session.execute(found).scalars()]


def test_f28_what_was_refused_is_read_once_its_layout_is_taught(database: Database, tmp_path: Path) -> None:
    with housing(database) as house:
        with pytest.raises(BadFile):
            taken(database, tmp_path, SAMPLE, source="market")
        do(house, verbs.teach, "maintainer", **TAUGHT)
        batch = taken(database, tmp_path, NEXT_MONTH, source="market", name="四月.csv")
        shown = do(house, intake.show, "maintainer", batch_id=batch.batch_id)
    assert (shown.layout, shown.status, shown.parts[0].certainty) == ("街道台账@1", "staged", "sure")
    row = clean_rows(database, batch.batch_id)[0]
    assert [row[name] for name in ("name", "established_on", "reg_capital", "operating_status", "legal_rep")] == [
        UNITS[1][1], "2024-03-06", 9, "2", "李四光"
    ]  # fmt: skip


def test_f28_a_sample_shows_its_columns_with_guesses_and_masks_what_may_be_personal(
    database: Database, tmp_path: Path
) -> None:
    text = lines(("商户名称", "登记号", "老板", "老板手机"), ("重庆试样甲商贸有限公司", "1", "张三丰", "13812345678"))
    with housing(database) as house:
        draft = do(house, verbs.look, "maintainer", path=laid(tmp_path, text), source="household")
    columns = {one.label: (one.field, one.sure, one.values) for one in draft.parts[0].columns}
    assert columns["商户名称"] == ("name", False, ["重庆试样甲商贸有限公司"])
    assert columns["老板"] == ("", False, ["张**"])
    assert columns["老板手机"] == ("mobile", False, ["138****5678"])
    assert "household_list" in draft.layouts


def test_a_layout_taught_anew_is_the_next_version_and_batches_keep_theirs(database: Database, tmp_path: Path) -> None:
    with housing(database) as house:
        do(house, verbs.teach, "maintainer", **TAUGHT)
        first = taken(database, tmp_path, SAMPLE, source="market")
        again = do(house, verbs.teach, "maintainer", **{**TAUGHT, "money_unit": "万元"})
        second = taken(database, tmp_path, NEXT_MONTH, source="market", name="b.csv")
        assert (again.version, first.layout, second.layout) == (2, "街道台账@1", "街道台账@2")
        listed = do(house, verbs.list_, "maintainer").items
        assert [(one.name, one.version) for one in listed] == [("街道台账", 2)]
        do(house, verbs.end, "maintainer", layout_id=listed[0].layout_id)
        assert do(house, verbs.list_, "maintainer").items == []
        with pytest.raises(BadFile):
            taken(database, tmp_path, NEXT_MONTH.replace("关着", "开着"), source="market", name="c.csv")
        with pytest.raises(LayoutNotFound):
            do(house, verbs.end, "maintainer", layout_id=listed[0].layout_id)
    assert [row["reg_capital"] for batch in (first, second) for row in clean_rows(database, batch.batch_id)] == [
        8,
        90000,
    ]


def test_a_layout_is_for_its_office_and_those_below(database: Database) -> None:
    with housing(database) as house:
        mine = do(house, verbs.teach, "maintainer", **TAUGHT)
        assert do(house, verbs.list_, "maintainer2").items[0].layout_id == mine.layout_id
        with pytest.raises(PermissionMissing):
            do(house, verbs.teach, "approver", **TAUGHT)


@pytest.mark.parametrize(
    "changed",
    [
        {"like": "household_list"},
        {"labels": {"店家甲": "name"}},
        {"labels": {"甲": "nothing"}},
        {"codes": {"colour": {"红": "1"}}},
    ],
)
def test_a_layout_by_which_nothing_could_be_read_is_refused(database: Database, changed: dict[str, Any]) -> None:
    with housing(database) as house:
        with pytest.raises(LayoutUnusable):
            do(house, verbs.teach, "maintainer", **{**TAUGHT, **changed})
        assert do(house, verbs.list_, "maintainer").items == []


def test_of_two_who_teach_one_layout_at_once_each_has_a_version(database: Database) -> None:
    with housing(database) as house:
        answers = at_once(*[lambda: do(house, verbs.teach, "maintainer", **TAUGHT)] * 2)
        assert sorted(one.version for one in answers) == [1, 2], answers
        assert [one.version for one in do(house, verbs.list_, "maintainer").items] == [2]


def test_a_layout_is_taught_on_screen_from_a_sample(database: Database, tmp_path: Path) -> None:
    """The refusal told a maintainer to use a flag of the command line."""
    secret = own_secret(database, "maintainer")
    with serving(database) as client:
        client.headers["Cookie"] = signed_in(database, "maintainer", secret=secret)
        page = client.get("/layouts").text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found
        csrf = found[1]
        told = {"source": "market", "csrf": csrf}
        draft = client.post("/layouts/look", data=told, files={"file": ("台账.csv", SAMPLE.encode())}).text
        assert re.findall(r'name="label" value="([^"]+)"', draft) == list(HEAD)
        form = {
            **told,
            "name": "街道台账",
            "like": "market_new",
            "money_unit": "元",
            "order": "day",
            "codes": "operating_status:关着=2",
        }
        form |= {"label": list(LABELS), "field": list(LABELS.values())}
        sent = client.post("/layouts", data=form, follow_redirects=False)
        assert sent.status_code == 303, sent.text[-1500:]
        assert "街道台账" in client.get("/layouts").text
        listed = client.get("/api/v1/layouts", headers=as_person(database, "maintainer")).json()["items"]
    assert [(one["labels"], one["day_first"], one["codes"]) for one in listed] == [
        (LABELS, True, {"operating_status": {"关着": "2"}})
    ]
    batch = taken(database, tmp_path, NEXT_MONTH, source="market")
    assert clean_rows(database, batch.batch_id)[0]["operating_status"] == "2"


def test_a_sample_and_a_layout_go_over_http(database: Database) -> None:
    with serving(database) as client:
        client.headers.update(as_person(database, "maintainer"))
        file = {"file": ("a.csv", SAMPLE.encode())}
        draft = client.post("/api/v1/layouts/look", data={"source": "market"}, files=file)
        assert [one["label"] for one in draft.json()["parts"][0]["columns"]] == list(HEAD)
        assert client.post("/api/v1/layouts", json=TAUGHT).status_code == 201
        seen = client.post(
            "/api/v1/imports", data={"source": "market", "as_of": "2024-12-31", "dry_run": "1"}, files=file
        )
        assert seen.json()["layout"] == "街道台账@1"
