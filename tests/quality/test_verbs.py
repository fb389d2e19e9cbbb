"""Spot checks over HTTP and by command: the whole road, who may, what two at once get."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from app.cli import main
from app.codelists.service import load_shipped
from app.core.errors import PermissionMissing
from app.core.settings import get_settings
from app.frames import verbs as frames
from app.models import AccessEvent, ChangeRequest
from app.quality import verbs
from app.quality.errors import BadFinding, CheckerNeeded, CheckNotFound, NotAllVisited, UnitNotDrawn
from tests.factories.house import do
from tests.factories.http import MORNING, as_person, serving
from tests.factories.races import at_once
from tests.factories.world import NOW
from tests.quality.world import NEW, WRONG, begun, freeze


def test_the_road_of_a_spot_check_over_http(database):
    freeze(database)
    survey, who = "/api/v1/spot-checks", as_person(database, "survey")
    with serving(database) as http:
        offered = http.get("/api/v1/spot-check-options", headers=who).json()
        assert ([frame["name"] for frame in offered["frames"]], "mobile" in offered["fields"]) == (["框"], True)
        drawn = http.post(survey, json=NEW, headers=who)
        assert (drawn.status_code, drawn.json()["population"]) == (201, 3)
        one = f"{survey}/{drawn.json()['check_id']}"
        assert http.post(f"{one}/start", json={"checkers": ["survey"]}, headers=who).json()["status"] == "started"
        first = http.get(f"{one}/items/1", headers=who).json()
        assert first["values"]["mobile"] != "13800001234"
        assert (first["presence"], first["may_correct"], first["following"]) == (None, False, 2)
        assert (first["version"], first["checker"], first["may_record"]) == (1, "survey", True)
        kept = http.post(f"{one}/items/1", json=WRONG, headers=who).json()
        assert kept["following"] == 2
        assert http.post(f"{one}/items/1/correct", headers=who).json()["code"] == "check_under_way"
        assert http.post(f"{one}/close", json={"unvisited": 1}, headers=who).json()["status"] == "closed"
        proposed = http.post(f"{one}/items/1/correct", headers=who)
        assert proposed.status_code == 201
        again = http.post(f"{one}/items/1/correct", headers=who)
        assert (again.status_code, again.json()["code"]) == (409, "checked_already")
        assert again.json()["details"] == {"request_id": proposed.json()["request_id"]}
        late = http.post(f"{one}/items/2", json=WRONG, headers=who)
        assert (late.status_code, late.json()["code"]) == (409, "check_closed")
        shown = http.get(one, headers=who).json()
        rates = {rate["name"]: (rate["hits"], rate["tried"]) for rate in shown["rates"]}
        assert (shown["visited"], rates["address"], rates["unit_error"]) == (1, (1, 1), (1, 1))
        assert {rate["zh"] for rate in shown["rates"]} >= {"找不到的单位", "详细地址"}
        file = http.get(f"{one}/results", headers=who)
        assert "spotcheck-" in file.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
        assert (len(rows), rows[0]["详细地址"], rows[0]["结果"]) == (2, "错误", "找到")
        assert [check["name"] for check in http.get(survey, headers=who).json()["items"]] == ["抽查"]


@pytest.mark.parametrize(
    "slip",
    [
        {"nmae": "x"},
        {"name": " "},
        {"seed": ""},
        {"size": 0},
        {"size": 2**63},
        {"fields": []},
        {"fields": ["no_such_field"]},
        {"name": "a\x00b"},
    ],
)
def test_a_slip_in_an_order_is_refused(database, slip):
    freeze(database)
    with serving(database) as http:
        answer = http.post("/api/v1/spot-checks", json=NEW | slip, headers=as_person(database, "survey"))
    assert answer.status_code == 422, answer.text


def test_what_is_said_of_a_field_that_is_not_compared_is_refused_not_ignored(house):
    check = begun(house)
    with serving(house.database) as http:
        said = WRONG | {"verdicts": {"revenue": "right"}}
        path = f"/api/v1/spot-checks/{check.check_id}/items/1"
        answer = http.post(path, json=said, headers=as_person(house.database, "survey"))
    assert (answer.status_code, answer.json()["code"]) == (422, "field_not_compared")
    assert answer.json()["zh"] == "这次抽查不核对这些栏目：revenue"


@pytest.fixture
def listed(house):
    """The code lists are loaded."""
    with house.database.write() as session:
        load_shipped(session, actor="test", now=NOW)


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("met", "wrong"),
    [
        ({"industry_code": "99XX"}, [("code_not_listed", "industry_code")]),
        ({"area_code": "999999999999", "industry_code": "5211"}, [("code_not_listed", "area_code")]),
        (
            {"employees": "很多", "opened_on": "去年"},
            [("not_whole_number", "employees"), ("not_partial_date", "opened_on")],
        ),
    ],
)
def test_what_no_field_can_hold_is_refused_as_it_is_typed(house, met, wrong):
    """`99XX` as an industry was taken in the field and went into a correction request."""
    check_id = begun(house, fields=["industry_code", "area_code", "employees", "opened_on"]).check_id
    told = {"check_id": check_id, "seq": 1, "version": 1, "presence": "found", "verdicts": dict.fromkeys(met, "wrong")}
    with pytest.raises(BadFinding) as refused:
        do(house, verbs.record, "survey", **told, found=met)
    assert [(fault.code, fault.facts["field"]) for fault in refused.value.details["faults"]] == wrong
    assert do(house, verbs.item, "survey", check_id=check_id, seq=1).presence is None


@pytest.mark.usefixtures("listed")
def test_what_was_met_is_kept_as_its_field_holds_it(house):
    check_id = begun(house, fields=["industry_code", "area_code", "employees"]).check_id
    told = {"check_id": check_id, "seq": 1, "version": 1, "presence": "found"}
    met = {"industry_code": " 5211 ", "area_code": "500105006001", "employees": "007"}
    do(house, verbs.record, "survey", **told, verdicts=dict.fromkeys(met, "wrong"), found=met)
    kept = do(house, verbs.item, "survey", check_id=check_id, seq=1).found
    assert kept == {"industry_code": "5211", "area_code": "500105006001", "employees": "7"}


def test_nobody_visits_by_having_said_nothing(house):
    """Without a checker the units fell to whoever started the check."""
    check = do(house, verbs.draw, "survey", **NEW)
    with pytest.raises(CheckerNeeded):
        do(house, verbs.start, "survey", check_id=check.check_id)
    assert do(house, verbs.show, "survey", check_id=check.check_id).status == "drawn"


def test_a_check_with_units_left_is_closed_by_who_knows_how_many(house):
    """It was closed by one press, whatever was left, and nothing can be filled in afterwards."""
    check_id = begun(house).check_id
    for unvisited in (None, 1, 3):
        with pytest.raises(NotAllVisited) as refused:
            do(house, verbs.close, "survey", check_id=check_id, unvisited=unvisited)
        assert refused.value.details["left"] == 2
    for seq in (1, 2):
        do(house, verbs.record, "survey", check_id=check_id, seq=seq, **WRONG)
    with pytest.raises(NotAllVisited):
        do(house, verbs.close, "survey", check_id=check_id, unvisited=2)
    assert do(house, verbs.close, "survey", check_id=check_id).status == "closed"


def test_who_may_not_is_refused_and_others_offices_see_nothing(house):
    one = {"check_id": begun(house).check_id}
    for verb, told in ((verbs.list_, {}), (verbs.show, one), (verbs.item, one | {"seq": 1}), (verbs.results, one)):
        with pytest.raises(PermissionMissing):
            do(house, verb, "sysadmin", **told)
    for verb, told in ((verbs.show, one), (verbs.item, one | {"seq": 1}), (verbs.results, one)):
        with pytest.raises(CheckNotFound):
            do(house, verb, "post", **told)
    with pytest.raises(UnitNotDrawn):
        do(house, verbs.item, "survey", **one, seq=9)


def test_looking_at_units_is_in_the_access_log(house):
    one = {"check_id": do(house, verbs.draw, "survey", **NEW).check_id}
    do(house, verbs.show, "survey", **one)
    do(house, verbs.item, "survey", **one, seq=1)
    do(house, verbs.results, "survey", **one)
    house.access.flush()
    with house.database.read() as session:
        seen = session.execute(select(AccessEvent.event).order_by(AccessEvent.seq)).scalars().all()
    assert seen == ["unit:list", "unit:view", "unit:list"]


def test_two_that_draw_one_name_at_once_get_one_check_and_one_conflict(house):
    for turn in range(5):
        given = {**NEW, "name": f"同名{turn}"}
        heard = at_once(*[lambda said=given: do(house, verbs.draw, "survey", **said)] * 2)
        assert sorted(type(one).__name__ for one in heard) == ["CheckShown", "NameTaken"]


def test_two_that_correct_one_unit_at_once_make_one_request(house):
    one = {"check_id": begun(house).check_id, "seq": 1}
    do(house, verbs.record, "survey", **one, **WRONG)
    do(house, verbs.close, "survey", check_id=one["check_id"], unvisited=1)
    heard = at_once(*[lambda: do(house, verbs.correct, "survey", **one)] * 2)
    assert sorted(type(one).__name__ for one in heard) == ["CheckedAlready", "Corrected"]
    with house.database.read() as session:
        assert session.execute(select(func.count()).select_from(ChangeRequest)).scalar_one() == 1


def test_of_two_that_close_at_once_one_hears_that_it_is_closed(house):
    one = {"check_id": do(house, verbs.draw, "survey", **NEW).check_id}
    heard = at_once(*[lambda: do(house, verbs.close, "survey", **one, unvisited=2)] * 2)
    assert sorted(type(one).__name__ for one in heard) == ["CheckClosed", "CheckShown"]


def test_a_frame_that_is_not_frozen_is_not_drawn_from(house):
    new = {
        "name": "草稿",
        "survey": "s",
        "period": "2025",
        "definition": {"conditions": []},
        "reference_date": "2024-12-31",
    }
    do(house, frames.create, "section", **new)
    with serving(house.database) as http:
        order = NEW | {"frame": "草稿"}
        answer = http.post("/api/v1/spot-checks", json=order, headers=as_person(house.database, "survey"))
    assert (answer.status_code, answer.json()["code"]) == (409, "frame_not_frozen")


@pytest.fixture
def run(database, tmp_path, monkeypatch):
    """Runs `minglu spotcheck …` as a person of the survey team."""
    freeze(database)
    token = as_person(database, "survey")["Authorization"].split()[1]
    (tmp_path / "keys.json").write_text(json.dumps({"master": bytes(range(32)).hex()}))
    monkeypatch.setenv("MINGLU_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MINGLU_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MINGLU_CLOCK", MORNING)
    get_settings.cache_clear()
    yield lambda *words: CliRunner().invoke(main, ["spotcheck", *words], env={"MINGLU_TOKEN": token})
    get_settings.cache_clear()


def test_a_spot_check_by_command(run, tmp_path):
    drawn = run("draw", "抽查", "--frame", "框", "--seed", "s", "--size", "2", "--field", "address", "--format", "json")
    check = str(json.loads(drawn.stdout)["check_id"])
    assert "started" in run("start", check, "--checker", "survey").stdout
    assert "items: 1" in run("assign", check, "checker", "--item", "2").stdout
    kept = run(
        "record",
        check,
        "1",
        "--version",
        "1",
        "--presence",
        "found",
        "--verdict",
        "address=wrong",
        "--found",
        "address=新=址",
        "--since",
        "address=2024-06-01",
    )
    assert kept.exit_code == 0, kept.stderr
    assert json.loads(run("item", check, "1", "--format", "json").stdout)["found"] == {"address": "新=址"}
    assert json.loads(run("item", check, "1", "--format", "json").stdout)["since"] == {"address": "2024-06-01"}
    slip = run("record", check, "2", "--version", "1", "--presence", "found", "--verdict", "address")
    assert (slip.exit_code, slip.stderr) == (1, "no_pair: write FIELD=VALUE\n")
    unknown = run("record", check, "2", "--version", "1", "--presence", "found", "--verdict", "address=perhaps")
    assert (unknown.exit_code, unknown.stderr.startswith("bad_payload: ")) == (1, True)
    assert "address" in unknown.stderr
    assert "closed" in run("close", check, "--unvisited", "1").stdout
    assert run("correct", check, "1", "--since", "2024-07-01").exit_code == 0
    out = tmp_path / "results.csv"
    assert run("results", check, "--out", str(out)).exit_code == 0
    assert "错误" in out.read_text("utf-8-sig")
    assert [line["status"] for line in json.loads(run("list", "--format", "json").stdout)] == ["closed"]
