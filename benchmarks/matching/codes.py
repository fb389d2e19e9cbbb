"""Valid unified social credit codes by whole columns, computed from GB 32100-2015 and GB 11714 and not by the product."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

ALPHABET = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
# GB 11714 counts letters through the whole alphabet, GB 32100 without I, O, S, V, Z
_ORG_VALUE = np.array(["0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(character) for character in ALPHABET])
_ORG_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_ORG_CHECK = np.array([_VALUE[character] for character in "0123456789X0"])
_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
_SPACE = 31**6


def make_codes(numbers: Array, prefixes: Array, areas: Array, key: int) -> Array:
    """A code for each number (different numbers, different codes); `prefixes` like `91`, `areas` six digits."""
    # a bijection of the space of bodies: the factor shares none with 31, so no two numbers meet
    bodies = (numbers.astype(np.int64) * 59_049_001 + key) % _SPACE
    places = np.empty((len(numbers), 18), dtype=np.int64)
    places[:, :8] = _values(np.char.add(prefixes.astype("U2"), areas.astype("U6")), 8)
    places[:, 8], places[:, 9] = _VALUE["M"], _VALUE["A"]
    for place in range(6):
        places[:, 15 - place] = bodies // 31**place % 31
    total = (_ORG_VALUE[places[:, 8:16]] * _ORG_WEIGHTS).sum(axis=1)
    places[:, 16] = _ORG_CHECK[11 - total % 11]
    places[:, 17] = (31 - (places[:, :17] * _WEIGHTS).sum(axis=1) % 31) % 31
    return _texts(places)


def mistype(codes: Array, rng: np.random.Generator) -> Array:
    """One keystroke wrong in each code: another character in one of the last ten places."""
    places = _values(codes.astype("U18"), 18)
    rows = np.arange(len(codes))
    place = rng.integers(8, 18, len(codes))
    places[rows, place] = (places[rows, place] + rng.integers(1, 31, len(codes))) % 31
    return _texts(places)


def _values(texts: Array, length: int) -> Array:
    characters = np.ascontiguousarray(texts).view("U1").reshape(len(texts), length)
    return np.searchsorted(ALPHABET, characters)


def _texts(places: Array) -> Array:
    characters = np.ascontiguousarray(ALPHABET[places])
    return characters.view(f"U{places.shape[1]}").ravel().astype(object)
