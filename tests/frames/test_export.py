"""What leaves the house: real packages, unzipped and read."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from sqlalchemy import select

from app.accounts.actor import get_actor
from app.audit.proof import verify
from app.core.errors import Forbidden, Invalid
from app.exports import package
from app.exports.package import Form
from app.exports.rows import safe_rows
from app.frames import service
from app.frames.errors import FrameNotFrozen
from app.frames.export import Order, contents_of, export
from app.models import AccessEvent, AuditEvent
from app.register.present import ReasonMissing
from tests.factories.turns import InOne
from tests.factories.units import make_unit
from tests.factories.world import NOW
from tests.frames.world import TRADE, make_frame, make_frozen

PURPOSE = Order("2025年限上批零年报", "贸易投资科")


def exported(session, order=PURPOSE, login="section", frame="限上批零2025"):
    out = io.BytesIO()
    said = export(InOne(session), frame, out, order, actor=get_actor(session, login), now=NOW)
    return said, zipfile.ZipFile(out)


def rows_of(archive, encoding="utf-8-sig"):
    return list(csv.DictReader(io.StringIO(archive.read("data.csv").decode(encoding), newline="")))


@pytest.fixture
def frozen(session):
    make_unit(session, uscc="", name="=cmd|' /C calc'!A0有限公司")
    make_unit(session, uscc="", name='重庆\r\n换行,“引号”"有限公司', address="-1楼")
    make_unit(session, uscc="", name="䶮𠮷商贸有限公司", employees="")
    columns = ["unit_id", "name", "address", "industry_code", "employees", "opened_on"]
    return make_frozen(session, definition=TRADE | {"columns": columns})


def test_a_package_holds_data_descriptor_and_cover(session, frozen):
    said, archive = exported(session)
    assert archive.testzip() is None
    assert archive.namelist() == ["data.csv", "datapackage.json", "cover.html"]
    data = archive.read("data.csv")
    assert data.startswith(b"\xef\xbb\xbfunit_id,name,")
    assert data.count(b"\xef\xbb\xbf") == 1
    rows = rows_of(archive)
    assert [row["name"] for row in rows] == [
        "'=cmd|' /C calc'!A0有限公司",
        '重庆\r\n换行,“引号”"有限公司',
        "䶮𠮷商贸有限公司",
    ]
    assert (rows[1]["address"], rows[0]["industry_code"], rows[2]["employees"]) == ("'-1楼", "5165", "")
    assert said.data_sha256 == hashlib.sha256(data).hexdigest()


def test_the_descriptor_is_a_frictionless_package_that_says_who_and_what_for(session, frozen):
    said, archive = exported(session)
    descriptor = json.loads(archive.read("datapackage.json"))
    resource = descriptor["resources"][0]
    assert descriptor["profile"] == "tabular-data-package"
    assert (descriptor["purpose"], descriptor["recipient"]) == (PURPOSE.purpose, PURPOSE.recipient)
    assert descriptor["exportId"] == said.export_id
    assert descriptor["personalFields"] == {"included": [], "reason": ""}
    assert descriptor["frame"]["canonicalRowsHash"] == f"sha256:{frozen.rows_sha256}"
    assert [c["side"] for c in descriptor["frame"]["confirmations"]] == ["section", "register"]
    data = archive.read(resource["path"])
    assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert (resource["bytes"], resource["rows"], resource["encoding"]) == (len(data), 3, "utf-8")
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    assert list(fields) == list(rows_of(archive)[0])
    assert (fields["employees"]["type"], fields["industry_code"]["type"]) == ("integer", "string")
    assert fields["industry_code"]["title"] == "行业代码"
    assert fields["industry_code"]["codeList"]["name"] == "industry"


def test_the_cover_sheet_names_purpose_recipient_conditions_and_hash(session, frozen):
    _, archive = exported(session, Order("<b>年报</b>", "贸易投资科"))
    page = archive.read("cover.html").decode()
    for text in ("&lt;b&gt;年报&lt;/b&gt;", "贸易投资科", frozen.rows_sha256, "行业代码 开头为 51、52", "500105"):
        assert text in page


def test_the_same_package_is_the_same_bytes_on_another_day(session, frozen, monkeypatch):
    for form in Form:
        out = [io.BytesIO(), io.BytesIO()]
        facts = _facts_of_an_export(session, Order(PURPOSE.purpose, PURPOSE.recipient, form))
        rows = [[(1, "=甲", "", "5165", 3, "2020")]]
        package.write_package(out[0], form, contents_of(facts, rows))
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
        package.write_package(out[1], form, contents_of(facts, rows))
        assert out[0].getvalue() == out[1].getvalue()


def _facts_of_an_export(session, order):
    kept = []
    patch = pytest.MonkeyPatch()
    patch.setattr("app.frames.export.contents_of", lambda facts, parts: kept.append(facts) or contents_of(facts, parts))
    exported(session, order)
    patch.undo()
    return kept[0]


def test_gb18030_for_old_office_machines(session, frozen):
    _, archive = exported(session, Order("年报", "科", Form.CSV_GB18030))
    assert rows_of(archive, "gb18030")[2]["name"] == "䶮𠮷商贸有限公司"
    assert json.loads(archive.read("datapackage.json"))["resources"][0]["encoding"] == "gb18030"


def test_a_workbook_keeps_codes_as_text_and_runs_no_formula(session, frozen):
    _, archive = exported(session, Order("年报", "科", Form.XLSX))
    sheet = load_workbook(io.BytesIO(archive.read("data-1.xlsx"))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("unit_id", "name", "address", "industry_code", "employees", "opened_on")
    assert rows[1][1:] == ("'=cmd|' /C calc'!A0有限公司", "观音桥步行街9号", "5165", 12, "2020-05")
    assert rows[2][1] == '重庆\r\n换行,“引号”"有限公司'
    assert rows[3][4] is None
    assert sheet["D2"].data_type == "s"
    assert sheet["D2"].number_format == "@"


def test_a_long_list_is_split_into_workbooks(session, frozen, monkeypatch):
    monkeypatch.setattr(package, "XLSX_ROWS", 2)
    _, archive = exported(session, Order("年报", "科", Form.XLSX))
    assert archive.namelist()[:2] == ["data-1.xlsx", "data-2.xlsx"]
    descriptor = json.loads(archive.read("datapackage.json"))
    assert [resource["rows"] for resource in descriptor["resources"]] == [2, 1]
    last = load_workbook(io.BytesIO(archive.read("data-2.xlsx"))).active
    assert [row[1] for row in last.iter_rows(values_only=True)] == ["name", "䶮𠮷商贸有限公司"]


@pytest.mark.parametrize("form", list(Form))
def test_an_empty_frame_still_makes_a_package(session, form):
    make_frozen(session)
    said, archive = exported(session, Order("年报", "科", form))
    assert said.rows == 0
    assert json.loads(archive.read("datapackage.json"))["resources"][0]["rows"] == 0


def test_control_characters_survive_a_workbook(session):
    make_unit(session, uscc="", name="a\x01b_x0041_c<&>有限公司")
    make_frozen(session)
    _, archive = exported(session, Order("年报", "科", Form.XLSX))
    sheet = load_workbook(io.BytesIO(archive.read("data-1.xlsx"))).active
    assert unescape(sheet["D2"].value) == "a\x01b_x0041_c<&>有限公司"


def test_only_a_frozen_frame_leaves_the_house(session):
    make_frame(session)
    service.build(InOne(session), "限上批零2025", actor=get_actor(session, "section"), now=NOW)
    with pytest.raises(FrameNotFrozen):
        exported(session)


def test_purpose_and_recipient_are_never_empty(session, frozen):
    for order in (Order("", "科"), Order("年报", "  ")):
        with pytest.raises(ReasonMissing):
            exported(session, order)


def test_personal_fields_take_a_right_and_a_reason(session, frozen):
    wanted = ("mobile", "legal_rep")
    with pytest.raises(Forbidden):
        exported(session, Order("年报", "科", personal=wanted, reason="电话催报"))
    with pytest.raises(ReasonMissing):
        exported(session, Order("年报", "科", personal=wanted), login="maintainer")
    with pytest.raises(Invalid, match="no personal fields: address"):
        exported(session, Order("年报", "科", personal=("address",), reason="催报"), login="maintainer")
    _, archive = exported(session, Order("年报", "科", personal=wanted, reason="电话催报"), login="maintainer")
    assert (rows_of(archive)[0]["mobile"], rows_of(archive)[0]["legal_rep"]) == ("13800001234", "张三丰")
    descriptor = json.loads(archive.read("datapackage.json"))
    assert descriptor["personalFields"] == {"included": ["mobile", "legal_rep"], "reason": "电话催报"}
    seen = session.execute(select(AccessEvent.event).order_by(AccessEvent.seq)).scalars().all()
    assert list(seen) == ["unit:export", "unit:unmask"]


def test_both_logs_tell_of_an_export_and_still_verify(session, frozen):
    exported(session)
    assert session.execute(select(AccessEvent.event)).scalars().all() == ["unit:export"]
    last = session.execute(select(AuditEvent.event).order_by(AuditEvent.seq.desc())).scalars().first()
    assert last == "frame:export"
    assert verify(session, "audit").intact
    assert verify(session, "access").intact


def test_cells_a_spreadsheet_would_run_are_quoted():
    cells = ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "1-1", "", -5, None]
    assert next(safe_rows([cells])) == ["'=1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "'＝1", "1-1", "", -5, None]


def test_the_period_after_an_export_does_not_matter(session, frozen):
    one, _ = exported(session)
    other = export(
        InOne(session),
        "限上批零2025",
        io.BytesIO(),
        PURPOSE,
        actor=get_actor(session, "section"),
        now=NOW + timedelta(days=9),
    )
    assert one.data_sha256 == other.data_sha256
    assert one.export_id != other.export_id
