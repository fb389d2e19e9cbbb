"""Properties of the rules of the writer: no overlap, no gap, and as-of equals replay."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.period import FOREVER
from app.domain.words import Reason
from app.register.rules import History, first_version, lay_over
from tests.factories.writes import birth, change

START = date(2020, 1, 1)
days = st.integers(0, 400).map(lambda n: START + timedelta(days=n))
steps = st.lists(
    st.tuples(days, st.sampled_from(["address", "industry_code", "name"]), st.sampled_from(["a", "b", "c", ""])),
    max_size=8,
)


def played(moves: list[tuple[date, str, str]]) -> History:
    history = History(1, 1, [first_version(birth(START))])
    for on, name, value in moves:
        lay_over(history, change(1, on, revision=history.revision, **{name: value}))
    return history


@settings(max_examples=150, deadline=None)
@given(steps)
def test_believed_versions_neither_overlap_nor_leave_a_gap(moves: list[tuple[date, str, str]]) -> None:
    believed = played(moves).believed
    assert believed[0]["valid_from"] == START
    assert believed[-1]["valid_until"] == FOREVER
    for before, after in itertools.pairwise(believed):
        assert before["valid_until"] == after["valid_from"]


@settings(max_examples=150, deadline=None)
@given(steps, days)
def test_in_order_changes_read_as_of_a_day_equal_their_replay(moves: list[tuple[date, str, str]], on: date) -> None:
    ordered = sorted(moves, key=lambda move: move[0])
    held = next(row for row in played(ordered).believed if row["valid_from"] <= on < row["valid_until"])
    replayed: dict[str, Any] = dict(first_version(birth(START)))
    for day, name, value in ordered:
        if day <= on:
            replayed[name] = value
    assert {n: held[n] for n in ("address", "industry_code", "name")} == {
        n: replayed[n] for n in ("address", "industry_code", "name")
    }


@settings(max_examples=100, deadline=None)
@given(days, days)
def test_a_bounded_correction_holds_inside_its_days_and_nowhere_else(one: date, other: date) -> None:
    start, end = sorted((one, other))
    if start == end:
        return
    history = History(1, 1, [first_version(birth(START))])
    lay_over(history, change(1, start, until=end, revision=1, reason=Reason.CORRECTION, address="x"))
    for row in history.believed:
        inside = start <= row["valid_from"] < end
        assert (row["address"] == "x") == inside
        assert row["began_by"] in {"new", "correction"}
