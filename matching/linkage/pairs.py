"""Candidate pairs with the levels at which they compare, both cores at work on chunks of them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, TypeVar

import numpy as np

from matching.linkage.columns import Array
from matching.linkage.frequencies import Frequencies
from matching.linkage.keys import (
    ALL_RULES,
    DECIDED,
    FIRST_BY_CODE,
    RENAMED,
    RULES,
    Block,
    iter_blocks,
    rule_keys,
    without,
)
from matching.linkage.levels import Context, Pairs, patterns_of

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class PairTable:
    """Pairs of rows, the rule that found each first, and its levels packed (`levels.unpacked`)."""

    left: Array
    right: Array
    rule: Array
    pattern: Array
    effort: dict[str, dict[str, int]] = field(default_factory=dict)
    """What each rule cost: `costs` pairs it made, `adds` those of them that no rule had found before."""

    def __len__(self) -> int:
        return len(self.left)

    @property
    def by_field(self) -> Array:
        """Pairs that fields other than identifiers found."""
        return np.asarray(self.rule < FIRST_BY_CODE)

    def chosen(self, where: Array) -> PairTable:
        return PairTable(self.left[where], self.right[where], self.rule[where], self.pattern[where], self.effort)

    def joined(self, others: PairTable) -> PairTable:
        both = zip(self.columns(), others.columns(), strict=True)
        left, right, rule, pattern = (np.concatenate(columns) for columns in both)
        return PairTable(left, right, rule, pattern, others.effort)

    def columns(self) -> tuple[Array, Array, Array, Array]:
        return self.left, self.right, self.rule, self.pattern


def find_pairs(
    context: Context, frequencies: Frequencies, first_new: int = 0, compare: type[Pairs] = Pairs
) -> PairTable:
    """Every pair that a rule finds, with one record at least from row `first_new` on; order is that of the rules."""
    records = context.records
    keys = rule_keys(records)
    for key, rule in zip(keys, RULES, strict=True):
        # without its new records no crowded key makes a pair
        key[first_new:] = without(key[first_new:], frequencies.crowded[rule.name])
    effort = {rule.name: {"costs": 0, "adds": 0} for rule in ALL_RULES}

    def compared(block: Block) -> tuple[Block, Array]:
        return block, patterns_of(compare(context, block.left, block.right))

    spool = _Spool()
    blocks = iter_blocks(records, keys, frequencies.crowded[RENAMED.name], first_new)
    for block, pattern in in_order(compared, blocks):
        effort[ALL_RULES[block.rule].name]["costs"] += block.costs
        effort[ALL_RULES[block.rule].name]["adds"] += len(block.left)
        found_by = np.full(len(block.left), block.rule, np.int8)
        spool.add(block.left, block.right, found_by, pattern)
    left, right, found_by, pattern = spool.columns()
    return PairTable(left, right, found_by, pattern, effort)


HELD_PAIRS = 1 << 24
"""So many pairs (about 220 MB) are held in memory; when there are more, all go to temporary files and are mapped."""
_KINDS = (np.int32, np.int32, np.int8, np.uint32)


class _Spool:
    """Columns of pairs as they are found."""

    def __init__(self) -> None:
        self._parts: list[tuple[Array, ...]] = []
        self._held = 0
        self._files: list[IO[bytes]] = []

    def add(self, *columns: Array) -> None:
        self._parts.append(columns)
        self._held += len(columns[0])
        if self._held > HELD_PAIRS:
            self._spill()

    def _spill(self) -> None:
        """What is held goes to files that have no name and are gone with the process."""
        self._files = self._files or [TemporaryFile() for _ in _KINDS]  # noqa: SIM115 - as long as their maps
        for columns in self._parts:
            for file, column, kind in zip(self._files, columns, _KINDS, strict=True):
                file.write(column.astype(kind, copy=False).data)
        self._parts, self._held = [], 0

    def columns(self) -> tuple[Array, ...]:
        if not self._files:
            sides = zip(*self._parts, strict=True) if self._parts else ((),) * len(_KINDS)
            return tuple(np.concatenate([np.zeros(0, kind), *side]) for kind, side in zip(_KINDS, sides, strict=True))
        self._spill()
        for file in self._files:
            file.flush()
        return tuple(np.memmap(file, kind, "r") for file, kind in zip(self._files, _KINDS, strict=True))


def decided_pairs(context: Context, left: Array, right: Array) -> PairTable:
    """Pairs of rows that a person named, compared like any other."""
    low, high = np.minimum(left, right).astype(np.int32), np.maximum(left, right).astype(np.int32)
    rule = np.full(len(low), ALL_RULES.index(DECIDED), np.int8)
    return PairTable(low, high, rule, patterns_of(Pairs(context, low, high)))


def in_order(function: Callable[[T], S], things: Iterable[T]) -> Iterator[S]:
    """The function on each thing, a few at once (numpy lets go of the interpreter), results in the order of things."""
    workers = min(4, os.cpu_count() or 1)
    waiting: deque[Future[S]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for thing in things:
            waiting.append(pool.submit(function, thing))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
