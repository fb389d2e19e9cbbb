"""The OpenAPI document is valid, describes every answer and every refusal, and names each verb once."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api.openapi import sample
from app.api.problems import MEDIA_TYPE
from app.core.clock import Clock
from app.core.errors import ERRORS
from app.main import create_app


@pytest.fixture(scope="module")
def document(shared_database) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # two operations of one name are only warned of
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
                kinds = schema.get("anyOf", [schema])  # a file is answered otherwise than a look at it
                if status.startswith("2") and kind == "application/json" and not all("$ref" in one for one in kinds):
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


def test_every_example_is_what_it_is_an_example_of(document):
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            for media in answer["content"].values():
                schema = Draft202012Validator({**media["schema"], "components": document["components"]})
                shown = [one["value"] for one in media.get("examples", {}).values()]
                shown += [media["example"]] if "example" in media else []
                assert [fault.message for one in shown for fault in schema.iter_errors(one)] == [], (name, status)


def test_no_two_kinds_have_one_title(document):
    titles = [schema["title"] for schema in document["components"]["schemas"].values()]
    assert sorted(set(titles)) == sorted(titles)
    assert not [title for title in titles if title.startswith("app")]


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
