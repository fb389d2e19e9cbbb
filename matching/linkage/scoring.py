"""From levels to weights and decisions: sums of whole numbers, so that every explanation adds up exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from matching.linkage.cleaning import Records
from matching.linkage.columns import Array, keys_of
from matching.linkage.levels import COMPARISONS, chosen_by_levels, unpacked
from matching.linkage.pairs import PairTable
from matching.linkage.rivals import FLOOR, NAMES, rival_levels
from matching.linkage.vetoes import KIND, kind_levels
from matching.models.model import Model

SOFT = tuple(name for name in COMPARISONS if name != "code")
"""Comparisons of what is no identifier."""


@dataclass(frozen=True)
class Sides:
    """The records, and of each row its source as a small number, its place by record id, and a key of that id."""

    records: Records
    source: Array
    rank: Array
    key: Array


def sides_of(records: Records) -> Sides:
    rank = np.empty(len(records), np.int64)
    rank[pc.sort_indices(records.ids).to_numpy()] = np.arange(len(records))
    source = np.unique(records.keys["source"], return_inverse=True)[1].astype(np.int64)
    return Sides(records, source, rank, keys_of(records.ids))


@dataclass(frozen=True)
class Scored:
    """Pairs worth keeping, their levels with those of rivals, and their match weights in 1/1000 bit."""

    pairs: PairTable
    levels: Mapping[str, Array]
    weight: Array


def weigh(model: Model, levels: Mapping[str, Array], names: tuple[str, ...]) -> Array:
    """Sum of the weights of some comparisons."""
    total = np.zeros(len(next(iter(levels.values()))), np.int32)
    for name in names:
        total += model.comparison(name).weights().astype(np.int32)[levels[name]]
    return total


def field_weight(model: Model, levels: Mapping[str, Array]) -> Array:
    """What prior and fields say, without identifiers and rivals."""
    return weigh(model, levels, SOFT) + np.int32(model.prior)


def worth_keeping(model: Model, pairs: PairTable, *, equal_codes: bool = False) -> PairTable:
    """Pairs that may be shown, or stand as rivals to those that may; the others are dropped.

    `equal_codes`: pairs of one identifier are kept whatever else they say.
    """
    most = sum(int(model.comparison(name).weights().max()) for name in (KIND, *NAMES))
    least = model.thresholds.review - most

    def may_matter(levels: Mapping[str, Array]) -> Array:
        soft = field_weight(model, levels)
        found = (soft >= FLOOR) | (soft + weigh(model, levels, ("code",)) >= least)
        return np.asarray(found | np.isin(levels["code"], IDENTICAL) if equal_codes else found)

    return pairs.chosen(chosen_by_levels(pairs.pattern, may_matter))


EQUAL, DOUBTED_BY_ONE, DOUBTED_BY_BOTH = 1, 8, 9
"""Levels of `code`: equal valid ones; the same where one record, or both, fit another record of that source better."""
IDENTICAL = (EQUAL, 3, 10, DOUBTED_BY_ONE, DOUBTED_BY_BOTH)
"""Levels of `code` at which both bear one valid identifier: credit code, organisation code or registration number."""
_BEHIND = 4
"""The last level of a rival that fits better."""


def _doubted(levels: Mapping[str, Array]) -> Array:
    """Who carries the code of a parent, or that of the line above, fits the unit whose own it is less well than another."""
    worse, better = (levels[name] <= _BEHIND for name in NAMES)
    return np.where(
        levels["code"] == EQUAL,
        np.select([better, worse], [np.int8(DOUBTED_BY_BOTH), np.int8(DOUBTED_BY_ONE)], np.int8(EQUAL)),
        levels["code"],
    )


def score(model: Model, pairs: PairTable, sides: Sides) -> Scored:
    """Match weights of pairs that were found worth keeping."""
    levels = unpacked(pairs.pattern)
    soft = field_weight(model, levels)
    levels |= rival_levels(pairs.left, pairs.right, soft, sides.source, sides.rank)
    levels["code"] = _doubted(levels)
    levels[KIND] = kind_levels(sides.records, pairs.left, pairs.right, levels["tail"])
    return Scored(pairs, levels, soft + weigh(model, levels, ("code", KIND, *NAMES)))
