"""What a request wrote is taken back, and what was written since stays (DESIGN.md, §5.1): decided on three histories.

A field is restored on the days on which the request changed it and nothing has said otherwise since. So nobody ever left
and nobody came: as known from now on, the request never happened. A unit that it brought was none, and is void for ever,
for its number still leads somewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.dialect import chunked
from app.domain.fields import BY_NAME
from app.domain.steps import go_together
from app.domain.words import Reason, Standing
from app.models import ChangeFeed, ChangeRequest
from app.register import sources
from app.register.queries import MAX_IN, versions_ever_of
from app.register.rules import STATED, History, Row

_TICK = timedelta(microseconds=1)
_TOLD = (*STATED, "began_by", "date_precision", "sources")


@dataclass(frozen=True)
class Past:
    """A unit as a request found it, and as it left it at a moment."""

    moment: datetime
    before: Sequence[Row]
    after: Sequence[Row]


def pasts_of(session: Session, unit_ids: Iterable[int], request_id: int) -> dict[int, Past]:
    """How a request found and left each of the units that it wrote."""
    found: dict[int, Past] = {}
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        versions = versions_ever_of(session, part)
        own = (col(ChangeFeed.unit_id).in_(part), col(ChangeFeed.request_id) == request_id)
        moments = select(
            col(ChangeFeed.unit_id), func.min(col(ChangeFeed.recorded_at)), func.max(col(ChangeFeed.recorded_at))
        )
        for unit_id, first, last in session.execute(moments.where(*own).group_by(col(ChangeFeed.unit_id))):
            ever = versions[unit_id]
            found[unit_id] = Past(last, _known_at(ever, first - _TICK), _known_at(ever, last))
    return found


def numbers_of(session: Session, request_id: int) -> frozenset[int]:
    """The numbers by which what a request stated stands: its own, and those of requests that undid an undoing of it."""
    found, ahead = {request_id}, {request_id}
    while ahead:
        undoings = select(col(ChangeRequest.request_id)).where(col(ChangeRequest.undoes).in_(ahead))
        again = select(col(ChangeRequest.request_id)).where(col(ChangeRequest.undoes).in_(undoings))
        ahead = set(session.execute(again).scalars()) - found
        found |= ahead
    return frozenset(found)


def _known_at(ever: Sequence[Row], moment: datetime) -> list[Row]:
    """What was believed at a moment, of all that ever was."""
    return [dict(row) for row in ever if row["recorded_at"] <= moment < row["superseded_at"]]


def take_back(history: History, past: Past) -> list[str]:
    """Restore what a request changed, where it still says so; returns the names of the fields that changed anywhere."""
    changed: set[str] = set()
    result: list[Row] = []
    for row in history.believed:
        pieces, touched = _restored(row, past, begun=bool(result))
        if touched:
            changed |= touched
            history.superseded += [row["version_id"]] if "version_id" in row else []
        for piece in pieces if touched else [row]:
            _append(history, result, piece)
    history.believed = result
    if changed:
        history.reason = str(Reason.UNDO)
        history.revision += 1
    return sorted(changed)


def _append(history: History, result: list[Row], piece: Row) -> None:
    """Put the next stretch behind the last; the two are one where the request had parted them."""
    last = result[-1] if result else None
    fresh = last is not None and not ("version_id" in last and "version_id" in piece)
    if last is not None and fresh and last["valid_until"] == piece["valid_from"] and _same(last, piece):
        history.superseded += [row["version_id"] for row in (last, piece) if "version_id" in row]
        result[-1] = _new(last, last["valid_from"], piece["valid_until"])
    else:
        result.append(piece)


def _same(one: Row, other: Row) -> bool:
    return all(one[name] == other[name] for name in _TOLD)


def _restored(row: Row, past: Past, *, begun: bool) -> tuple[list[Row], set[str]]:
    """One believed version in the parts that the request makes of it, and what is restored in any; where the unit has
    `begun` before it, none of its days is left out."""
    days = {edge for held in (*past.before, *past.after) for edge in (held["valid_from"], held["valid_until"])}
    cuts = sorted({day for day in days if row["valid_from"] < day < row["valid_until"]})
    pieces: list[Row] = []
    touched: set[str] = set()
    for start, end in pairwise([row["valid_from"], *cuts, row["valid_until"]]):
        before, after = _on(past.before, start), _on(past.after, start)
        piece = _new(row, start, end)
        if not past.before:
            touched |= _never_was(piece)
        elif after is not None and before is None:
            if not (begun or pieces) and all(piece[name] == after[name] for name in STATED):
                touched.add("valid_from")  # its first day was later
                continue
        elif after is not None and before is not None:
            touched |= _put_back(piece, row, before, after)
        pieces.append(piece)
    return pieces, touched


def _never_was(piece: Row) -> set[str]:
    """A unit that the request brought was none on any day, whatever was said of it since: there was nobody to say it of."""
    was = piece["standing"]
    piece["standing"], piece["successor_id"] = str(Standing.VOID), None
    return {"standing"} if was != Standing.VOID else set()


def _put_back(piece: Row, row: Row, before: Row, after: Row) -> set[str]:
    """The fields in which a part says what the request said, put back to what was said before."""
    found = {name for name in STATED if after[name] != before[name] and row[name] == after[name]}
    if not _go_together({**piece, **{name: before[name] for name in found}}):
        found -= _TOGETHER  # one of them was told since, and the other stays with it
    piece.update({name: before[name] for name in found})
    for name in ("began_by", "date_precision"):
        if found and row[name] == after[name]:
            piece[name] = before[name]
    if found and row["sources"] == after["sources"]:
        piece["sources"] = before["sources"]
    elif found:
        piece["sources"] = sources.overlay(row["sources"], before["sources"], found & BY_NAME.keys())
    return found


_TOGETHER = frozenset({"standing", "operating_status"})


def _go_together(row: Row) -> bool:
    return go_together(Reason.UNDO, row["standing"], row["operating_status"])


def _on(rows: Sequence[Row], day: date) -> Row | None:
    return next((row for row in rows if row["valid_from"] <= day < row["valid_until"]), None)


def _new(row: Row, start: date, end: date) -> Row:
    piece: dict[str, Any] = {**row, "valid_from": start, "valid_until": end, "reason": str(Reason.UNDO)}
    piece.pop("version_id", None)
    piece.pop("request_id", None)
    return piece


def with_what_was_left(said: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with those that stand for them since some of their days were taken away."""
    found, ahead = list(said), list(said)
    while ahead:
        ended = ahead.pop()
        left = [row for row in rows if _is_left_of(row, ended) and row not in found]
        found, ahead = [*found, *left], [*ahead, *left]
    return found


def _is_left_of(row: Mapping[str, Any], ended: Mapping[str, Any]) -> bool:
    inside = ended["valid_from"] <= row["valid_from"] and row["valid_until"] <= ended["valid_until"]
    return inside and link_told_by(row) == link_told_by(ended) and bool(row["recorded_at"] == ended["superseded_at"])


def link_told_by(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Which link a row is of, whatever its days."""
    return tuple(row.get(name) for name in ("unit_id", "scheme", "value", "kind", "target_unit_id"))
