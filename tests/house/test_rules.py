"""The own rules of the house hold, but where `exceptions.json` says that they do not hold yet."""

from __future__ import annotations

import json

import pytest

from app.audit.tags import Tag
from app.core.said import CATALOGUE
from app.domain.labels import WORDS
from app.domain.lives import LIVES, Life
from tests.house.parity import load_all
from tests.house.rules import EXCEPTIONS, RULES, held
from tests.house.wordings import LIFE_WORDS, fault_of


@pytest.mark.parametrize("name", RULES)
def test_the_rule_holds(name: str) -> None:
    broken = set(RULES[name]())
    unexpected = sorted(what for path, what in broken if path not in held(name))
    assert unexpected == [], f"{RULES[name].__doc__}\nBroken by:\n" + "\n".join(unexpected)
    needless = held(name) - {path for path, _ in broken}
    assert needless == set(), "these keep the rule by now: python -m tests.house.rules --shrink"


def test_every_rule_tells_its_bug_and_every_exception_is_of_a_rule() -> None:
    assert [name for name, rule in RULES.items() if len((rule.__doc__ or "").split("\n\n")) < 2] == []
    assert json.loads(EXCEPTIONS.read_text("utf-8")).keys() <= RULES.keys()


def test_every_tag_of_the_logs_has_a_label_and_every_label_a_tag() -> None:
    assert set(WORDS["event"]) == {str(tag) for tag in Tag}


def test_every_code_is_worded_in_both_languages() -> None:
    load_all()
    assert len(CATALOGUE) > 20
    assert [fault for code, wording in CATALOGUE.items() if (fault := fault_of(code, wording))] == []


@pytest.mark.parametrize("kind", WORDS)
def test_every_closed_word_is_called_something_in_both_languages(kind: str) -> None:
    for word, (zh, en) in WORDS[kind].items():
        assert zh.strip(), word
        assert en.strip(), word
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in en), word


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_every_state_of_a_life_follows_from_a_beginning(life: Life) -> None:
    reached, before = set(life.begins), 0
    while len(reached) != before:
        before = len(reached)
        reached |= {after for state in reached for after in life.steps.get(state, ())}
    assert reached == set(life.states)
    assert life.begins
    assert life.steps.keys() <= set(life.states)


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_every_state_of_a_life_has_a_word(life: Life) -> None:
    assert set(WORDS[LIFE_WORDS.get(life.name, life.name)]) == {str(state) for state in life.states}
    assert life.name in WORDS["life"]
