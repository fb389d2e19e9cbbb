"""From records whose way is clear to change requests: additions, changes and cancellations, by import batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.changes import policy
from app.changes.lands import outside
from app.changes.rules import ItemDraft, bare_of
from app.changes.values import faults_of
from app.core.clock import day_of
from app.core.rights import Territory
from app.core.said import Said, said
from app.domain.words import Standing
from app.match.rules import Routes, Way
from app.models import notes
from app.records import merge
from app.records.items import as_merge_record, change, closing, describes, is_closing, may_close, new_unit
from app.records.merge import BESIDE
from app.records.queries import Waiting
from app.register.losing import FREE, Stance, stances
from app.register.queries import codes_beside
from app.register.ranking import Ranks
from app.register.rules import plain
from app.register.sources import overlay, pack

BY_CODE = "code"
"""Basis of a match on equal valid codes without contradiction, as acceptance policies name it."""


@dataclass
class Proposals:
    """Items by import batch, kind and, where it is still to come, the day; the records that bring nothing new; those that
    reach beyond the area; those that the register does not take, with why.

    What speaks of a day to come is a request of its own: one such row does not keep a whole file waiting.
    """

    today: date
    items: dict[tuple[int, str, date], list[ItemDraft]] = field(default_factory=dict)
    unchanged: set[int] = field(default_factory=set)
    outside: set[int] = field(default_factory=set)
    stopped: dict[int, Said] = field(default_factory=dict)

    def add(self, batch_id: int, kind: str, item: ItemDraft) -> None:
        self.items.setdefault((batch_id, kind, max(item.valid_from, self.today)), []).append(item)

    def leave_out(self, record_ids: Collection[int]) -> None:
        """Drop all that these records would do."""
        kept = {key: [i for i in items if i.record_id not in record_ids] for key, items in self.items.items()}
        self.items = {key: items for key, items in kept.items() if items}

    @staticmethod
    def title(batch_id: int, kind: str, count: int) -> Said:
        """What the request of a batch and kind is called."""
        return said(notes.BATCH_TITLES[kind], batch=batch_id, count=count)

    @staticmethod
    def counts(kind: str) -> dict[str, Any]:
        """How the units were found, for the policy that accepts a kind."""
        return {"basis": BY_CODE if kind == "accept" else ""}


def propose(
    session: Session,
    records: Mapping[int, Waiting],
    routes: Routes,
    units: Mapping[int, Mapping[str, Any]],
    ranks: Ranks,
    *,
    own: Territory,
    now: datetime,
) -> Proposals:
    """Turn every record that is clearly new, or clearly a unit we hold, into items of change requests."""
    proposals = Proposals(day_of(now))
    acceptable = _Acceptable(session, day_of(now))
    beside = codes_beside(session, routes.unit_of.values())
    for cluster in routes.clusters(Way.NEW):
        members = [records[rid] for rid in routes.members[cluster] if describes(records[rid])]
        proposals.add(members[0].batch_id, "add", new_unit(members, ranks, own.only))
    people_said = stances(session, (routes.unit_of[cluster] for cluster in routes.clusters(Way.SAME)), day_of(now))
    for cluster in routes.clusters(Way.SAME):
        unit_id = routes.unit_of[cluster]
        held = {**units[unit_id], BESIDE: beside.get(unit_id, set())}
        if not own.holds(held["area_code"], held["park_code"]):  # before anything of it is compared and so told
            proposals.outside.update(routes.members[cluster])
            continue
        done: set[str] = set()
        for record in sorted(
            (records[rid] for rid in routes.members[cluster]), key=lambda r: (r.batch_id, r.on, r.record_id)
        ):
            _propose_for_unit(proposals, record, unit_id, held, done, ranks, acceptable, people_said.get(unit_id, FREE))
    clusters = {rid: routes.members[cluster] for cluster in routes.clusters(Way.NEW) for rid in routes.members[cluster]}
    for record_id, why in _stopped(session, proposals):
        proposals.stopped.update(dict.fromkeys(clusters.get(record_id, [record_id]), why))
    proposals.leave_out(proposals.stopped)
    for record_id in _beyond(session, proposals, own):
        proposals.outside.update(clusters.get(record_id, [record_id]))
    proposals.leave_out(proposals.outside)
    return proposals


def _stopped(session: Session, proposals: Proposals) -> Iterator[tuple[int, Said]]:
    """The records of items that say what no register keeps, or whose unit would lack its area or its kind."""
    items = [item for items in proposals.items.values() for item in items]
    for item, faults in zip(items, faults_of(session, items, proposals.today), strict=True):
        if lacking := bare_of(item):
            yield _record_of(item), said(notes.BARE, field=lacking[0])
        elif faults:
            yield _record_of(item), said(notes.GUARDED, why=faults[0])


def _beyond(session: Session, proposals: Proposals, own: Territory) -> Iterator[int]:
    """The records of items that reach beyond the office's area."""
    for items in proposals.items.values():
        yield from (_record_of(items[index]) for index in outside(session, items, own))


