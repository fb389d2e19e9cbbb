"""What a file may take, and that a reader that breaks down over it takes nobody along."""

from __future__ import annotations

import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest

import importers
from app.core.settings import Settings
from importers import FileProblem, Limits, get_spec
from importers.readers.apart import Apart
from importers.refusal import LIMITS
from tests.factories import hostile_files as hostile
from tests.importers.test_reading import AS_OF

LIMIT = Limits()
TEXT = ",".join(hostile.HEADER) + "\n" + ",".join(hostile.ROW) + "\n"


def refusal(path: Path, limits: Limits = LIMIT) -> FileProblem:
    """Why a file is refused."""
    with pytest.raises(FileProblem) as caught:
        list(importers.read(path, get_spec("census"), as_of=AS_OF, limits=limits))
    return caught.value


def kept(folder: Path, content: bytes | str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_cell_in_the_last_corner_ends_a_process_that_holds_nothing_else(tmp_path: Path) -> None:
    found = refusal(kept(tmp_path, hostile.last_corner(random.Random(1)), "a.xlsx"))
    assert found.code in {"unsafe_file", "too_large"}
    assert found.limit in {"memory_bytes", "columns", "workbook_cells"}
    assert found.most > 0


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        ({"file_bytes": 100}, "file_bytes"),
        ({"columns": 2}, "columns"),
        ({"rows": 1}, "rows"),
        ({"cell_chars": 9}, "cell_chars"),
        ({"record_chars": 30}, "record_chars"),
    ],
)
def test_a_file_beyond_a_limit_is_refused_by_its_name(tmp_path: Path, limits: dict[str, int], limit: str) -> None:
    found = refusal(kept(tmp_path, TEXT * 2), replace(LIMIT, **limits))
    assert (found.code, found.limit, found.most) == ("too_large", limit, limits[limit])


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"unpacked_bytes": 100}, "too_large"),
        ({"entries": 3}, "too_large"),
        ({"workbook_cells": 5}, "too_large"),
        ({"columns": 2}, "too_large"),
    ],
)
def test_a_workbook_is_looked_into_before_it_is_read(tmp_path: Path, limits: dict[str, int], code: str) -> None:
    found = refusal(kept(tmp_path, hostile.honest(), "a.xlsx"), replace(LIMIT, **limits))
    assert (found.code, found.limit) == (code, next(iter(limits)))


def test_a_reader_out_of_memory_is_a_refusal(tmp_path: Path) -> None:
    """Room for Python and a little more: what the file takes is what is missing."""
    strings = b"<sst><si><t>" + b"a" * (80 << 20) + b"</t></si></sst>"
    path = kept(tmp_path, hostile.workbook(hostile.rows_of(hostile.HEADER, hostile.ROW), strings=strings), "a.xlsx")
    found = refusal(path, replace(LIMIT, memory_bytes=120 << 20, ratio=10_000))
    assert (found.code, found.limit) == ("unsafe_file", "memory_bytes")


def test_a_reader_that_does_not_come_to_an_end_is_a_refusal(tmp_path: Path) -> None:
    path = kept(tmp_path, hostile.workbook(hostile.rows_of(*[hostile.ROW] * 20_000)), "a.xlsx")
    apart = Apart(path, None, replace(LIMIT, silent_seconds=0))
    with pytest.raises(FileProblem) as caught:
        list(apart.parts())
    assert (caught.value.code, caught.value.limit) == ("unsafe_file", "silent_seconds")
    assert apart._process.returncode == -signal.SIGKILL


def test_a_file_that_is_left_half_read_leaves_no_process(tmp_path: Path) -> None:
    reader = importers.read(kept(tmp_path, TEXT + TEXT * 30_000), get_spec("census"), as_of=AS_OF, chunk_rows=10)
    for _chunk in reader:
        break
    assert reader._apart._process.returncode is not None


def test_rows_are_counted_from_the_top_left_corner_of_the_sheet(tmp_path: Path) -> None:
    rows = f"<row>{hostile.cell('B3', '单位详细名称')}{hostile.cell('C3', '单位所在地区划代码')}</row>"
    rows += f"<row>{hostile.cell('B4', '甲公司')}{hostile.cell('C4', '500105006001')}</row>"
    path = kept(tmp_path, hostile.workbook(rows), "a.xlsx")
    chunks = list(importers.read(path, get_spec("census"), as_of=AS_OF))
    assert [chunks[0].rows["row_no"].tolist(), chunks[0].rows["name"].tolist()] == [[4], ["甲公司"]]


@pytest.mark.parametrize("number", [3, 6, 7])
def test_values_over_which_a_pattern_could_take_for_ever_are_read_or_refused(tmp_path: Path, number: int) -> None:
    path = kept(tmp_path, hostile.slow_values(random.Random(number)))
    assert sum(len(chunk.rows) for chunk in importers.read(path, get_spec("census"), as_of=AS_OF)) == 5


def test_every_limit_is_named_in_both_languages_and_set_by_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(LIMITS) == set(Limits.__dataclass_fields__)
    monkeypatch.setenv("MINGLU_FILE__COLUMNS", "600")
    assert Settings().file == replace(LIMIT, columns=600)


CHEAP = [
    hostile.nested,
    hostile.laughs,
    hostile.outside_entity,
    hostile.cut_workbook,
    hostile.spoilt_workbook,
    hostile.false_xls,
    hostile.open_document,
    hostile.wide_header,
    hostile.unclosed_quote,
    hostile.nuls,
    hostile.mixed_encodings,
    hostile.noise_of_text,
    hostile.formulas,
    hostile.hidden_kind,
]


@pytest.mark.parametrize("maker", CHEAP, ids=lambda maker: maker.__name__)
def test_a_broken_file_is_read_or_refused(tmp_path: Path, maker: hostile.Maker) -> None:
    """The cheap ones; `tests/trials` takes three hundred of all kinds."""
    path = kept(tmp_path, maker(random.Random(7)))
    rows, code = 0, ""
    try:
        rows = sum(len(chunk.rows) for chunk in importers.read(path, get_spec("census"), as_of=AS_OF))
    except FileProblem as problem:
        code = problem.code
    assert rows or code
