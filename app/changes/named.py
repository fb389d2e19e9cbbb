"""What requests call their units, as everybody may see it (decision 49)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from app.changes.rules import ItemDraft
from app.core.persons import NAMED, NAMING, PERSON, persons_of, shown, without_persons
from app.register.queries import stretches_of

Held = Mapping[int, Sequence[Mapping[str, Any]]]
"""Unit to the persons that it names over all of its time."""


def as_shown(session: Session, items: Sequence[ItemDraft]) -> list[ItemDraft]:
    """Items with their names masked where these are made up from persons that items or units name."""
    held = _held(session, (item.unit_id for item in items if not item.changes.keys().isdisjoint(NAMING)))
    beside: dict[int, list[Mapping[str, Any]]] = {}
    for item in items:
        if item.unit_id is not None:
            beside.setdefault(item.unit_id, []).append(item.changes)
    return [
        replace(
            item,
            changes=without_persons(item.changes, *held.get(item.unit_id or 0, ()), *beside.get(item.unit_id or 0, ())),
        )
        for item in items
    ]


def title_shown(session: Session, title: str, items: Sequence[ItemDraft]) -> str:
    """A title that somebody typed, or that is a unit's name, by the persons of the units that a request is about."""
    held = _held(session, (item.unit_id for item in items))
    told = [*(item.changes for item in items), *(row for rows in held.values() for row in rows)]
    return shown(title, persons_of(*told))


def met_shown(session: Session, unit_id: int, found: Mapping[str, str]) -> dict[str, str]:
    """Values met in the field."""
    return without_persons(found, *_held(session, [unit_id]).get(unit_id, ()))


def _held(session: Session, unit_ids: Iterable[int | None]) -> Held:
    units = {unit_id for unit_id in unit_ids if unit_id is not None}
    return stretches_of(session, units, (*NAMED, PERSON)) if units else {}
