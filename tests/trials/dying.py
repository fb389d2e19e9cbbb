"""Commands in processes of their own that are killed on their way: SIGKILL at a step, as the kernel or the power does it.

A step is a statement, a commit, a connection given back, a file touched. A life without a death says how many there are;
so a death falls on any stage as likely as that has steps, on a slow machine and on a fast one.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from app.changes import apply, outcomes
from app.frames import building
from app.intake import service as intake
from app.match import storing
from tests.cli import ready

ready.preload("app.main", "uvicorn", "uvicorn.protocols.http.auto", "uvicorn.loops.auto", "tests.trials.dying")

PATIENCE = 900
"""Seconds until somebody counts as one who never answers: many trials may share a machine."""

SMALL = 12
"""Rows or items of a part: a few dozen of them come in as many parts as a district's."""

_PARTS = (
    (apply, "CHUNK_ITEMS"),
    (outcomes, "CHUNK_ITEMS"),
    (intake, "PART"),
    (storing, "PART"),
    (building, "PART"),
)
_TOUCHES = ("open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "shutil.copyfile", "shutil.copytree")


@dataclass(frozen=True)
class Death:
    """At which step a process dies, and how many seconds behind it: then wherever it is by then."""

    step: int
    late: float = 0.0

    @classmethod
    def drawn(cls, dice: random.Random, steps: int) -> Death:
        return cls(dice.randint(1, steps), dice.choice((0.0, 0.0, dice.uniform(0, 0.02))))


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (below nought for a signal), what it said, and how many steps it took."""

    code: int
    out: str
    said: str
    steps: int

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Living:
    """A command that is on. `folder` holds what it works with besides the database."""

    def __init__(self, words: tuple[str, ...], env: Mapping[str, str], folder: Path, death: Death | None) -> None:
        self._words, self._passing = words, Path(tempfile.mkdtemp(prefix="dying-"))
        for name in ("out", "said", "steps"):
            (self._passing / name).touch()
        self.process = ready.begun(_live, (words, dict(env), str(self._passing), str(folder), death))

    def stop(self) -> Ended:
        """Ask it to end, as an operator does at his terminal: that is no death, and a good end."""
        if self.process.exitcode is None and self.process.pid:
            os.kill(self.process.pid, signal.SIGINT)
        ended = self.ended()
        return ended if ended.killed else replace(ended, code=0)

    def ended(self) -> Ended:
        """Raises TimeoutError for a command that never ends."""
        self.process.join(PATIENCE)
        if self.process.exitcode is None:
            self.process.kill()
            raise TimeoutError(f"minglu {' '.join(self._words)}")
        out, said, steps = ((self._passing / name).read_text("utf-8") for name in ("out", "said", "steps"))
        shutil.rmtree(self._passing, ignore_errors=True)
        return Ended(self.process.exitcode, out, said, int(steps or 0))


def _live(words: tuple[str, ...], env: dict[str, str], passing: str, folder: str, death: Death | None) -> None:
    for module, name in _PARTS:
        setattr(module, name, SMALL)
    steps = _Steps(death, folder)
    steps.watch()
    try:
        ready.run_here(words, env, f"{passing}/out", f"{passing}/said")
    finally:
        Path(passing, "steps").write_text(str(steps.taken))


class _Steps:
    """Counts what a process does to the world outside of it, and ends it at the step it was told."""

    def __init__(self, death: Death | None, folder: str) -> None:
        self._death, self._folder, self._count, self.taken = death, folder, count(1), 0

    def watch(self) -> None:
        for happens in ("before_cursor_execute", "commit"):
            event.listen(Engine, happens, self._step)
        event.listen(Engine, "checkin", self._step)
        sys.addaudithook(self._touched)

    def _step(self, *_what: Any) -> None:
        self.taken = next(self._count)
        if self._death is not None and self.taken == self._death.step:
            self._die(self._death.late)

    def _touched(self, what: str, given: tuple[Any, ...]) -> None:
        if what in _TOUCHES and given and str(given[0]).startswith(self._folder):
            self._step()

    @staticmethod
    def _die(late: float) -> None:
        die = partial(os.kill, os.getpid(), signal.SIGKILL)
        if not late:
            die()
        fate = threading.Timer(late, die)
        fate.daemon = True
        fate.start()
