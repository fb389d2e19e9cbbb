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
from sqlalchemy import select

from app.cli import main
from app.core.db import Database
from app.core.db import open_database as reopen
from app.models import AccessEvent
from tests.cli.ready import PATIENCE, run_command
from tests.conftest import Databases
from tests.factories.alterations import behind_the_back
from tests.factories.people import knows, token_of
from tests.factories.phone import Phone, Standing
from tests.factories.scans import PDF, laid
from tests.factories.world import PASSWORD, TEST_KEYS
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

    def run(*words: str, login: str = "", code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **more, "MINGLU_DATABASE_URL": url, "MINGLU_DATA_DIR": str(tmp_path)}
        env |= {"MINGLU_CLOCK": "2024-12-31T10:00:00+08:00", "MINGLU_TOKEN": token_of(database, login) if login else ""}
        done = run_command(words, env)
        assert done.returncode == code, done.stderr
        return done

    return run


def test_a_command_clears_what_a_killed_one_left_in_clear(minglu: Run, tmp_path: Path) -> None:
    left = tmp_path / "passing" / "tmpleft" / "名单.csv"
    left.parent.mkdir(parents=True)
    left.write_text("法定代表人\n王五\n", "utf-8")
    minglu("job", "list", login="maintainer")
    assert not left.parent.exists()
    assert list((tmp_path / "passing").iterdir()) == []


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
    refused = minglu("change", "approve", str(run["requests"][0]), "--version", "1", login="maintainer", code=1)
    assert "own_proposal" in refused.stderr
    minglu("change", "approve", str(run["requests"][0]), "--version", "1", login="approver")
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


def test_who_may_not_or_is_unknown_is_in_the_access_log_by_command_too(minglu: Run, database: Database) -> None:
    assert "permission_missing" in minglu("key", "list", login="maintainer", code=1).stderr
    assert "bad_credentials" in minglu("unit", "count", "--token", "mlp_x", code=1).stderr
    with database.read() as session:
        refused = select(AccessEvent.actor, AccessEvent.subject).where(AccessEvent.event == "access:refused")
        assert session.execute(refused).all() == [("maintainer", "minglu key list"), ("anybody", "minglu unit count")]


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


def test_verify_names_rows_that_the_log_does_not_bear_out(minglu: Run, database: Database) -> None:
    minglu("db", "upgrade")
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE policy SET ground = 'x'")
    found = minglu("audit", "verify", "--all", "--format", "json", code=1)
    told = json.loads(found.stdout)
    assert (told["intact"], {one["table"] for one in told["differences"]}) == (False, {"policy"})
    assert len(told["differences"]) > 1
    assert "register_altered" in found.stderr
    assert len(json.loads(minglu("audit", "verify", "--format", "json", code=1).stdout)["differences"]) == 1


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


def test_a_file_that_cannot_be_written_is_a_refusal_and_no_traceback(minglu: Run, tmp_path: Path) -> None:
    """A18: any error but ours was a traceback."""
    path = tmp_path / "codes.csv"
    path.write_text("uscc\n91500105MA60X0016Y\n", "utf-8")
    refused = minglu("check", "codes", str(path), "--out", "/nonexistent/x", code=1).stderr
    assert refused.startswith("file_trouble: /nonexistent/x: No such file or directory; ")
    missing = minglu("check", "codes", str(tmp_path / "no.csv"), "--out", "x", code=1).stderr
    assert missing.startswith(f"file_trouble: {tmp_path / 'no.csv'}: ")
    assert "it has uscc" in minglu("check", "codes", str(path), "--column", "c", "--out", "x", code=1).stderr


def test_who_saw_a_unit_is_answered_although_an_entry_was_altered_and_a_script_notices(
    minglu: Run, database: Database
) -> None:
    with database.write() as session:
        unit = make_unit(session)
    for login in ("maintainer", "section"):
        minglu("unit", "show", f"#{unit}", login=login)
    minglu("log", "access", "--unit", str(unit), login="audadmin")
    with behind_the_back(database) as connection:
        connection.exec_driver_sql("UPDATE access_event SET actor = 'nobody' WHERE actor = 'maintainer'")
    done = minglu("log", "access", "--unit", str(unit), login="audadmin", code=1)
    assert done.stderr.startswith("entries_altered: entries 1 of the access log")
    assert "section" in done.stdout
    assert "nobody" not in done.stdout


