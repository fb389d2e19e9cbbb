"""Whatever a maintainer sends, every answer is one that the OpenAPI document describes."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.core.clock import Clock
from app.main import create_app
from tests.factories.http import MORNING, as_person
from tests.factories.units import make_unit

EXAMPLES = 6
"""Cases for each operation in the gate; `make trials` takes many more."""


def fuzz(database, login: str, examples: int) -> list[str]:
    """Try every operation; returns what was answered otherwise than described."""
    with database.write() as session:
        make_unit(session)
    app = create_app(database, Clock(MORNING))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    headers = as_person(database, login)
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    wrong = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def attempt(case) -> None:
            case.call_and_validate(headers=headers, checks=checks)

        try:
            attempt()
        except (Exception, BaseExceptionGroup) as undescribed:
            wrong.append(f"{operation.label}: {undescribed}")
    return wrong


@pytest.mark.parametrize("login", ["maintainer"])
def test_every_answer_is_described(database, login):
    assert fuzz(database, login, EXAMPLES) == []


@pytest.mark.long
@pytest.mark.parametrize("login", ["maintainer", "approver", "secadmin", "sysadmin", "audadmin"])
def test_every_answer_is_described_however_long_one_tries(database, login):
    assert fuzz(database, login, 200) == []