def _record_of(item: ItemDraft) -> int:
    assert item.record_id is not None, "items of a match run come of records"
    return item.record_id


class _Acceptable:
    """Which fields of a source some policy accepts without a person; asked once per source."""

    def __init__(self, session: Session, on: date) -> None:
        self._session, self._on = session, on
        self._known: dict[tuple[str, str], bool] = {}

    def split(self, source: str, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Changes that a policy accepts, and those that need a person."""
        for name in changes:
            if (source, name) not in self._known:
                found = policy.acceptable_fields(
                    self._session, basis=BY_CODE, source=source, fields=[name], on=self._on
                )
                self._known[source, name] = bool(found)
        accepted = {name: value for name, value in changes.items() if self._known[source, name]}
        return accepted, {name: value for name, value in changes.items() if name not in accepted}


def _propose_for_unit(
    proposals: Proposals,
    record: Waiting,
    unit_id: int,
    held: dict[str, Any],
    done: set[str],
    ranks: Ranks,
    acceptable: _Acceptable,
    stance: Stance,
) -> None:
    """What one record would do to the unit it was matched with; later records of the unit see it done."""
    if is_closing(record):
        if not may_close(held, record):
            proposals.unchanged.add(record.record_id)
            return
        proposals.add(record.batch_id, "remove", closing(record, unit_id))
        held["standing"] = Standing.CLOSED
        return
    found = merge.difference(held, as_merge_record(record), ranks, stance)
    by_code = record.vouched and same_valid_code(held, record) and held["standing"] == Standing.LIVE
    accepted, asked = acceptable.split(record.source, found.take) if by_code else ({}, found.take)
    asked = {**asked, **found.propose}
    if accepted:
        proposals.add(record.batch_id, "accept", _based_on(held, done, change(record, unit_id, accepted)))
        _see_done(held, done, accepted, record)
    if asked:
        proposals.add(record.batch_id, "change", _based_on(held, done, change(record, unit_id, asked)))
    if not accepted and not asked:
        proposals.unchanged.add(record.record_id)


def _based_on(held: Mapping[str, Any], done: set[str], item: ItemDraft) -> ItemDraft:
    """The item with what earlier items of this run will have said in its fields."""
    return replace(item, expects={name: plain(held[name]) for name in item.changes if name in done})


def _see_done(held: dict[str, Any], done: set[str], accepted: Mapping[str, Any], record: Waiting) -> None:
    """Lay an accepted change over the unit as the next record of this run will find it."""
    held.update(accepted)
    done.update(accepted)
    held["sources"] = overlay(held["sources"], pack(as_merge_record(record).origin), accepted)


def same_valid_code(held: Mapping[str, Any], record: Waiting) -> bool:
    return bool(held["uscc"]) and held["uscc"] == record.clean.get("uscc")


def carrier_of(members: Sequence[Waiting], way: Way) -> int | None:
    """The record that carries a new unit's other records into a request; None where each goes for itself."""
    described = [record.record_id for record in members if describes(record)]
    return min(described) if way is Way.NEW and described else None
