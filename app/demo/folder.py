"""The folder of a demo: built whole or not at all, known by its file, begun anew where a build was broken off."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from app.core.clock import Clock, KeptClock, iso_moment, kept_moment, parse_moment
from app.core.db import Database, connect
from app.core.dialect import altering
from app.core.errors import Conflict, NotFound
from app.core.handed import whole
from app.core.passing import PASSING, own_folder
from app.core.settings import Settings

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
"""The sample files, wherever the command is called from."""

CLOCK = "2024-12-31T09:00:00+08:00"
"""Where its clock begins: before the example district was dissolved (reference date of the sample files)."""

Build = Callable[[Database, Clock, Settings], dict[str, Any]]


class NotADemo(Conflict):
    """What is there is no demo, so it is not thrown away."""

    code = "not_a_demo"
    zh = "{place} 不是空目录，也不是演示库的目录，其中的内容一概不动。请用 --data 另选一个空目录。"
    en = "{place} is neither empty nor a demo's, so nothing in it is touched: name an empty folder with --data"


class NotOurs(Conflict):
    """A server's database is emptied only where a demo is known to have been built."""

    code = "not_ours_to_empty"
    zh = "{place} 中已有数据，而目录 {folder} 里没有用它建过演示库的记录，不能清空。请换一个空数据库。"
    en = "{place} holds data and nothing in {folder} says that a demo was built there: name an empty database"


class NoDemo(NotFound):
    code = "no_demo"
    zh = "目录 {folder} 中没有演示库；请用 MINGLU_DATA_DIR 指明演示库的目录。"
    en = "there is no demo in {folder}; name its folder in MINGLU_DATA_DIR"


class ClockBackward(Conflict):
    """What is known was known at some moment: the clock of a demo goes forward alone."""

    code = "clock_backward"
    zh = "演示时钟只能向前拨：现在是 {now}。"
    en = "the clock of a demo goes forward alone: it is {now}"


class SamplesMissing(NotFound):
    code = "samples_missing"
    zh = "目录 {folder} 中没有样例文件；请用 --samples 指明。"
    en = "there are no sample files in {folder}; name their folder with --samples"


def ready(settings: Settings, build: Build, *, reset: bool, moment: str, say: Callable[[str], None]) -> dict[str, Any]:
    """What the demo of a folder holds: as it was built before, or built now.

    Raises NotADemo, NotOurs, ClockBackward.
    """
    broken_off = _marker(settings).exists()
    if broken_off or (reset and settings.demo_file.exists()):
        if not reset:
            say("the last build was broken off; it is begun anew")
        _empty(settings)
    elif not settings.demo_file.exists():
        _require_empty(settings)
    if not settings.demo_file.exists():
        _require_no_tables(settings)
        _build(settings, build, moment)
    elif moment:
        set_clock(settings, moment)
    found: dict[str, Any] = orjson.loads(settings.demo_file.read_bytes())
    return found


def set_clock(settings: Settings, moment: str) -> datetime:
    """Set the clock of a demo forward; whatever runs on its data follows. Raises NoDemo, ClockBackward."""
    file = settings.demo_file
    if not file.exists():
        raise NoDemo(folder=settings.data_dir)
    wanted = parse_moment(moment)
    if wanted < parse_moment(kept_moment(file)):
        raise ClockBackward(now=kept_moment(file))
    _write(file, {**orjson.loads(file.read_bytes()), "clock": iso_moment(wanted)})
    return wanted


def _build(settings: Settings, build: Build, moment: str) -> None:
    marker = _marker(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    _write(marker, {"database": _place(settings), "clock": iso_moment(parse_moment(moment or CLOCK))})
    with opened(settings) as database:
        result = build(database, KeptClock(marker), settings)
    _write(settings.demo_file, {**result, **orjson.loads(marker.read_bytes())})
    marker.unlink()


@contextmanager
def opened(settings: Settings) -> Any:
    """The database of a demo."""
    database = connect(settings)
    try:
        with own_folder(settings.data_dir):
            yield database
    finally:
        database.engine.dispose()


def _marker(settings: Settings) -> Path:
    """Lies in the folder for as long as a build is on."""
    return settings.data_dir / "demo.building"


_MADE = (
    "minglu.db", "minglu.db-wal", "minglu.db-shm", "minglu.db-journal", "files", PASSING, "keys.json", "demo.new",
    "demo.json", "demo.building",
)  # fmt: skip
"""What a demo makes in its folder, in the order in which it is thrown away: last what says that it is one."""


def _require_empty(settings: Settings) -> None:
    """A demo is built in a folder of its own: an installation's keys may be all that lies in one. Raises NotADemo."""
    folder = settings.data_dir
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotADemo(place=folder)


def _require_no_tables(settings: Settings) -> None:
    """Raises NotOurs where a server's database holds something."""
    if settings.database_url:
        with opened(settings) as database:
            if inspect(database.engine).get_table_names():
                raise NotOurs(place=_place(settings), folder=settings.data_dir)


def _empty(settings: Settings) -> None:
    """Throw a demo away, built whole or not: what it made in its folder and nothing else, and its tables on a server."""
    if settings.database_url:
        _drop_tables(settings)
    for path in (settings.data_dir / name for name in _MADE):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _drop_tables(settings: Settings) -> None:
    """Raises NotOurs where the folder does not say that the demo was built in this database."""
    with opened(settings) as database:
        tables = inspect(database.engine).get_table_names()
        if tables and _place(settings) not in _built_in(settings):
            raise NotOurs(place=_place(settings), folder=settings.data_dir)
        quote = database.engine.dialect.identifier_preparer.quote
        with altering(database.engine.execution_options(minglu_write=True)) as connection:
            for table in tables:
                connection.execute(text(f"DROP TABLE IF EXISTS {quote(table)} CASCADE"))


def _built_in(settings: Settings) -> set[str]:
    """The databases that a demo of this folder was built in, or begun."""
    found = set()
    for file in (settings.demo_file, _marker(settings)):
        with suppress(FileNotFoundError):
            found.add(str(orjson.loads(file.read_bytes()).get("database", "")))
    return found


def _place(settings: Settings) -> str:
    """The database as it can be shown: without a password."""
    return make_url(settings.url).render_as_string(hide_password=True)


def _write(file: Path, told: dict[str, Any]) -> None:
    """Write a file whole, for its owner alone."""
    with whole(file) as fresh:
        fresh.touch(0o600)
        fresh.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
