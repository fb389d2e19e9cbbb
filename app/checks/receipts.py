"""Receipts: signed proof of what the check answered, verifiable by anybody and stored by nobody.

A receipt is a JWT signed with Ed25519 (`alg` EdDSA). It says when the check was asked, for which day, at which
register version, and holds a digest of the answers, so that a caller who keeps the answers beside it can show
later that they were given so. No code and no name stands in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import jwt
import orjson

from app.core.clock import iso_moment
from app.core.crypto import Keys
from app.core.errors import Invalid

ISSUER = "minglu"
TYPE = "minglu-check-receipt"


class InvalidReceipt(Invalid):
    """The receipt was not signed by this installation, or was altered."""

    code = "invalid_receipt"
    zh = "这份回执不是本名录库出具的，或已被改动。"
    en = "this receipt was not given by this register, or was altered"


class ReceiptMismatch(InvalidReceipt):
    """The receipt holds, but for other answers."""

    code = "receipt_mismatch"
    zh = "这些答复不是这份回执所证明的答复。"
    en = "the answers are not those of this receipt"


@dataclass(frozen=True)
class Receipt:
    """What a receipt states once its signature holds."""

    register_version: int
    on: str
    at: str
    survey: str
    count: int
    digest: str


def digest_of(items: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 over code, result, may_report, reason code and unit id of each item, in order.

    Texts stay out: the same answer in another language is the same answer.
    """
    return hashlib.sha256(orjson.dumps([_facts(item) for item in items])).hexdigest()


def _facts(item: Mapping[str, Any]) -> list[Any]:
    unit = item.get("unit")
    return [item["code"], item["result"], item["may_report"], item["reason"]["code"], unit["id"] if unit else None]


def sign(
    keys: Keys, items: Sequence[Mapping[str, Any]], *, register_version: int, on: date, at: datetime, survey: str
) -> str:
    """The receipt of these answers."""
    claims = {
        "iss": ISSUER,
        "iat": int(at.replace(tzinfo=UTC).timestamp()),
        "at": iso_moment(at),
        "on": on.isoformat(),
        "register_version": register_version,
        "survey": survey,
        "count": len(items),
        "digest": digest_of(items),
    }
    return jwt.encode(claims, keys.receipts, algorithm="EdDSA", headers={"typ": TYPE, "kid": key_id(keys)})


def verify_receipt(keys: Keys, receipt: str, items: Sequence[Mapping[str, Any]] | None = None) -> Receipt:
    """What the receipt states. Raises InvalidReceipt for a false signature, or when `items` are not its answers."""
    try:
        # `iat` is not compared with a clock: the product's clock may stand at another day, and a receipt never expires.
        claims = jwt.decode(
            receipt, keys.receipts.public_key(), algorithms=["EdDSA"], issuer=ISSUER, options={"verify_iat": False}
        )
        found = Receipt(**{name: claims[name] for name in Receipt.__dataclass_fields__})
    except (jwt.InvalidTokenError, KeyError) as error:
        raise InvalidReceipt from error
    if items is not None and not _answers(found, items):
        raise ReceiptMismatch
    return found


def _answers(receipt: Receipt, items: Sequence[Mapping[str, Any]]) -> bool:
    try:
        return digest_of(items) == receipt.digest
    except (KeyError, TypeError):
        return False


@lru_cache(maxsize=4)
def key_id(keys: Keys) -> str:
    """Short name of the key, so that receipts of an older key are told from false ones."""
    return hashlib.sha256(keys.receipts_public_pem.encode()).hexdigest()[:16]
