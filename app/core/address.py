"""From where somebody calls, as the access log keeps it: an address of the network, `cli` or `worker`."""

from __future__ import annotations

from contextvars import ContextVar

_address: ContextVar[str] = ContextVar("address", default="")


def address() -> str:
    """From where the present call comes; nothing where nobody said."""
    return _address.get()


def comes_from(told: str) -> None:
    """What runs from here on in this context is called from there."""
    _address.set(told[:64])
