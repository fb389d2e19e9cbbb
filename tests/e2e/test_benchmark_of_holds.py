"""The benchmark of holds goes its road to the end: it runs so rarely that nobody saw when it could not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import holds
from tests.conftest import Databases


@pytest.mark.long
def test_the_benchmark_goes_the_whole_road(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stopped at the frame for a survey that nobody had registered, and behind that at an export without a purpose."""
    monkeypatch.setattr(holds, "QUIET", 0.1)
    stages = holds.measure(databases.empty_url(), databases.empty_url(), tmp_path, rows=60, seed=1)
    assert [stage.name for stage in stages][-2:] == ["import one that is held", "discard it"]
    assert "F11: longest wait" in capsys.readouterr().out