def test_ones_own_account_by_command(minglu: Run) -> None:
    shown = json.loads(minglu("me", "show", "--format", "json", login="maintainer").stdout)
    assert (shown["login"], shown["area"]) == ("maintainer", "500105")
    assert "wrong_sign_in" in minglu("me", "token", "maintainer", "--password", "x", code=1).stderr
    by_token = minglu("me", "token", "--password", "x", login="maintainer", code=1)
    assert "tokens_make_no_tokens" in by_token.stderr
    assert "token_id\tlabel" in minglu("me", "tokens", login="maintainer").stdout
    assert json.loads(minglu("me", "language", "en", "--format", "json", login="maintainer").stdout) == {
        "language": "en"
    }
    wrong = minglu("me", "password", "--old", "x", "--new", "New-password-1", login="maintainer", code=1)
    assert wrong.stderr.startswith("wrong_password: ")
    assert json.loads(minglu("me", "sessions", "--format", "json", login="maintainer").stdout) == []
    assert minglu("me", "revoke-tokens", login="maintainer").stdout == "tokens: 7\n"


def test_people_and_keys_by_command(minglu: Run) -> None:
    new = ("user", "create", "zhao", "--name", "赵工", "--office", "district")
    made = json.loads(minglu(*new, "--format", "json", login="sysadmin").stdout)
    assert (made["pending"], bool(made["secret"])) == ([], True)
    assert "login_taken" in minglu(*new, login="sysadmin", code=1).stderr
    minglu("user", "roles", "zhao", "--role", "approver", login="secadmin")
    waiting = json.loads(minglu("right", "list", "--status", "proposed", "--format", "json", login="sysadmin").stdout)
    assert {(one["kind"], one["whose"], one["what"], one["given_by"]) for one in waiting} == {
        ("role", "zhao", "approver", "secadmin"),
        ("password", "zhao", "", "secadmin"),
    }
    role = next(str(one["right_id"]) for one in waiting if one["kind"] == "role")
    minglu("right", "confirm", role, login="sysadmin")
    waits = minglu("user", "password", "zhao", "--new", "Another-pass-1", "--format", "json", login="secadmin").stdout
    right = json.loads(waits)["pending"][0]["right_id"]
    half = json.loads(minglu("right", "confirm", str(right), "--format", "json", login="sysadmin").stdout)["secret"]
    given = f"Another-pass-1{half}"
    shown = json.loads(minglu("user", "show", "zhao", "--format", "json", login="secadmin").stdout)
    assert (shown["roles"], shown["active"], shown["must_change_password"]) == (["approver"], True, True)
    own = ("me", "token", "zhao", "--password")
    assert "password_must_change" in minglu(*own, given, code=1).stderr
    minglu("me", "password", "--login", "zhao", "--old", given, "--new", "Quite-new-pass-1")
    assert minglu(*own, "Quite-new-pass-1").stdout.startswith("mlp_")
    minglu("user", "take-role", "zhao", "approver", login="sysadmin")
    minglu("user", "deactivate", "zhao", login="secadmin")
    issue = ("key", "issue", "平台", "--areas", "500105", "--areas", "500112")
    assert minglu(*issue, "--days", "30", login="secadmin").stdout.startswith("mlk_")
    waits = minglu("right", "list", "--status", "proposed", login="sysadmin").stdout
    assert "#1 check area=500105,500112 survey=* network=* 10000/min until=" in waits
    assert "bad_payload" in minglu(*issue, "--per-minute", "0", login="secadmin", code=1).stderr
    minglu("key", "revoke", "1", login="secadmin")
    assert json.loads(minglu("key", "list", "--format", "json", login="secadmin").stdout)[0]["status"] == "revoked"


