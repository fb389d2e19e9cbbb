"""Faults of one token put into the rules of the register, one at a time: the tests of the room have to notice each.

    python -m tests.trials.mutation --seed 46 --most 400 --report mutants.txt

Mutants are drawn by a seed from what `mutants_of` can do to the modules of `NARROW`. A process that has the tests collected parts for
each one, swaps the code of the functions in place and runs the narrow tests until one fails: a mutant costs what these cost. Those that
no test can tell from the original are listed in `equivalent.json` beside this file, each with the reason.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

RULES = (
    "tests/rules/test_asks.py",
    "tests/rules/test_bounds.py",
    "tests/rules/test_rules.py",
    "tests/rules/test_spoken.py",
)
NARROW: dict[str, tuple[str, ...]] = {
    "app.rules.asks": RULES,
    "app.rules.worlds": RULES,
    "app.rules.standing": RULES,
    "app.rules.spoken": RULES,
    "app.register.rules": (
        "tests/register/test_laying.py",
        "tests/register/test_brought.py",
        "tests/register/test_corrections.py",
        "tests/truth/test_found.py",
    ),
    "app.changes.rules": ("tests/changes/test_said_wrong.py",),
}
"""Module to the tests that have to notice what is wrong in it."""
EQUIVALENT = Path(__file__).with_name("equivalent.json")
CPU = 30
"""Seconds of the processor until a mutant counts as one that never ends, and so as noticed."""

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A module with one thing changed: `was` is the line, `what` the change, `nth` its place among all of the module."""

    module: str
    nth: int
    line: int
    what: str
    was: str

    @property
    def tree(self) -> ast.Module:
        """The module with the change made."""
        tree = ast.parse(_source(self.module))
        _change(*next(one for place, one in enumerate(_changes(tree)) if place == self.nth))
        return tree

    @property
    def key(self) -> str:
        """By which it is found again as long as its line stands as it does."""
        return f"{self.module}: {self.was} [{self.what}]"


def mutants_of(module: str) -> list[Mutant]:
    """All that can be done to a module."""
    source = _source(module)
    lines = source.splitlines()
    return [
        Mutant(module, nth, node.lineno, what, lines[node.lineno - 1].strip())
        for nth, (node, what) in enumerate(_changes(ast.parse(source)))
    ]


def _source(module: str) -> str:
    return Path(*module.split(".")).with_suffix(".py").read_text("utf-8")


def _changes(tree: ast.Module) -> Iterator[tuple[Any, str]]:
    for node in _live(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
            yield node, "compare"
        elif isinstance(node, ast.BoolOp):
            yield node, "and/or"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "not"
        elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATED:
            yield node, "operate"
        elif isinstance(node, ast.IfExp | ast.If):
            yield node, "if"
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | str):
            yield node, f"constant {node.col_offset}"
        elif isinstance(node, ast.Return) and node.value is not None and not _is_nothing(node.value):
            yield node, "return"
        elif isinstance(node, ast.AugAssign | ast.Continue | ast.Raise) or _is_call(node):
            yield node, "statement"
        elif isinstance(node, ast.comprehension) and node.ifs:
            yield node.ifs[0], "filter"


def _is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


_WORDED = frozenset({"word", "NotThen", "literal_column"})
_UNSAID = frozenset({"zh", "en", "code"})


