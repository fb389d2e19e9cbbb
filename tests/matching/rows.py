"""Small tables of records for the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

A, B = "91500105MA60X0016Y", "91500105MA5U8K3N95"
"""Two valid codes."""
BASE = {
    "name": "重庆鑫源商贸有限公司", "legal_rep": "张三丰", "phone": "13800001111", "address": "重庆市江北区测云路1号",
    "industry_code": "5199", "established_on": "2019-01-02",
}  # fmt: skip


def rows_of(*rows: Mapping[str, str], ids: str = "r") -> list[dict[str, str]]:
    """Rows with equal columns: of `BASE` what a row does not say otherwise; `r0`, `r1`, …"""
    names = {name: "" for row in rows for name in row}
    return [{"record_id": f"{ids}{place}", **names, **BASE, **row} for place, row in enumerate(rows)]


def table(*rows: Mapping[str, str], ids: str = "r") -> pa.Table:
    return as_table(rows_of(*rows, ids=ids))


def as_table(rows: Iterable[Mapping[str, str]]) -> pa.Table:
    held = list(rows)
    return pa.table({name: pa.array([row[name] for row in held], pa.large_string()) for name in held[0]})
