"""A split is one request over all its units: those that go on from one, new or held, with the records, codes and children
that each of them takes along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes.errors import (
    CHILD_OF_ANOTHER,
    CODE_OF_ANOTHER,
    PART_BOTH_WAYS,
    PART_NAMED_TWICE,
    PART_WITHOUT_CODE,
    RECORD_OF_ANOTHER,
    BadChange,
)
from app.changes.rules import ItemDraft, read_changes
from app.core.persons import without_persons
from app.core.said import Said, said
from app.domain.fields import IDENTIFIERS
from app.domain.period import STILL_KNOWN
from app.domain.words import Reason
from app.models import SourceRecord, identifier, relation
from app.register.queries import latest_versions_of
from app.register.rules import RELATION_FIELDS, Row
from app.register.sources import Origin
from app.register.stated import Borne, Follower, Stated, unpacked

_PARENT = RELATION_FIELDS["parent"]
Codes = Mapping[str, Mapping[str, bool]]
"""Codes of a unit: its schemes (a tax number is often the credit code), and whether each was stated in addition to the
fields."""


@dataclass(frozen=True)
class Part:
    """Who goes on from a unit: one that is held, or a new one by its fields; with what it takes along."""

    unit_id: int | None
    new: Mapping[str, Any] = field(default_factory=dict)
    records: Sequence[int] = ()
    codes: Sequence[str] = ()
    children: Sequence[int] = ()


def split(session: Session, given: ItemDraft, parts: Sequence[Part]) -> list[ItemDraft]:
    """The items of a split of the unit of `given`. Raises BadChange where a part takes what is not that unit's."""
    unit_id = given.unit_id or 0
    held = latest_versions_of(session, [unit_id, *_named(parts)])
    codes = _codes_of(session, unit_id, held[unit_id])
    faults = list(_faults(session, unit_id, parts, codes, held))
    if faults:
        raise BadChange(faults=faults)
    taking = [_part(given, one, codes, held) for one in parts]
    source = _source(given, parts, codes)
    children = [
        _child(given, held[child], item, held)
        for one, item in zip(parts, taking, strict=True)
        for child in one.children
    ]
    return [source, *taking, *children]


def _named(parts: Sequence[Part]) -> list[int]:
    return [unit for one in parts for unit in (one.unit_id, *one.children) if unit is not None]


def _codes_of(session: Session, unit_id: int, row: Row) -> dict[str, dict[str, bool]]:
    """Each code of a unit: its schemes, and whether each was stated beside the fields."""
    table = identifier.c
    own = (table.unit_id == unit_id, table.superseded_at == STILL_KNOWN, table.stated, table.within == "")
    found: dict[str, dict[str, bool]] = {}
    for scheme, value in session.execute(select(table.scheme, table.value).where(*own)):
        found.setdefault(value, {})[scheme] = True
    for scheme in IDENTIFIERS:
        if row[scheme]:
            found.setdefault(str(row[scheme]), {})[scheme] = False
    return found


def _source(given: ItemDraft, parts: Sequence[Part], codes: Codes) -> ItemDraft:
    """The unit that is split: who goes on from it, and the codes that it bears no more."""
    leaving = [(scheme, code, stated) for one in parts for code in one.codes for scheme, stated in codes[code].items()]
    cleared = {scheme: "" for scheme, _, stated in leaving if not stated}
    follow = tuple(
        Follower(one.unit_id) if one.unit_id is not None else Follower(item=number)
        for number, one in enumerate(parts, 2)
    )
    drops = tuple((scheme, code) for scheme, code, stated in leaving if stated)
    told = unpacked(given.links)
    stated = Stated(told.bears, (*told.drops, *drops), follow)
    return replace(given, changes={**cleared, **given.changes}, successor_id=None, links=stated.packed())


_LIKE_ITS_SOURCE = ("area_code", "unit_type", "operating_status")
"""What a new unit that goes on is like the one it comes from, where nothing else is said."""