def _live(node: ast.AST) -> Iterator[Any]:
    """Everything that does something: no docstrings, no annotations, no wording, no names of types."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or name in ("annotation", "returns", "decorator_list", "type_ignores"):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.Call) and getattr(child.func, "id", "") in _WORDED:
                continue
            if isinstance(child, ast.Assign) and getattr(child.targets[0], "id", "") in _UNSAID:
                continue
            if isinstance(child, ast.Assert | ast.ImportFrom | ast.Import):
                continue
            yield child
            yield from _live(child)


def _change(node: Any, what: str) -> None:
    kind, *_ = what.split()
    if kind == "compare":
        node.ops[0] = _COMPARED[type(node.ops[0])]()
    elif kind == "and/or":
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif kind == "operate":
        node.op = _OPERATED[type(node.op)]()
    elif kind == "if":
        node.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
    elif kind == "constant":
        node.value = not node.value if isinstance(node.value, bool) else _other(node.value)
    elif kind == "return":
        node.value = ast.copy_location(ast.Constant(None), node.value)
    else:
        _become(node, kind)


def _other(value: Any) -> Any:
    return value + 1 if isinstance(value, int) else f"{value}!"


def _become(node: Any, kind: str) -> None:
    """In place: `not x` becomes x, a filter lets all through, a statement does nothing."""
    if kind == "not":
        kept = node.operand
    else:
        kept = ast.copy_location(ast.Constant(True) if kind == "filter" else ast.Pass(), node)
    node.__class__ = kept.__class__
    node.__dict__.clear()
    node.__dict__.update(kept.__dict__)


def put(mutant: Mutant) -> None:
    """Have the module that is loaded do what the mutant says, for all who hold something of it."""
    held = importlib.import_module(mutant.module)
    made = ModuleType(mutant.module)
    made.__file__ = held.__file__
    exec(compile(ast.fix_missing_locations(mutant.tree), held.__file__ or "", "exec"), made.__dict__)  # noqa: S102
    for name, new in list(vars(made).items()):
        old = vars(held).get(name)
        if old is None or name.startswith("__") or getattr(new, "__module__", mutant.module) != mutant.module:
            continue
        if isinstance(new, type):
            _swap_class(old, new)
        elif callable(new) and _code_of(new) is not None:
            _swap(old, new)
        elif repr(new) != repr(old):
            _set_everywhere(name, old, _of_old(new, held))


def _code_of(one: Any) -> FunctionType | None:
    inner = getattr(one, "__wrapped__", one)
    return inner if isinstance(inner, FunctionType) else None


def _swap(old: Any, new: Any) -> None:
    mine, other = _code_of(old), _code_of(new)
    if mine is None or other is None:
        return
    mine.__code__, mine.__defaults__, mine.__kwdefaults__ = other.__code__, other.__defaults__, other.__kwdefaults__
    if hasattr(old, "cache_clear"):
        old.cache_clear()


def _swap_class(old: type, new: type) -> None:
    for name, value in vars(new).items():
        was = vars(old).get(name)
        for part in ("fget", "func", "__func__"):
            if hasattr(value, part) and not isinstance(value, FunctionType):
                _swap(getattr(was, part), getattr(value, part))
        if isinstance(value, FunctionType) and isinstance(was, FunctionType):
            _swap(was, value)
        elif isinstance(value, bool | int | str) and value != was and not name.startswith("__"):
            setattr(old, name, value)


def _of_old(value: Any, held: ModuleType) -> Any:
    """A constant with the functions and classes of the module that is loaded."""
    if isinstance(value, dict):
        return {key: _of_old(one, held) for key, one in value.items()}
    return vars(held).get(getattr(value, "__name__", ""), value) if callable(value) else value


def _set_everywhere(name: str, old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        for called, value in list(getattr(module, "__dict__", {}).items()):
            if value is old and called.strip("_") == name.strip("_"):
                setattr(module, called, new)


class Loop:
    """A run of tests that are collected once: all of them as they are, then for each mutant in a process that parts from here."""

    def __init__(self, mutants: Sequence[tuple[int, Mutant]], ends: float, report: Path) -> None:
        self._mutants, self._ends, self._report = mutants, ends, report
        self.failed, self.counts = False, dict.fromkeys(("killed", "equivalent", "SURVIVED"), 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        by_file: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            by_file.setdefault(str(item.path.relative_to(session.config.rootpath)), []).append(item)
        self._run(session.items, session.items[0])
        if self.failed:
            session.shouldfail = "the tests fail without any mutant"
            return True
        known = equivalents()
        with self._report.open("a", encoding="utf-8") as report:
            for place, mutant in self._mutants:
                if time.monotonic() > self._ends:
                    break
                began = time.monotonic()
                items = [item for path in NARROW[mutant.module] for item in by_file[path]]
                word = "equivalent" if mutant.key in known else "killed" if self._noticed(mutant, items) else "SURVIVED"
                self.counts[word] += 1
                report.write(f"{place}\t{word}\t{time.monotonic() - began:.1f}s\t{mutant.line}\t{mutant.key}\n")
                report.flush()
        return True

    def _run(self, items: Sequence[pytest.Item], after: pytest.Item) -> None:
        """One after the other until one fails; what the run made for all of them is kept for who comes after."""
        for place, item in enumerate(items):
            following = items[place + 1] if place + 1 < len(items) else after
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                return

    def _noticed(self, mutant: Mutant, items: Sequence[pytest.Item]) -> bool:
        child = os.fork()
        if not child:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            try:
                put(mutant)
                self._run(items, items[0])
            except BaseException:
                self.failed = True
            os._exit(1 if self.failed else 0)
        return os.waitpid(child, 0)[1] != 0


def drawn(seed: int, most: int, modules: Sequence[str] = tuple(NARROW)) -> list[Mutant]:
    """So many mutants of these modules, in an order that the seed says."""
    pool = [mutant for module in modules for mutant in mutants_of(module)]
    return random.Random(seed).sample(pool, min(most, len(pool)))


def equivalents() -> dict[str, str]:
    """What no test can tell from the original, and why."""
    held: dict[str, str] = json.loads(EQUIVALENT.read_text("utf-8"))
    return held


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=46)
    asked.add_argument("--most", type=int, default=400)
    asked.add_argument("--first", type=int, default=0, help="go on from this one")
    asked.add_argument("--minutes", type=float, default=600)
    asked.add_argument("--only", nargs="*", default=list(NARROW), help="modules")
    asked.add_argument("--places", type=Path, help="a file whose lines begin with the places of the mutants to run")
    asked.add_argument("--report", type=Path, default=Path("mutants.txt"))
    told = asked.parse_args()
    wanted = {int(line.split()[0]) for line in told.places.read_text().splitlines()} if told.places else None
    mutants = [
        (place, mutant)
        for place, mutant in enumerate(drawn(told.seed, told.most))
        if place >= told.first and mutant.module in told.only and (wanted is None or place in wanted)
    ]
    loop = Loop(mutants, time.monotonic() + told.minutes * 60, told.report)
    paths = sorted({path for module in told.only for path in NARROW[module]})
    code = pytest.main(
        ["-q", "-n", "0", "--db", "sqlite", "-p", "no:cacheprovider", "--tb=short", *paths], plugins=[loop]
    )
    sys.stdout.write(f"{sum(loop.counts.values())} mutants: {loop.counts}\n")
    sys.exit(int(code) if loop.failed else 0)


if __name__ == "__main__":
    main()
