"""Where a state is written: only `app/core/moves.py` may, and a constructor with the state a life begins in."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.source import Module, called, literal, name_of

STATES = frozenset({"status", "outcome"})
"""The columns that living tables keep their state in (`__state__`)."""


def writes(module: Module) -> Iterator[ast.AST]:
    """Assignments to a state, and updates that set one."""
    yield from (node for node in ast.walk(module.tree) if _writes(node))
    for function in module.functions:
        yield from _built_before(function)


def _built_before(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """`values = {…, "outcome": …}` that a later `.values(**values)` of the same function takes."""
    taken = {
        name_of(argument)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and called(node) == "values"
        for argument in (*node.args, *(keyword.value for keyword in node.keywords if keyword.arg is None))
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and taken & set(map(name_of, node.targets)) and STATES & _keys(node.value):
            yield node


def _writes(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        return any(map(_is_state, _targets(node)))
    if not isinstance(node, ast.Call):
        return False
    kinds = {"values": _sets_state, "execute": _updates_by_rows, "setattr": _by_name}
    return called(node) in kinds and kinds[called(node)](node)


def _by_name(node: ast.Call) -> bool:
    return literal(node.args[1]) in STATES


def _targets(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> Iterator[ast.AST]:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target]


def _is_state(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in STATES


def _sets_state(node: ast.Call) -> bool:
    if any(keyword.arg in STATES for keyword in node.keywords):
        return True
    return any(_keys(argument) & STATES for argument in node.args)


def _keys(node: ast.AST) -> set[str]:
    """Keys of dictionaries written out in an expression, by text or by column (`SourceRecord.outcome`)."""
    return {
        literal(key) or name_of(key)
        for part in ast.walk(node)
        if isinstance(part, ast.Dict)
        for key in part.keys
        if key is not None
    }


def _updates_by_rows(node: ast.Call) -> bool:
    """`session.execute(update(Model), rows)` where the rows, written out there, hold a state."""
    first = node.args[0] if node.args else None
    is_update = isinstance(first, ast.Call) and called(first) == "update"
    return is_update and any(_keys(argument) & STATES for argument in node.args[1:])


def begun(module: Module, models: frozenset[str]) -> Iterator[tuple[str, ast.keyword]]:
    """States that living things are made with: `Job(…, status=…)`, as (model, keyword)."""
    for node in module.calls(*models):
        for keyword in node.keywords:
            if keyword.arg in STATES:
                yield called(node), keyword
