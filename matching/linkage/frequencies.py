"""How many records bear a value: what makes an agreement weigh more or less, and which keys are too common to block on.

Counts are of records and not shares: two records that agree on a name borne by three have the same three to choose
from in a district and in a province, so that a weight learned on one size holds on another (matching-lessons.md §4:
thresholds on shares drift with size).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.linkage.cleaning import Records
from matching.linkage.columns import Array, within
from matching.linkage.keys import RENAMED, RULES, crowded_keys, rule_keys

COUNTED = ("code", "whole", "stem", "core", "stem_sound", "person", "phone", "door")
BUCKETS = (3, 6, 12, 30, 100)
"""A value belongs to the first of these it does not exceed; values above the last have a bucket of their own."""


@dataclass(frozen=True)
class Frequencies:
    """`counts`: for each counted column the keys that more than `BUCKETS[0]` records bear, sorted, and their buckets.

    `crowded`: keys to pass over by blocking rule.
    `shared`: valid codes that records of different branch parts bear, sorted: some of them bear their parent's.
    """

    records: int
    counts: Mapping[str, tuple[Array, Array]]
    crowded: Mapping[str, Array]
    shared: Array

    def buckets(self, name: str, keys: Array) -> Array:
        """The bucket of each key; a key nobody counted is rare."""
        known, buckets = self.counts[name]
        if not len(known):
            return np.zeros(len(keys), np.int8)
        place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[place] == keys, buckets[place], np.int8(0))


def count_frequencies(records: Records, first_new: int = 0) -> Frequencies:
    """With `first_new`, of the keys that records from there on bear: no others are asked for when those alone are compared."""
    keys = rule_keys(records)
    crowded = {
        rule.name: crowded_keys(_borne(key, key[first_new:], first_new), rule.most)
        for rule, key in zip(RULES, keys, strict=True)
    }
    whole, (rows, formers) = records.keys["whole"], records.formers
    named = np.r_[whole[first_new:], formers[rows >= first_new]]
    crowded[RENAMED.name] = crowded_keys(_borne(whole, named, first_new), RENAMED.most)
    columns = {name: records.keys[name] for name in COUNTED}
    counts = {name: _counted(_borne(key, _asked(records, name, first_new), first_new)) for name, key in columns.items()}
    return Frequencies(len(records), counts, crowded, _shared_codes(records))


def _asked(records: Records, name: str, first_new: int) -> Array:
    """A telephone is asked for as the second of a cell, too."""
    own = records.keys[name][first_new:]
    return np.r_[own, records.keys["second_phone"][first_new:]] if name == "phone" else own


def _borne(keys: Array, wanted: Array, first_new: int) -> Array:
    return keys[within(keys, np.unique(wanted[wanted != 0]))] if first_new else keys


def _shared_codes(records: Records) -> Array:
    rows = np.flatnonzero(records.keys["valid"])
    code, tail = records.keys["valid"][rows], records.keys["tail"][rows]
    order = np.lexsort((tail, code))
    code, tail = code[order], tail[order]
    return np.unique(code[1:][(code[1:] == code[:-1]) & (tail[1:] != tail[:-1])])


def _counted(keys: Array) -> tuple[Array, Array]:
    values, counts = np.unique(keys[keys != 0], return_counts=True)
    several = counts > BUCKETS[0]
    return values[several], np.searchsorted(BUCKETS, counts[several]).astype(np.int8)
