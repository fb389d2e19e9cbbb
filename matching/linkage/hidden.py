"""Records without their texts: columns of keyed keys, from which follows which pairs can matter before anything else is read.

A key is a hash that anybody can make of a name or a telephone. Hidden keys are those keys enciphered with a secret of the
installation, a column each its own, so that who holds the columns learns nothing from them and cannot try telephones one by one.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from matching.linkage.cleaning import NUMBERS, Records
from matching.linkage.columns import Array
from matching.linkage.levels import Pairs

COLUMNS_KEPT = tuple(name for name in NUMBERS if name != "phone_number")
"""Numbers that tell of no person; a telephone is kept as a key alone."""


@dataclass(frozen=True)
class Secret:
    """What keys are enciphered with: 16 bytes."""

    key: bytes

    def hide(self, column: str, keys: Array) -> Array:
        """The first eight bytes of AES over key and column: equal keys of one column stay equal, 0 stays missing."""
        blocks = np.empty((len(keys), 2), np.uint64)
        blocks[:, 0] = keys
        blocks[:, 1] = np.frombuffer(column.encode()[:8].ljust(8, b"\0"), np.uint64)[0]
        # each block is a value of its own, and a repeated one is meant to be seen as repeated
        cipher = Cipher(algorithms.AES(self.key), modes.ECB()).encryptor()  # noqa: S305
        hidden = np.frombuffer(cipher.update(blocks.tobytes()) + cipher.finalize(), np.uint64).reshape(-1, 2)[:, 0]
        return np.where(keys == 0, np.uint64(0), np.maximum(hidden, np.uint64(1)))


def hidden(records: Records, secret: Secret) -> Records:
    """The records with hidden keys; texts and numbers as they are. A former name is hidden as the name that it may be."""
    rows, formers = records.formers
    keys = {name: secret.hide(_column(name), keys) for name, keys in records.keys.items()}
    return replace(records, keys=keys, formers=(rows, secret.hide(_column("whole"), formers)))


def _column(name: str) -> str:
    """Columns that are compared with one another are hidden alike."""
    alike = {"second_phone": "phone", "parent": "code", "parent_org": "org"}
    return alike.get(name, name)


def packed(records: Records) -> bytes:
    """Hidden records without texts and ids."""
    arrays = {f"key_{name}": keys for name, keys in records.keys.items()}
    arrays |= {f"number_{name}": records.numbers[name] for name in COLUMNS_KEPT}
    file = io.BytesIO()
    np.savez(file, former_rows=records.formers[0], former_keys=records.formers[1], **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def unpacked(data: bytes) -> Records:
    with np.load(io.BytesIO(data)) as held:
        keys = {name[4:]: held[name] for name in held.files if name.startswith("key_")}
        numbers = {name[7:]: held[name] for name in held.files if name.startswith("number_")}
        formers = held["former_rows"], held["former_keys"]
    count = len(next(iter(keys.values())))
    numbers["phone_number"] = np.zeros(count, np.int64)
    return Records(pa.array([""] * count, pa.large_string()), keys, {}, numbers, formers)


def chosen(records: Records, rows: Array) -> Records:
    """Some of these records, without texts, in the order of `rows`."""
    place = np.full(len(records), -1, np.int64)
    place[rows] = np.arange(len(rows))
    held = place[records.formers[0]]
    return Records(
        pa.array([""] * len(rows), pa.large_string()),
        {name: keys[rows] for name, keys in records.keys.items()},
        {},
        {name: values[rows] for name, values in records.numbers.items()},
        (held[held >= 0], records.formers[1][held >= 0]),
    )


def without_texts(records: Sequence[Records]) -> Records:
    """Records behind one another, of which ids and texts are left out."""
    bare = [replace(one, ids=pa.array([""] * len(one), pa.large_string()), texts={}) for one in records]
    return bare[0].joined(*bare[1:])


class HopefulPairs(Pairs):
    """Pairs of hidden records: what only texts could say is taken to be as alike as it may be."""

    def scored(self, name: str, where: Array, scorer: object) -> Array:  # noqa: ARG002
        return where.astype(np.float32)

    def one_digit_apart(self) -> Array:
        return np.ones(len(self), bool)
