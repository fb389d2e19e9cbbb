"""Source records and units as what the matching engine compares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from app.core.personal import Personal
from app.core.types import current_keys
from app.domain.words import Standing
from app.records.items import is_closing
from app.records.queries import Waiting

RECORD, UNIT = "r", "u"
REGISTER = "register"
"""The source of units: whoever told of a unit, the register holds it once."""

COMPARED = (
    "uscc", "org_code", "reg_no", "name", "former_name", "address", "area_code", "legal_rep", "phone", "industry_code",
    "established_on", "status", "unit_type", "part_kind", "parent_code",
)  # fmt: skip
"""What is compared. The digests under which decisions are kept go over these values in this order: it does not change."""


@dataclass(frozen=True)
class Row:
    """A record or unit by its key; `facts` are the values of `COMPARED`, `live` what is said of its life, empty for nothing."""

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
    facts = list(zip(*(row.facts for row in rows), strict=True)) or [()] * len(COMPARED)
    columns: dict[str, Sequence[str]] = {
        "record_id": [row.key for row in rows],
        "source": [row.source for row in rows],
        **dict(zip(COMPARED, facts, strict=True)),
        "status": [row.live for row in rows],
    }
    return pa.table({name: pa.array(values, pa.large_string()) for name, values in columns.items()})


def digests(rows: Iterable[Row]) -> dict[str, str]:
    """Key to keyed digest of what is compared: equal facts have equal digests, whoever brings them."""
    digest = current_keys().digest
    return {row.key: digest(orjson.dumps(row.facts)).hex() for row in rows}


def _facts(values: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        _text(values.get("uscc")),
        _text(values.get("org_code")),
        _text(values.get("reg_no")),
        _first(values, "name", "short_name"),
        _text(values.get("former_names")),
        _first(values, "address", "reg_address"),
        _first(values, "area_code", "reg_area_code"),
        _first(values, "legal_rep", "operator"),
        _first(values, "mobile", "tel"),
        _text(values.get("industry_code")),
        _first(values, "established_on", "opened_on"),
        _first(values, "operating_status", "registrar_status"),
        _text(values.get("unit_type")),
        _text(values.get("part_kind")),
        _first(values, "parent_uscc", "parent_org_code"),
    )


def _first(values: Mapping[str, Any], *names: str) -> str:
    return next((text for name in names if (text := _text(values.get(name)))), "")


def _text(value: Any) -> str:
    return value.reveal() if isinstance(value, Personal) else str(value or "")
