"""Signs of life from a thread beside slow work, so that nobody takes it for dead and takes it up again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

log = logging.getLogger("minglu.heartbeat")

UNHEARD_AFTER = timedelta(minutes=2)
"""Work that was not heard of for so long counts as dead."""


@contextmanager
def beating(what: str, beat: Callable[[], None]) -> Iterator[None]:
    """Call `beat` four times in the span after which work counts as dead, for as long as the block runs."""
    done = threading.Event()

    def go_on() -> None:
        while not done.wait((UNHEARD_AFTER / 4).total_seconds()):
            try:
                beat()
            except Exception:
                log.exception("%s could not be heard of; it is tried again", what)

    thread = threading.Thread(target=go_on, name=f"beat-{what}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
