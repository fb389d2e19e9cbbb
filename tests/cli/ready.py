"""Commands in processes of their own that need not load Python and the libraries anew: forked from one that has."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from app.cli import COMMANDS, NOUNS, main

PATIENCE = 120
"""Seconds until a command counts as one that never ends."""

_READY = multiprocessing.get_context("forkserver")
_LOADED = [f"app.cli.{module}" for module in {*NOUNS.values(), *COMMANDS.values()}]
_READY.set_forkserver_preload(_LOADED)


def preload(*modules: str) -> None:
    """Have more loaded beforehand; for whoever says so before the first command runs."""
    _LOADED.extend(modules)
    _READY.set_forkserver_preload(_LOADED)


def begun(target: Callable[..., None], given: tuple[Any, ...]) -> Any:
    """A process of its own that does this."""
    process = _READY.Process(target=target, args=given)
    process.start()
    return process


def run_command(words: tuple[str, ...], env: Mapping[str, str]) -> CompletedProcess[str]:
    """What `subprocess.run(["minglu", *words])` gives. Raises TimeoutError for a command that never ends."""
    return measured(words, env)[0]


def measured(words: tuple[str, ...], env: Mapping[str, str]) -> tuple[CompletedProcess[str], int]:
    """The same, and the most memory in bytes that the command or a child of it held."""
    with tempfile.TemporaryDirectory() as folder:
        out, said, took = (f"{folder}/{name}" for name in ("out", "said", "took"))
        for path in (out, said, took):
            Path(path).touch()
        process = begun(_weighed, (words, dict(env), out, said, took))
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"minglu {' '.join(words)}")
        stdout, stderr, most = (Path(path).read_text("utf-8") for path in (out, said, took))
    return CompletedProcess(words, process.exitcode, stdout, stderr), int(most or 0)


def _weighed(words: tuple[str, ...], env: dict[str, str], out: str, said: str, took: str) -> None:
    try:
        run_here(words, env, out, said)
    finally:
        most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        Path(took).write_text(str(most << 10))


def run_here(words: tuple[str, ...], env: dict[str, str], out: str, said: str) -> None:
    """The command in this process, which it ends; what it prints goes to files."""
    os.environ.clear()
    os.environ.update(env)
    for number, path in ((1, out), (2, said)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    sys.argv = ["minglu", *words]
    main()
