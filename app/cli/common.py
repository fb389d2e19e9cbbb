"""What every command shares: opening the database as a person or as the operator, output, refusals."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import orjson
import typer

from app.core.address import comes_from
from app.core.clock import Clock, iso_moment
from app.core.errors import OF_RIGHTS, AppError, Invalid, Unauthenticated
from app.core.personal import Personal

if TYPE_CHECKING:
    from app.core.actor import Actor
    from app.core.db import Database
    from app.core.settings import Settings
    from app.verbs import House


class TokenMissing(Unauthenticated):
    """A command that acts as a person was given no token."""

    code = "token_missing"
    zh = "请设置 MINGLU_TOKEN 或给出 --token：这条命令以个人身份执行。"
    en = "set MINGLU_TOKEN or give --token: this command acts as a person"


class FileTrouble(AppError):
    """A file could not be read or written: not there, not allowed, no room left."""

    code = "file_trouble"
    zh = "文件 {file} 无法读写：{why}。请核对路径、权限和磁盘空间。"
    en = "{file}: {why}; look at the path, who may write there, and the room on its disk"


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


P = ParamSpec("P")
R = TypeVar("R")

FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for scripts")]
TokenOption = Annotated[str, typer.Option("--token", help="personal token; else MINGLU_TOKEN", envvar="MINGLU_TOKEN")]


@dataclass(frozen=True)
class Open:
    """An opened installation. `actor` is the person behind the token, None for the operator."""

    database: Database
    clock: Clock
    settings: Settings
    house: House
    actor: Actor | None = None

    @property
    def person(self) -> Actor:
        assert self.actor is not None, "this command runs as a person"
        return self.actor


@contextmanager
def as_person(token: str, command: str) -> Iterator[Open]:
    """The installation, opened for a command by the person whose token it is. Raises Unauthenticated without one."""
    from app.accounts.service import authenticate_token

    if not token:
        raise TokenMissing
    with _opened() as (database, clock, settings), _house(database, clock, settings) as house:
        comes_from("cli")
        with _noting(house, "anybody", command), database.read() as session:
            actor = authenticate_token(session, token, now=clock.now(), asks_codes=house.asks_codes)
        with _noting(house, actor.login, command):
            yield Open(database, clock, settings, house, actor)


@contextmanager
def _noting(house: House, login: str, command: str) -> Iterator[None]:
    """Who was not let in, or may not, is in the access log, as at the other edges."""
    try:
        yield
    except AppError as refusal:
        if refusal.status in OF_RIGHTS:
            house.access.refused(login, f"minglu {command}", refusal.code, at=house.clock.now())
        raise


@contextmanager
def as_anybody() -> Iterator[Open]:
    """The installation, opened by who has yet to say who he is."""
    with _opened() as (database, clock, settings), _house(database, clock, settings) as house:
        comes_from("cli")
        yield Open(database, clock, settings, house)


@contextmanager
def as_operator(command: str, *, log: bool = True) -> Iterator[Open]:
    """The installation, opened by who runs the machine; what he did is in the trail."""
    with _opened() as (database, clock, settings):
        if log:
            log_operator(database, clock, command)
        with _house(database, clock, settings) as house:
            yield Open(database, clock, settings, house)


@contextmanager
def _house(database: Database, clock: Clock, settings: Settings) -> Iterator[House]:
    """The house that verbs work in; what was seen is in the access log before the command ends."""
    from app.audit.access import AccessLog
    from app.verbs import House

    access = AccessLog(database)
    try:
        yield House(database, clock, access, settings.files_dir, asks_codes=settings.asks_codes)
    finally:
        access.close()


def log_operator(database: Database, clock: Clock, command: str) -> None:
    from app.audit.service import record_event
    from app.audit.tags import Tag

    with database.write() as session:
        payload = {"command": command}
        record_event(session, Tag.OPERATOR_COMMAND, actor=operator(), at=clock.now(), payload=payload)


def operator() -> str:
    """Who runs the machine, as the log names him."""
    return f"operator:{os.environ.get('SUDO_USER') or os.environ.get('USER') or 'operator'}"[:64]


@contextmanager
def _opened() -> Iterator[tuple[Database, Clock, Settings]]:
    from app.core.db import connect
    from app.core.passing import own_folder
    from app.core.settings import get_settings

    settings = get_settings()
    database = connect(settings)
    try:
        with own_folder(settings.data_dir):
            yield database, settings.make_clock(), settings
    finally:
        database.engine.dispose()


def refusals(command: Callable[P, R]) -> Callable[P, R]:
    """Show a refusal, of ours or of the file system, as its message on stderr and leave with 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except AppError as refusal:
            _say_refusal(refusal)
            raise typer.Exit(1) from refusal
        except OSError as fault:
            if fault.errno == errno.EPIPE:  # whoever read our output has gone; Typer leaves quietly
                raise
            _say_refusal(FileTrouble(file=fault.filename or "-", why=fault.strerror or str(fault)))
            raise typer.Exit(1) from fault
        except Exception as fault:
            told = _told_of(fault)
            if told is None:
                raise
            _say_refusal(told)
            raise typer.Exit(1) from fault

    return run


