"""What docs say about the house is so: files and functions that they name exist, what a recipe says must agree agrees."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.changes.effects import Effect
from app.changes.rules import Need
from app.domain.fields import NAMES, Group
from app.domain.labels import WORDS, label
from app.domain.words import Source
from app.intake.rules import Guards
from app.match.propose import BY_CODE
from importers.convert.columns import KINDS
from importers.spec import SOURCES, common_fields, get_spec, shared_vocabulary
from importers.words import fields_changed
from tests.house.source import ROOT, Module, name_of

KEPT_BESIDE = [
    "term_from",
    "term_until",
    "approved_on",
    "filled_on",
    "note",
    "province",
    "city",
    "county",
    "town",
    "community",
    "reg_capital_currency",
]
"""What files say and no unit has: kept with the row as understood."""
FOLDERS = "app|benchmarks|data|docs|importers|matching|migrations|sampling|tests"
NAMED = re.compile(rf"`((?:{FOLDERS})/[\w./-]+?)(?::(\w+))?`")
PAGES = [
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
SHIPPED = json.loads((ROOT / "app/codelists/data/standard_policies.json").read_text("utf-8"))
POLICIES = SHIPPED["policies"]
DECISIONS = [page for page in PAGES if re.match(r"\d{4}-", page.name)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_functions_that_a_page_names_exist(page: Path) -> None:
    for path, name in NAMED.findall(page.read_text("utf-8")):
        assert (ROOT / path).exists(), f"{page.name} names {path}, which is not there"
        if name:
            assert name in defined(path), f"{page.name} names {name} of {path}, which is not defined at its top"


def defined(path: str) -> set[str]:
    """What a file defines at its top: functions, classes, names."""
    found = set()
    for node in Module(ROOT, path).tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            found |= {name_of(target) for target in getattr(node, "targets", [getattr(node, "target", None)])}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert "…" in target or (page.parent / target).exists(), target


def test_a_source_is_known_wherever_the_recipe_says() -> None:
    assert {str(source) for source in Source} == set(SOURCES)
    assert set(SOURCES) <= WORDS["source"].keys()
    assert set(SOURCES) <= SHIPPED["source_priority"]["ranks"].keys()
    assert set(SOURCES) <= {path.stem for path in (ROOT / "importers/sources/data").glob("*.json")}
    table = (ROOT / "docs/sources.md").read_text("utf-8")
    assert [source for source in SOURCES if f"| `{source}` |" not in table] == []


def test_labels_of_files_are_read_by_a_converter_that_there_is() -> None:
    kinds = shared_vocabulary().kinds
    assert set(kinds.values()) <= KINDS, "kinds of fields.json that importers/convert/columns.py:CONVERTERS lacks"
    assert fields_changed() <= set(NAMES)
    told = common_fields().union(
        *(layout.fields | layout.needed for name in SOURCES for layout in get_spec(name).layouts)
    )
    assert told <= kinds.keys(), "fields that layouts name, and fields.json does not"
    assert {name for name in kinds if not name.startswith("_")} <= {*NAMES, *KEPT_BESIDE}
    assert [name for name in kinds if label("field", name) == name] == [], "fields of files without words for people"


def test_every_kind_of_policy_that_is_shipped_has_who_reads_it() -> None:
    readers = "".join((ROOT / path).read_text("utf-8") for path in ("app/changes/policy.py", "app/intake/queries.py"))
    assert [one["name"] for one in POLICIES if f'"{one["kind"]}"' not in readers] == []
    assert all(one["ground"] and one["valid_from"] for one in POLICIES)


KNOWN_OF_RULES = {
    "approval": {"need": set(Need), "level": {"above", "same_or_above"}},
    "acceptance": {
        "accept": {"change"},
        "by": {BY_CODE},
        "sources": set(Source),
        "groups": set(Group),
        "not_fields": set(NAMES),
    },
    "effects": {
        "fields": set(NAMES) | set(Effect),
        "needs": set(Effect) | set(Need),
        "ending": {str(n) for n in range(1, 10)},
        "area_digits": None,
        "together": set(NAMES),
        "at_once": None,
    },
    "intake": dict.fromkeys((field.name for field in dataclasses.fields(Guards)), None),
}
"""What a rule has to say, by kind, and the words it may use for it; None where it is a figure."""


@pytest.mark.parametrize("row", POLICIES, ids=lambda row: row["name"])
def test_a_policy_that_is_shipped_says_what_its_reader_knows(row: dict[str, Any]) -> None:
    """A level or group that nobody knows raises nothing: it decides otherwise, or never."""
    known, rule = KNOWN_OF_RULES[row["kind"]], row["rule"]
    assert rule.keys() == known.keys(), "docs/recipes.md, A policy: what the rule says, by kind"
    for key, words in known.items():
        if words is not None:
            said = words_of(rule[key])
            assert set(said) <= words, f"{key}: nobody reads {sorted(set(said) - words)}"


def words_of(part: Any) -> list[Any]:
    """The words that a part of a rule uses: one, several, or what stands for what."""
    if isinstance(part, dict):
        return [*part.keys(), *part.values()]
    return part if isinstance(part, list) else [part]


def test_of_approvals_each_need_has_one() -> None:
    """Of several the first by name decides, whatever their days: the others would never be asked."""
    needs = Counter(need for row in POLICIES if row["kind"] == "approval" for need in row["rule"]["need"])
    assert needs == dict.fromkeys(Need, 1), "change the row that names the need (docs/recipes.md, A policy)"


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_says_where_it_stands(page: Path) -> None:
    text = page.read_text("utf-8")
    status = text.partition("**Context.**")[0].replace("\n", " ")
    assert re.search(r"\*\*Status\*\* (proposed|accepted|replaced by)", status)
    assert re.search(r"\*\*Date\*\* \d{4}-\d\d-\d\d · \*\*Held by\*\* \S", status)
    for part in ("Context", "Decision", "Consequences", "Alternatives"):
        assert f"**{part}.**" in text, part


def test_every_decision_is_in_the_list() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    assert [page.name for page in DECISIONS if f"({page.name})" not in listed] == []
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == sorted(set(numbers))  # several hands write at once: a number is given once, and may come later


def test_pre_commit_fetches_nothing() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert "repo: local" in text
    assert "http" not in text
    assert all(entry.startswith(".venv/bin/") for entry in re.findall(r"entry: (\S+)", text))
