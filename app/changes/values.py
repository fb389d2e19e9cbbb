"""Values that no register can keep, whoever states them: none of their kind, beyond all bounds, or a code of no edition.

One reader for the form, a file, a spot check and the writing. What a unit says already is nobody's fault who repeats it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.changes.errors import CODE_NOT_LISTED, DAY_BEYOND, NO_NAME, TEMP_NOT_ISSUED, TEMP_USED
from app.changes.lands import Item, met_by
from app.changes.rules import CALLED, ItemDraft, fault_of, reads, takes_back, wrong_with
from app.codelists import queries
from app.core.said import Said, said
from app.domain.fields import CODED, DATES, NUMBERS
from app.domain.partial_date import first_day
from app.domain.period import EARLIEST, latest_from
from app.register import pool
from app.register.queries import stretches_of
from app.register.rules import plain
from matching.standardise.codes import is_temp_code

Faults = dict[str, Said]
"""What is wrong with the values of one item, by field."""

BOUNDED = NUMBERS | DATES
_DIVISION = "division"
_TEMPORARY = "temp_code"
_COUNTIES = ("division_county", "division_county_nbs", "division_history")
"""Lists of counties by six digits: an area that is right to its county is a finding, and stops nobody."""
_COUNTY = 6
_AREA = re.compile(r"[0-9]{6,12}")


def unkept(session: Session, items: Sequence[Item], today: date) -> list[Faults]:
    """What is wrong with the figures, dates and codes that items bring in."""
    found = faults_in(session, [{} if takes_back(item) else item.changes for item in items], today)
    told = [_temporary(item) for item in items]
    _add_not_issued(session, told, found)
    _add_used(session, items, told, found)
    _add_nameless(session, items, found)
    if any(found):
        _forgive_what_stands(session, items, found)
    return found


def faults_of(session: Session, items: Sequence[ItemDraft], today: date) -> list[list[Said]]:
    """For each item all that is wrong with it, whatever becomes of it."""
    values = unkept(session, items, today)
    return [
        [] if takes_back(item) else [*wrong_with(item, today), *faults.values()]
        for item, faults in zip(items, values, strict=True)
    ]


def faults_in(session: Session, told: Sequence[Mapping[str, Any]], today: date) -> list[Faults]:
    """The same whatever units say already."""
    found = [
        {name: fault for name in BOUNDED & one.keys() if (fault := bounds_of(name, one[name], today))} for one in told
    ]
    unlisted = _unlisted(session, told)
    if unlisted:
        for one, faults in zip(told, found, strict=True):
            faults.update(
                (name, said(CODE_NOT_LISTED, field=name))
                for name, codelist in CODED.items()
                if name in one and (codelist, one[name]) in unlisted
            )
    return found


def _temporary(item: Item) -> set[str]:
    """Temporary codes of our form that an item says of its unit, in the field or beside it."""
    beside = (value for scheme, value, _ in item.links.get("bears", ()) if scheme == _TEMPORARY)
    told = (str(item.changes.get(_TEMPORARY) or ""), *beside)
    return set() if takes_back(item) else {code for code in told if is_temp_code(code)}


def _add_not_issued(session: Session, told: Sequence[set[str]], found: list[Faults]) -> None:
    """A temporary code of our form was given out by us, or it is none."""
    codes = set[str]().union(*told)
    missing = codes - pool.issued(session, codes) if codes else codes
    for one, faults in zip(told, found, strict=True) if missing else ():
        if one & missing:
            faults[_TEMPORARY] = said(TEMP_NOT_ISSUED)


def _add_used(session: Session, items: Sequence[Item], told: Sequence[set[str]], found: list[Faults]) -> None:
    """No second unit is given a temporary code of ours, even where the first lives no more or has another by now."""
    bearers = pool.bearers(session, set[str]().union(*told))
    for item, codes, faults in zip(items, told, found, strict=True) if bearers else ():
        if any(bearers.get(code, set()) - {item.unit_id} for code in codes):
            faults.setdefault(_TEMPORARY, said(TEMP_USED))


def _add_nameless(session: Session, items: Sequence[Item], found: list[Faults]) -> None:
    """A unit that has a short name alone keeps it."""
    loses = {
        item.unit_id
        for item in items
        if not takes_back(item)
        and "short_name" in item.changes
        and not any(reads(item.changes.get(name)) for name in CALLED)
    }
    held = stretches_of(session, [unit for unit in loses if unit is not None], CALLED) if loses else {}
    for item, faults in zip(items, found, strict=True) if held else ():
        rows = met_by(item, held.get(item.unit_id or 0, ()))
        if item.unit_id in loses and any(not reads(row["name"]) and reads(row["short_name"]) for row in rows):
            faults.setdefault("short_name", said(NO_NAME))


def bounds_of(name: str, value: Any, today: date) -> Said | None:
    """What is wrong with a figure or a date; a day known to the month or year counts as its first."""
    fault = fault_of(name, value)
    if fault is None and name in DATES and value:
        last = latest_from(today)
        if not EARLIEST <= first_day(value) <= last:
            return said(DAY_BEYOND, field=name, first=str(EARLIEST), last=str(last))
    return fault


def _unlisted(session: Session, told: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """List and code of what is in no edition; a list that nobody has loaded refuses nothing."""
    wanted = set(_coded(told))
    if not wanted:
        return set()
    counties = {code[:_COUNTY] for codelist, code in wanted if codelist == _DIVISION}
    codes = {code for _, code in wanted} | counties | {county.ljust(12, "0") for county in counties}
    listed = queries.listed(session, {*CODED.values(), *_COUNTIES}, codes)
    missing = {
        pair for pair in wanted if pair not in listed and not (pair[0] == _DIVISION and _in_county(pair[1], listed))
    }
    loaded = queries.loaded(session) if missing else set()
    return {(codelist, code) for codelist, code in missing if codelist in loaded}


def _coded(told: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in told:
        for name in CODED.keys() & one.keys():
            if one[name] and isinstance(one[name], str):
                yield CODED[name], one[name]


def _in_county(area: str, listed: set[tuple[str, str]]) -> bool:
    county = area[:_COUNTY]
    if not _AREA.fullmatch(area):
        return False
    return (_DIVISION, county.ljust(12, "0")) in listed or any((name, county) in listed for name in _COUNTIES)


def _forgive_what_stands(session: Session, items: Sequence[Item], found: list[Faults]) -> None:
    """Drop what a unit says already on a day that the item speaks of."""
    units = {item.unit_id for item, faults in zip(items, found, strict=True) if faults and item.unit_id is not None}
    names = sorted({name for faults in found for name in faults})
    held = stretches_of(session, units, names)
    for item, faults in zip(items, found, strict=True):
        rows = met_by(item, held.get(item.unit_id or 0, ()))
        for name in [name for name in faults if any(plain(row[name]) == item.changes.get(name) for row in rows)]:
            del faults[name]
