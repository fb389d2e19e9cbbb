"""How often a key may ask, and which keys were let in lately."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from app.core.actor import Client
from app.core.crypto import secret_hash
from app.core.errors import TooMany, Unavailable

REMEMBERED = timedelta(minutes=10)


class RateLimits:
    """Token buckets in memory, one per key and process: `per_minute` checks, which may come all at once."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._buckets: dict[int, tuple[float, float]] = {}

    def take(self, key_id: int, per_minute: int, cost: float = 1.0) -> None:
        """Count `cost` checks, at most a minute's worth. Raises TooMany with the seconds until there is room again.

        A key that an older version issued for none a minute, or fewer, gets none: there it was one without a limit.
        """
        if per_minute < 1:
            raise TooMany(retry_after=3600)
        cost = min(cost, float(per_minute))
        with self._lock:
            now = self._timer()
            room, since = self._buckets.get(key_id, (float(per_minute), now))
            room = min(float(per_minute), room + (now - since) * per_minute / 60)
            if room < cost:
                self._buckets[key_id] = (room, now)
                wait = (cost - room) * 60 / per_minute
                raise TooMany(retry_after=max(1, math.ceil(wait)))
            self._buckets[key_id] = (room - cost, now)


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
