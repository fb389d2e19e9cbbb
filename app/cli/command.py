"""Commands made of verbs: each names its noun and which parts of its wish are arguments; the rest are options.

Names, types, bounds and help come from the verb's schemas, so page, route and command cannot drift apart.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from inspect import Parameter, Signature
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from app.cli.common import (
    Format,
    FormatOption,
    TokenOption,
    as_anybody,
    as_person,
    refusals,
    say,
    show,
    terminal_language,
)
from app.core.actor import Anybody, Caller
from app.core.handed import naming
from app.verbs import House, Verb, perform
from app.verbs.faults import wish_from
from app.verbs.schemas import Done, Download
from app.verbs.verb import verbs_in


@dataclass(frozen=True)
class Option:
    """How a part of the wish is given where its name alone would not do.

    `reads` turns what was typed (text, or a path with `kind=Path`) into the value.
    """

    flag: str = ""
    help: str = ""
    kind: Any = None
    reads: Callable[[Any], Any] | None = None
    prompt: bool = False
    """Asked for twice, unseen, when it is not given."""
    asks: bool = False
    """Asked for once, unseen, when it is not given."""


CALLED: dict[str, str] = {}
"""Every command made of a verb, as it is typed (`job list`), and the verb's name."""


def noun(name: str, help: str, *rooms: ModuleType) -> typer.Typer:
    """The group of commands of a noun, with those that verbs of these rooms name themselves."""
    app = typer.Typer(name=name, help=help, no_args_is_help=True, callback=lambda: None)
    for verb in (verb for room in rooms for verb in verbs_in(room)):
        own, called, *places = verb.command.split() or ("", "")
        if own == name:
            named = (place.strip("{}").partition(":") for place in places)
            command(app, verb, called, arguments={part: shown or part for part, _, shown in named})
    return app


def command(
    app: typer.Typer,
    verb: Verb[Any, Any],
    name: str = "",
    *,
    arguments: Mapping[str, str] | Sequence[str] = (),
    options: Mapping[str, Option] | None = None,
    columns: Sequence[str] = (),
    shows: Callable[[Any, Format], None] | None = None,
    told: Mapping[str, Any] | None = None,
    whole: bool = False,
) -> None:
    """Enter a verb as a command of its noun.

    `arguments` are parts of the wish given by place, with the name people see; `options` are given otherwise than
    their name says; `columns` are those of a table; `told` are parts that the command itself says; `shows` replaces
    the ordinary rendering; a `whole` list is asked for page by page to its end.
    """
    places = dict(arguments) if isinstance(arguments, Mapping) else {part: part for part in arguments}
    given = dict(options or {})
    said = dict(told or {})
    name = name or verb.name.rpartition(".")[2]
    called = f"{app.info.name} {name}"

    def run(shown_as: Format, token: str, **values: Any) -> None:
        wish = _wish(verb, given, values, said)
        out = values.get("out")
        with _as_caller(verb, token, wish, called) as (house, caller), _room_for(out):
            answer = perform(house, verb, caller, wish)
            while whole and answer.next is not None:
                answer = answer.joined(perform(house, verb, caller, wish.model_copy(update={"after": answer.next})))
            (shows or _shown(columns, out))(answer, shown_as)

    parameters = [*_parameters(verb, places, given, said)]
    if verb.gives is Download:
        parameters.append(_parameter("out", Path, typer.Option("--out", help="file to write"), Parameter.empty))
    parameters += [
        Parameter("shown_as", Parameter.KEYWORD_ONLY, annotation=FormatOption, default=Format.TEXT),
        Parameter("token", Parameter.KEYWORD_ONLY, annotation=TokenOption, default=""),
    ]
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__doc__ = verb.help
    wrapped = refusals(run)
    wrapped.__signature__ = run.__signature__  # type: ignore[attr-defined]
    CALLED[called] = verb.name
    app.command(name=name)(wrapped)


@contextmanager
def _as_caller(verb: Verb[Any, Any], token: str, wish: Any, called: str) -> Iterator[tuple[House, Caller]]:
    """The house, and who calls: whose token it is; where a login and password are given, whoever that is."""
    if verb.by_password and wish.login:
        with as_anybody() as opened:
            yield opened.house, Anybody(language=terminal_language())
        return
    with as_person(token, called) as opened:
        yield opened.house, opened.person


