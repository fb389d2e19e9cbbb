"""The OpenAPI document is valid, describes every answer and every refusal, and names each verb once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api.openapi import sample
from app.api.problems import MEDIA_TYPE
from app.core.clock import Clock
from app.core.errors import ERRORS
from app.main import create_app


@pytest.fixture(scope="module")
def document(shared_database) -> dict[str, Any]:
    return create_app(shared_database, Clock("")).openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{m.upper()} {path}", one) for path, methods in document["paths"].items() for m, one in methods.items()]


def test_the_document_is_valid(document):
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_answer_has_a_schema_of_its_own(document):
    bare = []
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            for kind, media in answer.get("content", {}).items():
                schema = media.get("schema", {})
                if status.startswith("2") and kind == "application/json" and "$ref" not in schema:
                    bare.append(name)
    assert bare == []


def test_every_refusal_is_a_problem_document_with_an_example_for_each_code(document):
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                media = answer["content"]
                assert list(media) == [MEDIA_TYPE], (name, status)
                examples = media[MEDIA_TYPE]["examples"]
                assert {str(ERRORS[code].status) for code in examples} == {status}, name


def test_every_answer_has_an_example(document):
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            for kind, media in answer.get("content", {}).items():
                if status.startswith("2") and kind == "application/json":
                    assert media["example"] is not None, name


def test_operations_are_named_after_their_verbs_and_no_two_alike(document):
    names = [operation["operationId"] for _name, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all(operation.get("x-verb") for _name, operation in operations(document))


def test_a_sample_is_made_of_the_plainest_parts():
    schemas = {"Inner": {"type": "object", "properties": {"on": {"type": "string", "format": "date"}}}}
    outer = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Inner"}}},
    }
    assert json.dumps(sample(outer, schemas)) == '{"items": [{"on": "2024-12-31"}]}'
