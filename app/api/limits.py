"""How often a key may ask: a bucket per key, refilled as time goes."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from app.core.errors import TooMany


class RateLimits:
    """Token buckets in memory, one per key and process: `per_minute` requests, a tenth of it at once at least."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._buckets: dict[int, tuple[float, float]] = {}

    def take(self, key_id: int, per_minute: int, cost: float = 1.0) -> None:
        """Count one request. Raises TooMany with the seconds after which there is room again."""
        with self._lock:
            now = self._timer()
            room, since = self._buckets.get(key_id, (float(per_minute), now))
            room = min(float(per_minute), room + (now - since) * per_minute / 60)
            if room < cost:
                self._buckets[key_id] = (room, now)
                wait = (cost - room) * 60 / per_minute
                raise TooMany("this key asks more often than it may", retry_after=max(1, math.ceil(wait)))
            self._buckets[key_id] = (room - cost, now)
