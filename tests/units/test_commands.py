"""Units and code lists by command: the same verbs as over HTTP."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.codelist import app as codelist
from app.cli.unit import app as unit
from app.core.db import Database
from app.core.settings import get_settings
from tests.factories.http import MORNING
from tests.factories.people import token_of
from tests.factories.units import USCC, make_unit

PARKS = "code,name\nP1,测试园\n"
Run = Callable[..., str]


@pytest.fixture
def minglu(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A command of a noun as a person, in this process; gives what it printed."""
    (tmp_path / "keys.json").write_text(json.dumps({"master": bytes(range(32)).hex()}))
    url = database.engine.url.render_as_string(hide_password=False)
    with database.write() as session:
        make_unit(session)
    for name, value in (("DATABASE_URL", url), ("DATA_DIR", str(tmp_path)), ("CLOCK", MORNING)):
        monkeypatch.setenv(f"MINGLU_{name}", value)
    get_settings.cache_clear()

    def run(noun: object, *words: str, login: str = "maintainer", code: int = 0) -> str:
        done = CliRunner().invoke(noun, [*words, "--token", token_of(database, login)])  # type: ignore[arg-type]
        assert done.exit_code == code, done.output
        return done.output

    yield run
    get_settings.cache_clear()


def test_units_are_listed_counted_shown_and_taken_out(minglu: Run, tmp_path: Path) -> None:
    listed = minglu(unit, "list", "--q", "建材", "--columns", "uscc,name").splitlines()
    assert listed == ["unit_id\tuscc\tname\tstanding", f"1\t{USCC}\t重庆江北嘉陵建材有限公司\tlive"]
    counted = json.loads(minglu(unit, "count", "--by", "standing", "--format", "json"))
    assert counted == [{"code": "live", "name": "在库", "count": 1, "suppressed": False}]
    assert "法定代表人: 张**" in minglu(unit, "show", USCC)
    assert "法定代表人: 张三丰" in minglu(unit, "unmask", USCC, "--reason", "核实")
    assert json.loads(minglu(unit, "trail", USCC, "--format", "json")) == {"requests": [], "records": [], "pairs": []}
    assert json.loads(minglu(unit, "figures", "--format", "json"))["units"]["live"] == 1
    out = tmp_path / "units.zip"
    minglu(unit, "export", "--purpose", "年报", "--recipient", "贸易投资科", "--as", "xlsx", "--out", str(out))
    with zipfile.ZipFile(out) as package:
        assert "data-1.xlsx" in package.namelist()


def test_refusals_name_their_code(minglu: Run) -> None:
    assert "reason_missing" in minglu(unit, "show", USCC, "--reveal", "legal_rep", code=1)
    assert "unit_not_found" in minglu(unit, "show", "none", code=1)
    assert "bad_payload" in minglu(unit, "list", "--columns", "random_number", code=1)


def test_a_code_list_is_loaded_shown_and_dropped(minglu: Run, tmp_path: Path) -> None:
    path = tmp_path / "parks.csv"
    path.write_text(PARKS, "utf-8")
    told = ("--name", "park", "--edition", "1", "--valid-from", "2024-01-01")
    assert minglu(codelist, "load", str(path), *told, login="sysadmin").strip() == "1"
    assert "edition_exists" in minglu(codelist, "load", str(path), *told, login="sysadmin", code=1)
    assert minglu(codelist, "show", "park").splitlines() == ["code\tname\tparent", "P1\t测试园\t"]
    assert "name: 测试园" in minglu(codelist, "code", "park", "P1")
    [edition] = json.loads(minglu(codelist, "list", "--format", "json"))
    assert (edition["title"], edition["origin"]) == ("park", "parks.csv")
    minglu(codelist, "drop", "park", "1", login="sysadmin")
    assert json.loads(minglu(codelist, "list", "--format", "json")) == []
