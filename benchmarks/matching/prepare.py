"""Our standardised columns as a Parquet file for each source: what every yardstick is given as prepared input.

python -m benchmarks.matching.prepare FOLDER

Prints how many seconds reading and standardising took.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from matching.linkage.cleaning import clean
from matching.linkage.columns import Array
from matching.linkage.reading import read_records

SOURCES = ("registry", "census", "tax")

TEXT = (
    "source", "code", "org", "whole", "core", "stem", "tail", "core_sound", "stem_sound", "former", "road", "door", "room",
    "person", "person_sound", "phone", "area", "core_start", "core_sound_start",
)  # fmt: skip

BLOCKING = {
    "code": "code",
    "organisation": "org",
    "trade_name": "core",
    "trade_name_sound": "core_sound",
    "phone_name": "phone, core_start",
    "phone_person": "phone, person",
    "phone_road": "phone, road",
    "person_road": "person, road",
    "person_sound": "person, core_sound_start",
    "sound_road": "core_sound_start, road",
    "person_month": "person_sound, month",
    "place_month": "door, room, month",
}
"""The twelve rules of matching-lessons.md §6, the same for every yardstick: all columns equal and none empty."""


def files_in(folder: Path) -> list[Path]:
    return [folder / f"{source}.csv" for source in SOURCES]


def prepared(folder: Path) -> pa.Table:
    """Standardised columns, empty ones missing, and what blocking and comparisons need beside them."""
    records = clean(read_records(files_in(folder)), texts=TEXT)
    columns = {"record_id": records.ids} | {name: _or_null(records.texts[name]) for name in TEXT}
    columns["tail"] = pc.fill_null(columns["tail"], "-")  # no branch part is a fact, not a gap
    columns["valid"] = pa.array(records.keys["valid"] != 0)
    industry = records.numbers["industry"]
    columns["industry"] = _numbers(np.where(industry < 10_000, industry, -1))  # whole classes
    columns["division2"] = _numbers(np.where(industry < 0, industry, industry % 10_000), 100)
    columns["closed"] = _numbers(records.numbers["closed"])
    day = records.numbers["day"].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    columns["month"] = pa.array(day, pa.int64(), mask=records.numbers["day"] < 0)
    return pa.table(columns)


def _or_null(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.large_string()), texts)


def _numbers(values: Array, by: int = 1) -> pa.Array:
    return pa.array(values.astype(np.int64) // by, pa.int64(), mask=values < 0)


def main() -> None:
    folder = Path(sys.argv[1])
    started = time.perf_counter()
    table = prepared(folder)
    print(f"{time.perf_counter() - started:.2f}")
    for source in SOURCES:
        pq.write_table(table.filter(pc.equal(table["source"], source)), folder / f"prepared_{source}.parquet")


if __name__ == "__main__":
    main()
