"""The command line, run for real in processes of its own, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from app.cli import main
from app.core.db import Database
from app.core.db import open_database as reopen
from tests.cli.ready import PATIENCE, run_command
from tests.conftest import Databases
from tests.factories.people import token_of
from tests.factories.world import TEST_KEYS
from tests.factories.writes import make_unit

Run = Callable[..., subprocess.CompletedProcess[str]]
CENSUS = (
    "单位类型,单位详细名称,统一社会信用代码,单位所在地区划代码,运营状态,行业代码\n"
    "1,重庆鑫源商贸有限公司,91500105MA60X0016Y,500105006001,1,5199\n"
)


def commands() -> list[tuple[str, str]]:
    """Every command with its help."""
    found = []
    group = typer.main.get_command(main)
    context = typer.Context(group)
    nouns = {name: group.get_command(context, name) for name in group.list_commands(context)}  # type: ignore[attr-defined]
    for name, noun in sorted(nouns.items()):
        verbs = getattr(noun, "commands", None)
        if verbs is None:
            found.append((name, noun.help or ""))
            continue
        found += [(f"{name} {verb}", command.help or "") for verb, command in sorted(verbs.items())]
    return found


def test_every_command_has_help_and_a_line_in_the_docs() -> None:
    docs = Path("docs/commands.md").read_text("utf-8")
    assert len(commands()) > 40
    for name, help_ in commands():
        assert help_.strip(), name
        assert f"`minglu {name}" in docs, f"minglu {name} is not in docs/commands.md"


@pytest.fixture
def minglu(database: Database, tmp_path: Path) -> Run:
    """Runs `minglu …` as a person on this database."""
    key_file = tmp_path / "keys.json"
    key_file.write_text(json.dumps({"master": bytes(range(32)).hex()}))
    url = database.engine.url.render_as_string(hide_password=False)

    def run(*words: str, login: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "MINGLU_DATABASE_URL": url, "MINGLU_DATA_DIR": str(tmp_path)}
        env |= {"MINGLU_CLOCK": "2024-12-31T10:00:00+08:00", "MINGLU_TOKEN": token_of(database, login) if login else ""}
        done = run_command(words, env)
        assert done.returncode == code, done.stderr
        return done

    return run


def test_the_road_by_command(minglu: Run, tmp_path: Path) -> None:
    path = tmp_path / "census.csv"
    path.write_text(CENSUS, "utf-8")
    dry = json.loads(
        minglu("import", "run", "census", str(path), "--dry-run", "--format", "json", login="maintainer").stdout
    )
    assert (dry["rows"], dry["columns"]["行业代码"]) == (1, "industry_code")
    batch = json.loads(minglu("import", "run", "census", str(path), "--format", "json", login="maintainer").stdout)
    assert batch["outcomes"] == {"pending": 1}
    run = json.loads(minglu("match", "run", "--format", "json", login="maintainer").stdout)
    refused = minglu("change", "approve", str(run["requests"][0]), login="maintainer", code=1)
    assert "self_approval" in refused.stderr
    minglu("change", "approve", str(run["requests"][0]), login="approver")
    assert "1 jobs done" in minglu("worker", "--once").stderr
    shown = minglu("unit", "show", "91500105MA60X0016Y", "--on", "2024-12-31", login="maintainer").stdout
    assert "重庆鑫源商贸有限公司" in shown
    again = minglu("import", "run", "census", str(path), login="maintainer")
    assert "nothing was added" in again.stderr
    verified = json.loads(minglu("audit", "verify", "--format", "json").stdout)
    assert verified["intact"]


def test_without_a_token_a_command_that_touches_units_is_refused(minglu: Run) -> None:
    assert "token_missing" in minglu("unit", "show", "x", code=1).stderr


def test_wrong_usage_leaves_with_2(minglu: Run) -> None:
    wrong = minglu("import", "run", "nonsense", "x.csv", login="maintainer", code=2)
    assert "nonsense" in wrong.stderr


def test_a_bad_file_is_refused_with_its_reason(minglu: Run, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    assert "the file is empty" in minglu("import", "run", "census", str(path), login="maintainer", code=1).stderr


def test_verify_names_the_entry_that_was_changed(minglu: Run, database: Database) -> None:
    minglu("db", "upgrade")
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE audit_event SET actor = 'x' WHERE seq = 2")
    broken = minglu("audit", "verify", code=1)
    assert "entry 2" in broken.stderr


def test_codes_of_a_file_are_checked(minglu: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "codes.csv", tmp_path / "out.csv"
    path.write_text("uscc\n91500105MA60X0016Y\n91500105MA6OX0016Y\n", "utf-8")
    assert "2 codes, 1 fail" in minglu("check", "codes", str(path), "--out", str(out)).stderr
    lines = out.read_text("utf-8-sig").splitlines()
    assert lines[2].split(",") == [
        "91500105MA6OX0016Y",
        "91500105MA6OX0016Y",
        "False",
        "error",
        "character",
        "12",
        "91500105MA60X0016Y",
    ]


def started_anew(words: tuple[str, ...], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """As a person starts a command: a fresh Python that loads just what this command names."""
    command = [sys.executable, "-m", "app.cli", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_a_new_installation_is_set_up_by_command(databases: Databases, dialect: str, tmp_path: Path) -> None:
    start = started_anew if dialect == "sqlite" else run_command
    url = databases.empty_url()
    env = {**os.environ, "MINGLU_DATABASE_URL": url, "MINGLU_DATA_DIR": str(tmp_path)}

    def run(*words: str, token: str = "") -> str:
        done = start(words, {**env, "MINGLU_TOKEN": token})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    admin = run("db", "upgrade", "--admin", "sec", "--office", "某市统计局")
    assert admin.startswith("mlp_")
    run("user", "create", "sys", "--name", "系统", "--office", "root", "--role", "sys_admin", token=admin)
    system = run("user", "token", "sys", token=admin)
    run(
        "office",
        "create",
        "jb",
        "--name",
        "某区统计局",
        "--level",
        "district",
        "--parent",
        "root",
        "--area",
        "500105",
        token=system,
    )
    assert "500105" in run("office", "list", token=system)
    assert json.loads(run("db", "check", "--format", "json"))["differences"] == []
    folder = tmp_path / "copy"
    run("backup", "create", str(folder))
    other = databases.empty_url()
    env |= {"MINGLU_DATABASE_URL": other, "MINGLU_DATA_DIR": str(tmp_path / "new")}
    run("backup", "restore", str(folder))
    assert "某区统计局" in run("office", "list", token=system)
    assert json.loads(run("audit", "verify", "--format", "json"))["intact"]
    for left in (url, other):
        databases.drop(reopen(left, TEST_KEYS))


def test_a_change_by_command_reads_values_as_the_form_does(minglu: Run, database: Database, tmp_path: Path) -> None:
    """`--set reg_capital=500` was refused as no whole number: the command knew two of eleven numbers."""
    with database.write() as session:
        unit = str(make_unit(session))
    said = ("--from", "2024-12-01", "--unit", unit, "--set", "reg_capital=500", "--format", "json")
    request = json.loads(minglu("change", "propose", "change", *said, login="maintainer").stdout)
    assert request["sample"][0]["diff"][0]["new"] == 500
    number = str(request["request_id"])
    wrong = minglu("change", "propose", "change", *said[:4], "--set", "reg_capital", login="maintainer", code=1)
    assert "bad_value" in wrong.stderr
    minglu("change", "comment", number, "--comment", "请看", login="maintainer")
    items = json.loads(minglu("change", "items", number, "--format", "json", login="approver").stdout)
    assert [item["reason"] for item in items] == ["change"]
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF")
    told = ("--number", "1", "--office", "市局", "--on", "2024-12-30", "--document", str(paper))
    minglu("change", "written-approval", number, *told, login="maintainer")
    assert json.loads(minglu("change", "count", "--format", "json", login="approver").stdout)["counts"] == {
        "in_review": 1
    }
