"""A checkout as syntax trees: what the rules, the counts and the printed pages of the house look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
EDGES = ("app/api", "app/web/pages", "app/cli")
"""Where people, systems and commands come in: page, route and command only parse, call a verb and render."""

DOORS = frozenset(
    {"app/api/deps.py", "app/cli/common.py"}
    | {f"app/cli/{name}.py" for name in ("audit", "backup", "db", "demo", "serve")}
)
"""Where sessions are taken in edges by right: callers are told apart there; operators work on the installation itself."""

PRODUCT = ("app", "importers", "matching", "sampling", "migrations")


@dataclass(frozen=True)
class Module:
    """One file of the tree by its path below the root."""

    root: Path
    path: str

    @cached_property
    def text(self) -> str:
        return (self.root / self.path).read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Calls of a function or method that bears one of the names."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and called(node) in names:
                yield node

    def place(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 0)}"


def modules(*folders: str, root: Path = ROOT) -> list[Module]:
    """The Python files of some folders (or single files), in order."""
    found = []
    for folder in folders:
        start = root / folder
        files = [start] if start.is_file() else sorted(start.rglob("*.py"))
        found += [Module(root, file.relative_to(root).as_posix()) for file in files if "node_modules" not in file.parts]
    return found


def called(node: ast.Call) -> str:
    """The last name of what is called: `require` of `actor.require(…)`."""
    return name_of(node.func)


def name_of(node: ast.AST | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.AST | None) -> str:
    """`verbs.list_` of an attribute, a plain name as it is, anything else empty."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def imports_of(module: Module) -> dict[str, str]:
    """What each imported name of a file stands for: `verbs` for `app.jobs.verbs`."""
    found = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {(name.asname or name.name): f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {(name.asname or name.name): name.name for name in node.names}
    return found


def resolved(module: Module, node: ast.AST) -> str:
    """The full name of what a name or attribute refers to; empty where it is nothing imported."""
    first, _, rest = dotted(node).partition(".")
    known = imports_of(module).get(first, "")
    return f"{known}.{rest}" if known and rest else known


def literal(node: ast.AST | None) -> str:
    """The text of a string or of the fixed parts of an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "…".join(literal(part) for part in node.values if isinstance(part, ast.Constant))
    return ""


def subclasses(base: str, found: list[Module]) -> set[str]:
    """Names of classes that descend from the class named `base`, by the names of their parents."""
    parents = {
        node.name: {name_of(parent) for parent in node.bases}
        for module in found
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }
    known, before = {base}, 0
    while len(known) != before:
        before = len(known)
        known |= {name for name, above in parents.items() if above & known}
    return known
