"""What the access log keeps of a check: keyed digests of the codes asked for.

So "who asked about this code" can be answered and nothing else read off.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from app.audit.service import Entry
from app.audit.tags import Tag
from app.checks.codes import normalised
from app.core.crypto import Keys


def entry_of(
    keys: Keys, caller: str, codes: Iterable[str], *, at: datetime, register_version: int, survey: str = ""
) -> Entry:
    """One request to the check, with a 16-byte digest for each code, in order."""
    digests = b"".join(keys.digest(normalised(code).encode()) for code in codes)
    payload: dict[str, Any] = {
        "count": len(digests) // 16,
        "codes": base64.b64encode(digests).decode(),
        "register_version": register_version,
        "survey": survey,
    }
    return Entry(Tag.UNIT_CHECK, caller, at, payload=payload)
