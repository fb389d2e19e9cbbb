"""From where somebody calls, as the access log keeps it: an address of the network, `cli` or `worker`."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from contextvars import ContextVar

_address: ContextVar[str] = ContextVar("address", default="")


def address() -> str:
    """From where the present call comes; nothing where nobody said."""
    return _address.get()


def comes_from(told: str) -> None:
    """What runs from here on in this context is called from there."""
    _address.set(told[:64])


def is_within(told: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks; what is no address of the network lies in none."""
    try:
        found = ipaddress.ip_address(told)
    except ValueError:
        return False
    # a server that listens on both kinds writes an address of the fourth as one of the sixth
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in ipaddress.ip_network(network) for network in networks)
