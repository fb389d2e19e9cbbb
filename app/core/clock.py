"""The product's clock. Moments are naive UTC, days are Asia/Shanghai (DESIGN.md, promise 1)."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock:
    """Gives the moment; with `stands_at` it starts there and runs on from it."""

    def __init__(self, stands_at: str = "") -> None:
        self._base = _naive_utc(datetime.fromisoformat(stands_at)) if stands_at else None
        self._started = time.monotonic()

    def now(self) -> datetime:
        """This moment, naive UTC, microseconds."""
        if self._base is None:
            return datetime.now(UTC).replace(tzinfo=None)
        return self._base + timedelta(seconds=time.monotonic() - self._started)

    def today(self) -> date:
        return day_of(self.now())

    def of_devices(self) -> datetime:
        """This moment on people's telephones, for what is held against them: they know nothing of a demo's clock."""
        return self.now()


class KeptClock(Clock):
    """The clock of a demo: starts where its file says, and anew from there as soon as that says otherwise."""

    def __init__(self, file: Path) -> None:
        self._file, self._changed = file, 0
        super().__init__(kept_moment(file))

    def now(self) -> datetime:
        with suppress(FileNotFoundError):  # thrown away meanwhile: the clock runs on
            changed = self._file.stat().st_mtime_ns
            if changed != self._changed:
                self._changed = changed
                super().__init__(kept_moment(self._file))
        return super().now()

    def of_devices(self) -> datetime:
        return Clock().now()


def kept_moment(file: Path) -> str:
    """The moment that a file of a demo keeps under `clock`."""
    return str(json.loads(file.read_bytes())["clock"])


def day_of(moment: datetime) -> date:
    """The day in Asia/Shanghai on which a naive UTC moment falls."""
    return moment.replace(tzinfo=UTC).astimezone(SHANGHAI).date()


def parse_moment(text: str) -> datetime:
    """ISO moment to naive UTC; one without an offset is read as Asia/Shanghai, as a person writes it."""
    return _naive_utc(datetime.fromisoformat(text))


def iso_moment(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds") + "Z"


def _naive_utc(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
    return aware.astimezone(UTC).replace(tzinfo=None)
