"""What was met in the field, read as whatever else is stated of a unit (`app.changes.values`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from app.changes.values import faults_in
from app.core.said import Said
from app.domain.values import ValueFault, read_value
from app.quality.errors import BadFinding


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
