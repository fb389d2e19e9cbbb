"""Keys of one installation and what is made with them.

One file holds a master secret; every use derives its own key from it, so that no key serves two ends.
Losing the file means losing personal fields and stored files: `minglu backup create` takes it along.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class Keys:
    """Everything derived from one master secret (32 bytes)."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    def derive(self, use: str, size: int = 32) -> bytes:
        return hashlib.blake2b(use.encode(), key=self._master, digest_size=size).digest()

    @cached_property
    def personal(self) -> AESSIV:
        """Deterministic authenticated encryption: equal values stay findable by equality, nothing else shows."""
        return AESSIV(self.derive("personal", 64))

    @cached_property
    def receipts(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.derive("receipt"))

    @cached_property
    def receipts_public_pem(self) -> str:
        public = self.receipts.public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return public.public_bytes(serialization.Encoding.PEM, form).decode()

    def random_number(self, unit_id: int) -> int:
        """Permanent random number of a unit: 53 bits, keyed hash of its permanent id (sampling.md §2)."""
        digest = hashlib.blake2b(unit_id.to_bytes(8, "big"), key=self._prn_key, digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 11

    @cached_property
    def _prn_key(self) -> bytes:
        return self.derive("prn")

    @cached_property
    def _digest_key(self) -> bytes:
        return self.derive("digest")

    def digest(self, data: bytes) -> bytes:
        """Keyed 16-byte digest: says whether two texts are equal without giving the text away."""
        return hashlib.blake2b(data, key=self._digest_key, digest_size=16).digest()


def load_keys(path: Path) -> Keys:
    """The keys of this installation, made on first use, readable by their owner only."""
    if not path.exists():
        _create(path)
    return Keys(bytes.fromhex(json.loads(path.read_text())["master"]))


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as file:
        json.dump({"master": secrets.token_hex(32)}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # two processes starting at once: the first one wins, both read the same
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def secret_hash(secret: str) -> str:
    """How a token or API key is stored: these are long random texts, so one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_secret(left: str, right: str) -> bool:
    return hmac.compare_digest(left, right)
