"""What the program says: codes with facts, worded in both languages."""

from __future__ import annotations

import pytest

from app.core.errors import AppError, NotFound, TooMany
from app.core.said import CATALOGUE, Said, said, word, words_of
from app.core.types import SaidText

LEFT = word("test_left", "“{name}”已移交 {places}", "{name} went to {places}")
STATE = word("test_state", "状态为“{state:request}”", "it is {state:request}")


class BoxLost(NotFound):
    code = "test_box_lost"
    zh, en = "没有盒子 {box}", "there is no box {box}"


def test_a_sentence_is_filled_in_either_language() -> None:
    one = said(LEFT, name="甲", places=["东", "西"])
    assert one.text() == "“甲”已移交 东；西"
    assert one.text("en") == "甲 went to 东; 西"


def test_a_word_of_a_closed_list_is_called_by_its_name() -> None:
    assert said(STATE, state="in_review").text() == "状态为“待审批”"
    assert said(STATE, state="in_review").text("en") == "it is In review"


def test_what_was_said_before_can_be_a_fact() -> None:
    whole = said(LEFT, name=said(STATE, state="draft"), places="东")
    assert whole.text("en") == "it is Draft went to 东"
    assert whole.as_json()["facts"]["name"]["zh"] == "状态为“草稿”"


def test_a_fact_that_is_missing_is_an_error_and_an_unknown_code_is_shown_as_it_is() -> None:
    with pytest.raises(KeyError):
        words_of(LEFT, {"name": "甲"})
    assert words_of("of_a_later_version", {"n": 1}) == "of_a_later_version"


def test_a_code_has_one_wording() -> None:
    assert word(LEFT, *CATALOGUE[LEFT]) == LEFT
    with pytest.raises(ValueError, match="has other words already"):
        word(LEFT, "别的", "something else")


def test_an_answer_carries_code_both_sentences_and_facts() -> None:
    assert said(LEFT, name="甲", places=("东",)).as_json() == {
        "code": "test_left",
        "zh": "“甲”已移交 东",
        "en": "甲 went to 东",
        "facts": {"name": "甲", "places": ["东"]},
    }


def test_a_refusal_is_said_like_anything_else() -> None:
    refusal = BoxLost(box=7)
    assert (refusal.status, refusal.text(), refusal.text("en")) == (404, "没有盒子 7", "there is no box 7")
    assert refusal.said == Said("test_box_lost", {"box": 7})
    assert str(refusal) == "there is no box 7"


def test_a_refusal_for_now_says_when_again() -> None:
    assert TooMany(retry_after=3).retry_after == 3
    assert "3" in TooMany(retry_after=3).text()


def test_a_class_without_a_code_of_its_own_speaks_for_its_parent() -> None:
    class StillLost(BoxLost):
        pass

    assert issubclass(StillLost, AppError)
    assert StillLost(box=2).text("en") == "there is no box 2"


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("", None),
        ('{"code":"test_state","state":"draft"}', Said("test_state", {"state": "draft"})),
        ("the batch was discarded", Said("noted", {"text": "the batch was discarded"})),
    ],
)
def test_what_is_stored_is_a_code_and_a_sentence_of_before_stays(stored: str, read: Said | None) -> None:
    assert SaidText().process_result_value(stored, None) == read  # type: ignore[arg-type]


def test_code_and_facts_are_stored_in_one_text() -> None:
    kind = SaidText()
    assert kind.process_bind_param(None, None) == ""  # type: ignore[arg-type]
    assert kind.process_bind_param(said(STATE, state="draft"), None) == '{"code":"test_state","state":"draft"}'  # type: ignore[arg-type]
