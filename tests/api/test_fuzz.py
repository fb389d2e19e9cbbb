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

EXAMPLES = 4
"""Cases for each operation in the gate; `make trials` takes many more."""

NOT_LET_IN = ("PUT /api/v1/me/password", "DELETE /api/v1/me/tokens")
"""Where 401 is an answer: a wrong old password, a token that is gone. Elsewhere it says that nothing was tried."""


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def fuzz(database, login: str, examples: int) -> list[str]:
    """Try every operation; returns what was answered otherwise than described."""
    with database.write() as session:
        make_unit(session)
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(database, Clock(MORNING)))
    schema.config.generation.update(with_security_parameters=False)  # who calls is for us to say
    wrong = []
    for found in schema.get_all_operations():
        headers = as_person(database, login)  # a token anew: one operation revokes them
        try:
            attempt(found.ok(), headers, examples)
        except (Exception, BaseExceptionGroup) as undescribed:
            wrong.append(f"{found.ok().label}: {undescribed}")
    return wrong


def attempt(operation, headers: dict[str, str], examples: int) -> None:
    """Try one operation. Raises where an answer is not described."""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def each(case) -> None:
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        assert answer.status_code != 401 or operation.label in NOT_LET_IN

    each()


@pytest.mark.parametrize("login", ["maintainer"])
def test_every_answer_is_described(database, login):
    assert fuzz(database, login, EXAMPLES) == []


@pytest.mark.long
@pytest.mark.parametrize("login", ["maintainer", "approver", "secadmin", "sysadmin", "audadmin"])
def test_every_answer_is_described_however_long_one_tries(database, login):
    assert fuzz(database, login, 200) == []
