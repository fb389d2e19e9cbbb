"""The folder of a demo: whole or not at all, from any place, on both databases; its clock goes forward alone."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect
from typer.testing import CliRunner

from app.cli import clock as clock_command
from app.cli import demo as demo_command
from app.core.clock import Clock, parse_moment
from app.core.db import Database
from app.core.schema import upgrade
from app.core.settings import Settings, get_settings
from app.demo.folder import CLOCK, ClockBackward, NoDemo, NotADemo, NotOurs, ready, set_clock
from tests.conftest import Databases

RESULT = {"counts": {}, "tokens": {"maintainer": "mlp_x"}, "api_key": "mlk_x"}


@pytest.fixture
def settings(databases: Databases, dialect: str, tmp_path: Path) -> Settings:
    url = databases.empty_url() if dialect == "postgres" else ""
    return Settings(data_dir=tmp_path / "demo", database_url=url, clock="", token="")


class Builder:
    """Builds in no time; is broken off as often as it is told to."""

    def __init__(self, breaks: int = 0) -> None:
        self.breaks, self.begun = breaks, 0

    def __call__(self, database: Database, clock: Clock, settings: Settings) -> dict[str, Any]:
        self.begun += 1
        assert not inspect(database.engine).get_table_names()
        upgrade(database.engine)
        if self.begun <= self.breaks:
            raise KeyboardInterrupt
        return {**RESULT, "began": clock.now().isoformat()}


def made(settings: Settings, build: Builder, *, reset: bool = False, moment: str = "") -> dict[str, Any]:
    return ready(settings, build, reset=reset, moment=moment, say=lambda _line: None)


def test_a_build_that_was_broken_off_is_begun_anew_by_itself(settings: Settings) -> None:
    """D33: after Ctrl-C the next run said `already_bootstrapped` and nothing more."""
    build = Builder(breaks=2)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            made(settings, build)
    assert made(settings, build)["tokens"] == RESULT["tokens"]
    assert made(settings, build)["tokens"] == RESULT["tokens"]
    assert build.begun == 3


def test_a_demo_that_is_built_is_kept_and_thrown_away_where_that_is_asked_for(settings: Settings) -> None:
    build = Builder()
    made(settings, build)
    made(settings, build, reset=True)
    assert build.begun == 2


def test_what_holds_tokens_is_its_owners_alone(settings: Settings) -> None:
    before = os.umask(0)
    try:
        made(settings, Builder())
    finally:
        os.umask(before)
    assert stat.S_IMODE(settings.demo_file.stat().st_mode) == 0o600
    assert settings.database_url not in settings.demo_file.read_text() or not settings.database_url
    assert [path.name for path in settings.data_dir.glob("demo.*")] == ["demo.json"]


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("holds", ["keys.json", "photo.jpg", "minglu.db"])
def test_what_is_no_demo_is_not_touched(settings: Settings, holds: str, reset: bool) -> None:
    """An installation on a server has its keys alone in its folder: a build that was broken off there, and the next
    one threw them away, and with them every sealed value."""
    settings.data_dir.mkdir()
    (settings.data_dir / holds).write_text("precious")
    build = Builder(breaks=1)
    with pytest.raises(NotADemo) as refused:
        made(settings, build, reset=reset)
    assert "--data" in refused.value.text("en")
    assert (build.begun, [path.name for path in settings.data_dir.iterdir()]) == (0, [holds])


@pytest.mark.parametrize("breaks", [0, 1])
def test_what_somebody_else_laid_into_a_demos_folder_stays(settings: Settings, breaks: int) -> None:
    build = Builder(breaks)
    with suppress(KeyboardInterrupt):
        made(settings, build)
    (settings.data_dir / "photo.jpg").write_text("precious")
    made(settings, build, reset=True)
    assert build.begun == 2
    assert (settings.data_dir / "photo.jpg").read_text() == "precious"


def test_a_servers_database_is_emptied_only_where_a_demo_was_built(
    databases: Databases, dialect: str, tmp_path: Path
) -> None:
    if dialect != "postgres":
        pytest.skip("a folder is thrown away with all that lies in it")
    true = Settings(data_dir=tmp_path / "true", database_url=databases.empty_url(), clock="", token="")
    made(true, Builder())
    other = Settings(data_dir=tmp_path / "other", database_url=true.database_url, clock="", token="")
    other.data_dir.mkdir()
    with pytest.raises(NotOurs):
        made(other, Builder(), reset=True)


def test_the_clock_is_the_demos_and_goes_forward_alone(settings: Settings) -> None:
    with pytest.raises(NoDemo):
        set_clock(settings, "2025-01-02T09:00")
    assert made(settings, Builder(), moment="2024-12-30T09:00")["began"].startswith("2024-12-30T01:00:")
    running = settings.make_clock()
    assert running.today().isoformat() == "2024-12-30"
    assert abs(running.of_devices() - Clock().now()) < timedelta(hours=1)  # telephones know nothing of it
    set_clock(settings, "2025-01-02T09:00")
    assert running.today().isoformat() == settings.make_clock().today().isoformat() == "2025-01-02"
    with pytest.raises(ClockBackward):
        set_clock(settings, "2025-01-01T09:00")
    with pytest.raises(ClockBackward):
        made(settings, Builder(), moment=CLOCK)
    assert made(settings, Builder(), moment="2025-02-01T09:00")["clock"].startswith("2025-02-01T01:00:00")
    assert Settings(data_dir=settings.data_dir, clock=CLOCK).make_clock().today().isoformat() == "2024-12-31"


def test_the_samples_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D33: `data/samples` was looked for in the folder that the command was called from."""
    seen: list[Path] = []

    def build(database: Database, clock: Clock, samples: Path, **_more: Any) -> dict[str, Any]:
        seen.append(samples)
        assert (samples / "expected.json").exists()
        upgrade(database.engine)
        return RESULT

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo_command.build, "build", build)
    demo_command.demo(data=Path("d"), serve=False)
    assert seen
    assert json.loads(Path("d/demo.json").read_text())["clock"] == "2024-12-31T01:00:00.000000Z"


def test_commands_on_the_data_of_a_demo_follow_its_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(Settings(data_dir=tmp_path, database_url="", clock="", token=""), Builder())
    monkeypatch.setenv("MINGLU_DATA_DIR", str(tmp_path))
    get_settings.cache_clear()
    try:
        done = CliRunner().invoke(clock_command.app, ["set", "2025-03-01T08:00"])
        assert (done.exit_code, done.stdout) == (0, "2025-03-01T00:00:00.000000Z\n")
        assert CliRunner().invoke(clock_command.app, ["set", "2025-02-01"]).exit_code == 1
        for wrong in ("tomorrow", "9999-01-01", "2025-13-01"):
            assert CliRunner().invoke(clock_command.app, ["set", wrong]).exit_code == 2
        assert get_settings().make_clock().now() >= parse_moment("2025-03-01T08:00")
    finally:
        get_settings.cache_clear()
