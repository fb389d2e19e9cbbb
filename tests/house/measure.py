"""Counts what "one face for every verb" is about, by syntax tree: `python -m tests.house.measure [--root DIR]`.

It runs on older checkouts too (they are parsed, never imported). What is counted:

* **routes that answer a bare dict**: functions under `@router.<method>` in `app/api` whose return is annotated
  `dict[str, Any]` or a list of them. Routes that a verb names answer its schema.
* **permission asked in edges**: calls of `.require(…)` in `app/api`, `app/web/pages`, `app/cli`; and `.may(…)` there apart,
  which decides what a page offers.
* **selects and sessions in edges**: calls of `select`, parameters annotated `Session`, `ReadSession`, `WriteSession`, and
  sessions opened on a database there; but for the doors, where callers are told apart, and the operator's commands.
* **parsers of a typed value**: functions of `app` that ask whether a field of the unit is a figure (`NUMBERS`, `Kind.NUMBER`
  or such a field's name written out) and make a number of text, themselves or by a function of their file; or that a table enters for `Kind.NUMBER`.
* **label functions**: public functions of `app` named for a label (`label`, `label_of`, `field_label`) that look it up
  themselves, not through another one.
* **states written outside the move**: `tests/house/states.py` over `app` without `app/core/moves.py`.
* **prose**: sentences (two words, or Chinese) given to a refusal where it is raised, or a code that is not its class's; and
  any other sentence in a room that is no docstring, no word of a code or class, and names no subject to a log or programmer.
* **words kept apart from what says them**: entries of `TEXTS` and `_REASONS` in `app/web`.
* **files of a verb with page, route and command**: Python files of its room, or that import the room, which name the
  function or its log tag (`frame:freeze`); templates that post or link to it, and then the catalogue; `docs/commands.md` while
  it is written by hand.
* **lines of product code**: `.py` of app, importers, matching, sampling, migrations; lines of templates apart, since one
  element a line made them three times as many.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.house import states
from tests.house.source import (
    DOORS,
    EDGES,
    PRODUCT,
    ROOT,
    Module,
    called,
    dotted,
    literal,
    modules,
    name_of,
    subclasses,
)

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
NO_ROOMS = tuple(
    f"app/{name}" for name in ("api", "web", "cli", "main", "http", "demo", "domain", "core", "models", "exports")
)
WORDED = frozenset(
    {"app/audit/tags.py", "app/checks/reasons.py"}
    | {f"app/frames/{name}.py" for name in ("cover", "listing", "package", "wording", "xlsx")}
)
"""Rooms' files that are tables of words or sheets in both languages."""

ASIDE = frozenset(
    {
        "word",
        "Wording",
        "Field",
        "exception",
        "warning",
        "info",
        "say",
        "saw",
        "beating",
        "ValueError",
        "RuntimeError",
        "TypeError",
        "verb",
        "fault",
    }
)
EXAMPLE = "frame.freeze"
Count = Callable[[Path], int]


def bare_dicts(root: Path) -> int:
    return sum(_answers_dict(function) for module in modules("app/api", root=root) for function in module.functions)


def _answers_dict(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    routed = any(dotted(getattr(mark, "func", mark)).startswith("router.") for mark in function.decorator_list)
    return routed and "dict[str, Any]" in ast.unparse(function.returns or ast.Constant(None))


def required(root: Path) -> int:
    return _calls(root, "require")


def offered(root: Path) -> int:
    return _calls(root, "may")


def _calls(root: Path, name: str) -> int:
    return sum(
        isinstance(call.func, ast.Attribute) for module in modules(*EDGES, root=root) for call in module.calls(name)
    )


def sessions(root: Path) -> int:
    return sum(1 for module in modules(*EDGES, root=root) for _ in session_uses(module))


def session_uses(module: Module) -> Iterator[ast.AST]:
    """Selects, parameters that are a session, sessions opened."""
    if module.path in DOORS:
        return
    yield from module.calls("select")
    yield from (
        call
        for call in module.calls("read", "write")
        if dotted(call.func).endswith(("database.read", "database.write"))
    )
    for node in ast.walk(module.tree):
        if isinstance(node, ast.arg) and name_of(node.annotation) in {"Session", "ReadSession", "WriteSession"}:
            yield node


def parsers(root: Path) -> int:
    numbers = _number_fields(root)
    return sum(1 for module in modules("app", root=root) for _ in _parsers(module, numbers))


def _parsers(module: Module, numbers: frozenset[str]) -> Iterator[str]:
    functions = {function.name: function for function in module.functions}
    making = {name for name, function in functions.items() if _makes_number(function)}
    for name, function in functions.items():
        local = {called(node) for node in ast.walk(function) if isinstance(node, ast.Call)} & making
        if (name in making or local) and _asks_for_figures(function, numbers):
            yield name
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Dict):
            table = {name_of(key): name_of(value) for key, value in zip(node.keys, node.values, strict=True)}
            if table.get("NUMBER") in making:
                yield table["NUMBER"]


def _makes_number(function: ast.AST) -> bool:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(dotted(call.func) in {"int", "float", "orjson.loads"} for call in calls)


def _asks_for_figures(function: ast.AST, numbers: frozenset[str]) -> bool:
    for node in ast.walk(function):
        if name_of(node) in {"NUMBERS", "NUMBER"}:
            return True
        if isinstance(node, ast.Set) and {literal(one) for one in node.elts} & numbers:
            return True
    return False


