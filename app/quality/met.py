"""What was met in the field, read as it is typed: by the one parser of each field, and its codes by the list in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from app.codelists.queries import has_codes, names_of
from app.core.said import Said, said
from app.domain.fields import BY_NAME
from app.domain.values import ValueFault, read_value
from app.quality.errors import CODE_NOT_LISTED, BadFinding

_STREET = 9
"""Digits of an area down to its street: the villages below are listed where the operator has loaded them."""


def read_met(session: Session, typed: Mapping[str, str], on: date) -> dict[str, str]:
    """The values met, as they are kept; fields that were left empty fall away. Raises BadFinding with all faults."""
    kept, wrong = {}, []
    for name, text in typed.items():
        try:
            value = str(read_value(name, text))
        except ValueFault as fault:
            wrong.append(Said(fault.code, fault.facts))
            continue
        if value and not _is_listed(session, name, value, on):
            wrong.append(said(CODE_NOT_LISTED, field=name))
        elif value:
            kept[name] = value
    if wrong:
        raise BadFinding(faults=wrong)
    return kept


def _is_listed(session: Session, name: str, code: str, on: date) -> bool:
    """Whether a coded field may say this; a list that nobody has loaded refuses nothing."""
    codelist = BY_NAME[name].codelist
    if not codelist or names_of(session, codelist, [code], on):
        return True
    if not has_codes(session, codelist, on):
        return True
    return codelist == "division" and len(code) > _STREET and bool(names_of(session, codelist, [_street(code)], on))


def _street(area: str) -> str:
    return area[:_STREET].ljust(12, "0")