def _part(given: ItemDraft, one: Part, codes: Codes, held: Mapping[int, Row]) -> ItemDraft:
    """Who goes on: with the codes that come to it, in its fields where these say nothing."""
    source = held[given.unit_id or 0]
    alike = {name: source[name] for name in _LIKE_ITS_SOURCE if source[name]}
    says: Mapping[str, Any] = (
        {**alike, **without_persons(read_changes(one.new))} if one.unit_id is None else held[one.unit_id]
    )
    fields: dict[str, Any] = {}
    bears: list[Borne] = []
    hand = Origin(*given.origin["o"][given.origin["d"]])
    for scheme, code in ((scheme, value) for value in one.codes for scheme in codes[value]):
        if says.get(scheme) or scheme in fields:
            bears.append(Borne(scheme, code, hand))
        else:
            fields[scheme] = code
    links = Stated(bears=tuple(bears)).packed()
    if one.records:
        links["records"] = [[given.unit_id, sorted(set(one.records))]]
    coming = Reason.CODE_CHANGE if one.codes else Reason.CHANGE
    return replace(
        given,
        reason=Reason.NEW if one.unit_id is None else coming,
        unit_id=one.unit_id,
        base_revision=0,
        changes={**(says if one.unit_id is None else {}), **fields},
        successor_id=None,
        links=links,
    )


def _child(given: ItemDraft, child: Row, part: ItemDraft, held: Mapping[int, Row]) -> ItemDraft:
    """A child says from that day on that its parent is the part which takes it along."""
    says = {**(held[part.unit_id] if part.unit_id is not None else {}), **part.changes}
    uscc, org_code = str(says.get("uscc") or ""), str(says.get("org_code") or "")
    told = {"parent_uscc": uscc, "parent_org_code": org_code or uscc[8:17], "parent_name": str(says.get("name") or "")}
    kept = {name: value for name, value in told.items() if value or child[name]}
    return replace(
        given,
        reason=Reason.CHANGE,
        unit_id=child["unit_id"],
        base_revision=0,
        changes=kept,
        successor_id=None,
        links={},
    )


def _faults(session: Session, unit_id: int, parts: Sequence[Part], codes: Codes, held: Mapping[int, Row]) -> list[Said]:
    """What parts take that is not the unit's, or twice."""
    children = _children_of(session, unit_id)
    records = _records_of(session, unit_id, [number for one in parts for number in one.records])
    wrong = [said(CODE_OF_ANOTHER, value=code) for one in parts for code in one.codes if code not in codes]
    wrong += [said(CHILD_OF_ANOTHER, unit=unit) for one in parts for unit in one.children if unit not in children]
    wrong += [
        said(RECORD_OF_ANOTHER, record=number) for one in parts for number in one.records if number not in records
    ]
    for name in ("records", "codes", "children"):
        taken = [str(thing) for one in parts for thing in getattr(one, name)]
        wrong += [
            said(PART_NAMED_TWICE, what=thing) for thing in sorted({one for one in taken if taken.count(one) > 1})
        ]
    named = [unit_id, *(one.unit_id for one in parts if one.unit_id is not None)]
    wrong += [said(PART_NAMED_TWICE, what=f"#{unit}") for unit in sorted({u for u in named if named.count(u) > 1})]
    wrong += [said(PART_BOTH_WAYS) for one in parts if one.unit_id is not None and one.new]
    if not wrong:
        wrong += [said(PART_WITHOUT_CODE) for one in parts if one.children and not _bears_any(one, codes, held)]
    return wrong


def _bears_any(one: Part, codes: Codes, held: Mapping[int, Row]) -> bool:
    says: Mapping[str, Any] = one.new if one.unit_id is None else held[one.unit_id]
    coming = {scheme for code in one.codes for scheme in codes[code]}
    return any(says.get(scheme) or scheme in coming for scheme in ("uscc", "org_code"))


def _children_of(session: Session, unit_id: int) -> set[int]:
    table = relation.c
    own = (table.target_unit_id == unit_id, table.kind == "parent", table.superseded_at == STILL_KNOWN)
    return set(session.execute(select(table.unit_id).where(*own)).scalars())


def _records_of(session: Session, unit_id: int, record_ids: Sequence[int]) -> set[int]:
    own = (col(SourceRecord.record_id).in_(record_ids), col(SourceRecord.unit_id) == unit_id)
    return set(session.execute(select(col(SourceRecord.record_id)).where(*own)).scalars())
