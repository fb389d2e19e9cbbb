"""Source records and units as the columns that the matching engine compares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from app.core.personal import Personal
from matching.standardise.records import INPUT

RECORD, UNIT = "r", "u"


def record_key(record_id: int) -> str:
    return f"{RECORD}{record_id}"


def unit_key(unit_id: int) -> str:
    return f"{UNIT}{unit_id}"


def split_key(key: str) -> tuple[str, int]:
    """`r12` to ("record", 12), `u7` to ("unit", 7)."""
    return ("record" if key[0] == RECORD else "unit"), int(key[1:])


def frame_of_records(records: Iterable[tuple[int, str, Mapping[str, Any]]]) -> pd.DataFrame:
    """Record id, source and clean values to a table for the engine."""
    return _frame([_compared(record_key(rid), source, clean) for rid, source, clean in records])


def frame_of_units(versions: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Believed versions to a table for the engine."""
    rows = []
    for version in versions:
        source = version["sources"]["o"][version["sources"]["d"]][0]
        rows.append(_compared(unit_key(version["unit_id"]), source, version))
    return _frame(rows)


def _frame(rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(INPUT)
    return pd.DataFrame({name: list(values) for name, values in zip(INPUT, columns, strict=True)}, dtype="object")


def _compared(key: str, source: str, values: Mapping[str, Any]) -> list[str]:
    return [
        key,
        source,
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
    ]


def _first(values: Mapping[str, Any], *names: str) -> str:
    return next((text for name in names if (text := _text(values.get(name)))), "")


def _text(value: Any) -> str:
    return value.reveal() if isinstance(value, Personal) else str(value or "")
