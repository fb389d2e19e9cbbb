"""The process that reads cells: it may run out of memory or time, or be torn down by a library, and nobody else is.

Started by `importers.readers.apart`. It is told path, sheet and limits by its argument and answers in frames on its
output: eight bytes of length, then JSON.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from importers.limits import Limits
from importers.readers.opened import batches, opened
from importers.readers.part import Part
from importers.refusal import UNSAFE, FileProblem, beyond

LENGTH = 8


def main() -> None:
    asked = orjson.loads(sys.argv[-1])
    limits = Limits(**asked["limits"])
    _bind(limits)
    out = sys.stdout.buffer
    try:
        _read(out, Path(asked["path"]), asked["sheet"], limits)
    except FileProblem as problem:
        _tell(out, problem)
    except MemoryError:
        _tell(out, beyond("memory_bytes", limits.memory_bytes, code=UNSAFE))


def arguments(path: Path, sheet: str | None, limits: Limits) -> str:
    """What the process is told."""
    return orjson.dumps({"path": str(path), "sheet": sheet, "limits": asdict(limits)}).decode()


def _bind(limits: Limits) -> None:
    """Let the system end this process where it takes more than it may; no trace of what it read is left on disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))


def _read(out: BinaryIO, path: Path, sheet: str | None, limits: Limits) -> None:
    """Send the parts one after the other: what is known of one, then its records, those with a broken quote named before."""
    with opened(path, sheet, limits) as parts:
        waiting = next(parts, None)
        while waiting is not None:
            part = waiting
            _send(out, {"part": part.told()})
            if not part.unread:
                _send_records(out, part, limits)
            waiting = next(parts, None)
    _send(out, {"end": True})


def _send_records(out: BinaryIO, part: Part, limits: Limits) -> None:
    told = 0
    for batch in batches(part, limits):
        if len(part.broken) > told:
            _send(out, {"broken": part.broken[told:]})
            told = len(part.broken)
        _send(out, batch)


def _tell(out: BinaryIO, problem: FileProblem) -> None:
    zh, en = problem.message_zh, problem.message_en
    _send(out, {"problem": [problem.code, zh, en], "limit": problem.limit, "most": problem.most})


def _send(out: BinaryIO, frame: Any) -> None:
    packed = orjson.dumps(frame)
    out.write(len(packed).to_bytes(LENGTH, "big"))
    out.write(packed)
    out.flush()