def test_a_second_factor_by_command(minglu: Run, database: Database) -> None:
    for login in ("approver", "sysadmin", "secadmin"):
        knows(database, login)
    asked = {"MINGLU_SECOND_FACTOR": "deciders"}
    own = ("approver", "--password", PASSWORD)
    assert "second_factor_off" in minglu("me", "second-factor", *own, code=1).stderr
    assert "token_without_second_factor" in minglu("me", "show", login="approver", code=1, **asked).stderr
    assert minglu("me", "show", login="maintainer", **asked).stdout
    assert "second_factor_first" in minglu("me", "token", *own, code=1, **asked).stderr
    offered = json.loads(minglu("me", "second-factor", *own, "--format", "json", **asked).stdout)
    phone = Phone(offered["secret"], Standing())
    confirm = ("me", "second-factor-confirm", *own, "--new-code")
    assert "wrong_code" in minglu(*confirm, "12345", code=1, **asked).stderr
    minglu(*confirm, phone.code(), **asked)
    assert "wrong_sign_in_or_code" in minglu("me", "token", *own, code=1, **asked).stderr
    token = minglu("me", "token", *own, "--code", phone.code(1), **asked).stdout.strip()
    assert "approver" in minglu("me", "show", "--token", token, **asked).stdout
    minglu("user", "reset-second-factor", "approver", login="sysadmin")
    assert "second_person_needed" in minglu("right", "confirm", "1", login="sysadmin", code=1).stderr
    minglu("right", "confirm", "1", login="secadmin")
    assert "bad_credentials" in minglu("me", "show", "--token", token, code=1, **asked).stderr
    with database.read() as session:
        refused = select(AccessEvent.subject).where(AccessEvent.event == "access:refused")
        assert "sign-in approver" in list(session.execute(refused).scalars())


def test_sections_areas_and_the_place_of_an_administrator_by_command(minglu: Run) -> None:
    minglu("office", "add-section", "district", "price", "--name", "价格科", login="sysadmin")
    assert "价格科" in minglu("office", "sections", "--office", "district", login="sysadmin").stdout
    minglu("user", "section", "section", "price", login="secadmin")
    minglu("right", "refuse", "1", login="sysadmin")
    minglu("office", "give-area", "empty", "500105007", login="sysadmin")
    assert "permission_missing" in minglu("right", "confirm", "2", login="sysadmin", code=1).stderr
    assert "area_not_found" in minglu("office", "end-area", "empty", "500105007", login="sysadmin", code=1).stderr
    assert "area\tempty\t500105007" in minglu("right", "list", "--status", "proposed", login="secadmin").stdout
    minglu("right", "confirm", "2", login="secadmin")
    minglu("office", "end-area", "empty", "500105007", login="sysadmin")
    assert "place_taken" in minglu("db", "administrator", "sec_admin", "newsec", code=1).stderr
    handed = minglu("db", "administrator", "sec_admin", "newsec", "--in-place-of", "secadmin").stdout
    assert handed.startswith("newsec\t")
    people = json.loads(minglu("user", "list", "--format", "json", login="sysadmin").stdout)
    assert {one["login"]: one["active"] for one in people if one["roles"] == ["sec_admin"]} == {
        "newsec": True,
        "secadmin": False,
    }


def test_the_logs_by_command(minglu: Run, database: Database) -> None:
    entries = json.loads(minglu("log", "list", "--limit", "1", "--format", "json", login="audadmin").stdout)
    assert [entry["event"] for entry in entries] == ["token:issue"]
    shown = minglu("log", "entry", "audit", str(entries[0]["seq"]), login="audadmin").stdout
    assert "label: " in shown
    assert len(minglu("log", "head", login="audadmin").stdout) == 65
    minglu("log", "verify", login="audadmin")
    assert "permission_missing" in minglu("log", "list", login="maintainer", code=1).stderr
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE audit_event SET actor = 'x' WHERE seq = 2")
    broken = minglu("log", "verify", login="audadmin", code=1)
    assert ("chain_broken: entry 2" in broken.stderr, "intact: False" in broken.stdout) == (True, True)


