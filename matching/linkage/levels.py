"""Comparisons on columns of pairs: for each kind of evidence, a small whole number that says how the two compare.

0 is "one side missing" everywhere. What a level means stands in words in the model file. Distances count characters
(databases count bytes, under which a one-character change in Chinese is three), each different pair of values once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from matching.linkage.cleaning import Records
from matching.linkage.columns import Array, mixed, within
from matching.linkage.frequencies import COUNTED, Frequencies
from matching.linkage.identifiers import CREDIT_CODE
from matching.models.model import Comparison, Model, load_model
from matching.standardise.areas import compare_areas


class Context:
    """Records with what comparisons need besides their values."""

    def __init__(self, records: Records, frequencies: Frequencies, unique: Array, first_new: int = 0) -> None:
        """`unique`: which records come from a source that holds each unit once; new ones begin at `first_new`."""
        self.records, self.unique, self.frequencies = records, unique, frequencies
        self.formers = records.formers[0], np.sort(_at(*records.formers))
        # where few records are new there are fewer pairs than records, and buckets are looked up by pair
        self.buckets = {} if first_new else {name: frequencies.buckets(name, records.keys[name]) for name in COUNTED}


class Pairs:
    """Two columns of rows, and what their values have in common."""

    def __init__(self, context: Context, left: Array, right: Array) -> None:
        self.context, self.records, self.left, self.right = context, context.records, left, right
        self._keys: dict[str, tuple[Array, Array]] = {}

    def __len__(self) -> int:
        return len(self.left)

    def keys(self, name: str) -> tuple[Array, Array]:
        if name not in self._keys:
            self._keys[name] = self.take(self.records.keys[name])
        return self._keys[name]

    def both(self, name: str) -> Array:
        left, right = self.keys(name)
        return np.asarray((left != 0) & (right != 0))

    def equal(self, name: str) -> Array:
        left, right = self.keys(name)
        return np.asarray((left == right) & (left != 0))

    def bucket(self, name: str) -> Array:
        """How common the left value is (of use where both are equal)."""
        held = self.context.buckets
        return held[name][self.left] if held else self.context.frequencies.buckets(name, self.keys(name)[0])

    def take(self, column: Array) -> tuple[Array, Array]:
        return column[self.left], column[self.right]

    def texts(self, name: str, rows: Array) -> tuple[list[str], list[str]]:
        texts = self.records.texts[name]
        return texts.take(self.left[rows]).to_pylist(), texts.take(self.right[rows]).to_pylist()

    def bears_shared_code(self, rows: Array) -> Array:
        """Where one of the two bears a code that is also borne under another branch part."""
        shared = self.context.frequencies.shared
        left, right = (within(side[rows], shared) for side in self.keys("valid"))
        return np.asarray(left | right)

    def renamed(self) -> Array:
        """Where one side gives the name of the other as a former one."""
        one, other = (
            self._bears(former, whole) for former, whole in ((self.left, self.right), (self.right, self.left))
        )
        return one | other

    def _bears(self, former: Array, whole: Array) -> Array:
        rows, names = self.context.formers
        wanted = self.records.keys["whole"][whole]
        found = within(_at(former, wanted), names) if len(rows) else np.zeros(len(former), bool)
        return np.asarray(found & (wanted != 0))

    def one_digit_apart(self) -> Array:
        return np.isin(np.abs(np.subtract(*self.take(self.records.numbers["phone_number"]))), _ONE_SLIP)

    def scored(self, name: str, where: Array, scorer: Callable[..., float]) -> Array:
        """The scorer on the values of the pairs at `where`, each different pair of values once; 0 elsewhere."""
        rows = np.flatnonzero(where)
        result = np.zeros(len(self), np.float32)
        if len(rows):
            left, right = (side[rows] for side in self.keys(name))
            with np.errstate(over="ignore"):
                meeting = mixed(left) + mixed(right)  # the same for either order
            _, first, back = np.unique(meeting, return_index=True, return_inverse=True)
            one, other = self.texts(name, rows[first])
            result[rows] = process.cpdist(one, other, scorer=scorer, workers=1)[back]
        return result


def _at(row: Array, key: Array) -> Array:
    """One key of a row and a key."""
    with np.errstate(over="ignore"):
        return mixed(mixed(row.astype(np.uint64)) ^ key)


def _pick(size: int, *cases: tuple[Array, int | Array]) -> Array:
    """The level of the first case that holds, 0 where none does; a level may be a column of levels."""
    result = np.zeros(size, dtype=np.int8)
    for case, level in reversed(cases):
        if isinstance(level, int):
            result[case] = level
        else:
            result[case] = level[case]
    return result


def _steps(bucket: Array, first: int, *starts: int) -> Array:
    """Levels from `first` on, one more from each of these buckets on."""
    return (first + np.searchsorted(np.array(starts), bucket, "right")).astype(np.int8)


_EVERYBODYS = 2
"""From this bucket on a number that is no valid code (a placeholder, an agent's) says nothing."""


def code(pairs: Pairs) -> Array:
    """1 equal valid; 2 equal, not valid; 3 equal organisation codes; 4 near, one invalid; 5 two branches; 6 conflict; 7 far.

    10 equal registration numbers; 11 equal organisation part of codes of which one fails its check. 5 needs one of the codes to
    be borne under another branch part, too; two codes that are each a branch's own conflict. A registration number and a credit
    code cannot be compared and count as missing.
    """
    valid, equal, org = pairs.both("valid"), pairs.equal("code"), pairs.equal("org")
    kind, other = pairs.take(pairs.records.numbers["code_kind"])
    sure = np.minimum(*pairs.take(pairs.records.numbers["org_sure"])) == 1
    unsound = (kind == CREDIT_CODE) & (other == CREDIT_CODE) & ~valid & ~equal
    near = unsound & (pairs.scored("code", unsound, Levenshtein.normalized_similarity) >= 0.88)
    branches = valid & (np.minimum(*pairs.take(pairs.records.numbers["is_branch"])) == 1)
    branches[branches] = pairs.bears_shared_code(np.flatnonzero(branches))
    return _pick(
        len(pairs), (equal & valid, 1), (pairs.equal("reg") & ~valid, 10), (org & sure, 3),
        (equal & (pairs.bucket("code") < _EVERYBODYS), 2), (equal, 0), (org, 11),
        (near, 4), (branches, 5), (valid, 6), (unsound | pairs.both("org"), 7),
    )  # fmt: skip


def name(pairs: Pairs) -> Array:
    """Whole, trade name with activity, former, trade name, by sound, by shape, similar; the common ones apart.

    1–6 whole by bucket; 7–12 trade name and activity by bucket; 13 former; 14–16 trade name, an activity unknown;
    17–19 trade name, other activity; 20–22 sound of both; 23 shape; 24 sound of the trade name; 25 similar;
    26 a little similar; 27 different.
    """
    core, stem = pairs.equal("core"), pairs.equal("stem")
    known = pairs.both("activity")
    sure = stem | core | pairs.equal("whole") | pairs.equal("stem_sound") | pairs.equal("core_sound")
    unsure = ~sure & ~pairs.equal("stem_shape")
    similar = pairs.scored("stem", unsure, Levenshtein.normalized_similarity)
    by_core, by_sound = pairs.bucket("core"), pairs.bucket("stem_sound")
    return _pick(
        len(pairs), (pairs.equal("whole"), (1 + pairs.bucket("stem")).astype(np.int8)),
        (stem, (7 + pairs.bucket("stem")).astype(np.int8)), (pairs.renamed(), 13),
        (core & ~known, _steps(by_core, 14, 1, 3)), (core, _steps(by_core, 17, 1, 3)),
        (pairs.equal("stem_sound"), _steps(by_sound, 20, 1, 3)), (pairs.equal("stem_shape"), 23),
        (pairs.equal("core_sound"), 24), (similar >= 0.74, 25), (similar >= 0.5, 26), (pairs.both("whole"), 27),
    )  # fmt: skip


def tail(pairs: Pairs) -> Array:
    """Branch parts: 1 equal; 2 near; 3 one has none; 4 different. Shops: 5 one has none; 6 different. 7 equal, another name.

    That two branches lie in one place says something only of branches of one name: every insurer has its 江北支公司.
    8: one has none, but both were founded in one month at one door, as a branch and its parent hardly are: who wrote the
    one left the branch part out.
    """
    left, right = pairs.keys("tail")
    one, both = (left != 0) ^ (right != 0), pairs.both("tail")
    branch = np.maximum(*pairs.take(pairs.records.numbers["is_branch"])) == 1
    differ = both & (left != right)
    near = pairs.scored("tail", differ, Levenshtein.normalized_similarity) >= 0.67
    equal = pairs.equal("tail")
    named = pairs.equal("stem") | pairs.equal("stem_sound") | pairs.equal("stem_shape")
    # 太平洋人寿保险 and 太平洋财产保险 differ by two characters and are two companies; another trade name may be mistyped
    slipped = equal & ~named & ~(pairs.equal("core") & pairs.both("activity"))
    named |= slipped & (pairs.scored("stem", slipped, Levenshtein.normalized_similarity) >= 0.5)
    return _pick(
        len(pairs), (equal & named, 1), (equal, 7), (near, 2),
        (one & branch & pairs.equal("month") & pairs.equal("door"), 8), (one & branch, 3),
        (differ & branch, 4), (one, 5), (differ, 6),
    )  # fmt: skip


def person(pairs: Pairs) -> Array:
    """1–5 equal by bucket; 6 same sound or one character apart; 7 different."""
    both, equal, sound = pairs.both("person"), pairs.equal("person"), pairs.equal("person_sound")
    apart = pairs.scored("person", both & ~equal & ~sound, _alike)
    bucket = np.minimum(pairs.bucket("person"), 4)
    return _pick(len(pairs), (equal, (1 + bucket).astype(np.int8)), (sound | (apart >= 0.6), 6), (both, 7))


def _alike(one: str, other: str, **_: Any) -> float:
    """Two neighbours swapped are one change; a character lost of two leaves a name alike, a character changed does not."""
    if min(len(one), len(other)) < 2:
        return float(one in other or other in one)
    return OSA.normalized_similarity(one, other)


def phone(pairs: Pairs) -> Array:
    """1–5 equal by bucket; 6 different; 7 one digit apart. A cell may hold two numbers; one in common is enough."""
    bucket = np.minimum(pairs.bucket("phone"), 4)
    crossed = _crossed(pairs)
    differ = pairs.both("phone") & ~pairs.equal("phone") & (crossed == 0)
    near = differ & pairs.one_digit_apart()
    by_second = np.minimum(pairs.context.frequencies.buckets("phone", crossed), 4)
    return _pick(
        len(pairs), (pairs.equal("phone"), (1 + bucket).astype(np.int8)),
        (crossed != 0, (1 + by_second).astype(np.int8)), (near, 7), (differ, 6),
    )  # fmt: skip


_ONE_SLIP = np.unique([digit * 10**place for digit in (*range(1, 10), *range(9, 82, 9)) for place in range(10)])
"""What two numbers differ by when a digit is changed, or two neighbours are."""


def _crossed(pairs: Pairs) -> Array:
    """The number that both have where it is not the first of both, 0 for none."""
    first, second = pairs.keys("phone"), pairs.keys("second_phone")
    shared = np.zeros(len(pairs), np.uint64)
    for one, other in ((second[0], second[1]), (second[0], first[1]), (first[0], second[1])):
        shared = np.where((one == other) & (one != 0), one, shared)
    return shared


def address(pairs: Pairs) -> Array:
    """1–3 room by bucket of the number; 4–5 number, a room unknown; 6–7 number, rooms differ; 8–10 road or none; 11 alike.

    11: the same number on roads that sound alike or of which one ends in the other (`几江滨江中路`).
    """
    door, rooms, bucket = pairs.equal("door"), pairs.both("room"), pairs.bucket("door")
    road = pairs.equal("road")
    numbers = pairs.equal("number") & ~road & pairs.both("road")
    alike = numbers & (pairs.equal("road_sound") | (pairs.scored("road", numbers, _ends_alike) > 0))
    return _pick(
        len(pairs), (door & pairs.equal("room"), _steps(bucket, 1, 2, 4)), (door & ~rooms, _steps(bucket, 4, 2)),
        (door, _steps(bucket, 6, 2)), (road & ~pairs.both("number"), 8), (road, 9), (alike, 11), (pairs.both("road"), 10),
    )  # fmt: skip


def _ends_alike(one: str, other: str, **_: Any) -> int:
    return int(one.endswith(other) or other.endswith(one))


def industry(pairs: Pairs) -> Array:
    """1 class; 2 group; 3 division; 4 different. A code cut short is compared as far as it goes."""
    left, right = pairs.take(pairs.records.numbers["industry"])
    both = (left >= 0) & (right >= 0)
    missing = np.maximum(left, right) // 10_000
    left, right = left % 10_000, right % 10_000
    return _pick(
        len(pairs), (both & (missing == 0) & (left == right), 1), (both & (missing <= 1) & (left // 10 == right // 10), 2),
        (both & (left // 100 == right // 100), 3), (both, 4),
    )  # fmt: skip


def founded(pairs: Pairs) -> Array:
    """1 day; 2 month; 3 within three months; 4 within two years; 5 further apart; 6 one year, one known to no more."""
    both = pairs.both("founded")
    (day, other_day), (year, other_year) = (pairs.take(pairs.records.numbers[name]) for name in ("day", "year"))
    days, years = np.abs(day - other_day), np.abs(year - other_year)
    dated = np.minimum(day, other_day) >= 0
    return _pick(
        len(pairs), (pairs.equal("founded") & dated, 1), (pairs.equal("month"), 2), (both & dated & (days <= 93), 3),
        (both & ~dated & (years == 0), 6), (both & (years <= 2), 4), (both, 5),
    )  # fmt: skip


def area(pairs: Pairs) -> Array:
    """1 one county (also under an older code); 2 different; a province around it, or a county that was split, says nothing."""
    differ = pairs.both("area") & ~pairs.equal("area")
    said = pairs.scored("area", differ, _areas)
    return _pick(len(pairs), (pairs.equal("area") | (said > 0), 1), (said < 0, 2))


def _areas(one: str, other: str, **_: Any) -> int:
    return compare_areas(one, other)


def status(pairs: Pairs) -> Array:
    """1 both live or both closed; 2 one of them closed."""
    left, right = pairs.take(pairs.records.numbers["closed"])
    both = (left >= 0) & (right >= 0)
    return _pick(len(pairs), (both & (left == right), 1), (both, 2))


def source(pairs: Pairs) -> Array:
    """1 different sources; 2 one source; 3 one source that holds each unit once."""
    same = pairs.equal("source")
    unique = pairs.context.unique[pairs.left]
    return _pick(len(pairs), (same & unique, 3), (same, 2), (~same, 1))


COMPARISONS: Mapping[str, tuple[Callable[[Pairs], Array], int]] = {
    "code": (code, 12), "name": (name, 28), "tail": (tail, 9), "person": (person, 8), "phone": (phone, 8),
    "address": (address, 12), "industry": (industry, 5), "founded": (founded, 7), "area": (area, 3),
    "status": (status, 3), "source": (source, 4),
}  # fmt: skip
"""Each comparison and how many levels it has, level 0 included; all of them together fit into 32 bits."""


_BEFORE = {
    "code": {8: 1, 9: 1, 10: 2, 11: 3},
    "tail": {7: 1, 8: 3},
    "phone": {7: 6},
    "founded": {6: 4},
    "address": {11: 10},
}
"""Levels that younger models have, and how those before them saw such a pair."""


def completed(model: Model) -> Model:
    """The model with every level of today: an older one gives a younger level the weight of what it called such a pair.

    Comparisons that it knew nothing of are knowledge of ours, learned by nobody: those of the model shipped last.
    """
    known = {one.name for one in model.comparisons}
    missing = [one for one in load_model().comparisons if one.name not in known]
    return replace(model, comparisons=(*map(_completed, model.comparisons), *missing))


def _completed(comparison: Comparison) -> Comparison:
    added = {
        younger: replace(comparison.levels[older], level=younger)
        for younger, older in _BEFORE.get(comparison.name, {}).items()
        if younger not in comparison.levels and older in comparison.levels
    }
    return replace(comparison, levels={**comparison.levels, **added}) if added else comparison


def patterns_of(pairs: Pairs) -> Array:
    """All levels of each pair packed into one number (mixed radix in the order of `COMPARISONS`)."""
    packed = np.zeros(len(pairs), dtype=np.uint32)
    for function, size in COMPARISONS.values():
        packed = packed * np.uint32(size) + function(pairs).astype(np.uint32)
    return packed


def unpacked(patterns: Array) -> dict[str, Array]:
    """The levels back out of packed patterns."""
    levels: dict[str, Array] = {}
    rest = patterns
    for comparison, (_, size) in reversed(list(COMPARISONS.items())):
        rest, level = np.divmod(rest, np.uint32(size))
        levels[comparison] = level.astype(np.int8)
    return {comparison: levels[comparison] for comparison in COMPARISONS}


def chosen_by_levels(patterns: Array, wanted: Callable[[Mapping[str, Array]], Array]) -> Array:
    """Which patterns the function wants, given their levels; a chunk at a time, since levels take more room than patterns."""
    parts = [wanted(unpacked(patterns[start : start + _CHUNK])) for start in range(0, len(patterns), _CHUNK)]
    return np.concatenate([np.zeros(0, bool), *parts])


_CHUNK = 1 << 20
