"""Which verb can be reached from where: page, route, command.

`python -m tests.house.parity --write` states anew what is missing; `test_parity.py` lets the list only shrink.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import pkgutil
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from fastapi.routing import APIRoute

from app.verbs import VERBS, Verb
from tests.house.source import dotted

MISSING = Path(__file__).with_name("parity.json")
KINDS = ("page", "route", "command")
Edges = dict[str, dict[str, list[str]]]
"""Verb, kind of edge: the addresses at which it is called there."""


@cache
def load_all() -> None:
    """Import every room, page, route and command."""
    import app

    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


@cache
def edges() -> Edges:
    """Where every verb is called from."""
    load_all()
    found: Edges = {name: defaultdict(list) for name in sorted(VERBS)}
    for kind, reached in (("page", _pages()), ("route", _routes()), ("command", _commands())):
        for verb, address in reached:
            if address not in found[verb][kind]:
                found[verb][kind].append(address)
    return found


def missing() -> dict[str, list[str]]:
    """By verb, the edges that it cannot be called from."""
    lacking = {verb: [kind for kind in KINDS if not reached.get(kind)] for verb, reached in edges().items()}
    return {verb: kinds for verb, kinds in lacking.items() if kinds}


def _routes() -> Iterator[tuple[str, str]]:
    for verb in VERBS.values():
        if verb.route:
            yield verb.name, f"{verb.method} /api/v1{verb.path}"
    for route in _served("app.api"):
        for verb in [route.name] if route.name in VERBS else verbs_in(route.endpoint):
            yield verb, _address(route)


def _pages() -> Iterator[tuple[str, str]]:
    for route in _served("app.web.pages"):
        for verb in verbs_in(route.endpoint):
            yield verb, _address(route)


def _served(package: str) -> Iterator[APIRoute]:
    """The routes of the modules of a package, in their order."""
    for module in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
        router = getattr(import_module(module.name), "router", None)
        yield from _within(router.routes if router is not None else ())


def _within(routes: Iterable[Any]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from _within(getattr(getattr(route, "original_router", None), "routes", ()))


def _address(route: APIRoute) -> str:
    return f"{'/'.join(sorted(route.methods))} {route.path}"


def _commands() -> Iterator[tuple[str, str]]:
    from app.cli import COMMANDS, NOUNS
    from app.cli.command import CALLED

    for noun, module in NOUNS.items():
        for path, callback in named(noun, import_module(f"app.cli.{module}").app):
            for verb in [CALLED[path]] if path in CALLED else verbs_in(callback):
                yield verb, f"minglu {path}"
    for name, module in COMMANDS.items():
        for verb in verbs_in(getattr(import_module(f"app.cli.{module}"), name)):
            yield verb, f"minglu {name}"


def named(noun: str, app: typer.Typer) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The commands of a noun as people type them."""
    for command in app.registered_commands:
        assert command.callback is not None
        yield f"{noun} {command.name or command.callback.__name__.replace('_', '-')}", command.callback


def verbs_in(function: Callable[..., Any]) -> list[str]:
    """Names of the verbs that a function speaks of, itself or through functions of its own file."""
    found: dict[str, None] = {}
    _gather(inspect.unwrap(function), found, set())
    return list(found)


def _gather(function: Callable[..., Any], found: dict[str, None], seen: set[Any]) -> None:
    if function in seen or not inspect.isfunction(function):
        return
    seen.add(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = {**function.__globals__, **inspect.getclosurevars(function).nonlocals, **_imported(tree)}
    for node in ast.walk(tree):
        value = _value(dotted(node), names) if isinstance(node, ast.Name | ast.Attribute) else None
        for one in _parts(value):
            if isinstance(one, Verb):
                found.setdefault(one.name)
            elif getattr(one, "__module__", "") == function.__module__ and callable(one):
                _gather(inspect.unwrap(one), found, seen)


def _imported(tree: ast.AST) -> dict[str, Any]:
    """What a function imports inside, as slow commands do."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("app."):
            module = import_module(node.module)
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                found[name.asname or name.name] = getattr(module, name.name, None) or import_module(whole)
    return found


def _parts(value: Any) -> list[Any]:
    """A thing, or the things in a table of them."""
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else [value]


def _value(path: str, names: dict[str, Any]) -> Any:
    first, *rest = path.split(".")
    value = names.get(first)
    for part in rest:
        value = getattr(value, part, None)
    return value


def main() -> None:
    parser = argparse.ArgumentParser(description="Shows which verb lacks which edge.")
    parser.add_argument("--write", action="store_true", help="state in parity.json what is missing now")
    if parser.parse_args().write:
        stated = json.loads(MISSING.read_text("utf-8")) if MISSING.exists() else {}
        wanted = sorted(set(stated.get("no verb yet", ())) - VERBS.keys()) if edges() else []
        text = json.dumps({"lacks": missing(), "no verb yet": wanted}, indent=2, ensure_ascii=False)
        MISSING.write_text(text + "\n", "utf-8")
    for verb, kinds in missing().items():
        print(f"{verb}: no {', no '.join(kinds)}")


if __name__ == "__main__":
    main()
