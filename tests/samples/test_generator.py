"""The sample files: as many as promised, the same bytes every time, nothing real."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

from importers import SOURCES

SAMPLES = Path("data/samples")
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))


def test_the_generator_writes_the_committed_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SAMPLES / "generate.py"), str(tmp_path)], check=True, timeout=120)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted([*EXPECTED["files"], "expected.json", "truth.csv"])
    for name in written:
        same = (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()
        assert same, f"{name} is not what data/samples/generate.py writes: run it, and see that nothing else moved"


def test_there_are_six_thousand_rows_of_all_sources_that_the_demo_shows() -> None:
    assert EXPECTED["totals"]["rows"] >= 6000
    assert {facts["source"] for facts in EXPECTED["files"].values()} == set(SOURCES) - {"civil", "tax", "survey"}


def test_every_row_has_its_truth() -> None:
    with (SAMPLES / "truth.csv").open(encoding="utf-8") as file:
        assert sum(1 for _ in csv.DictReader(file)) == EXPECTED["totals"]["rows"]


def test_no_real_name_or_code_is_among_them(samples_real: Path) -> None:
    with (samples_real / "units_chongqing.csv").open(encoding="utf-8") as file:
        real = list(csv.DictReader(file))
    text = "".join(
        path.read_bytes().decode(EXPECTED["files"][path.name]["encoding"])
        for path in SAMPLES.glob("*.csv")
        if path.name != "truth.csv"
    )
    assert not [row["uscc"] for row in real if row["uscc"] and row["uscc"] in text]
    assert not [row["name"] for row in real if row["name"] in text]
