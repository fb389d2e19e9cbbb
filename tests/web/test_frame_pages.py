"""Pages of frames and spot checks over HTTP: what a form says arrives whole, a refusal is said in Chinese."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest

from tests.factories.units import make_unit
from tests.frames.world import make_frozen
from tests.web.test_pages import csrf, sign_in, site, timer

__all__ = ["site", "timer"]

ROWS = {"field": ["unit_type", "employees", ""], "op": ["eq", "ge", "eq"], "value": ["1，2", "5", ""]}
NEW = {"name": "框", "survey": "年报", "period": "2025", "reference_date": "2024-12-31", **ROWS}


@pytest.fixture
def post(site):
    return lambda path, **data: site.post(path, data={"csrf": csrf(site), **data})


def definition_of(site):
    return json.loads(site.get("/api/v1/frames/框", headers=bearer(site)).text)["definition"]


def bearer(site):
    token = re.search(r"mlp_[\w-]+", site.post("/me/tokens", data={"csrf": csrf(site), "label": "x"}).text).group(0)
    return {"Authorization": f"Bearer {token}"}


def test_a_frame_is_written_down_built_and_given_another_definition(site, post):
    sign_in(site, "section")
    made = post("/frames", **NEW)
    assert (made.url.path, "已编制" in made.text) == ("/frames/1", True)
    form = site.get("/frames/1/redefine").text
    assert 'value="1,2"' in form
    assert 'value="employees" selected' in form
    changed = post("/frames/1/redefine", reference_date="2024-06-30", field=["unit_type"], op=["eq"], value=["1"])
    assert ("2024-06-30" in changed.text, "已编制" in changed.text) == (True, True)
    assert [said["field"] for said in definition_of(site)["conditions"]] == ["unit_type", "standing"]


def test_conditions_that_the_form_cannot_show_stay(site, post):
    group = {"any": [{"field": "revenue", "op": "ge", "value": 1}, {"field": "employees", "op": "ge", "value": 1}]}
    between = {"field": "employees", "op": "between", "value": [1, 9]}
    sign_in(site, "section")
    definition = {"conditions": [group, between], "columns": ["unit_id", "name"]}
    new = {"name": "框", "survey": "s", "period": "2025", "definition": definition, "reference_date": "2024-12-31"}
    assert site.post("/api/v1/frames", json=new, headers=bearer(site)).status_code == 201
    assert "另有 2 条组合条件保留不变。" in site.get("/frames/1/redefine").text
    post("/frames/1/redefine", reference_date="2024-12-31", field=["unit_type"], op=["eq"], value=["1"])
    kept = definition_of(site)
    assert (group in kept["conditions"], between in kept["conditions"]) == (True, True)
    assert kept["columns"] == ["unit_id", "name"]


def test_a_slip_in_a_condition_is_said_in_chinese_beside_the_form(site, post):
    sign_in(site, "section")
    said = post("/frames/preview", field=["employees"], op=["ge"], value=["x"]).text
    assert "条件有误，conditions[0].value：“从业人员期末人数”须为整数" in said
    assert "条件有误" in post("/frames/preview", field=["name"], op=["ge"], value=["x"]).text


def test_a_frame_is_built_as_known_at_a_moment(site, post):
    sign_in(site, "section")
    post("/frames", **NEW)
    built = post("/frames/1/build", known_at="2020-01-01T10:00")
    assert '<time datetime="2020-01-01T10:00:00+08:00">' in built.text


def test_a_package_with_personal_fields_takes_a_right_and_a_reason(site, post, database):
    with database.write() as session:
        make_unit(session, uscc="", name="重庆第二商贸有限公司")
        make_frozen(session, "框")
    order = {"purpose": "年报", "recipient": "科", "personal": ["mobile"]}
    sign_in(site, "section")
    assert post("/frames/1/export", **order, reason="催报").status_code == 403
    sign_in(site, "maintainer")
    assert "以明文导出的栏目" in site.get("/frames/1").text
    assert post("/frames/1/export", **order).status_code == 422
    file = post("/frames/1/export", **order, reason="催报")
    assert "13800001234" in zipfile.ZipFile(io.BytesIO(file.content)).read("data.csv").decode("utf-8-sig")


def test_who_may_not_build_frames_sees_no_form(site):
    sign_in(site, "approver")
    assert site.get("/frames/new").status_code == 403
    assert site.get("/spotchecks/new").status_code == 403
    assert site.get("/frames").status_code == 200


def test_a_spot_check_by_form(site, post, database):
    with database.write() as session:
        make_frozen(session, "框", definition={"conditions": []})
    sign_in(site, "survey")
    check = post("/spotchecks", name="抽查", frame="1", seed="s", size="1", fields=["name", "address"]).url.path
    assert "样本已封存" in site.get(check).text
    assert post(f"{check}/start", checkers=["survey"]).url.path == check
    said = {"presence": "found", "v_name": "right", "v_address": "wrong", "f_address": "新地址", "f_name": ""}
    assert post(f"{check}/items/1", **said, version="1", then="stay").url.path == f"{check}/items/1"
    assert 'value="新地址"' in site.get(f"{check}/items/1").text
    assert "库中自" in site.get(f"{check}/items/1").text
    ahead = post(f"{check}/items/1", **said, version="2", s_address="2999-01-01")
    assert (ahead.status_code, "从哪天起有错，须在" in ahead.text) == (422, True)
    moved = post(f"{check}/items/1", **(said | {"f_address": "另一部手机填的"}), version="1")
    assert moved.status_code == 409
    assert all(
        text in moved.text for text in ("现在的内容", "新地址", 'value="另一部手机填的"', 'name="version" value="2"')
    )
    assert post(f"{check}/items/1", **said, version="2").url.path == check
    assert "100.0%" in site.get(check).text
    assert site.get(f"{check}/results.csv").content.decode("utf-8-sig").startswith("序号,单位,名称,结果,单位详细名称")
    assert post(f"{check}/items/1", v_name="right").status_code == 422
    assert post(f"{check}/assign", checker="checker", items=["1"]).url.path == check
    assert "由核查员 checker 填写" in site.get(f"{check}/items/1").text
    assert post(f"{check}/close").status_code == 200
    assert 'name="since" value="2024-12-31"' in site.get(f"{check}/items/1").text
    corrected = post(f"{check}/items/1/correct", since="2024-06-01")
    assert (corrected.url.path.startswith("/changes/"), "2024-06-01 → …" in corrected.text) == (True, True)
