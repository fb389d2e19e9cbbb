"""What `docs/security.md` says is held by a test is: the test is there, by its name, and nothing skips it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

PAGE = Path("docs/security.md").read_text("utf-8")
ITEMS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if re.match(r"\| \d+\.", line)
]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@cache
def functions_in(path: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(Path(path).read_text("utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def holds(path: str, test: str) -> bool:
    """Whether the file, or the test in it, is there, asserts something and is not skipped."""
    if not Path(path).exists() or not test:
        return Path(path).exists()
    found = functions_in(path).get(test)
    if found is None or any("skip" in ast.unparse(one) or "xfail" in ast.unparse(one) for one in found.decorator_list):
        return False
    calls = (ast.unparse(one.func) for one in ast.walk(found) if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Assert) for one in ast.walk(found)) or any(
        name.endswith("raises") or name in functions_in(path) or name.startswith("require") for name in calls
    )


def test_every_test_that_the_page_names_is_there_and_asserts() -> None:
    named = _NAMED.findall(PAGE)
    assert len(named) > 90
    assert [one for one in named if not holds(*one)] == []


def test_every_item_names_a_test_or_is_said_to_be_open() -> None:
    assert len(ITEMS) > 45
    loose = [
        item
        for item, _asks, held in ITEMS
        if not held.startswith("open: ") and not all(t for _, t in _NAMED.findall(held))
    ]
    assert loose == []
    assert [item for item, _asks, held in ITEMS if not held.startswith("open: ") and not _NAMED.findall(held)] == []
    assert [item for item, _asks, held in ITEMS if held.startswith("open: ")] == ["6.2.12"]


def test_no_item_is_listed_twice_and_the_three_of_level_3_are_among_them() -> None:
    items = [item for item, *_rest in ITEMS]
    assert len(items) == len(set(items))
    assert [item.split()[0] for item in items if item.endswith("(level 3)")] == ["1.2.10", "2.3.5", "8.3.2"]
