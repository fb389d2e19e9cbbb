"""The items of change requests that source records make: an addition, a change, a cancellation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from app.changes.rules import ItemDraft
from app.domain.partial_date import first_day, partial_date, precision_of
from app.domain.words import Reason, Standing
from app.records import merge
from app.records.merge import BESIDE, Record
from app.records.queries import Waiting
from app.register.losing import Stance
from app.register.ranking import Ranks
from app.register.sources import pack

COUNTY_DIGITS = 6
"""Digits of an area code down to the county (attributes.md §2.8)."""

_CLOSED_STATUS = {Reason.DEREGISTERED: "6", Reason.REVOKED: "7"}


def is_closing(record: Waiting) -> bool:
    return record.event in {Reason.DEREGISTERED, Reason.REVOKED}


def describes(record: Waiting) -> bool:
    """Whether a record can make a unit; a change, a cancellation or a nameless row speaks of one we must know."""
    named = record.clean.get("name") or record.clean.get("short_name")
    return bool(named) and not is_closing(record) and record.event != "change"


def as_merge_record(record: Waiting) -> Record:
    return Record(record.record_id, record.source, record.on, record.clean)


def new_unit(members: Iterable[Waiting], ranks: Ranks, area: str) -> ItemDraft:
    """An addition from all records found to be one new unit.

    Registrars say where a unit is registered, not where it is: until somebody finds its village, it lies in the
    area of the office that took the file in.
    """
    records = sorted(members, key=lambda record: record.record_id)
    values, origin = merge.combine([as_merge_record(record) for record in records], ranks)
    first = records[0]
    if not values.get("area_code") and len(area) >= COUNTY_DIGITS:
        values["area_code"] = area.ljust(12, "0")
    valid_from, precision = start_of(values, first)
    return ItemDraft(
        reason=Reason.NEW if any(record.event == "new" for record in records) else Reason.FOUND_MISSING,
        valid_from=valid_from,
        precision=precision,
        changes=values,
        origin=origin,
        record_id=first.record_id,
    )


def start_of(values: Mapping[str, Any], record: Waiting) -> tuple[date, str]:
    """From when a unit is valid: its founding where known and not after the record, else the day of the record."""
    for name in ("established_on", "opened_on"):
        text = str(values.get(name) or "")
        day = partial_date(text)
        if day is not None and day <= record.as_of:
            return day, precision_of(text)
    return first_day(record.on), precision_of(record.on)


def change(record: Waiting, unit_id: int, changes: Mapping[str, Any]) -> ItemDraft:
    coded = "uscc" in changes or "org_code" in changes
    return ItemDraft(
        reason=Reason.CODE_CHANGE if coded else Reason.CHANGE,
        valid_from=first_day(record.on),
        precision=precision_of(record.on),
        changes=dict(changes),
        origin=pack(as_merge_record(record).origin),
        unit_id=unit_id,
        record_id=record.record_id,
    )


def ends_another(held: Mapping[str, Any], record: Waiting) -> bool:
    """Whether a cancellation is of a licence under which the unit bears a code beside its own: of one that was merged into it,
    and is gone already."""
    return record.clean.get("uscc") in held[BESIDE] and record.clean.get("uscc") != held["uscc"]


def may_close(held: Mapping[str, Any], record: Waiting) -> bool:
    """Whether a cancellation ends the unit it was matched with: one that lives, and is not meant by a licence beside."""
    return held["standing"] == Standing.LIVE and not ends_another(held, record)


def by_itself(held: Mapping[str, Any], record: Waiting, ranks: Ranks, stance: Stance) -> ItemDraft | None:
    """What one record, seen alone, would do to the unit it is of; None where it says nothing new."""
    unit_id = held["unit_id"]
    if is_closing(record):
        return closing(record, unit_id) if may_close(held, record) else None
    found = merge.difference(held, as_merge_record(record), ranks, stance)
    says = {**found.take, **found.propose}
    return change(record, unit_id, says) if says else None


def closing(record: Waiting, unit_id: int) -> ItemDraft:
    """A cancellation or revocation by the registrar."""
    reason = Reason(record.event)
    values = {
        "operating_status": _CLOSED_STATUS[reason],
        "closed_on": record.clean.get("closed_on") or record.on,
        "closed_reason": record.clean.get("closed_reason", ""),
        "registrar_status": record.clean.get("registrar_status", ""),
    }
    return ItemDraft(
        reason=reason,
        valid_from=first_day(record.on),
        precision=precision_of(record.on),
        changes={name: value for name, value in values.items() if value},
        origin=pack(as_merge_record(record).origin),
        unit_id=unit_id,
        record_id=record.record_id,
    )
