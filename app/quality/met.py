"""What was met in the field, read as whatever else is stated of a unit (`app.changes.values`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from app.changes.values import faults_in
from app.core.said import Said
from app.domain.values import ValueFault, read_value
from app.quality.errors import SINCE_BEYOND, BadFinding


def read_since(since: Mapping[str, date], first: date, last: date) -> dict[str, str]:
    """The days since when values are wrong, as they are kept. Raises BadFinding where one lies before the unit's first day
    or ahead."""
    beyond = [name for name, day in since.items() if not first <= day <= last]
    if beyond:
        told = {"first": first.isoformat(), "last": last.isoformat()}
        raise BadFinding(faults=[Said(SINCE_BEYOND, {"field": name, **told}) for name in sorted(beyond)])
    return {name: day.isoformat() for name, day in sorted(since.items())}


def read_met(session: Session, typed: Mapping[str, str], on: date) -> dict[str, str]:
    """The values met, as they are kept; fields that were left empty fall away. Raises BadFinding with all faults."""
    read, wrong = {}, []
    for name, text in typed.items():
        try:
            read[name] = read_value(name, text)
        except ValueFault as fault:
            wrong.append(Said(fault.code, fault.facts))
    (beyond,) = faults_in(session, [read], on)
    if wrong or beyond:
        raise BadFinding(faults=[*wrong, *beyond.values()])
    return {name: str(value) for name, value in read.items() if value != ""}
