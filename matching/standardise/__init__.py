"""Codes, names, addresses, phones and persons in one form, whole columns at a time."""

from matching.standardise.names import NameParts, parse_name
from matching.standardise.records import standardise_records

__all__ = ["NameParts", "parse_name", "standardise_records"]
