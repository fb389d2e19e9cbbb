"""Lives: where they begin, which state may follow which, where they end."""

from __future__ import annotations

from enum import StrEnum

import pytest

from app.domain.lives import ITEM, JOB, LIVES, REQUEST, JobStatus, Life, _life
from app.domain.words import RequestStatus


class Light(StrEnum):
    RED = "red"
    GREEN = "green"
    OUT = "out"


LIGHT = _life("light", Light, begins="red", steps={"red": "green out", "green": "red out"})


def test_a_life_is_written_in_words() -> None:
    assert LIGHT.begins == {Light.RED}
    assert LIGHT.steps[Light.GREEN] == {Light.RED, Light.OUT}
    assert LIGHT.ends == {Light.OUT}


def test_where_a_state_may_be_come_from_stands_in_the_order_of_the_words() -> None:
    assert LIGHT.origins(Light.OUT) == ["red", "green"]
    assert LIGHT.origins(Light.GREEN) == ["red"]


def test_a_step_is_asked_for_by_word_or_state() -> None:
    assert LIGHT.may("green", Light.RED)
    assert LIGHT.may(Light.RED, Light.GREEN)
    assert not LIGHT.may(Light.OUT, Light.RED)
    assert not LIGHT.may("", Light.RED)


def test_a_word_that_is_no_state_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="blue"):
        _life("light", Light, begins="red", steps={"red": "blue"})


def test_a_request_that_is_decided_for_good_stays_so() -> None:
    assert {RequestStatus.REJECTED, RequestStatus.WITHDRAWN} <= REQUEST.ends
    told = "by a request of its own, which can be undone in turn; a batch that was stopped as it is taken back"
    assert sorted(REQUEST.origins(RequestStatus.UNDONE)) == ["applied", "applying"], told
    assert REQUEST.origins(RequestStatus.APPLIED)[-1] == "undone"
    assert not REQUEST.may("applying", RequestStatus.WITHDRAWN), "what is being written cannot be withdrawn"


def test_a_job_is_taken_up_again_and_only_a_failed_one_begins_anew() -> None:
    assert JOB.may("doing", JobStatus.DOING)
    assert JOB.origins(JobStatus.TODO) == ["doing", "failed"]
    assert not JOB.may("doing", JobStatus.CANCELLED), "what is begun is not called off under the worker's hands"


def test_an_item_ends_once() -> None:
    assert len(ITEM.ends) == 3


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_a_life_begins_and_can_end(life: Life) -> None:
    assert life.begins <= set(life.states)
    assert life.ends or any(life.may(state, state) for state in life.states)
