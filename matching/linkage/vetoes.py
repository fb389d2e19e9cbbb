"""What kind of unit each side is, and what forbids that two records are one unit whatever else agrees.

A branch is not its parent even when it carries the parent's code (18 % of census branch rows do), a 本部 (code `…B`) is not its
legal unit, and of one unit's establishments the 本部 and another differ (identifiers.md §6). Two different valid codes never
merge on their names (DESIGN.md, promise 7), nor do two branches of different names.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matching.linkage.cleaning import Records
from matching.linkage.columns import Array
from matching.linkage.identifiers import ESTABLISHMENT, LEGAL_UNIT

KIND = "kind"
"""The comparison of unit types, looked at on pairs worth keeping alone; its levels follow."""
ALIKE, OTHER, PARENT_AND_BRANCH, HEAD_OFFICE, OTHER_PART = 1, 2, 3, 4, 5

ONE_IS_BRANCH, _DIFFERENT_BRANCHES, PART_LEFT_OUT = 3, 4, 8
"""Levels of `tail`; at the last one side alone has a branch part, but both were founded in one month at one door."""
_TWO_CODES = 6
"""A level of `code`."""

VETOES = ("", "two_codes", "different_branches", "parent_and_branch", "head_office_and_branch")


def kind_levels(records: Records, left: Array, right: Array, tail: Array) -> Array:
    """1 equal unit types; 2 different ones; 3 parent and branch; 4 legal unit and its 本部; 5 本部 and another establishment."""
    one, other = (records.numbers["unit_type"][side] for side in (left, right))
    known = (one != 0) & (other != 0)
    parts = tuple(records.keys["part_kind"][side] for side in (left, right))
    cases = [
        (parts[0] != 0) & (parts[1] != 0) & (parts[0] != parts[1]),
        _head_office(records, left, right),
        _parent_and_branch(records, left, right, tail),
        known & (one != other),
        known,
    ]
    return np.select(cases, [OTHER_PART, HEAD_OFFICE, PARENT_AND_BRANCH, OTHER, ALIKE], 0).astype(np.int8)


def _parent_and_branch(records: Records, left: Array, right: Array, tail: Array) -> Array:
    """By unit types and a branch part or a parent's code on one side; where a type is unknown, by the parent's code alone."""
    types = [records.numbers["unit_type"][side] for side in (left, right)]
    mixed = (np.minimum(*types) == LEGAL_UNIT) & (np.maximum(*types) == ESTABLISHMENT)
    unknown = np.minimum(*types) == 0
    branch = [(records.numbers["is_branch"][side] == 1) | (records.keys["parent"][side] != 0) for side in (left, right)]
    names, named = (_names_parent(records, *sides) for sides in ((left, right), (right, left)))
    by_type = mixed & (np.isin(tail, (ONE_IS_BRANCH, _DIFFERENT_BRANCHES, PART_LEFT_OUT)) | names | named)
    return np.asarray(by_type | (unknown & ((names & ~branch[1]) | (named & ~branch[0]))))


def _names_parent(records: Records, child: Array, other: Array) -> Array:
    """Where one side gives the code of the other as its parent's."""
    found = np.zeros(len(child), bool)
    for parent, own in (("parent", "code"), ("parent_org", "org")):
        stated = records.keys[parent][child]
        found |= (stated != 0) & (stated == records.keys[own][other])
    return found


def _head_office(records: Records, left: Array, right: Array) -> Array:
    """One organisation code is that of the other side's 本部: its first eight characters and `B`."""
    heads = [records.keys["head_office"][side] != 0 for side in (left, right)]
    body = [records.keys["org_body"][side] for side in (left, right)]
    return np.asarray((heads[0] != heads[1]) & (body[0] == body[1]) & (body[0] != 0))


def forbidden(levels: Mapping[str, Array]) -> Array:
    """The place in `VETOES` of what forbids each pair, 0 where nothing does."""
    kind = levels[KIND]
    cases = [
        levels["code"] == _TWO_CODES,
        levels["tail"] == _DIFFERENT_BRANCHES,
        (kind == PARENT_AND_BRANCH) | (kind == HEAD_OFFICE),
        kind == OTHER_PART,
    ]
    return np.select(cases, range(1, len(VETOES)), 0).astype(np.int8)
