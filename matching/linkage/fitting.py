"""A model fitted to the records at hand: from their codes where enough have one, else by EM; then from decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from matching.linkage.columns import Array, mixed
from matching.linkage.levels import chosen_by_levels, unpacked
from matching.linkage.pairs import PairTable
from matching.linkage.rivals import NAMES
from matching.linkage.scoring import (
    DOUBTED_BY_BOTH,
    DOUBTED_BY_ONE,
    EQUAL,
    SOFT,
    Sides,
    field_weight,
    score,
    worth_keeping,
)
from matching.linkage.training import (
    FEWEST_CODED,
    LN2,
    MOST_PAIRS,
    Trust,
    estimate_by_em,
    learn_from_codes,
    learn_from_labels,
    learn_on_top,
)
from matching.models.model import UNIT, Comparison, Model

_EQUAL, _CONFLICT = EQUAL, 6
EQUAL_LEVELS = (EQUAL, DOUBTED_BY_ONE, DOUBTED_BY_BOTH)
_TAILS_THAT_TELL = (0, 1, 2, 5, 6, 7, 8)
"""Where one is a branch and the other not, or another branch, an equal code is likely the parent's on both."""


@dataclass(frozen=True)
class Labels:
    """Decisions of people on pairs of rows: `same` says one unit."""

    left: Array
    right: Array
    same: Array

    def __len__(self) -> int:
        return len(self.left)

    def joined(self, others: Labels) -> Labels:
        """These decisions and others after them."""
        both = zip((self.left, self.right, self.same), (others.left, others.right, others.same), strict=True)
        return latest(*(np.concatenate(sides) for sides in both))


def latest(left: Array, right: Array, same: Array) -> Labels:
    """Decisions in the order they were made: of two on one pair the later stands. The lower row comes first."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    _, back = np.unique((low.astype(np.int64) << 32 | high)[::-1], return_index=True)
    kept = np.sort(len(low) - 1 - back)
    return Labels(low[kept], high[kept], same[kept])


def fit(model: Model, pairs: PairTable, sides: Sides) -> Model:
    """The model with weights learned from these pairs; the keys of record ids decide what is sampled."""
    chosen = _coded(pairs)
    levels = unpacked(pairs.pattern[chosen])
    same = levels["code"] == _EQUAL
    if min(int(same.sum()), int((~same).sum())) < FEWEST_CODED:
        return _by_em(model, pairs, sides.key)
    some = sample(sides.key, pairs.left[chosen], pairs.right[chosen])
    fields, trust = learn_from_codes(model, {name: levels[name][some] for name in SOFT}, same[some])
    return _with_rivals(_trusted(fields, trust), trust, pairs, sides)


def _trusted(model: Model, trust: Trust) -> Model:
    """Equal codes weigh what they were found to be worth; what is left of the other levels is pinned."""
    weights = model.comparison("code").weights()
    weights[_EQUAL] = np.clip(trust.weight, *_EQUAL_CODES_WEIGH)
    return model.reweighed(model.prior, {"code": weights})


_EQUAL_CODES_WEIGH = 3 * UNIT, 14 * UNIT


def _coded(pairs: PairTable) -> Array:
    """Pairs whose codes say what they are, found by other fields: such as a pair without codes must be found, too."""
    return np.flatnonzero(chosen_by_levels(pairs.pattern, _codes_tell) & pairs.by_field)


def _codes_tell(levels: Mapping[str, Array]) -> Array:
    return np.asarray(np.isin(levels["code"], [_EQUAL, _CONFLICT]) & np.isin(levels["tail"], _TAILS_THAT_TELL))


def sample(ids: Array, left: Array, right: Array, most: int = MOST_PAIRS) -> Array:
    """All pairs, or so many that their records' keys choose: the same whatever the order of rows."""
    if len(left) <= most:
        return np.arange(len(left))
    with np.errstate(over="ignore"):
        drawn = mixed(mixed(ids[left]) + mixed(ids[right]))
    return np.flatnonzero(drawn <= np.partition(drawn, most)[most])


def _with_rivals(model: Model, trust: Trust, pairs: PairTable, sides: Sides) -> Model:
    """Weights of rivals, learned with the fields' own weights given."""
    kept = worth_keeping(model, pairs)
    scored = score(model, kept, sides)
    chosen = _coded(kept)
    chosen = chosen[sample(sides.key, kept.left[chosen], kept.right[chosen], MOST_PAIRS // 2)]
    levels = {name: level[chosen] for name, level in scored.levels.items()}
    known = field_weight(model, levels)
    right = np.where(np.isin(levels["code"], EQUAL_LEVELS), trust.chance(known / UNIT * LN2), 0.0)
    learned = learn_on_top(model, {name: levels[name] for name in NAMES}, right, known)
    return replace(learned, learned={"codes": len(right), "equal_codes_right": round(trust.right, 4)})


def _by_em(model: Model, pairs: PairTable, ids: Array) -> Model:
    """Too few pairs whose codes tell: shares of each level by EM, identifiers pinned."""
    found = np.flatnonzero(pairs.by_field)
    if len(found) < FEWEST_CODED:
        return model
    found = found[sample(ids, pairs.left[found], pairs.right[found])]
    levels = unpacked(pairs.pattern[found])
    return estimate_by_em(model, {name: levels[name] for name in SOFT}, _pinned(model, levels))


def _pinned(model: Model, levels: Mapping[str, Array]) -> Array:
    """What identifiers and other pinned levels (another branch) say of each pair."""
    total = model.comparison("code").weights()[levels["code"]]
    for name in SOFT:
        comparison = model.comparison(name)
        weights = comparison.weights()
        weights[[number for number in range(len(weights)) if not _is_pinned(comparison, number)]] = 0
        total += weights[levels[name]]
    return total


def _is_pinned(comparison: Comparison, number: int) -> bool:
    return number in comparison.levels and comparison.levels[number].pinned


def fit_labels(model: Model, kept: PairTable, sides: Sides, labels: Labels) -> Model:
    """The model moved towards people's decisions on pairs that it keeps; others say nothing of weights."""
    scored = score(model, kept, sides)
    place = places_of(labels, kept, len(sides.rank))
    known = place >= 0
    if not known.any():
        return model
    levels = {name: level[place[known]] for name, level in scored.levels.items()}
    return learn_from_labels(model, levels, labels.same[known], (*SOFT, *NAMES))


def places_of(labels: Labels, kept: PairTable, count: int) -> Array:
    """Where each labelled pair stands among those kept, -1 where it does not."""
    if not len(labels):
        return np.zeros(0, np.int64)
    keys = kept.left.astype(np.int64) * count + kept.right
    order = np.argsort(keys)
    wanted = labels.left.astype(np.int64) * count + labels.right
    place = np.minimum(np.searchsorted(keys, wanted, sorter=order), max(len(keys) - 1, 0))
    return np.where(keys[order[place]] == wanted, order[place], -1) if len(keys) else np.full(len(wanted), -1)
