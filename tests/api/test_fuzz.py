"""Whatever anybody sends, and whatever he does next with what he was answered, every answer is one that the OpenAPI
document describes."""

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
from app.worker import run_all
from tests.factories.files import CLOCK
from tests.factories.house import housing
from tests.factories.http import MORNING, as_person, as_system
from tests.factories.units import make_unit
from tests.factories.wishes import furnish
from tests.factories.world import PEOPLE

EXAMPLES = 4
"""Cases for each operation in the gate; `make trials` takes many more."""

WALKS = 4
"""Walks of each role through the API, of 25 steps at most: all 21 of them in some ten minutes, on a database each."""

NOT_LET_IN = ("PUT /api/v1/me/password", "POST /api/v1/me/tokens", "DELETE /api/v1/me/tokens")
"""Where 401 is an answer: a wrong old password, a token that is gone. Elsewhere it says that nothing was tried."""
KEY, NOBODY = "a key", "nobody"


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def fuzz(database, login: str, examples: int) -> list[str]:
    """Try every operation; returns what was answered otherwise than described."""
    with database.write() as session:
        make_unit(session)
    wrong = []
    for found in _schema(database).get_all_operations():
        headers = as_person(database, login)  # a token anew: one operation revokes them
        try:
            attempt(found.ok(), headers, examples)
        except (Exception, BaseExceptionGroup) as undescribed:
            wrong.append(f"{found.ok().label}: {undescribed}")
    return wrong


def _schema(database):
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(database, Clock(MORNING)))
    schema.config.generation.update(with_security_parameters=False)  # who calls is for us to say
    return schema


def _often(**more):
    """Without an end in time, and the same every time: what fails is told whole, not made smaller."""
    every = [Phase.explicit, Phase.generate]
    checks = list(HealthCheck)
    return settings(deadline=None, database=None, derandomize=True, phases=every, suppress_health_check=checks, **more)


def attempt(operation, headers: dict[str, str], examples: int) -> None:
    """Try one operation. Raises where an answer is not described."""

    @given(case=operation.as_strategy())
    @_often(max_examples=examples)
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


class Door:
    """What lets somebody in, made anew where he was shut out: one operation revokes it."""

    def __init__(self, database, who: str) -> None:
        self._database, self._who = database, who
        self.headers: dict[str, str] = {}
        self.renew()

    def renew(self) -> None:
        if self._who == KEY:
            self.headers = as_system(self._database)
        elif self._who != NOBODY:
            self.headers = as_person(self._database, self._who)


def wander(database, folder, who: str, *, examples: int, steps: int) -> tuple[list[str], int]:
    """Do one thing after the other, each with what the last was answered, in a district that has one of each.

    Returns what was answered otherwise than described, and how much was done.
    """
    with housing(database) as house:
        furnish(house, folder)
    door, wrong, done = Door(database, who), [], []

    class Somebody(_schema(database).as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": door.headers}

        def validate_response(self, response, case, additional_checks=None, **kwargs):
            done.append(case.operation.label)
            if response.status_code == 401:
                door.renew()
            try:
                case.validate_response(response, checks=CHECKS, transport_kwargs=kwargs)
            except (Exception, BaseExceptionGroup) as undescribed:
                wrong.append(f"{case.operation.label}: {undescribed}")

        def teardown(self):
            run_all(database, CLOCK)

    Somebody.run(settings=_often(max_examples=examples, stateful_step_count=steps))
    return wrong, len(done)


@pytest.mark.parametrize("who", ["approver"])
def test_one_thing_after_the_other_is_answered_as_described(database, tmp_path, who):
    wrong, done = wander(database, tmp_path, who, examples=3, steps=10)
    assert wrong == []
    assert done > 5


@pytest.mark.long
@pytest.mark.parametrize("who", [*PEOPLE, KEY, NOBODY])
def test_whoever_one_is_and_however_far_one_goes(database, tmp_path, who):
    wrong, done = wander(database, tmp_path, who, examples=WALKS, steps=25)
    assert wrong == []
    assert done > 25
