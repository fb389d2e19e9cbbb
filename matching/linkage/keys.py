"""Blocking rules: which pairs are worth comparing, found by sorted joins on 64-bit keys.

A key that very many records share (an agent's telephone, a cluster address, a common trade name) says little and
would cost much; it is passed over and counted. Which keys those are is kept with the frequencies of a run, so that
records added later meet the same guards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.linkage.cleaning import Records
from matching.linkage.columns import Array, combined, within


@dataclass(frozen=True)
class Rule:
    """`columns` make the key; `most` records may share one. `zh` and `en` say what the two records share.

    `by_code`: the rule looks at identifiers, so what it finds says nothing of how well the other fields find.
    """

    name: str
    columns: tuple[str, ...]
    most: int
    zh: str
    en: str
    by_code: bool = False


RULES: tuple[Rule, ...] = (
    Rule("name", ("whole",), 40, "名称", "name"),
    Rule("trade_name_activity", ("stem",), 30, "字号和行业词", "trade name and activity"),
    Rule("trade_name", ("long_core",), 30, "字号", "trade name"),
    Rule("trade_name_sound_activity", ("stem_sound",), 30, "字号和行业词读音", "sound of trade name and activity"),
    Rule("trade_name_shape", ("stem_shape",), 30, "字号和行业词字形", "shape of trade name and activity"),
    Rule("sound_person", ("core_sound", "person_sound"), 40, "字号读音和负责人", "sound of trade name, head"),
    Rule("sound_road", ("core_sound", "road"), 40, "字号读音和路", "sound of trade name, road"),
    Rule("sound_phone", ("core_sound", "phone"), 40, "字号读音和电话", "sound of trade name, telephone"),
    Rule("sound_month", ("core_sound", "month"), 40, "字号读音和成立年月", "sound of trade name, month of founding"),
    Rule("phone_person", ("phone", "person_sound"), 30, "电话和负责人", "telephone, head"),
    Rule("phone_road", ("phone", "road"), 20, "电话和路", "telephone, road"),
    Rule("phone_first", ("phone", "core_start"), 20, "电话和字号首字", "telephone, first character"),
    Rule("person_road", ("person", "road"), 20, "负责人和路", "head, road"),
    Rule("person_month", ("person_sound", "month"), 20, "负责人和成立年月", "head, month of founding"),
    Rule("place_month", ("door", "month"), 12, "门牌和成立年月", "road and number, month of founding"),
    Rule("place_room", ("door", "room", "core_start"), 12, "房间和字号首字", "room, first character"),
    Rule("organisation", ("org",), 60, "组织机构代码", "organisation code", by_code=True),
    Rule("code", ("code",), 60, "代码", "code", by_code=True),
    Rule("registration", ("reg",), 60, "登记注册号", "registration number", by_code=True),
)
RENAMED = Rule("former_name", ("former",), 30, "曾用名", "former name")
"""Not an equal key of both: a former name of one is the name of the other."""

DECIDED = Rule("decided", (), 0, "人工判定", "a person's decision", by_code=True)
"""Pairs that people called one unit and that no rule found."""

ALL_RULES = (RENAMED, *RULES, DECIDED)
"""In the order in which they find pairs; a pair belongs to the first rule that finds it."""

FIRST_BY_CODE = min(place for place, rule in enumerate(ALL_RULES) if rule.by_code)
CHUNK = 1 << 19


@dataclass(frozen=True)
class Block:
    """Pairs of rows (left before right) that one rule found first; `costs`: pairs it made to find them."""

    left: Array
    right: Array
    rule: int
    costs: int


def rule_keys(records: Records) -> list[Array]:
    """A key for each record and rule of `RULES`, 0 for none."""
    # the name of the rule is no part of the key: rules are joined one by one
    return [combined(records.keys[name] for name in rule.columns) for rule in RULES]


def crowded_keys(keys: Array, most: int) -> Array:
    """Keys that more than `most` records share, sorted."""
    values, counts = np.unique(keys[keys != 0], return_counts=True)
    return values[counts > most]


def without(keys: Array, crowded: Array) -> Array:
    """The keys with those taken out that too many records share."""
    return np.where(within(keys, crowded), np.uint64(0), keys)


def iter_blocks(records: Records, keys: list[Array], crowded_names: Array, first_new: int) -> Iterator[Block]:
    """Every pair once, by the first rule that finds it, of which one record at least is new (row `first_new` or later)."""
    former = _former_pairs(records, first_new, crowded_names)
    for start in range(0, len(former[0]), CHUNK):
        part = slice(start, start + CHUNK)
        yield Block(former[0][part], former[1][part], 0, len(former[0][part]))
    known = _Known(records, former)
    for place, key in enumerate(keys):
        for left, right in _equal_pairs(key, first_new):
            fresh = known.fresh(left, right, keys[:place])
            yield Block(left[fresh], right[fresh], place + 1, len(left))


class _Known:
    """Which pairs an earlier rule has found."""

    def __init__(self, records: Records, former: tuple[Array, Array]) -> None:
        self._count = np.int64(len(records))
        self._former = former[0].astype(np.int64) * self._count + former[1]

    def fresh(self, left: Array, right: Array, earlier: list[Array]) -> Array:
        fresh = ~within(left.astype(np.int64) * self._count + right, self._former)
        for key in earlier:
            rows = np.flatnonzero(fresh)  # what is known already need not be looked at again
            own = key[left[rows]]
            fresh[rows] = (own != key[right[rows]]) | (own == 0)
        return fresh


def _equal_pairs(key: Array, first_new: int) -> Iterator[tuple[Array, Array]]:
    """Pairs of rows with an equal key, in chunks of about `CHUNK`, in an order that the keys alone decide."""
    waiting: list[tuple[Array, Array]] = []
    for left, right in _pairs_by_size(key, first_new):
        waiting.append((left, right))
        if sum(len(side) for side, _ in waiting) >= CHUNK // 2:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    return np.concatenate([left for left, _ in parts]), np.concatenate([right for _, right in parts])


def _pairs_by_size(key: Array, first_new: int) -> Iterator[tuple[Array, Array]]:
    """The pairs of all keys that as many rows share, for one such number after the other."""
    rows = np.flatnonzero(key).astype(np.int32)
    if first_new:
        rows = rows[within(key[rows], np.unique(key[first_new:]))]
    rows = rows[np.argsort(key[rows], kind="stable")]
    ordered = key[rows]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(rows) else rows
    sizes = np.diff(np.r_[starts, len(rows)])
    for size in np.unique(sizes[sizes > 1]):
        one, other = np.triu_indices(size, 1)
        groups = starts[sizes == size]
        step = max(1, CHUNK // len(one))
        for begin in range(0, len(groups), step):
            places = groups[begin : begin + step, None]
            left, right = rows[(places + one).ravel()], rows[(places + other).ravel()]
            new = right >= first_new  # rows rise within a key, so the right one is the newer
            yield left[new], right[new]


def _former_pairs(records: Records, first_new: int, crowded: Array) -> tuple[Array, Array]:
    """Pairs in which one side bears a former name of the other, sorted."""
    rows, formers = records.formers
    keep = ~within(formers, crowded) & (formers != 0)
    rows, formers = rows[keep], formers[keep]
    order = np.argsort(formers, kind="stable")
    rows, formers, names = rows[order], formers[order], records.keys["whole"]
    low, high = np.searchsorted(formers, names, "left"), np.searchsorted(formers, names, "right")
    counts = high - low
    bearers = np.repeat(np.arange(len(names)), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    once = rows[np.repeat(low, counts) + offsets]
    left, right = np.minimum(bearers, once), np.maximum(bearers, once)
    chosen = (left != right) & (right >= first_new)
    pairs = np.unique(left[chosen].astype(np.int64) * len(names) + right[chosen])
    count = max(len(names), 1)
    return (pairs // count).astype(np.int32), (pairs % count).astype(np.int32)
