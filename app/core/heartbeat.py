"""Signs of life from a thread beside slow work, so that nobody takes it for dead and takes it up again.

Life is judged by the machine's own clock, never by the product's, which may stand elsewhere in each process. A process
that is seen to be gone from this machine is dead at once; of any other only its silence tells.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from app.core.away import Outage

log = logging.getLogger("minglu.heartbeat")

UNHEARD_AFTER = timedelta(minutes=2)
"""Work that was not heard of for so long counts as dead."""


def moment() -> datetime:
    """This moment of the machine, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def worker_name() -> str:
    """A name for one piece of work done by this process: its machine, the process, and a word of its own."""
    return f"{socket.gethostname()[:64]}/{os.getpid()}/{_born(os.getpid())}/{uuid4().hex}"


def is_gone(worker: str) -> bool:
    """Whether the process that bears this name is known to be gone: it was of this machine, and is not here any more."""
    host, _, rest = worker.partition("/")
    pid, _, rest = rest.partition("/")
    born = rest.partition("/")[0]
    return bool(born) and host == socket.gethostname()[:64] and _born(int(pid)) != born


def _born(pid: int) -> str:
    """When a process began, as the kernel counts; empty for one that is gone, and where the kernel does not say."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else fields[18]


@contextmanager
def beating(what: str, beat: Callable[[], None]) -> Iterator[None]:
    """Call `beat` four times in the span after which work counts as dead, for as long as the block runs."""
    done = threading.Event()

    outage = Outage(f"sign of life of {what}")

    def go_on() -> None:
        while not done.wait((UNHEARD_AFTER / 4).total_seconds()):
            try:
                beat()
                outage.over()
            except Exception as fault:
                if outage.met(fault) is None:
                    log.exception("%s could not be heard of; it is tried again", what)

    thread = threading.Thread(target=go_on, name=f"beat-{what}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
