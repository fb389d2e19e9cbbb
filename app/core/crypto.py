"""Keys of one installation and what is made with them.

One file holds a master secret; every use derives its own key from it, so that no key serves two ends. Seals have keys
that can be changed: the file keeps the earlier ones, by number, for what was sealed with them. Losing the file means
losing personal fields and stored files, which is why a backup's keys are kept apart from its data.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from app.core.handed import beside, whole

LAST_NUMBER = 255
"""The number of a seal's key stands in its first byte."""


class Keys:
    """Everything derived from a master secret (32 bytes), and the secrets by number that came to seal after it.

    Secret 1 is the master itself. What must never change (random numbers, receipts, digests) comes from it alone.
    """

    def __init__(self, master: bytes, later: Mapping[int, bytes] | None = None, *, path: Path | None = None) -> None:
        self._path = path
        self._secrets: dict[int, bytes] = {1: master, **(later or {})}
        self._seals: dict[int, AESSIV] = {}
        self._finders: dict[tuple[str, int], bytes] = {}

    def derive(self, use: str, size: int = 32, *, number: int = 1) -> bytes:
        return hashlib.blake2b(use.encode(), key=self._secrets[number], digest_size=size).digest()

    @property
    def current(self) -> int:
        """The number of the secret that seals now."""
        return max(self._secrets)

    def seal(self, data: bytes, place: bytes) -> bytes:
        """Deterministic authenticated encryption, bound to a place: equal values are equal there and nowhere else."""
        number = self.current
        return bytes([number]) + self._sealing(number).encrypt(data, [place])

    def unseal(self, sealed: bytes, place: bytes) -> bytes:
        """Raises InvalidTag where the bytes were altered, come from another place, or under other keys."""
        return self._sealing(sealed[0] if sealed else 0).decrypt(sealed[1:], [place])

    def _sealing(self, number: int) -> AESSIV:
        if number not in self._secrets:
            self.look_again()
        if number not in self._secrets:
            raise InvalidTag
        if number not in self._seals:
            self._seals[number] = AESSIV(self.derive("seal", 64, number=number))
        return self._seals[number]

    def look_again(self) -> None:
        """Read the file anew: another process may have changed keys since this one began."""
        if self._path is not None:
            self._secrets = read_keys(self._path)._secrets

    @cached_property
    def unbound(self) -> AESSIV:
        """How versions before 0.2 sealed: bound to no place. Nothing is sealed so any more."""
        return AESSIV(self.derive("personal", 64))

    @cached_property
    def rows(self) -> bytes:
        """The key of the digests that the log holds of rows; they are kept sealed besides."""
        return self.derive("rows")

    def backup_signature(self, manifest: bytes) -> str:
        return hmac.new(self.derive("backup"), manifest, hashlib.sha256).hexdigest()

    def finding(self, field: str, text: str, *, number: int = 0) -> bytes:
        """Keyed digest by which a sealed value is found; a key a field, so that two fields are not compared."""
        used = (field, number or self.current)
        if used not in self._finders:
            self._finders[used] = self.derive(f"find:{field}", number=used[1])
        return hashlib.blake2b(text.encode(), key=self._finders[used], digest_size=16).digest()

    def findings(self, field: str, text: str) -> list[bytes]:
        """The digests a value may stand under: while seals are made anew, some rows still have the earlier one."""
        return [self.finding(field, text, number=number) for number in sorted(self._secrets)]

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
    return read_keys(path, watched=True)


def read_keys(path: Path, *, watched: bool = False) -> Keys:
    """The keys in a file; `watched` looks again when a seal is of a number unknown here."""
    held = json.loads(path.read_text())
    later = {int(number): bytes.fromhex(secret) for number, secret in held.get("later", {}).items()}
    return Keys(bytes.fromhex(held["master"]), later, path=path if watched else None)


def add_key(path: Path) -> int:
    """One more secret, which seals from now on; those before it stay. Returns its number."""
    held = json.loads(path.read_text())
    later = held.setdefault("later", {})
    number = max([1, *map(int, later)]) + 1
    if number > LAST_NUMBER:
        raise ValueError("no number is left for another key")
    later[str(number)] = secrets.token_hex(32)
    with whole(path) as fresh:
        _write(fresh, held)
    return number


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), beside(path) as fresh:
        _write(fresh, {"master": secrets.token_hex(32)})
        os.link(fresh, path)  # two processes starting at once: the first one wins, both read the same


def _write(path: Path, held: Mapping[str, Any]) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as file:
        json.dump(held, file)
        file.flush()
        os.fsync(file.fileno())


def secret_hash(secret: str) -> str:
    """How a token or API key is stored: these are long random texts, so one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_secret(left: str, right: str) -> bool:
    """Whatever was sent in place of a secret: the comparison takes letters of other scripts as bytes alone."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
