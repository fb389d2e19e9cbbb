"""A unit as people look at it: what holds on a day as known at a moment, its time line, and where each value is from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import iso_moment
from app.core.rights import Territory
from app.domain.fields import NAMES
from app.domain.labels import label
from app.domain.period import FOREVER, STILL_KNOWN
from app.models import FieldLock
from app.register import losing, sources
from app.register.locks import by_whom, locks_of
from app.register.present import code_names, filled, personal_in, plain, present
from app.register.queries import AsOf, get_unit_ids, history_of, identifiers_at, relations_at, versions_of
from app.register.schemas import Borne, Days, LockShown, Lost, OriginShown, Related, UnitView, VersionShown
from app.register.search import names_of


def find_views(
    session: Session,
    code: str,
    as_of: AsOf,
    *,
    within: Territory,
    reveal: Collection[str] = (),
    language: str = "zh",
) -> list[UnitView]:
    """The units that a code names, as of a day and a moment, within an area. Raises UnitNotFound.

    A unit that did not yet exist, or was not yet known, on that day is not among them.
    """
    held = find_held(session, code, as_of, within=within)
    return [_view(session, version, as_of, within, reveal, language) for version in held]


def find_held(session: Session, code: str, as_of: AsOf, *, within: Territory) -> list[dict[str, Any]]:
    """The versions behind `find_views`. Raises UnitNotFound where no unit ever carried the code."""
    held = versions_of(session, get_unit_ids(session, code), as_of)
    return [version for version in held.values() if within.holds(version["area_code"], version["park_code"])]


def _view(
    session: Session,
    version: Mapping[str, Any],
    as_of: AsOf,
    within: Territory,
    reveal: Collection[str],
    language: str,
) -> UnitView:
    unit_id = version["unit_id"]
    fields = filled(version)
    [shown] = present(session, [version], fields, on=as_of.on, reveal=reveal)
    return UnitView(
        unit_id=unit_id,
        on=as_of.on.isoformat(),
        known_at=iso_moment(as_of.known_at) if as_of.known_at else "",
        standing=version["standing"],
        period=_period(version),
        values=shown.values,
        names=shown.names,
        personal=personal_in(version, fields),
        labels={name: label("field", name, language) for name in fields},
        sources={name: OriginShown.model_validate(sources.origin_of(version["sources"], name)) for name in fields},
        lost=_lost(session, unit_id, as_of, reveal, language),
        locks=locks_shown(session, locks_of(session, [unit_id], as_of.on).get(unit_id, {}).values(), language),
        identifiers=[borne(row) for row in identifiers_at(session, unit_id, as_of)],
        relations=_relations(session, unit_id, as_of, within),
        timeline=timeline(session, unit_id, within),
    )


def _lost(session: Session, unit_id: int, as_of: AsOf, reveal: Collection[str], language: str) -> list[Lost]:
    """What sources say beside the values in force, in the order of the form, whatever the day that is looked at."""
    found = losing.of_unit(session, unit_id)
    called = code_names(session, [{one.field: one.value} for one in found], {one.field for one in found}, as_of.on)
    return [
        Lost(
            losing_id=one.losing_id,
            field=one.field,
            label=label("field", one.field, language),
            value=plain(one.field, one.value, reveal),
            called=called.get(one.field, {}).get(str(one.value), ""),
            why=one.why,
            status=one.status,
            source=one.source,
            record_id=one.record_id,
            on=one.said_on,
            request_id=one.request_id or 0,
        )
        for one in sorted(found, key=lambda one: (NAMES.index(one.field), one.source))
    ]


def locks_shown(session: Session, found: Iterable[FieldLock], language: str) -> list[LockShown]:
    """Locks with why, by whom and until when."""
    held = list(found)
    names = by_whom(session, held)
    return [
        LockShown(
            lock_id=lock.lock_id,
            unit_id=lock.unit_id,
            field=lock.field,
            label=label("field", lock.field, language),
            until=lock.until,
            reason=lock.reason,
            by=names.get(lock.set_by, ""),
            at=lock.set_at,
        )
        for lock in held
    ]


def borne(row: Mapping[str, Any]) -> Borne:
    """A code of a unit, as answers carry it."""
    return Borne(
        kind=row["scheme"],
        code=row["value"],
        valid=_period(row),
        source=row["source"],
        within=row["within"],
        verified=row["verified"],
    )


def _relations(session: Session, unit_id: int, as_of: AsOf, within: Territory) -> list[Related]:
    """Who stands around a unit, by number; by name those that lie, or lay, where the reader sees units."""
    rows = relations_at(session, unit_id, as_of)
    others = [row["target_unit_id"] if row["unit_id"] == unit_id else row["unit_id"] for row in rows]
    names = names_of(session, [other for other in others if other], within=within)
    return [
        Related(
            kind=row["kind"],
            code=row["target_code"],
            valid=_period(row),
            source=row["source"],
            unit_id=row["unit_id"],
            target_unit_id=row["target_unit_id"],
            name=names.get(other, ""),
        )
        for row, other in zip(rows, others, strict=True)
    ]


def timeline(session: Session, unit_id: int, within: Territory) -> list[VersionShown]:
    """Every version ever recorded on both clocks while the unit lay within an area, with what began it and why it was
    written: what became of it elsewhere is seen there."""
    return [
        VersionShown(
            version_id=row["version_id"],
            valid=_period(row),
            recorded_at=iso_moment(row["recorded_at"]),
            superseded_at="" if row["superseded_at"] == STILL_KNOWN else iso_moment(row["superseded_at"]),
            began_by=row["began_by"],
            reason=row["reason"],
            request_id=row["request_id"],
            name=row["name"],
            standing=row["standing"],
        )
        for row in history_of(session, unit_id)
        if within.holds(row["area_code"], row["park_code"])
    ]


def _period(row: Mapping[str, Any]) -> Days:
    until = "" if row["valid_until"] == FOREVER else row["valid_until"].isoformat()
    return (row["valid_from"].isoformat(), until)
