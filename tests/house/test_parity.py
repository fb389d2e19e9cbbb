"""Everything one can do from one edge one can do from the others, but where `parity.json` says that it cannot yet."""

from __future__ import annotations

import json

import pytest

from app.verbs import VERBS
from tests.house.parity import KINDS, MISSING, edges, missing

STATED = json.loads(MISSING.read_text("utf-8"))


def test_no_verb_lacks_an_edge_that_is_not_stated() -> None:
    new = {verb: set(kinds) - set(STATED["lacks"].get(verb, ())) for verb, kinds in missing().items()}
    assert {verb: kinds for verb, kinds in new.items() if kinds} == {}, "give the verb its page, route or command"


def test_what_is_stated_is_missing_still() -> None:
    found = missing()
    there = {verb: set(kinds) - set(found.get(verb, ())) for verb, kinds in STATED["lacks"].items()}
    there = {verb: kinds for verb, kinds in there.items() if kinds}
    assert there == {}, "these are there by now: python -m tests.house.parity --write"
    assert set(STATED["no verb yet"]) & VERBS.keys() == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_edges_are_found_at_all(kind: str) -> None:
    """A change of the web framework once hid all routes of included routers: then nothing would be missing anywhere."""
    assert edges()["job.restart"][kind] != []


def test_an_edge_is_found_through_a_function_and_a_table_of_its_file() -> None:
    from tests.house import parity
    from tests.house.examples import by_function, by_table

    assert parity.verbs_in(by_function) == ["job.show"]
    assert parity.verbs_in(by_table) == ["job.restart", "job.cancel"]