def _parameters(
    verb: Verb[Any, Any], places: Mapping[str, str], options: Mapping[str, Option], told: Mapping[str, Any]
) -> list[Parameter]:
    """Arguments in the order they were named, then the options; those without a default first, as Python asks."""
    fields = verb.takes.model_fields
    found = [
        _parameter(
            name,
            _kind(fields[name]),
            typer.Argument(metavar=shown.upper(), help=fields[name].description or ""),
            _default(fields[name]),
        )
        for name, shown in places.items()
    ]
    for name, field in fields.items():
        if name not in places and name not in told:
            found.append(_option(name, field, options.get(name, Option())))
    return found


def _option(name: str, field: FieldInfo, option: Option) -> Parameter:
    kind = option.kind or _kind(field)
    flag = option.flag or "--" + name.replace("_", "-")
    if kind is bool and not option.flag:
        flag = f"{flag}/--no-{name.replace('_', '-')}" if field.default is True else flag
    unseen = {"prompt": True, "hide_input": True, "confirmation_prompt": option.prompt}
    more: dict[str, Any] = unseen if option.prompt or option.asks else {}
    more |= {"formats": ["%Y-%m-%d"]} if _bare(kind) is datetime else {}
    default = _default(field)
    if option.reads is not None and default is not Parameter.empty:
        kind, default = kind | None, None
    return _parameter(name, kind, typer.Option(flag, help=option.help or field.description or "", **more), default)


def _parameter(name: str, kind: Any, how: Any, default: Any) -> Parameter:
    annotation = Annotated.__class_getitem__((kind, how))  # type: ignore[attr-defined]  # made at run time
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _default(field: FieldInfo) -> Any:
    if field.is_required():
        return Parameter.empty
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, date):
        return default.isoformat()  # a day is read as typed, its default too
    return list(default) if isinstance(default, tuple) else default


def _kind(field: FieldInfo) -> Any:
    """The type as Typer knows it: days and moments as text or days, lists as options given again, the rest as it is."""
    return _known(field.annotation)


def _known(kind: Any) -> Any:
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _known(inside[0])
    if origin in (Union, UnionType):
        some = [part for part in inside if part is not NoneType]
        return _known(some[0]) | None if len(some) == 1 else str
    if origin in (list, tuple):
        return list[_known(inside[0])]  # type: ignore[misc]  # made at run time
    if origin is Literal:
        return str
    if kind is date:
        return datetime
    if kind is datetime:
        return str
    if isinstance(kind, type) and issubclass(kind, Enum | int | float | str | bool | Path):
        return kind
    return str


def _bare(kind: Any) -> Any:
    some = [part for part in get_args(kind) if part is not NoneType] if get_origin(kind) in (Union, UnionType) else []
    return some[0] if some else kind


def _wish(
    verb: Verb[Any, Any], options: Mapping[str, Option], values: Mapping[str, Any], told: Mapping[str, Any]
) -> Any:
    """The wish from what was typed; what was left out keeps the wish's own default. Raises BadPayload."""
    fields = verb.takes.model_fields
    given: dict[str, Any] = dict(told)
    for name, value in values.items():
        if name not in fields or value is None:
            continue
        reads = options[name].reads if name in options else None
        plain = value.date() if isinstance(value, datetime) else value
        given[name] = reads(plain) if reads else plain
    return wish_from(verb.takes, given)


def _shown(columns: Sequence[str], out: Path | None) -> Callable[[Any, Format], None]:
    def render(answer: Any, form: Format) -> None:
        if isinstance(answer, Download):
            assert out is not None, "a command that writes a file asks where to"
            _keep(answer, out)
        elif not isinstance(answer, Done):
            told = answer.model_dump(mode="json", by_alias=True)
            items = told.get("items")
            show(items if isinstance(items, list) else told, form, columns=columns)

    return render


def silent(_answer: Any, _form: Format) -> None:
    """For commands that are done when they say nothing."""


def _keep(answer: Download, out: Path) -> None:
    """Lay the file where it was asked for, whole or not at all."""
    try:
        with naming(out):
            shutil.move(answer.path, _part_of(out))
            _part_of(out).rename(out)
    finally:
        Path(answer.path).unlink(missing_ok=True)
    say(f"{out}: " + ", ".join(f"{name} {value}" for name, value in answer.headers.items()))


@contextmanager
def _room_for(out: Path | None) -> Iterator[None]:
    """A place that cannot be written is told before anything leaves; nothing half written stays."""
    if out is None:
        yield
        return
    part = _part_of(out)
    part.touch()
    try:
        yield
    finally:
        part.unlink(missing_ok=True)


def _part_of(out: Path) -> Path:
    """Where a file grows until it is whole."""
    return out.with_name(out.name + ".part")
