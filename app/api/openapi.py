"""The OpenAPI document: what FastAPI makes of the routes, with every refusal as a problem document and examples."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from app.api.once import HEADER, KEY
from app.api.problems import Problem, described
from app.core.errors import NotFound
from app.http.kept import unless_kept
from app.verbs import VERBS

ADDRESS = "/openapi.json"
_TEMPLATE = "#/components/schemas/{model}"
_SAMPLES: dict[str, Any] = {
    "date": "2024-12-31",
    "date-time": "2024-12-31T01:00:00.000000Z",
    "integer": 1,
    "number": 0.5,
    "boolean": True,
    "string": "…",
    "null": None,
}
_ONCE = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Sent again with the same key within a day, the call acts once and is answered as the first time.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": f"^{KEY}$"},
}
_OF_A_ROOM = re.compile(r"\bapp__([a-z]+)__[a-z_]+?__([A-Z]\w*)")
"""How FastAPI names a kind of which another room has one by the same name: by the module it stands in."""


def describe(app: FastAPI) -> None:
    """Let the application describe itself so; the document is made once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    def shown(request: Request) -> Response:
        return unless_kept(request, orjson.dumps(document()))

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to replace it
    app.add_route(ADDRESS, shown)


def _document(app: FastAPI) -> dict[str, Any]:
    made = _for_generators(
        get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    )
    made["servers"] = [{"url": "/", "description": "this installation"}]
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template=_TEMPLATE)
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            if "{" in path:  # what stands there may hold a slash, and then there is no such address
                operation["responses"].setdefault("404", described([NotFound])[404])
            if method == "post" and VERBS[operation["x-verb"]].once:
                operation.setdefault("parameters", []).append(_ONCE)
            _add_examples(operation, schemas)
    return made


def _for_generators(made: Mapping[str, Any]) -> dict[str, Any]:
    """The document as generated clients need it.

    They name classes by titles and drop the second of a name, so no two kinds have one title.
    """
    named: dict[str, Any] = json.loads(_OF_A_ROOM.sub(_by_room, json.dumps(made)), object_hook=_file_both_ways)
    for name, schema in named.get("components", {}).get("schemas", {}).items():
        schema["title"] = name
    return named


def _file_both_ways(part: dict[str, Any]) -> dict[str, Any]:
    """A file as OpenAPI 3.1 says it, and as 3.0 did: generators of clients know the latter only and send text else."""
    return {**part, "format": "binary"} if "contentMediaType" in part else part


def _by_room(found: re.Match[str]) -> str:
    return found[1].capitalize() + found[2]


def _add_examples(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """An example beside each answer that is a document."""
    for status, answer in operation["responses"].items():
        for kind, media in answer.get("content", {}).items():
            if status.startswith("2") and kind == "application/json":
                media["example"] = sample(media["schema"], schemas)


def sample(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value of a schema, made of the plainest parts that fit it; no kind may hold itself."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for known in ("example", "const"):
        if known in schema:
            return schema[known]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], schemas)
    return _sample_of_kind(schema, schemas)


def _sample_of_kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    kind = schema.get("type", "")
    if kind == "object":
        return {name: sample(part, schemas) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        places = schema.get("prefixItems") or [schema["items"]]
        return [sample(place, schemas) for place in places]
    if kind == "integer" and schema.get("minimum", 0) > 1:
        return schema["minimum"]
    return _SAMPLES.get(schema.get("format", ""), _SAMPLES.get(kind))
