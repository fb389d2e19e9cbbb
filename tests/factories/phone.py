"""A telephone with an authenticator, and a clock that stands until somebody waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.accounts.totp import SECONDS, code_at, step_of
from app.core.clock import Clock
from tests.factories.world import NOW


class Standing(Clock):
    """A clock that is set on by hand; telephones may be `ahead` of it."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment, self.ahead = moment, timedelta()

    def of_devices(self) -> datetime:
        return self.moment + self.ahead

    def now(self) -> datetime:
        return self.moment

    def wait(self, seconds: float = SECONDS) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Phone:
    """Shows the codes of one secret."""

    secret: str
    clock: Clock

    def code(self, steps: int = 0) -> str:
        """The code of now, or of some steps later or earlier."""
        return code_at(self.secret, step_of(self.clock.now()) + steps)

    def next(self) -> str:
        """A code that was not used yet, once it has come."""
        assert isinstance(self.clock, Standing)
        self.clock.wait()
        return self.code()
