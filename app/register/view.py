"""A unit as people look at it: what holds on a day as known at a moment, its time line, and where each value is from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import iso_moment
from app.core.personal import Personal
from app.domain.fields import NAMES
from app.domain.period import FOREVER, STILL_KNOWN
from app.register import sources
from app.register.queries import AsOf, get_unit_ids, history_of, identifiers_at, relations_at, versions_of


@dataclass
class UnitView:
    """One unit. `values` masks personal fields; `revealed` are those shown in clear for a logged reason."""

    unit_id: int
    on: str
    known_at: str
    standing: str
    period: tuple[str, str]
    values: dict[str, Any]
    sources: dict[str, dict[str, Any]]
    lost: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]
    relations: list[dict[str, Any]]
    timeline: list[dict[str, Any]] = field(default_factory=list)


def find_views(
    session: Session, code: str, as_of: AsOf, *, area_prefix: str = "", reveal: Iterable[str] = ()
) -> list[UnitView]:
    """The units that a code names, as of a day and a moment, within an area. Raises UnitNotFound.

    A unit that did not yet exist, or was not yet known, on that day is not among them.
    """
    ids = get_unit_ids(session, code)
    held = versions_of(session, ids, as_of)
    shown = set(reveal)
    return [
        _view(session, version, as_of, shown)
        for version in held.values()
        if str(version["area_code"]).startswith(area_prefix)
    ]


def _view(session: Session, version: Mapping[str, Any], as_of: AsOf, reveal: set[str]) -> UnitView:
    unit_id = version["unit_id"]
    filled = [name for name in NAMES if version[name] not in (None, "")]
    return UnitView(
        unit_id=unit_id,
        on=as_of.on.isoformat(),
        known_at=iso_moment(as_of.known_at) if as_of.known_at else "",
        standing=version["standing"],
        period=_period(version),
        values={name: shown(version[name], clear=name in reveal) for name in filled},
        sources={name: _origin(sources.origin_of(version["sources"], name)) for name in filled},
        lost=[
            {"field": name, "why": why, **_origin(origin)}
            for name, origin, why in sources.losers_of(version["sources"])
        ],
        identifiers=[_link(row, "scheme", "value") for row in identifiers_at(session, unit_id, as_of)],
        relations=[
            {**_link(row, "kind", "target_code"), "unit_id": row["unit_id"], "target_unit_id": row["target_unit_id"]}
            for row in relations_at(session, unit_id, as_of)
        ],
        timeline=timeline(session, unit_id),
    )


def timeline(session: Session, unit_id: int) -> list[dict[str, Any]]:
    """Every version ever recorded on both clocks, with what began it and why it was written."""
    return [
        {
            "version_id": row["version_id"],
            "valid": _period(row),
            "recorded_at": iso_moment(row["recorded_at"]),
            "superseded_at": "" if row["superseded_at"] == STILL_KNOWN else iso_moment(row["superseded_at"]),
            "began_by": row["began_by"],
            "reason": row["reason"],
            "request_id": row["request_id"],
            "name": row["name"],
            "standing": row["standing"],
        }
        for row in history_of(session, unit_id)
    ]


def shown(value: Any, *, clear: bool = False) -> Any:
    """A value for people: personal ones masked unless `clear`."""
    if isinstance(value, Personal):
        return value.reveal() if clear else str(value)
    return value


def _period(row: Mapping[str, Any]) -> tuple[str, str]:
    until = "" if row["valid_until"] == FOREVER else row["valid_until"].isoformat()
    return (row["valid_from"].isoformat(), until)


def _link(row: Mapping[str, Any], kind: str, value: str) -> dict[str, Any]:
    return {"kind": row[kind], "code": row[value], "valid": _period(row)}


def _origin(origin: sources.Origin) -> dict[str, Any]:
    return {
        "source": origin.source,
        "record_id": origin.record_id,
        "on": origin.on,
        "request_id": origin.request_id,
    }
