"""Which way out each record takes, decided without a database."""

from __future__ import annotations

import pytest

from app.domain.words import LostWhy
from app.match.rules import Edge, Node, Way, route
from app.records.merge import Record, combine, difference
from app.register.losing import Stance, facts_of
from app.register.sources import Origin, losers_of, origin_of, pack

RANKS = {
    ("market", "registration"): 10,
    ("census", "registration"): 20,
    ("market", "contact"): 40,
    ("census", "contact"): 15,
}


def test_of_two_records_in_doubt_one_goes_ahead_and_the_other_asks() -> None:
    routes = route([Node(1), Node(2)], {1: 1, 2: 2}, {}, [Edge(2, "record", 1)])
    assert (routes.way[1], routes.way[2]) == (Way.NEW, Way.ASK)
    assert [(edge.record_id, edge.other_id) for edge in routes.questions] == [(2, 1)]


def test_a_record_matched_with_a_unit_asks_nothing_more() -> None:
    routes = route([Node(1)], {1: 1}, {1: 77}, [Edge(1, "unit", 78)])
    assert (routes.way[1], routes.unit_of[1], routes.questions) == (Way.SAME, 77, [])


def test_doubt_against_a_held_unit_asks() -> None:
    routes = route([Node(1)], {1: 1}, {}, [Edge(1, "unit", 78)])
    assert routes.way[1] is Way.ASK
    assert len(routes.questions) == 1


def test_every_doubt_of_a_record_that_asks_is_put_once() -> None:
    edges = [Edge(2, "record", 1), Edge(3, "record", 1), Edge(3, "record", 2)]
    routes = route([Node(1), Node(2), Node(3)], {1: 1, 2: 2, 3: 3}, {}, edges)
    assert [routes.way[n] for n in (1, 2, 3)] == [Way.NEW, Way.ASK, Way.ASK]
    assert sorted((e.record_id, e.other_id) for e in routes.questions) == [(2, 1), (3, 1), (3, 2)]


def test_a_cancellation_of_a_unit_nobody_knows_waits_for_nobody() -> None:
    assert route([Node(1, describes=False)], {1: 1}, {}, []).way[1] is Way.UNKNOWN


def held(**values: str) -> dict[str, object]:
    from app.domain.fields import NAMES
    from app.register.rules import empty_value

    row = {name: empty_value(name) for name in NAMES} | values
    return row | {"sources": pack(Origin("census", 1, "2023-12-31"))}


def test_gaps_are_filled_the_stronger_takes_the_weaker_proposes_and_the_older_loses() -> None:
    unit = held(name="旧名", tel="1", address="")
    newer = Record(5, "market", "2024-06-01", {"name": "新名", "tel": "2", "address": "某路"})
    found = difference(unit, newer, RANKS)
    assert found.take == {"name": "新名", "address": "某路"}
    assert (found.propose, found.lost) == ({"tel": "2"}, {"tel": "weaker_source"})
    older = Record(6, "market", "2020-01-01", {"name": "更旧", "tel": "3"})
    assert difference(unit, older, RANKS).lost == {"name": "older", "tel": "weaker_source"}


def test_what_a_person_locked_is_not_taken_but_put_to_somebody_unless_it_is_older_anyway() -> None:
    unit, locked = held(name="手改名", address=""), Stance(frozenset({"name", "address"}))
    found = difference(unit, Record(5, "market", "2024-12-30", {"name": "新名", "address": "某路"}), RANKS, locked)
    assert found.take == {}
    assert found.propose == {"name": "新名", "address": "某路"}
    assert found.lost == {"name": "locked", "address": "locked"}
    older = difference(unit, Record(5, "market", "2019-12-30", {"name": "旧名"}), RANKS, locked)
    assert (older.propose, older.lost) == ({}, {"name": "older"})


@pytest.mark.usefixtures("session")
def test_what_was_settled_is_not_put_to_anybody_again_while_its_source_says_nothing_new() -> None:
    unit = held(name="现名") | {"unit_id": 7}
    settled = Stance(said={("name", "market"): (facts_of(7, "name", "登记名"), LostWhy.REFUSED)})
    again = difference(unit, Record(9, "market", "2024-12-31", {"name": "登记名"}), RANKS, settled)
    assert (again.take, again.propose, again.lost) == ({}, {}, {"name": "refused"})
    assert difference(unit, Record(9, "market", "2024-12-31", {"name": "又一名"}), RANKS, settled).take == {
        "name": "又一名"
    }
    assert difference(unit, Record(9, "census", "2024-12-31", {"name": "登记名"}), RANKS, settled).take == {
        "name": "登记名"
    }


def test_a_new_unit_takes_each_value_from_the_source_that_is_believed_and_keeps_who_lost() -> None:
    census = Record(1, "census", "2023-12-31", {"name": "普查名", "tel": "111", "legal_rep": "甲"})
    market = Record(2, "market", "2024-06-01", {"name": "登记名", "tel": "222"})
    values, packed = combine([census, market], RANKS)
    assert values == {"name": "登记名", "tel": "111", "legal_rep": "甲"}
    assert origin_of(packed, "name").source == "market"
    assert origin_of(packed, "tel").source == "census"
    assert sorted((name, origin.source) for name, origin, _ in losers_of(packed)) == [
        ("name", "census"),
        ("tel", "market"),
    ]
    assert "111" not in str(packed)
