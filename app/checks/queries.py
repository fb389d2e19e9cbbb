"""All selects of the existence check, in sets: a batch of ten thousand codes is a handful of statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import String, and_, cast, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import chunked
from app.core.rights import WHOLE_COUNTRY, Territory
from app.domain.lives import ItemStatus
from app.domain.period import STILL_KNOWN
from app.domain.words import HANDED_IN, FrameStatus, RowOutcome, Standing
from app.models import (
    ChangeFeed,
    ChangeRequest,
    Frame,
    FrameUnit,
    RequestItem,
    SourceRecord,
    identifier,
    unit_version,
)
from app.register.queries import AsOf

PART = 2000
"""Codes in one statement: far below the parameters either database takes, large enough that ten thousand are quick."""

_v = unit_version.c
FACTS = (
    _v.name,
    _v.former_names,
    _v.unit_type,
    _v.area_code,
    _v.park_code,
    _v.standing,
    _v.operating_status,
    _v.began_by,
    _v.valid_from,
    _v.closed_on,
    _v.successor_id,
    _v.uscc,
    _v.org_code,
    _v.reg_no,
    _v.temp_code,
)
"""What the answers are made from; no personal field."""


def holders(session: Session, codes: Iterable[str], on: date) -> dict[str, list[Any]]:
    """Who carries each code, now or formerly, with what holds of them on the day; name None when nothing does."""
    version = and_(_v.unit_id == identifier.c.unit_id, AsOf(on).holds())
    wanted = select(
        identifier.c.value,
        identifier.c.scheme,
        identifier.c.unit_id,
        identifier.c.valid_from.label("code_from"),
        identifier.c.valid_until.label("code_until"),
        *FACTS,
    ).select_from(identifier.outerjoin(unit_version, version))
    found: dict[str, list[Any]] = {}
    for part in chunked(list(dict.fromkeys(codes)), PART):
        statement = wanted.where(identifier.c.value.in_(part), identifier.c.superseded_at == STILL_KNOWN)
        for row in session.execute(statement):
            found.setdefault(row.value, []).append(row)
    return found


def units(session: Session, unit_ids: Iterable[int], on: date) -> dict[int, Any]:
    """What holds of each unit on the day."""
    found: dict[int, Any] = {}
    for part in chunked(sorted(set(unit_ids)), PART):
        statement = select(_v.unit_id, *FACTS).where(_v.unit_id.in_(part), AsOf(on).holds())
        found.update((row.unit_id, row) for row in session.execute(statement))
    return found


def successors(session: Session, unit_ids: Iterable[int], on: date) -> dict[int, Any]:
    """Each of these units, or who stands at the end of the chain when it was itself merged or converted."""
    known = units(session, unit_ids, on)
    open_ids = {row.successor_id for row in known.values() if row.successor_id} - known.keys()
    while open_ids:
        more = units(session, open_ids, on)
        known |= more
        open_ids = {row.successor_id for row in more.values() if row.successor_id} - known.keys()
    return {unit_id: _end_of_chain(known, unit_id) for unit_id in unit_ids if unit_id in known}


_FOLLOWED = (Standing.MERGED, Standing.CONVERTED)
"""Who lives is the end of his own chain, whatever was split off from him."""


def _end_of_chain(known: dict[int, Any], unit_id: int) -> Any:
    seen = {unit_id}
    row = known[unit_id]
    while row.standing in _FOLLOWED and row.successor_id in known and row.successor_id not in seen:
        seen.add(row.successor_id)
        row = known[row.successor_id]
    return row


def names_until(session: Session, unit_ids: Iterable[int], on: date) -> dict[int, set[str]]:
    """Every name each unit has borne up to the day, as believed now."""
    found: dict[int, set[str]] = {}
    for part in chunked(sorted(set(unit_ids)), PART):
        statement = select(_v.unit_id, _v.name).where(
            _v.unit_id.in_(part), _v.superseded_at == STILL_KNOWN, _v.valid_from <= on
        )
        for unit_id, name in session.execute(statement):
            found.setdefault(unit_id, set()).add(name)
    return found


def lists_of(session: Session, survey: str, on: date) -> list[int]:
    """The frozen frames of a survey whose period holds the day: one, or one for each area."""
    statement = select(col(Frame.frame_id)).where(
        col(Frame.survey) == survey,
        col(Frame.status) == str(FrameStatus.FROZEN),
        col(Frame.period_from) <= on,
        col(Frame.period_until) > on,
    )
    return list(session.execute(statement).scalars())


def on_lists(session: Session, frame_ids: Sequence[int], unit_ids: Iterable[int]) -> set[int]:
    """Those of the units that stand on one of the lists."""
    found: set[int] = set()
    for part in chunked(sorted(set(unit_ids)) if frame_ids else [], PART):
        statement = select(col(FrameUnit.unit_id)).where(
            col(FrameUnit.frame_id).in_(frame_ids), col(FrameUnit.unit_id).in_(part)
        )
        found.update(session.execute(statement).scalars())
    return found


OPEN_REQUESTS = tuple(sorted(map(str, HANDED_IN)))
WAITING_ROWS = (str(RowOutcome.PENDING), str(RowOutcome.TO_REVIEW), str(RowOutcome.PROPOSED))


def find_pending(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Codes on their way into the register: `request` when a change request asks for it, `record` when a row waits.

    `request_item.code` and `source_record.code` are filled where those rows are written; the values beside them
    are sealed and cannot be searched.
    """
    found: dict[str, str] = {}
    for part in chunked(list(dict.fromkeys(codes)), PART):
        rows = select(col(SourceRecord.code)).where(
            col(SourceRecord.code).in_(part), col(SourceRecord.outcome).in_(WAITING_ROWS)
        )
        found.update((str(code), "record") for code in session.execute(rows).scalars())
        items = (
            select(col(RequestItem.code))
            .join(ChangeRequest, col(ChangeRequest.request_id) == col(RequestItem.request_id))
            .where(
                col(RequestItem.code).in_(part),
                col(RequestItem.status) == ItemStatus.OPEN,
                col(ChangeRequest.status).in_(OPEN_REQUESTS),
            )
        )
        found.update((str(code), "request") for code in session.execute(items).scalars())
    return found


