"""A timer for what counts seconds."""

from __future__ import annotations


class Timer:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds
