"""Columns of text as 64-bit keys, the same on every machine; the texts themselves stay outside Python, in Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Array = np.ndarray[Any, np.dtype[Any]]
Texts: TypeAlias = Any  # a pyarrow.LargeStringArray; pyarrow has no types of its own
"""One text a row, empty for missing."""

_GOLDEN, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_PART = 50_000
_BYTES = 1 << 22


def texts_of(values: Sequence[str]) -> Texts:
    return pa.array(values, pa.large_string())


def mapped(texts: Texts, function: Callable[[list[str]], Mapping[str, Sequence[str]]]) -> dict[str, Texts]:
    """Columns made from a column, each different value once; `function` is given some ten thousand values at a time."""
    packed = pc.dictionary_encode(texts)
    made: dict[str, list[Texts]] = {}
    for start in range(0, max(len(packed.dictionary), 1), _PART):
        part = packed.dictionary.slice(start, _PART).to_pylist()
        for name, values in function(part).items():
            made.setdefault(name, []).append(texts_of(values))
    return {name: pa.concat_arrays(parts).take(packed.indices) for name, parts in made.items()}


def keys_of(texts: Texts) -> Array:
    """A 64-bit key of each text, equal texts and (but for one chance in 2^64 a pair) no others; 0 for an empty text."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    raw = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    keys = np.zeros(len(texts), np.uint64)
    start = 0
    while start < len(texts):
        stop = max(int(np.searchsorted(offsets, offsets[start] + _BYTES, "right")) - 1, start + 1)
        keys[start:stop] = _hashed(raw, offsets[start : stop + 1])
        start = stop
    return keys


def _hashed(raw: Array, offsets: Array) -> Array:
    """Sum of byte × a random odd number for its place, mixed: multilinear hashing over whole buffers."""
    lengths = np.diff(offsets)
    held = lengths > 0
    starts = offsets[:-1][held] - offsets[0]
    values = raw[offsets[0] : offsets[-1]].astype(np.uint64) + np.uint64(1)
    places = np.arange(len(values)) - np.repeat(starts, lengths[held])
    with np.errstate(over="ignore"):
        values *= _multipliers(int(lengths.max(initial=0)))[places]
    keys = np.zeros(len(lengths), np.uint64)
    if len(starts):
        keys[held] = np.maximum(mixed(np.add.reduceat(values, starts)), np.uint64(1))
    return keys


def _multipliers(count: int) -> Array:
    return mixed(np.arange(1, count + 1, dtype=np.uint64)) | np.uint64(1)


def mixed(key: Array) -> Array:
    """splitmix64: every bit of the key moves every bit of the result."""
    with np.errstate(over="ignore"):
        key = np.asarray(key + _GOLDEN)
        for shift, factor in ((np.uint64(30), _FIRST), (np.uint64(27), _SECOND)):
            key ^= key >> shift
            key *= factor
        key ^= key >> np.uint64(31)
        return key


def combined(parts: Iterable[Array]) -> Array:
    """One key of several; 0 as soon as one of them is missing."""
    first, *others = parts
    result, held = mixed(first), first != 0
    for part in others:
        result = mixed(result ^ (mixed(part) * np.uint64(3)))
        held &= part != 0
    return np.where(held, np.maximum(result, np.uint64(1)), np.uint64(0))


def within(keys: Array, sorted_values: Array) -> Array:
    """Which keys are among the sorted values."""
    found = np.zeros(len(keys), dtype=bool)
    if not len(sorted_values):
        return found
    rows = _likely_within(keys, sorted_values)
    place = np.minimum(np.searchsorted(sorted_values, keys[rows]), len(sorted_values) - 1)
    found[rows] = sorted_values[place] == keys[rows]
    return found


_SIZE = 1 << 20
_MASK = np.uint64(_SIZE - 1)


def _likely_within(keys: Array, values: Array) -> Array:
    """Rows that may be among the values: a look into a small table leaves few of many keys to be searched for."""
    if len(values) > _SIZE // 8 or len(keys) < len(values):
        return np.arange(len(keys))
    table = np.zeros(_SIZE, dtype=bool)
    table[(values.astype(np.uint64) & _MASK).astype(np.int64)] = True
    return np.flatnonzero(table[(keys.astype(np.uint64) & _MASK).astype(np.int64)])