def changes_after(
    session: Session, after: int, limit: int, *, within: Territory
) -> tuple[list[dict[str, Any]], int | None]:
    """Of so many entries of the feed behind `after` those about units of an area, and behind which one to go on."""
    statement = select(ChangeFeed).where(col(ChangeFeed.seq) > after).order_by(col(ChangeFeed.seq)).limit(limit)
    looked_at = list(session.execute(statement).scalars())
    further = looked_at[-1].seq if len(looked_at) == limit else None
    last = looked_at[-1].seq if looked_at else after
    entries = looked_at
    if WHOLE_COUNTRY not in within.prefixes:
        own = _about_area(session, after, last, within)
        entries = [entry for entry in looked_at if entry.seq in own]
    codes = _codes_of(session, {entry.unit_id for entry in entries})
    return _told(entries, codes), further


def _about_area(session: Session, after: int, last: int, within: Territory) -> set[int]:
    """Entries about units that lay in an area on the day of the change, or up to it, as was believed before it or after."""
    feed, begins, ends = ChangeFeed, cast(_v.valid_from, String), cast(_v.valid_until, String)  # its days are text
    statement = (
        select(col(feed.seq))
        .join(unit_version, _v.unit_id == col(feed.unit_id))
        .where(col(feed.seq) > after, col(feed.seq) <= last, within.condition(_v.area_code, _v.park_code))
        .where(_v.recorded_at <= col(feed.recorded_at), _v.superseded_at >= col(feed.recorded_at))
        .where(begins <= col(feed.valid_from), ends >= col(feed.valid_from))
    )
    return set(session.execute(statement.distinct()).scalars())


def _told(entries: Iterable[ChangeFeed], codes: Mapping[int, list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "seq": entry.seq,
            "unit_id": entry.unit_id,
            "codes": codes.get(entry.unit_id, []),
            "reason": entry.reason,
            "valid_from": entry.valid_from,
            "recorded_at": entry.recorded_at,
        }
        for entry in entries
    ]


def _codes_of(session: Session, unit_ids: Iterable[int]) -> dict[int, list[str]]:
    """Every code a unit carries or carried, and what is contained in one: a caller drops what it keeps under any."""
    found: dict[int, list[str]] = {}
    for part in chunked(sorted(set(unit_ids)), PART):
        statement = select(identifier.c.unit_id, identifier.c.value).where(
            identifier.c.unit_id.in_(part), identifier.c.superseded_at == STILL_KNOWN
        )
        for unit_id, value in session.execute(statement.order_by(identifier.c.value).distinct()):
            found.setdefault(unit_id, []).append(value)
    return found
