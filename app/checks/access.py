"""What the access log keeps of a check: keyed digests of the codes asked for.

So "who asked about this code" can be answered and nothing else read off. The units that were told of stand in the entry too.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from app.checks.codes import normalised
from app.core.crypto import Keys


def asked_for(keys: Keys, codes: Iterable[str], *, register_version: int, survey: str = "") -> dict[str, Any]:
    """What is said of one request to the check, with a 16-byte digest for each code, in order."""
    digests = b"".join(keys.digest(normalised(code).encode()) for code in codes)
    return {
        "count": len(digests) // 16,
        "codes": base64.b64encode(digests).decode(),
        "register_version": register_version,
        "survey": survey,
    }
