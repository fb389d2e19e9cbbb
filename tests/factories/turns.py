"""Turns that are no transactions of their own, for tests whose work is rolled back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.orm import Session

T = TypeVar("T")


@dataclass(frozen=True)
class InOne:
    """All turns in the one session of a test."""

    session: Session

    def write(self, do: Callable[[Session], T]) -> T:
        return do(self.session)

    def read(self, do: Callable[[Session], T]) -> T:
        self.session.flush()
        return do(self.session)
