"""Record files into one table of text: CSV (UTF-8, GB18030) and Parquet; what cannot be read is named by its place."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from matching.linkage.cleaning import COLUMNS
from matching.linkage.problems import FileProblem

REQUIRED = ("record_id", "name")
_BLOCK = 1 << 24


def read_records(paths: Sequence[Path]) -> pa.Table:
    """All files as one table with every column of `COLUMNS`, text, empty for missing.

    A file without `source` is a source of its own, named after the file. Raises FileProblem.
    """
    names = _source_names(paths)
    tables = [_with_source(_read(path), name) for path, name in zip(paths, names, strict=True)]
    for path, table in zip(paths, tables, strict=True):
        _refuse_empty_ids(path, table)
    _refuse_repeated_ids(paths, tables)
    return pa.concat_tables(tables).combine_chunks()


def read_columns(path: Path, wanted: Sequence[str], required: Sequence[str]) -> pa.Table:
    """The wanted columns that a CSV or Parquet file has, as text. Raises FileProblem."""
    if not path.is_file():
        raise FileProblem(path, "there is no such file")
    read = _read_parquet if path.suffix.lower() in {".parquet", ".pq"} else _read_csv
    table = read(path, wanted)
    missing = [name for name in required if name not in table.column_names]
    if missing:
        raise FileProblem(path, f"the file needs the column {missing[0]}; it has {', '.join(table.column_names)}")
    return table


def _read(path: Path) -> pa.Table:
    table = read_columns(path, COLUMNS, REQUIRED)
    blank = pa.array([""] * len(table), pa.large_string())
    return pa.table({name: _without_nul(table[name]) if name in table.column_names else blank for name in COLUMNS})


def _without_nul(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Broken exports hold the character U+0000, which nobody sees or means."""
    if not pc.any(pc.match_substring(column, "\0")).as_py():
        return column
    return pc.replace_substring(column, "\0", "")


def _source_names(paths: Sequence[Path]) -> list[str]:
    """The file's name without its ending; a number behind it when several files have the same."""
    stems = [path.stem for path in paths]
    return [stem if stems.count(stem) == 1 else f"{stem}-{place}" for place, stem in enumerate(stems, 1)]


def _with_source(table: pa.Table, name: str) -> pa.Table:
    given = table["source"]
    filled = pc.if_else(pc.equal(given, ""), pa.scalar(name, pa.large_string()), given)
    return table.set_column(table.column_names.index("source"), "source", filled)


def _read_parquet(path: Path, wanted: Sequence[str]) -> pa.Table:
    try:
        schema = pq.read_schema(path)
        names = [name for name in wanted if name in schema.names]
        table = pq.read_table(path, columns=names)
    except (pa.ArrowException, OSError) as wrong:
        raise FileProblem(path, f"this is no readable Parquet file: {wrong}") from wrong
    return pa.table({name: _as_text(path, name, table[name]) for name in names})


def _as_text(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_floating(kind):  # 1.0 or 9.15E17 is no longer what was typed: better ask than guess
        raise FileProblem(
            path,
            f"the column holds {kind}, and numbers with a point lose digits of codes; save it as text",
            column=name,
        )
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.date32(), safe=False)
    try:
        return column.cast(pa.large_string()).fill_null("")
    except pa.ArrowException as wrong:
        raise FileProblem(path, f"the column holds {kind}, which is no text", column=name) from wrong


def _read_csv(path: Path, wanted: Sequence[str]) -> pa.Table:
    encoding = encoding_of(path)
    header = _header(path, encoding)
    names = [name for name in wanted if name in header]
    twice = [name for name in names if header.count(name) > 1]
    if twice:
        raise FileProblem(path, "the column occurs more than once", column=twice[0])
    try:
        table = _parse_csv(path, encoding, header, names)
    except pa.ArrowInvalid as wrong:
        raise _ragged_row(path, encoding, len(header)) or FileProblem(path, str(wrong)) from wrong
    return table.select(names)


def _parse_csv(path: Path, encoding: str, header: list[str], names: list[str]) -> pa.Table:
    return pacsv.read_csv(
        path,
        read_options=pacsv.ReadOptions(
            encoding=encoding, column_names=header, skip_rows_after_names=1, block_size=_BLOCK
        ),
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types={name: pa.large_string() for name in header}, include_columns=names, strings_can_be_null=False
        ),
    )


def encoding_of(path: Path) -> str:
    """`utf8` or `gb18030`: the first that reads the whole file. Raises FileProblem with the place of the first bad byte."""
    places = {encoding: _first_bad_byte(path, encoding) for encoding in ("utf8", "gb18030")}
    for encoding, place in places.items():
        if place is None:
            return encoding
    place = max(found for found in places.values() if found is not None)
    row, value = _at_byte(path, place)
    raise FileProblem(path, "neither UTF-8 nor GB18030 from here on", row=row, value=value)


def _first_bad_byte(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
            except UnicodeDecodeError as wrong:
                return done - waiting + wrong.start
            done += len(block)
    return done if decoder.getstate()[0] else None


def _at_byte(path: Path, place: int) -> tuple[int, str]:
    """The row (lines before it, the header not counted) and what stands there."""
    with path.open("rb") as file:
        before = file.read(place)
        after = file.read(20)
    start = before.rfind(b"\n") + 1
    return before.count(b"\n"), (before[start:][-20:] + after).decode("utf8", "replace")


def _text_of(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding="utf-8-sig" if encoding == "utf8" else encoding, newline="")


def _header(path: Path, encoding: str) -> list[str]:
    with _text_of(path, encoding) as file:
        header = next(csv.reader(file), [])
    if not header:
        raise FileProblem(path, "the file is empty")
    return [name.strip() for name in header]


def _ragged_row(path: Path, encoding: str, width: int) -> FileProblem | None:
    """The first row whose number of values is not the header's; only looked for when the fast reader has refused."""
    with _text_of(path, encoding) as file:
        for row, values in enumerate(csv.reader(file)):
            if values and len(values) != width:
                return FileProblem(
                    path, f"{len(values)} values where the header has {width}", row=row, value=",".join(values)
                )
    return None


def _refuse_empty_ids(path: Path, table: pa.Table) -> None:
    place = pc.index(table["record_id"], "").as_py()
    if place >= 0:
        raise FileProblem(path, "a record needs an id", row=place + 1, column="record_id")


def _refuse_repeated_ids(paths: Sequence[Path], tables: Sequence[pa.Table]) -> None:
    """An id may stand once in all files: a pair could not say which record it means."""
    ids = pa.chunked_array([chunk for table in tables for chunk in table["record_id"].chunks], pa.large_string())
    if pc.count_distinct(ids).as_py() == len(ids):
        return
    seen: dict[str, str] = {}
    for path, row, key in _ids_in_order(paths, tables):
        if key in seen:
            raise FileProblem(path, f"the id also stands in {seen[key]}", row=row, column="record_id", value=key)
        seen[key] = f"{path}, row {row}"


def _ids_in_order(paths: Sequence[Path], tables: Sequence[pa.Table]) -> Iterator[tuple[Path, int, Any]]:
    for path, table in zip(paths, tables, strict=True):
        for row, key in enumerate(table["record_id"].to_pylist(), 1):
            yield path, row, key
