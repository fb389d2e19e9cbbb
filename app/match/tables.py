"""Source records and units as what the matching engine compares, and the digests by which decisions on them are known again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from app.core.personal import Personal
from app.core.persons import NAMING, PERSON, in_full, person_of
from app.core.types import current_keys
from app.domain.words import Standing
from app.records.items import is_closing
from app.records.queries import Waiting

RECORD, UNIT = "r", "u"
REGISTER = "register"
"""The source of units: whoever told of a unit, the register holds it once."""

SAID_BY: dict[str, tuple[str, ...]] = {
    "uscc": ("uscc",),
    "org_code": ("org_code",),
    "reg_no": ("reg_no",),
    "name": ("name", "short_name"),
    "former_name": ("former_names",),
    "address": ("address", "reg_address"),
    "area_code": ("area_code", "reg_area_code"),
    "legal_rep": ("legal_rep", "operator"),
    "phone": ("mobile", "tel"),
    "industry_code": ("industry_code",),
    "established_on": ("established_on", "opened_on"),
    "status": ("operating_status", "registrar_status"),
    "unit_type": ("unit_type",),
    "part_kind": ("part_kind",),
    "parent_code": ("parent_uscc", "parent_org_code"),
}
"""What is compared, and the fields that say it, the first that says anything. The digests under which decisions are kept go over these
values in this order: it does not change."""

FIELDS = (*dict.fromkeys(name for names in SAID_BY.values() for name in names), PERSON)
"""The fields of a unit that are compared, with whose name its own are made up from."""


@dataclass(frozen=True)
class Row:
    """A record or unit by its key; `facts` are the values of `SAID_BY`, `live` what is said of its life, empty for nothing."""

    key: str
    source: str
    live: str
    facts: tuple[str, ...]


def record_key(record_id: int) -> str:
    return f"{RECORD}{record_id}"


def unit_key(unit_id: int) -> str:
    return f"{UNIT}{unit_id}"


def split_key(key: str) -> tuple[str, int]:
    """`r12` to ("record", 12), `u7` to ("unit", 7)."""
    return ("record" if key[0] == RECORD else "unit"), int(key[1:])


def rows_of_records(records: Iterable[Waiting]) -> list[Row]:
    """A cancellation speaks of a unit that lives as well as of one just closed, and so says nothing of its life."""
    return [
        Row(record_key(one.record_id), one.source, "" if is_closing(one) else Standing.LIVE, _facts(one.clean))
        for one in records
    ]


def rows_of_units(versions: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [Row(unit_key(one["unit_id"]), REGISTER, str(one["standing"]), _facts(one)) for one in versions]


def table_of(rows: Sequence[Row]) -> pa.Table:
    """The rows as the engine takes them."""
    facts = list(zip(*(row.facts for row in rows), strict=True)) or [()] * len(SAID_BY)
    columns: dict[str, Sequence[str]] = {
        "record_id": [row.key for row in rows],
        "source": [row.source for row in rows],
        **dict(zip(SAID_BY, facts, strict=True)),
        "status": [row.live for row in rows],
    }
    return pa.table({name: pa.array(values, pa.large_string()) for name, values in columns.items()})


class Digests:
    """Keyed digests of what is compared, by key: equal facts have equal digests, whoever brings them.

    Sixteen bytes a row: of the whole register no more is kept.
    """

    def __init__(self) -> None:
        self._keys: list[pa.Array] = []
        self._digests: list[pa.Array] = []

    def add(self, rows: Sequence[Row]) -> None:
        self._keys.append(pa.array([row.key for row in rows], pa.large_string()))
        self._digests.append(pa.array([digest_of(row) for row in rows], pa.binary()))

    def of(self, keys: Iterable[str]) -> dict[str, str]:
        """Key to digest, in hexadecimal digits."""
        wanted = sorted(set(keys))
        places = pc.index_in(pa.array(wanted, pa.large_string()), pa.chunked_array(self._keys, pa.large_string()))
        found = pa.chunked_array(self._digests, pa.binary()).take(places)
        return {key: digest.hex() for key, digest in zip(wanted, found.to_pylist(), strict=True)}

    def bearers(self, digests: Iterable[str]) -> dict[str, list[str]]:
        """Digest to the keys of the rows that have it."""
        among = pa.array([bytes.fromhex(digest) for digest in sorted(set(digests))], pa.binary())
        held = pa.chunked_array(self._digests, pa.binary())
        rows = pc.is_in(held, among)
        found: dict[str, list[str]] = {}
        keys = pa.chunked_array(self._keys, pa.large_string()).filter(rows)
        for key, digest in zip(keys.to_pylist(), held.filter(rows).to_pylist(), strict=True):
            found.setdefault(digest.hex(), []).append(key)
        return found


def digest_of(row: Row) -> bytes:
    """Keyed digest of what is compared of a row."""
    return current_keys().digest(orjson.dumps(row.facts))


def _facts(values: Mapping[str, Any]) -> tuple[str, ...]:
    """What is compared, names made up from a person's in full: in memory alone."""
    person = person_of(values)
    told = {name: _text(values.get(name)) for name in FIELDS}
    told |= {name: in_full(told[name], person) for name in NAMING}
    return tuple(next(filter(None, (told[name] for name in names)), "") for names in SAID_BY.values())


def _text(value: Any) -> str:
    return value.reveal() if isinstance(value, Personal) else str(value or "")
