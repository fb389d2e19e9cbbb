"""From weights to decisions: what joins without a person, what a person is asked, what neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.linkage.columns import Array
from matching.linkage.fitting import Labels
from matching.linkage.scoring import DOUBTED_BY_BOTH, IDENTICAL, Scored
from matching.linkage.vetoes import KIND, ONE_IS_BRANCH, OTHER, PARENT_AND_BRANCH, PART_LEFT_OUT, forbidden
from matching.models.model import Thresholds

MATCH, REVIEW = "match", "review"


@dataclass(frozen=True)
class Policy:
    """What needs no person, and what no person is asked.

    Attributes:
        equal_codes: one valid identifier joins unless something speaks against it, and is asked about when it does; what is
            forbidden is not asked about. Else weights alone decide.
        one_held: a cluster holds one of the held records at most.
    """

    equal_codes: bool = False
    one_held: bool = False


BY_WEIGHT = Policy()
OF_THE_REGISTER = Policy(equal_codes=True, one_held=True)
"""Promise 7 of DESIGN.md: names alone go to a person, unless the thresholds say from which weight on they do not."""

_DIFFERENT_NAMES = 27
"""A level of `name`."""


def joins(scored: Scored, thresholds: Thresholds, policy: Policy) -> Array:
    """Pairs that join without a person, as far as no constraint of clusters keeps them apart."""
    found = np.zeros(len(scored.weight), bool)
    if thresholds.match is not None:
        found |= scored.weight >= thresholds.match
    if not policy.equal_codes:
        return np.asarray(found & (scored.levels[KIND] < PARENT_AND_BRANCH))
    by_code = np.isin(scored.levels["code"], IDENTICAL) & ~_contradicted(scored.levels)
    return np.asarray((found | by_code) & (forbidden(scored.levels) == 0))


def asks(scored: Scored, thresholds: Thresholds, policy: Policy) -> Array:
    """Pairs that a person is shown when they do not join."""
    found = scored.weight >= thresholds.review
    if policy.equal_codes:
        # who wrote a branch's name beside its parent's code is told from the parent by what else they say
        found |= np.isin(scored.levels["code"], IDENTICAL) & (scored.levels["tail"] != ONE_IS_BRANCH)
        found &= forbidden(scored.levels) == 0
    return np.asarray(found)


def _contradicted(levels: Mapping[str, Array]) -> Array:
    """Where names, unit types, a branch part on one side, or better candidates of both, speak against one identifier."""
    found = (levels["name"] == _DIFFERENT_NAMES) | (levels[KIND] == OTHER) | (levels["code"] == DOUBTED_BY_BOTH)
    return np.asarray(found | np.isin(levels["tail"], (ONE_IS_BRANCH, PART_LEFT_OUT)))


def said_of(left: Array, right: Array, labels: Labels, count: int) -> Array:
    """1 or 0 where people said same or different, -1 where they said nothing."""
    said = np.full(len(left), -1, np.int8)
    if len(labels):
        keys = np.minimum(left, right).astype(np.int64) * count + np.maximum(left, right)
        wanted = labels.left.astype(np.int64) * count + labels.right
        order = np.argsort(wanted)
        place = np.minimum(np.searchsorted(wanted[order], keys), len(wanted) - 1)
        hit = wanted[order][place] == keys
        said[hit] = labels.same[order][place[hit]]
    return said


def decisions(shown: Array, joined: Array, said: Array, together: Array) -> Array:
    """A match is a pair that joins and that no constraint refused; a refused one is for a person."""
    return np.select([said == 0, joined & together, shown | joined], ["", MATCH, REVIEW], "")
