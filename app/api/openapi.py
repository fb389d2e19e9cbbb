"""The OpenAPI document: what FastAPI makes of the routes, with every refusal as a problem document and examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.problems import Problem

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
_DEEP = 6


def describe(app: FastAPI) -> None:
    """Let the application describe itself so; the document is made once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to replace it


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    made["servers"] = [{"url": "/", "description": "this installation"}]
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template=_TEMPLATE)
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    for path in made["paths"].values():
        for operation in path.values():
            _add_examples(operation, schemas)
    return made


def _add_examples(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """An example beside each answer that has none."""
    for status, answer in operation["responses"].items():
        for media in answer.get("content", {}).values():
            if status.startswith("2") and "schema" in media and "example" not in media:
                media["example"] = sample(media["schema"], schemas)


def sample(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """A value of a schema, made of the plainest parts that fit it."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth + 1)
    for known in ("example", "const"):
        if known in schema:
            return schema[known]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], schemas, depth)
    return _sample_of_kind(schema, schemas, depth)


def _sample_of_kind(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type", "")
    if kind == "object":
        parts = schema.get("properties", {}) if depth < _DEEP else {}
        return {name: sample(part, schemas, depth + 1) for name, part in parts.items()}
    if kind == "array":
        return [sample(schema["items"], schemas, depth + 1)] if depth < _DEEP and "items" in schema else []
    if kind == "integer" and schema.get("minimum", 0) > 1:
        return schema["minimum"]
    return _SAMPLES.get(schema.get("format", ""), _SAMPLES.get(kind))