def _told_of(fault: Exception) -> AppError | None:
    """The refusal for a fault of the database or the disk; its library is loaded by whoever opened it."""
    from app.core.away import told_of

    return told_of(fault)


def _say_refusal(refusal: AppError) -> None:
    say(f"{refusal.code}: {refusal.text(terminal_language())}")


def terminal_language() -> str:
    """The language of refusals in a terminal: Chinese where the terminal speaks it."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if spoken.startswith("zh") else "en"


def say(text: str) -> None:
    """Talk: to stderr, so that stdout holds results alone."""
    print(text, file=sys.stderr)


def show(result: Any, form: Format, *, columns: Sequence[str] = ()) -> None:
    """Results to stdout: JSON, or for people a table of a list and lines of a thing."""
    if form is Format.JSON:
        print(orjson.dumps(result, default=_plain, option=orjson.OPT_INDENT_2).decode())
    elif isinstance(result, list):
        _table(result, columns)
    else:
        _lines(result, 0)


def secret(name: str) -> Callable[[Any, Format], None]:
    """Shows an answer that is a secret: it alone, so that a script can take it."""

    def render(answer: Any, form: Format) -> None:
        if form is Format.JSON:
            show(answer.model_dump(), form)
        else:
            print(getattr(answer, name))

    return render


def _plain(value: Any) -> Any:
    if isinstance(value, Personal):
        return str(value)
    if isinstance(value, datetime):
        return iso_moment(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value)}")


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    names = list(columns or (rows[0] if rows else ()))
    print("\t".join(names))
    for row in rows:
        print("\t".join(_cell(row.get(name)) for name in names))


def _cell(value: Any) -> str:
    """A value in its place in a table: of a thing within a thing what it says, as words and not as a program writes it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_cell(one)}" for name, one in value.items() if one not in ("", None))
    if isinstance(value, list):
        return (
            "; ".join(map(_cell, value))
            if any(isinstance(one, Mapping) for one in value)
            else ", ".join(map(_cell, value))
        )
    return "" if value is None else str(value)


def _lines(thing: Mapping[str, Any], depth: int) -> None:
    for name, value in thing.items():
        if isinstance(value, Mapping):
            print(f"{'  ' * depth}{name}:")
            _lines(value, depth + 1)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            print(f"{'  ' * depth}{name}:")
            for item in value:
                print(f"{'  ' * (depth + 1)}- {_cell(item)}")
        else:
            print(f"{'  ' * depth}{name}: {value}")


class BadDefinitionFile(Invalid):
    """The file is not there, or is no JSON."""

    code = "bad_definition_file"
    zh = "定义文件 {path} 读不下去：须为 JSON 文件（{fault}）。"
    en = "{path}: {fault}"


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises BadDefinitionFile."""
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as wrong:
        raise BadDefinitionFile(path=str(path), fault=str(wrong)) from wrong
