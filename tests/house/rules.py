"""The own rules of the house, as lints over its syntax trees. Each tells the bug that it comes from.

`python -m tests.house.rules --shrink` takes out of `exceptions.json` what keeps the rules by now; nothing puts anything in.
"""

from __future__ import annotations

import argparse
import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from app.domain.lives import Life
from tests.house import measure, states
from tests.house.source import EDGES, Module, called, literal, modules, name_of, resolved, subclasses

Rule = Callable[[], Iterator[tuple[str, str]]]
"""Gives the file, and the place with what breaks the rule there."""

RULES: dict[str, Rule] = {}
EXCEPTIONS = Path(__file__).with_name("exceptions.json")
"""By rule, the files that still break it. The list may only shrink."""

WRITER = tuple(f"app/register/{name}.py" for name in ("writer", "links", "link_rows", "stating"))
WRITTEN_BY_WRITER = frozenset({"unit_version", "identifier", "relation"})
WRITING = ("insert", "update", "delete", "bulk_insert", "insert_or_skip")


def rule(function: Rule) -> Rule:
    RULES[function.__name__] = function
    return function


def held(name: str) -> set[str]:
    """The files excepted from a rule."""
    return set(json.loads(EXCEPTIONS.read_text("utf-8")).get(name, ()))


@rule
def one_writer() -> Iterator[tuple[str, str]]:
    """Versions, identifiers and relations are written by the writer alone, and by the three about links, which it calls.

    It holds the writer's row (docs/decisions/0002): a version written beside it has no place in the change feed, so
    collection systems never hear of it, and its moment may lie before one that a frame already names.
    """
    for module in modules("app"):
        if module.path in WRITER:
            continue
        for call in module.calls(*WRITING):
            written = {name_of(argument) for argument in call.args[:2]}
            written |= {name_of(call.func.value)} if isinstance(call.func, ast.Attribute) else set()
            if written & WRITTEN_BY_WRITER:
                yield module.path, f"{module.place(call)} {ast.unparse(call)[:60]}"


@rule
def edges_take_no_session() -> Iterator[tuple[str, str]]:
    """No page, route or command selects or takes a session; it calls a verb.

    The page of a spot check ran a select of its own and showed values that the API masked: what each of three edges
    gathers for itself, each permits and masks for itself.
    """
    for module in modules(*EDGES):
        for node in measure.session_uses(module):
            yield module.path, module.place(node)


@rule
def edges_ask_no_permission() -> Iterator[tuple[str, str]]:
    """Permission is asked by the verb, inside, of the object; no edge calls `.require(…)`.

    It was asked 46 times in edges and never in the queries behind imports and pairs: an edge that forgot leaked.
    """
    for module in modules(*EDGES):
        for call in module.calls("require"):
            yield module.path, module.place(call)


@rule
def routes_answer_schemas() -> Iterator[tuple[str, str]]:
    """No route answers a bare dict.

    53 did, so the OpenAPI document said `object` and no client could be made from it; keys drifted between edges.
    """
    for module in modules("app/api"):
        for function in module.functions:
            if measure._answers_dict(function):
                yield module.path, f"{module.place(function)} {function.name}"


@rule
def states_change_by_the_move() -> Iterator[tuple[str, str]]:
    """No state is written but by `app/core/moves.py`, in tests neither.

    Two match runs at once updated rows by id whatever these had become: 232 units were put into the register twice.
    Two people who decided one pair both won, 58 times of 60, and the pair could be read no more.
    """
    for module in modules("app", "tests"):
        if module.path != "app/core/moves.py":
            for node in states.writes(module):
                yield module.path, f"{module.place(node)} {ast.unparse(node)[:70]}"


@rule
def lives_begin_where_they_may() -> Iterator[tuple[str, str]]:
    """A living thing is made with a state its life begins in, written out where it is made.

    A thing made in the middle of its life passed none of the guards on the way there.
    """
    lives = living()
    for module in modules("app", "tests"):
        for model, keyword in states.begun(module, frozenset(lives)):
            if not _begins(module, lives[model], keyword.value):
                yield module.path, f"{module.place(keyword.value)} {model}({ast.unparse(keyword)})"


