"""Files that pass in clear: what a killed process left is cleared by the next, what a living one holds is not touched."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.passing import PASSING, own_folder

HOLDING = """
import sys, tempfile
from pathlib import Path
from app.core.passing import own_folder
with own_folder(Path(sys.argv[1])):
    handed = tempfile.NamedTemporaryFile(delete=False)
    handed.write("法定代表人 王五".encode()); handed.flush()
    print(handed.name, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process in the midst of handing a file over, and that file."""
    command = [sys.executable, "-c", HOLDING, str(data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def test_a_file_passes_beside_the_data_and_is_gone_at_the_end(tmp_path: Path) -> None:
    before = tempfile.gettempdir()
    with own_folder(tmp_path) as folder:
        passing = tempfile.NamedTemporaryFile(delete=False)  # noqa: SIM115 - left there on purpose
        assert Path(passing.name).parent == folder
        assert (tmp_path / PASSING).stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / PASSING).iterdir()) == []
    assert tempfile.gettempdir() == before


def test_what_a_killed_process_left_is_cleared_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    with holding(tmp_path) as (killed, left), holding(tmp_path) as (_, kept):
        assert left.read_text() == kept.read_text() == "法定代表人 王五"
        with own_folder(tmp_path):
            assert left.exists(), "its process lives"
        killed.kill()
        killed.wait()
        with own_folder(tmp_path):
            assert not left.parent.exists()
            assert kept.exists()
