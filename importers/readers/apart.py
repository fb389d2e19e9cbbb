"""Reads cells in a process apart, with a limit on its memory and its time.

A library that gives up on an allocation ends its whole process: a workbook of 20 KB with one cell in the last corner took
the server with it. Here it ends a process that holds nothing but that file, and the file is refused.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from importers.limits import Limits
from importers.readers.child import LENGTH, arguments
from importers.refusal import UNSAFE, FileProblem, beyond

_HOME = str(Path(__file__).parents[2])
_START = f"import sys; sys.path.insert(0, {_HOME!r}); from importers.readers.child import main; main()"
_LARGEST_FRAME = 1 << 28
_BLOCK = 1 << 20


@dataclass(frozen=True)
class PartTold:
    """What is known of a part that another process reads (`importers/readers/part.py:Part`)."""

    name: str
    encoding: str
    unread: str
    hidden: bool
    hidden_rows: Sequence[int]
    hidden_columns: Sequence[int]
    epoch_1904: bool
    broken: set[int]
    """Numbers of records with a quote that was never closed; each is told before its record comes."""


class Apart:
    """A file that is being read by another process, part by part."""

    def __init__(self, path: Path, sheet: str | None, limits: Limits) -> None:
        self._limits = limits
        self._held = bytearray()
        self._next: dict[str, Any] | None = None
        command = [sys.executable, "-c", _START, arguments(path, sheet, limits)]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def parts(self) -> Iterator[tuple[PartTold, Iterator[list[str]]]]:
        """The parts in their order, each with its records; what of these was not taken is passed over. Raises FileProblem
        where the file cannot be read to its end within its limits."""
        frame = self._frame()
        while "part" in frame:
            part = PartTold(**frame["part"], broken=set())
            records = self._records(part)
            yield part, records
            for _record in records:
                pass
            assert self._next is not None, "records end with the frame behind them"
            frame = self._next

    def _records(self, part: PartTold) -> Iterator[list[str]]:
        while True:
            frame = self._frame()
            if isinstance(frame, list):
                yield from frame
            elif "broken" in frame:
                part.broken.update(frame["broken"])
            else:
                self._next = frame
                return

    def close(self) -> None:
        """End the process, however far it is."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def _frame(self) -> Any:
        length = int.from_bytes(self._take(LENGTH), "big")
        if length > _LARGEST_FRAME:
            raise self._ended_otherwise()
        frame = orjson.loads(self._take(length))
        if isinstance(frame, dict) and "problem" in frame:
            raise FileProblem(*frame["problem"], limit=frame["limit"], most=frame["most"])
        return frame

    def _take(self, size: int) -> bytes:
        while len(self._held) < size:
            self._held += self._block()
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def _block(self) -> bytes:
        """What the process says next. Raises FileProblem where it says nothing for too long, or is gone."""
        assert self._process.stdout
        place = self._process.stdout.fileno()
        waiting = select.poll()  # which takes a file of any number, select.select only the first thousand
        waiting.register(place, select.POLLIN)
        if not waiting.poll(self._limits.silent_seconds * 1000):
            self.close()
            raise beyond("silent_seconds", self._limits.silent_seconds, code=UNSAFE)
        block = os.read(place, _BLOCK)
        if not block:
            raise self._ended_otherwise()
        return block

    def _ended_otherwise(self) -> FileProblem:
        """Why a process that did not come to the end of its file is gone."""
        self.close()
        if self._process.returncode == -signal.SIGXCPU:
            return beyond("cpu_seconds", self._limits.cpu_seconds, code=UNSAFE)
        return beyond("memory_bytes", self._limits.memory_bytes, code=UNSAFE)