def started_anew(words: tuple[str, ...], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """As a person starts a command: a fresh Python that loads just what this command names."""
    command = [sys.executable, "-m", "app.cli", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_a_new_installation_is_set_up_by_command(databases: Databases, dialect: str, tmp_path: Path) -> None:
    anew = iter((started_anew,) if dialect == "sqlite" else ())  # the first command, as a person starts it
    url = databases.empty_url()
    env = {**os.environ, "MINGLU_DATABASE_URL": url, "MINGLU_DATA_DIR": str(tmp_path)}

    def run(*words: str, token: str = "") -> str:
        done = next(anew, run_command)(words, {**env, "MINGLU_TOKEN": token})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    printed = run("db", "upgrade", "--admins", "sys,sec,aud", "--office", "某市统计局", "--area", "50")
    secrets = dict(line.split("\t") for line in printed.splitlines())
    assert list(secrets) == ["sys", "sec", "aud"]
    for login, secret in secrets.items():
        run("me", "password", "--login", login, "--old", secret, "--new", "Quite-new-pass-1")
    system = run("me", "token", "sys", "--password", "Quite-new-pass-1")
    district = ("--name", "某区统计局", "--level", "district", "--parent", "root", "--area", "500105")
    run("office", "create", "jb", *district, token=system)
    assert "500105" not in run("office", "list", token=system)
    run("right", "confirm", "1", token=run("me", "token", "sec", "--password", "Quite-new-pass-1"))
    assert "500105" in run("office", "list", token=system)
    assert json.loads(run("db", "check", "--format", "json"))["differences"] == []
    folder = tmp_path / "copy"
    run("backup", "create", str(folder))
    other = databases.empty_url()
    env |= {"MINGLU_DATABASE_URL": other, "MINGLU_DATA_DIR": str(tmp_path / "new")}
    refused = run_command(("backup", "restore", str(folder), "--keys", str(tmp_path / "none")), env)
    assert (refused.returncode, "keys_missing" in refused.stderr) == (1, True)
    run("backup", "restore", str(folder))
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "new").rglob("*")} == {0}
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
    told = (
        "--number",
        "1",
        "--office",
        "municipal",
        "--on",
        "2024-12-30",
        "--document",
        str(laid(tmp_path)),
        "--why",
        "停电",
    )
    minglu("change", "written-approval", number, *told, login="maintainer2")
    assert json.loads(minglu("change", "count", "--format", "json", login="approver").stdout)["counts"] == {
        "in_review": 1
    }
    minglu("change", "document", number, "1", "--out", str(tmp_path / "copy"), login="district_approver")
    assert (tmp_path / "copy").read_bytes() == PDF
    signed = minglu("change", "countersign", number, "--version", "2", "--format", "json", login="district_approver")
    assert json.loads(signed.stdout)["status"] == "applied"


def test_a_day_that_no_register_holds_is_refused_by_command_as_by_page(minglu: Run, tmp_path: Path) -> None:
    path = tmp_path / "census.csv"
    path.write_text(CENSUS, "utf-8")
    said = minglu("import", "run", "census", str(path), "--as-of", "0999-01-01", login="maintainer", code=1).stderr
    assert said.startswith("bad_payload: ")
    assert "Traceback" not in said


def test_a_place_that_cannot_be_written_is_told_before_anything_leaves(minglu: Run, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "units.zip"
    words = ("unit", "export", "--purpose", "年报", "--recipient", "科", "--out", str(out))
    assert minglu(*words, login="maintainer", code=1).stderr.startswith("file_trouble: ")
    out.parent.mkdir()
    minglu(*words, login="maintainer")
    assert [path.name for path in out.parent.iterdir()] == ["units.zip"]


def test_a_day_that_a_verb_says_itself_need_not_be_typed(minglu: Run) -> None:
    """`minglu survey add` fell over its own default of a day."""
    minglu("survey", "add", "novel", "--name", "新调查", "--section", "trade", login="maintainer")
    shown = json.loads(minglu("survey", "show", "novel", "--format", "json", login="maintainer").stdout)
    assert (shown["valid_from"], shown["valid_until"]) == ("1949-10-01", "9999-12-31")


def test_a_thing_within_a_row_is_told_in_words_and_not_as_a_program_writes_it(minglu: Run) -> None:
    """`minglu survey list` showed what waits as a piece of Python."""
    minglu("survey", "change", "retail", "--section", "industry", login="maintainer")
    table = [line.split("\t") for line in minglu("survey", "list", "--waiting", login="maintainer").stdout.splitlines()]
    (row,) = (dict(zip(table[0], cells, strict=True)) for cells in table[1:])
    assert "section=industry" in row["proposed"]
    assert not {"{", "}", "'"} & set(row["proposed"])