def living() -> dict[str, Life]:
    """The models that lead a life, by name."""
    from app import models

    found = [getattr(models, name) for name in models.__all__]
    return {model.__name__: model.__life__ for model in found if hasattr(model, "__life__")}


def _begins(module: Module, life: Life, node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and called(node) == "str":
        node = node.args[0]
    if isinstance(node, ast.IfExp):
        return _begins(module, life, node.body) and _begins(module, life, node.orelse)
    if isinstance(node, ast.Attribute):
        whole = resolved(module, node)
        return whole.endswith(tuple(f".{life.states.__name__}.{state.name}" for state in life.begins))
    return literal(node) in {str(state) for state in life.begins}


@rule
def refusals_are_not_worded_where_they_are_raised() -> Iterator[tuple[str, str]]:
    """A refusal is raised with facts; its words stand at its class in both languages, its code is its class's own.

    33 of 83 codes had no Chinese, and a table of Chinese far away held words for a code that nobody raised.
    """
    found = modules("app")
    refusals = subclasses("AppError", found)
    for module in found:
        for call in measure.raised_prose(module, refusals):
            yield module.path, f"{module.place(call)} {ast.unparse(call)[:70]}"


@rule
def reasons_are_codes() -> Iterator[tuple[str, str]]:
    """What the program notes about a row, batch, request or job is a code with facts, never a sentence.

    English sentences in the database were turned into Chinese by 18 regular expressions; the two that every waiting row
    bore matched none of them.
    """
    for module in modules("app"):
        for node in measure.kept_prose(module):
            yield module.path, f"{module.place(node)} {literal(node)}"


@rule
def pages_change_nothing_on_reading() -> Iterator[tuple[str, str]]:
    """A page that is read (GET) does not `act`.

    Reading must never wait for the register's one writer, and browsers read ahead: a link must do nothing.
    """
    for module in modules("app/web/pages"):
        for function in module.functions:
            marks = {ast.unparse(getattr(mark, "func", mark)) for mark in function.decorator_list}
            if "router.get" in marks and any(called(n) == "act" for n in ast.walk(function) if isinstance(n, ast.Call)):
                yield module.path, f"{module.place(function)} {function.name}"


@rule
def every_state_is_reached() -> Iterator[tuple[str, str]]:
    """Every state of every life is named by code that moves or makes something (by its enum, outside `app/domain`).

    A request could be `scheduled`, an item `excluded`, a pair `superseded`: nothing ever made them so, yet every list
    and page had to know the words.
    """
    from app.domain.lives import LIVES

    named = {
        f"{name_of(node.value)}.{node.attr}"
        for module in modules("app")
        if not module.path.startswith(("app/domain", "app/web", "app/api", "app/cli"))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
    }
    for life in LIVES.values():
        for state in life.states:
            if f"{life.states.__name__}.{state.name}" not in named:
                yield f"{life.name}: {state}", f"nothing makes a {life.name} {state}"


@rule
def refusals_have_words() -> Iterator[tuple[str, str]]:
    """Every refusal with a code of its own has words in Chinese and in English.

    A page met codes without Chinese and showed an officer the English sentence meant for the log.
    """
    from tests.house.parity import load_all

    load_all()
    for kind in _descendants():
        if "code" in kind.__dict__ and not (kind.__dict__.get("zh") and kind.__dict__.get("en")):
            yield kind.code, f"{kind.__module__}.{kind.__name__}"


def _descendants() -> Iterator[type]:
    from app.core.errors import AppError

    waiting: list[type] = [AppError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind.__module__.startswith("app."):
                waiting.append(kind)
                yield kind


def main() -> None:
    parser = argparse.ArgumentParser(description="Shows what breaks the rules.")
    parser.add_argument("--shrink", action="store_true", help="take exceptions out that are needed no more")
    parser.add_argument("--all", action="store_true", help="show what is excepted too")
    asked = parser.parse_args()
    exceptions = {}
    for name, check in RULES.items():
        broken = sorted(set(check()))
        exceptions[name] = sorted({path for path, _ in broken} & held(name))
        for path, what in broken:
            if asked.all or path not in held(name):
                print(f"{name}: {what}")
    if asked.shrink:
        kept = {name: paths for name, paths in exceptions.items() if paths}
        EXCEPTIONS.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
