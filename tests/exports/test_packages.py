"""What every package shares: the books, the logs, the file that is handed over or gone."""

from __future__ import annotations

import io
import json
import zipfile
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from app.accounts.actor import get_actor
from app.core.errors import Forbidden
from app.core.handed import new_file
from app.core.turns import Own
from app.exports.errors import PersonalField
from app.exports.files import package_file, table_file
from app.exports.listing import ListOrder, export_list
from app.exports.package import Form, enter, take_out
from app.models import AccessEvent, ExportPackage
from app.register.present import ReasonMissing
from app.register.search import Wanted
from tests.factories.turns import InOne
from tests.factories.units import make_unit
from tests.factories.world import NOW, TODAY


def order(**changes):
    said = {"purpose": "核对", "recipient": "街道", "form": Form.CSV, "wanted": Wanted(), "columns": ("name",)}
    return ListOrder(**said | changes)


def taken(session, login="section", **changes):
    out = io.BytesIO()
    package = export_list(InOne(session), out, order(**changes), actor=get_actor(session, login), on=TODAY, now=NOW)
    return package, zipfile.ZipFile(out)


def test_a_list_is_in_the_books_and_in_the_access_log(session):
    make_unit(session, uscc="", name="=重庆商贸有限公司")
    package, archive = taken(session, wanted=Wanted(q="商贸"))
    assert archive.read("data.csv").decode("utf-8-sig").splitlines()[1].endswith(",'=重庆商贸有限公司")
    descriptor = json.loads(archive.read("datapackage.json"))
    assert (descriptor["exportId"], descriptor["wanted"]["q"]) == (package.export_id, "商贸")
    resource = descriptor["resources"][0]
    assert (resource["rows"], resource["hash"]) == (1, f"sha256:{package.data_sha256}")
    assert (package.rows, package.frame_id) == (1, None)
    assert session.execute(select(AccessEvent.event, AccessEvent.actor)).all() == [("unit:export", "section")]


def test_a_list_holds_no_personal_field_and_says_what_for(session):
    with pytest.raises(PersonalField) as refusal:
        taken(session, columns=("name", "mobile"))
    assert "移动电话" in refusal.value.text("zh")
    for slip in ({"purpose": " "}, {"purpose": "."}, {"purpose": "1。。"}, {"recipient": ""}, {"recipient": "-"}):
        with pytest.raises(ReasonMissing):
            taken(session, **slip)
    with pytest.raises(Forbidden):
        taken(session, login="survey")
    assert session.execute(select(ExportPackage)).all() == []


def test_what_is_handed_over_is_gone_where_it_fails(database):
    with database.read() as session:
        actor = get_actor(session, "section")
    seen = []

    def full(_session, package):
        assert package.export_id
        raise ValueError("the disk is full")

    def write(out):
        seen.append(out.name)
        begin = partial(enter, purpose="核对", recipient="街道", form=Form.CSV, actor=actor, now=NOW)
        return take_out(Own(database), begin, full, lambda *_: None)

    with pytest.raises(ValueError, match="full"):
        package_file("units", write)
    assert not Path(seen[0]).exists()
    with database.read() as session:
        assert session.execute(select(ExportPackage)).all() == []


def test_a_table_is_read_by_a_spreadsheet_and_runs_no_formula():
    file = table_file("a.csv", [["名称"], ["=1+1"]])
    assert Path(file.path).read_bytes() == "\ufeff名称\r\n'=1+1\r\n".encode()
    Path(file.path).unlink()
    with new_file(".csv") as kept:
        pass
    assert Path(kept.name).exists()
    Path(kept.name).unlink()
