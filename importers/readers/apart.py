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
from collections.abc import Iterator
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


class Apart:
    """A file that is being read by another process. `encoding` and `sheet` are known once the first record came."""

    def __init__(self, path: Path, sheet: str | None, limits: Limits) -> None:
        self._limits = limits
        self.encoding = self.sheet = ""
        self._held = bytearray()
        command = [sys.executable, "-c", _START, arguments(path, sheet, limits)]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def records(self) -> Iterator[list[str]]:
        """The records in their order. Raises FileProblem where the file cannot be read to its end within its limits."""
        while True:
            frame = self._frame()
            if isinstance(frame, list):
                yield from frame
            elif "problem" in frame:
                raise FileProblem(*frame["problem"], limit=frame["limit"], most=frame["most"])
            elif "end" in frame:
                return
            else:
                self.encoding, self.sheet = frame["encoding"], frame["sheet"]

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
        return orjson.loads(self._take(length))

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