def _number_fields(root: Path) -> frozenset[str]:
    """Names in `app/domain/fields.py` whose line says `_NUM`."""
    [module] = modules("app/domain/fields.py", root=root)
    return frozenset(
        literal(call.args[0]) for call in module.calls("_f") if "_NUM" in {name_of(part) for part in call.args}
    )


def label_functions(root: Path) -> int:
    return sum(
        function.name in {"label", "label_of", "field_label"} and not _asks_another(function)
        for module in modules("app", root=root)
        for function in module.functions
    )


def _asks_another(function: ast.AST) -> bool:
    return any("label" in called(node) for node in ast.walk(function) if isinstance(node, ast.Call))


def states_written(root: Path) -> int:
    kept = (module for module in modules("app", root=root) if module.path != "app/core/moves.py")
    return sum(1 for module in kept for _ in states.writes(module))


def prose(root: Path) -> int:
    found = modules("app", root=root)
    refusals = subclasses("AppError", found)
    return sum(1 for module in found for _ in (*raised_prose(module, refusals), *kept_prose(module)))


def raised_prose(module: Module, refusals: set[str]) -> Iterator[ast.AST]:
    """Refusals made with a sentence, or with a code that is not their class's own."""
    for call in module.calls(*refusals):
        said = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "message")]
        if any(is_sentence(literal(part)) for part in said) or any(keyword.arg == "code" for keyword in call.keywords):
            yield call


def kept_prose(module: Module) -> Iterator[ast.AST]:
    """Sentences written out in a room, but for the words of codes, of refusals, of logs and of programmers' errors."""
    if not module.path.startswith("app/") or module.path.startswith(NO_ROOMS) or module.path in WORDED:
        return
    spoken = {id(part) for node in ast.walk(module.tree) for aside in _asides(node) for part in ast.walk(aside)}
    for node in ast.walk(module.tree):
        if id(node) not in spoken and is_sentence(literal(node)):
            spoken |= {id(part) for part in ast.walk(node)}
            yield node


def _asides(node: ast.AST) -> Iterator[ast.AST]:
    """What may hold sentences: docstrings, words of codes and classes, subjects of logs, assertions, what is raised."""
    if isinstance(node, ast.Module | ast.ClassDef | FUNCTION):
        for statement in node.body:
            docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if docstring or (isinstance(node, ast.ClassDef) and isinstance(statement, ast.Assign)):
                yield statement
    if _is_aside(node):
        yield node


def _is_aside(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return called(node) in ASIDE
    if isinstance(node, ast.Dict):
        return {literal(key) for key in node.keys} == {"zh", "en"}
    if isinstance(node, ast.Assign):
        return name_of(node.targets[0]) == "subject"
    return isinstance(node, ast.Assert | ast.Raise) or (isinstance(node, ast.keyword) and node.arg == "subject")


def is_sentence(text: str) -> bool:
    """Two words, or Chinese."""
    return bool(re.search(r"[A-Za-z]{2,} [a-z]{2,}|[\u4e00-\u9fff]", text))


def words_apart(root: Path) -> int:
    total = 0
    for module in modules("app/web/errors.py", "app/web/labels.py", root=root):
        for node in module.tree.body:
            name = name_of(node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None))
            if name in {"TEXTS", "_REASONS"}:
                total += sum(name_of(getattr(part, "func", None)) == "N_" for part in ast.walk(node))
    return total


def files_of(root: Path, verb: str = EXAMPLE) -> list[str]:
    """Files that speak of a verb `noun.name`, by the definition above."""
    noun, _, name = verb.partition(".")
    room = f"app.{noun}s"
    found = [module.path for module in modules("app", root=root) if _speaks(module, room, name)]
    pages = [path for path in templates(root) if re.search(rf"/{noun}s/[^\"]*/{name}", path.read_text("utf-8"))]
    found += [path.relative_to(root).as_posix() for path in pages]
    if pages:
        found.append("app/web/locale/en.po")
    if not (root / "tests/house/printed.py").exists():
        found.append("docs/commands.md")
    return sorted(found)


def _speaks(module: Module, room: str, name: str) -> bool:
    names = {name_of(node) for node in ast.walk(module.tree)} | {function.name for function in module.functions}
    inside = module.path.startswith(room.replace(".", "/"))
    knows = any(
        isinstance(node, ast.ImportFrom) and (node.module or "").startswith(room) for node in ast.walk(module.tree)
    )
    tag = room.removeprefix("app.").removesuffix("s") + ":" + name
    tagged = any(literal(node) == tag for node in ast.walk(module.tree))
    return tagged or (name in names and (inside or knows))


def templates(root: Path) -> list[Path]:
    return sorted((root / "app/web/templates").glob("*.html"))


def lines(root: Path) -> int:
    return sum(len(module.text.splitlines()) for module in modules(*PRODUCT, root=root))


def template_lines(root: Path) -> int:
    return sum(len(path.read_text("utf-8").splitlines()) for path in templates(root))


COUNTS: dict[str, Count] = {
    "routes that answer a bare dict": bare_dicts,
    "permission asked in edges (.require)": required,
    "permission read in edges (.may)": offered,
    "selects and sessions in edges": sessions,
    "parsers of a typed value": parsers,
    "label functions": label_functions,
    "states written outside the move": states_written,
    "prose reasons and refusals": prose,
    "words kept apart from what says them": words_apart,
    f"files of a verb with page, route and command ({EXAMPLE})": lambda root: len(files_of(root)),
    "lines of product code": lines,
    "lines of templates": template_lines,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Counts over a checkout; the definitions are in the docstring.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to count")
    root = parser.parse_args().root
    for name, count in COUNTS.items():
        print(f"{count(root):7,}  {name}")


if __name__ == "__main__":
    main()
