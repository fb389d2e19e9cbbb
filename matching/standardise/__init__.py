"""Codes, names, addresses, phones and persons in one form, whole columns at a time."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matching.standardise.names import NameParts, parse_name
    from matching.standardise.records import standardise_records

__all__ = ["NameParts", "parse_name", "standardise_records"]

_HOME = {"NameParts": "names", "parse_name": "names", "standardise_records": "records"}


def __getattr__(name: str) -> Any:
    """Loaded when first asked for: files of millions are matched without the tables that the register works on."""
    if name not in __all__:
        raise AttributeError(f"module 'matching.standardise' has no attribute {name!r}")
    return getattr(import_module(f"matching.standardise.{_HOME[name]}"), name)
