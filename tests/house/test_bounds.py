"""Whatever can be asked has an end: every integer, text, list and object of every verb and of every route (D26)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.core.db import open_database
from app.main import create_app
from app.verbs import VERBS
from tests.factories.world import TEST_KEYS
from tests.house.parity import load_all

Schema = Mapping[str, Any]
SHORT_BY_FORM = frozenset({"date", "date-time"})
FILES = frozenset({"binary"})
"""Files are bounded as bodies are (`tests/api/test_door.py`)."""

load_all()


def unbounded(schema: Schema, all_: Schema, where: str = "") -> Iterator[str]:
    """The places of a schema that take something without end."""
    if "$ref" in schema:
        yield from unbounded(all_[schema["$ref"].rpartition("/")[2]], all_, where)
        return
    for branch in ("anyOf", "oneOf", "allOf"):
        if branch in schema:
            for part in schema[branch]:
                yield from unbounded({**part, **_bounds(schema)}, all_, where)
            return
    if "enum" in schema or "const" in schema or schema.get("type") in {"boolean", "null"}:
        return
    judge = JUDGES.get(schema.get("type", ""))
    yield from judge(schema, all_, where) if judge else iter([f"{where}: anything"])


def _bounds(schema: Schema) -> Schema:
    """Bounds beside a choice hold for each of it."""
    names = ("maxLength", "minimum", "maximum", "maxItems", "maxProperties")
    return {name: schema[name] for name in names if name in schema}


def _text(schema: Schema, _all: Schema, where: str) -> Iterator[str]:
    form = schema.get("format", "")
    ends = (
        schema.get("pattern", "").startswith("^") and not set(schema["pattern"]) & set("*+")
        if "pattern" in schema
        else False
    )
    if (
        "maxLength" not in schema
        and form not in SHORT_BY_FORM | FILES
        and not ends
        and "contentMediaType" not in schema
    ):
        yield f"{where}: text"


def _number(schema: Schema, _all: Schema, where: str) -> Iterator[str]:
    low = {"minimum", "exclusiveMinimum"} & set(schema)
    high = {"maximum", "exclusiveMaximum"} & set(schema)
    if not (low and high):
        yield f"{where}: number"


def _list(schema: Schema, all_: Schema, where: str) -> Iterator[str]:
    if "maxItems" not in schema:
        yield f"{where}: list"
    for part in [*schema.get("prefixItems", []), *([schema["items"]] if schema.get("items") else [])]:
        yield from unbounded(part, all_, f"{where}[]")


def _object(schema: Schema, all_: Schema, where: str) -> Iterator[str]:
    for name, part in schema.get("properties", {}).items():
        yield from unbounded(part, all_, f"{where}.{name}")
    more = schema.get("additionalProperties", "properties" not in schema)
    if more is True and "maxProperties" not in schema:  # what such an object holds is as long as a body may be
        yield f"{where}: any keys"
    if isinstance(more, Mapping):
        if "maxProperties" not in schema:
            yield f"{where}: keys"
        yield from unbounded(more, all_, f"{where}.*")


JUDGES = {"string": _text, "integer": _number, "number": _number, "array": _list, "object": _object}


def test_everything_that_a_verb_is_told_is_bounded() -> None:
    found = []
    for name, verb in sorted(VERBS.items()):
        schema = verb.takes.model_json_schema()
        found += [f"{name} {place}" for place in unbounded(schema, schema.get("$defs", {}))]
    assert found == []


def test_everything_that_a_route_is_told_is_bounded() -> None:
    """Those written by hand too, and what stands in a path."""
    document = create_app(open_database("sqlite://", TEST_KEYS)).openapi()
    schemas, found = document["components"]["schemas"], []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told = {part["name"]: part["schema"] for part in operation.get("parameters", [])}
            for media in operation.get("requestBody", {}).get("content", {}).values():
                told["body"] = media["schema"]
            for name, schema in told.items():
                found += [f"{method} {path} {place}" for place in unbounded(schema, schemas, name)]
    assert found == []


@pytest.mark.parametrize(
    ("schema", "bounded"),
    [
        ({"type": "integer"}, False),
        ({"type": "integer", "minimum": 0, "maximum": 9}, True),
        ({"type": "string"}, False),
        ({"type": "string", "maxLength": 9}, True),
        ({"type": "string", "pattern": "^[0-9a-f]{64}$"}, True),
        ({"type": "string", "pattern": r"^\d*$"}, False),
        ({"type": "array", "items": {"type": "boolean"}}, False),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, False),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, False),
        ({}, False),
    ],
)
def test_what_has_no_end_is_found(schema: Schema, bounded: bool) -> None:
    assert (list(unbounded(schema, {})) == []) is bounded
