"""Files of the register's sources as clean tables with their problems. Needs no database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importers.limits import Limits
from importers.refusal import FileProblem

if TYPE_CHECKING:
    from importers.parts import Account
    from importers.reading import Chunk, Reader, read
    from importers.spec import SOURCES, Spec, get_spec

__all__ = ["SOURCES", "Account", "Chunk", "FileProblem", "Limits", "Reader", "Spec", "get_spec", "read"]
_WHERE = {
    "Account": "parts",
    "Chunk": "reading",
    "Reader": "reading",
    "read": "reading",
    "SOURCES": "spec",
    "Spec": "spec",
    "get_spec": "spec",
}


def __getattr__(name: str) -> Any:
    """Loaded when asked for: the process that reads cells apart needs no tables, and starts ten times as fast."""
    from importlib import import_module  # noqa: PLC0415

    if name not in _WHERE:
        raise AttributeError(name)
    return getattr(import_module(f"importers.{_WHERE[name]}"), name)
