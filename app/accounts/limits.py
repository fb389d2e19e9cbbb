"""How often a key may ask, how long who failed waits, and which keys were let in lately."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.core.actor import Client
from app.core.crypto import secret_hash
from app.core.errors import TooMany, Unavailable

REMEMBERED = timedelta(minutes=10)

FIRST_WAIT, LONGEST_WAIT = 30.0, 900.0
"""Seconds: the first wait of who failed too often, and the one that growing ones end at."""
FORGOTTEN = 3600.0
"""Seconds after which a failure is no more held against anybody."""
MOST = 50_000
"""Of whom so much is remembered at most; of more those who were longest away are forgotten."""


class RateLimits:
    """Token buckets in memory, one per key and process: `per_minute` checks, which may come all at once."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, key_id: Hashable, per_minute: int, cost: float = 1.0) -> None:
        """Count `cost` checks, no more than a minute's worth. Raises TooMany with the seconds until there is room again.

        A key that an older version issued for none a minute, or fewer, gets none: there it was one without a limit.
        """
        if per_minute < 1:
            raise TooMany(retry_after=3600)
        with self._lock:
            now = self._timer()
            _shorten(self._buckets)
            room, since = self._buckets.pop(key_id, (float(per_minute), now))
            room = min(float(per_minute), room + (now - since) * per_minute / 60)
            if room < cost:
                self._buckets[key_id] = (room, now)
                wait = (cost - room) * 60 / per_minute
                raise TooMany(retry_after=max(1, math.ceil(wait)))
            self._buckets[key_id] = (room - cost, now)


@dataclass(frozen=True)
class Held:
    """What failures are held against, and how many are free before whoever it is waits."""

    key: Hashable
    free: int


@dataclass
class _Failures:
    """When there were failures: as many as it takes to reach the longest wait, the last ones."""

    at: list[float] = field(default_factory=list)

    def until(self, free: int) -> float:
        """The moment up to which these cost a wait; one that passed where they cost none."""
        beyond = len(self.at) - free
        return self.at[-1] + min(LONGEST_WAIT, FIRST_WAIT * 2.0**beyond) if self.at and beyond >= 0 else 0.0

    def add(self, now: float, free: int) -> None:
        self.at = [*self.at[-(free + _STEPS) :], now]


_STEPS = 10
"""Doublings that any first wait reaches the longest one within."""


class Waits:
    """Growing waits after failures, in memory. What is tried counts as failed until it is known to be right, so that
    no rush of tries gets past; of what was right nothing is left."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._failures: dict[Hashable, _Failures] = {}

    @contextmanager
    def trying(self, against: Sequence[Held], failure: type[Exception]) -> Iterator[None]:
        """Try something: it failed if the block raises `failure`. Raises TooMany while a wait is on."""
        begun = self._begin(against)
        try:
            yield
        except failure:
            raise
        except BaseException:
            self._take_back(against, begun)
            raise
        self._take_back(against, begun)
        with self._lock:
            self._failures.pop(against[0].key, None)  # the nearest: whoever it is has shown that it is he

    def _begin(self, against: Sequence[Held]) -> float:
        """The moment at which the try counts."""
        with self._lock:
            now = self._timer()
            wait = max(self._of(one.key, now).until(one.free) for one in against) - now
            if wait > 0:
                raise TooMany(retry_after=math.ceil(wait))
            for one in against:
                self._of(one.key, now).add(now, one.free)
            return now

    def _of(self, key: Hashable, now: float) -> _Failures:
        """What is known, put last, as who was longest away is forgotten first."""
        _shorten(self._failures)
        found = self._failures.pop(key, None)
        if found is None or not found.at or now - found.at[-1] > FORGOTTEN:
            found = _Failures()
        self._failures[key] = found
        return found

    def _take_back(self, against: Sequence[Held], begun: float) -> None:
        with self._lock:
            for one in against:
                found = self._failures.get(one.key)
                if found is not None and begun in found.at:
                    found.at.remove(begun)


def _shorten(remembered: dict[Hashable, Any]) -> None:
    """Make room for one more: what lies first was longest not asked for."""
    while len(remembered) >= MOST:
        del remembered[next(iter(remembered))]


class KnownKeys:
    """Clients by the hash of the key they were let in with: asked only while the database is away."""

    def __init__(self) -> None:
        self._clients: dict[str, tuple[Client, datetime]] = {}

    def remember(self, secret: str, client: Client, now: datetime) -> None:
        self._clients[secret_hash(secret)] = (client, now)

    def recall(self, secret: str, now: datetime, fault: Exception) -> Client:
        """The client let in with this key at most ten minutes ago. Raises Unavailable."""
        client, since = self._clients.get(secret_hash(secret), (None, now))
        if client is None or now - since > REMEMBERED:
            raise Unavailable from fault
        return client
