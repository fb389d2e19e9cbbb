"""A frame's life by command, as three people would type it."""

from __future__ import annotations

import json
import zipfile

import pytest
from typer.testing import CliRunner

from app.cli import main
from app.core.settings import get_settings
from tests.factories.http import MORNING, as_person
from tests.factories.units import USCC, make_unit
from tests.frames.world import TRADE


@pytest.fixture
def run(database, tmp_path, monkeypatch):
    """Runs `minglu …` over the test database as a person; returns the result."""
    with database.write() as session:
        make_unit(session)
    tokens = {
        who: as_person(database, who)["Authorization"].split()[1] for who in ("section", "maintainer", "maintainer2")
    }
    (tmp_path / "keys.json").write_text(json.dumps({"master": bytes(range(32)).hex()}))
    monkeypatch.setenv("MINGLU_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MINGLU_DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MINGLU_CLOCK", MORNING)
    get_settings.cache_clear()
    yield lambda *words, who="section": CliRunner().invoke(main, [*words], env={"MINGLU_TOKEN": tokens[who]})
    get_settings.cache_clear()


def test_a_frame_by_command(run, tmp_path):
    definition, out = tmp_path / "trade.json", tmp_path / "trade.zip"
    definition.write_text(json.dumps(TRADE))
    counted = run("frame", "preview", "--definition", str(definition), "--format", "json")
    assert json.loads(counted.stdout)["total"] == 1
    words = (
        "--survey",
        "retail",
        "--period",
        "2025",
        "--definition",
        str(definition),
        "--reference-date",
        "2024-12-31",
    )
    assert run("frame", "create", "年报", *words, who="maintainer2").exit_code == 0
    assert run("frame", "build", "年报").exit_code == 0
    assert run("frame", "confirm", "年报", "section", "--version", "2").exit_code == 0
    early = run("frame", "freeze", "年报")
    assert (early.exit_code, early.stderr) == (1, "frame_not_confirmed: not confirmed yet by: register\n")
    assert run("frame", "confirm", "年报", "register", "--version", "2", who="maintainer").exit_code == 0
    assert run("frame", "freeze", "年报").exit_code == 0
    assert json.loads(run("frame", "verify", "年报", "--format", "json").stdout)["intact"] is True
    done = run("frame", "export", "年报", "--out", str(out), "--purpose", "年报", "--recipient", "贸易投资科")
    assert done.exit_code == 0, done.stderr
    assert USCC in zipfile.ZipFile(out).read("data.csv").decode("utf-8-sig")
    listed = json.loads(run("frame", "list", "--format", "json").stdout)
    assert [(frame["name"], frame["status"], frame["rows"]) for frame in listed] == [("年报", "frozen", 1)]
    assert json.loads(run("frame", "show", "年报", "--format", "json").stdout)["definition"]["scope"] == "500105"


def test_a_refused_export_leaves_no_file(run, tmp_path):
    out = tmp_path / "trade.zip"
    refused = run("frame", "export", "nothing", "--out", str(out), "--purpose", "p", "--recipient", "r")
    assert (refused.exit_code, list(tmp_path.glob("*.zip*"))) == (1, [])
