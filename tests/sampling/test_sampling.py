"""Samples by permanent random numbers: sizes, repeatability, independence of row order, right probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.crypto import Keys
from sampling.allocation import neyman, proportional
from sampling.numbers import RANGE, as_fractions, moved, shifted, start_at, start_of
from sampling.selection import MAIN, draw_by_number
from sampling.strata import stratify
from sampling.unequal import draw_by_size, inclusion_probabilities

NUMBERS = st.integers(0, RANGE - 1)


@st.composite
def populations(draw):
    """Unit ids, numbers (ties on purpose), strata, sample sizes and reserves that the strata can give."""
    count = draw(st.integers(1, 60))
    strata = draw(st.integers(1, 5))
    ids = draw(st.lists(st.integers(1, 10_000), min_size=count, max_size=count, unique=True))
    numbers = draw(st.lists(st.one_of(NUMBERS, st.integers(0, 3)), min_size=count, max_size=count))
    stratum = np.array(draw(st.lists(st.integers(0, strata - 1), min_size=count, max_size=count)))
    sizes = [draw(st.integers(0, int(held))) for held in np.bincount(stratum, minlength=strata)]
    return np.array(ids), np.array(numbers), stratum, np.array(sizes), draw(st.integers(0, 3))


@given(populations(), NUMBERS)
def test_each_stratum_gives_its_nearest_units_in_order(population, start):
    ids, numbers, stratum, sizes, reserves = population
    draw = draw_by_number(ids, numbers, stratum, sizes, start=start, reserves=reserves)
    for h, size in enumerate(sizes):
        members = np.flatnonzero(stratum == h)
        by_hand = sorted(members, key=lambda row: ((int(numbers[row]) - start) % RANGE, ids[row]))[: size + reserves]
        assert list(draw.rows[draw.stratum == h]) == by_hand
        assert list(draw.role[draw.stratum == h]) == [0] * size + [1] * (len(by_hand) - size)


@given(populations(), NUMBERS, st.randoms())
def test_the_order_of_the_rows_never_matters(population, start, random):
    ids, numbers, stratum, sizes, reserves = population
    shuffle = list(range(len(ids)))
    random.shuffle(shuffle)
    one = draw_by_number(ids, numbers, stratum, sizes, start=start, reserves=reserves)
    other = draw_by_number(ids[shuffle], numbers[shuffle], stratum[shuffle], sizes, start=start, reserves=reserves)
    assert list(ids[one.rows]) == list(ids[shuffle][other.rows])


@given(populations(), NUMBERS)
def test_weights_of_a_stratum_add_up_to_its_units(population, start):
    ids, numbers, stratum, sizes, reserves = population
    draw = draw_by_number(ids, numbers, stratum, sizes, start=start, reserves=reserves)
    main = draw.role == MAIN
    for h in np.flatnonzero(sizes):
        here = main & (draw.stratum == h)
        assert draw.weight[here].sum() == pytest.approx(np.count_nonzero(stratum == h))
        assert (draw.probability[here] * draw.weight[here]) == pytest.approx(1)


@given(populations(), NUMBERS)
def test_a_larger_sample_holds_the_smaller_one(population, start):
    ids, numbers, stratum, sizes, _ = population
    small = draw_by_number(ids, numbers, stratum, sizes // 2, start=start)
    large = draw_by_number(ids, numbers, stratum, sizes, start=start)
    assert set(small.main) <= set(large.main)


def test_a_stratum_asked_for_more_than_it_holds_is_refused():
    with pytest.raises(ValueError, match="stratum 1 holds 1 units, 2 are asked for"):
        draw_by_number([1, 2, 3], [5, 6, 7], [0, 0, 1], [1, 2], start=0)


def test_many_units_are_drawn_as_a_full_sort_would():
    random = np.random.default_rng(7)
    count, strata = 200_000, 50
    ids, stratum = np.arange(1, count + 1), random.integers(0, strata, count)
    numbers = random.integers(0, RANGE, count)
    sizes = random.integers(0, 500, strata)
    draw = draw_by_number(ids, numbers, stratum, sizes, start=start_of("seed"), reserves=5)
    order = np.lexsort((ids, shifted(numbers, start_of("seed")), stratum))
    expected = [order[stratum[order] == h][: sizes[h] + 5] for h in range(strata)]
    assert np.array_equal(draw.rows, np.concatenate(expected))


def test_numbers_all_near_one_end_still_fill_the_sample():
    draw = draw_by_number(np.arange(1000), np.full(1000, RANGE - 1), np.zeros(1000, int), [10], start=0)
    assert list(draw.rows) == list(range(10))


def test_each_unit_is_drawn_as_often_as_its_probability_says():
    random = np.random.default_rng(11)
    hits, rounds = np.zeros(40), 4000
    for _ in range(rounds):
        draw = draw_by_number(np.arange(40), random.integers(0, RANGE, 40), np.zeros(40, int), [10], start=99)
        hits[draw.main] += 1
    assert np.abs(hits / rounds - 0.25).max() < 0.03


def test_numbers_of_the_register_are_spread_evenly():
    keys = Keys(bytes(range(32)))
    u = as_fractions([keys.random_number(unit_id) for unit_id in range(1, 20_001)])
    assert u.min() >= 0
    assert u.max() < 1
    counts = np.bincount((u * 20).astype(int), minlength=20)
    assert ((counts - 1000) ** 2 / 1000).sum() < 43.8  # chi-square, 19 degrees of freedom, 0.1 %


def test_a_number_and_its_fraction_say_the_same():
    assert as_fractions([RANGE - 1])[0] == 1 - 2**-53
    with pytest.raises(ValueError, match="53 bits"):
        as_fractions([RANGE])


@given(NUMBERS, NUMBERS)
def test_distance_is_where_the_number_lies_behind_the_start(number, start):
    assert (int(shifted([number], start)[0]) + start) % RANGE == number


def test_starts_are_exact_and_go_round():
    assert start_at("0.25") == RANGE // 4
    assert moved(start_at("0.75"), "0.5") == start_at("0.25")
    assert start_of("2025") == start_of("2025") != start_of("2026")
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        start_at(1)


def test_strata_are_the_combinations_that_occur():
    strata = stratify(["52", "61", "52", "52"], ["a", "a", "b", "a"])
    assert strata.labels == (("52", "a"), ("52", "b"), ("61", "a"))
    assert list(strata.of) == [0, 2, 1, 0]
    assert list(strata.sizes) == [2, 1, 1]
    assert list(strata.per_stratum({("52", "a"): 2, ("52", "b"): 1, ("61", "a"): 0})) == [2, 1, 0]
    with pytest.raises(ValueError, match="without a number"):
        strata.per_stratum({("52", "a"): 2})


@given(
    st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1000)), min_size=1, max_size=30),
    st.floats(0, 1),
    st.integers(0, 3),
)
@settings(max_examples=300)
def test_an_allocation_keeps_total_minimum_and_sizes(strata, fraction, minimum):
    sizes = np.array([size for size, _ in strata])
    deviations = np.array([s for _, s in strata])
    floor = np.minimum(minimum, sizes)
    total = int(floor.sum() + fraction * (sizes.sum() - floor.sum()))
    result = neyman(sizes, deviations, total, minimum=minimum)
    assert result.sum() == total
    assert np.all(result >= floor)
    assert np.all(result <= sizes)


def test_neyman_gives_the_textbook_split():
    # N = 400, 300, 200, 100 and S = 4, 8, 6, 20: N S = 1600, 2400, 1200, 2000 of 7200
    assert list(neyman([400, 300, 200, 100], [4, 8, 6, 20], 72)) == [16, 24, 12, 20]
    assert list(proportional([400, 300, 200, 100], 100)) == [40, 30, 20, 10]


def test_a_stratum_that_would_get_too_much_is_taken_whole():
    assert list(neyman([10, 1000], [1000, 1], 60)) == [10, 50]


def test_an_impossible_total_is_refused():
    with pytest.raises(ValueError, match="at most 5"):
        proportional([2, 3], 6)


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=50), st.data())
def test_probabilities_by_size_add_up_and_never_exceed_one(sizes, data):
    count = data.draw(st.integers(0, len(sizes)))
    probability = inclusion_probabilities(sizes, count)
    assert probability.sum() == pytest.approx(count)
    assert probability.max(initial=0) <= 1 + 1e-12


@pytest.mark.parametrize("method", ["pareto", "sequential_poisson"])
def test_a_draw_by_size_holds_the_certain_units_and_the_right_shares(method):
    sizes = np.array([1000.0, *np.linspace(1, 10, 30)])
    probability = inclusion_probabilities(sizes, 8)
    assert probability[0] == 1
    random = np.random.default_rng(3)
    hits = np.zeros(31)
    for _ in range(4000):
        rows = draw_by_size(np.arange(31), random.integers(0, RANGE, 31), probability, start=0, method=method)
        assert len(rows) == 8
        hits[rows] += 1
    assert hits[0] == 4000
    assert np.abs(hits / 4000 - probability).max() < 0.04


def test_a_size_of_zero_is_not_dropped_in_silence():
    with pytest.raises(ValueError, match="greater than zero"):
        inclusion_probabilities([1, 0], 1)
