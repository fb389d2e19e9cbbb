"""What requests state of links beside the versions, laid down and taken back: codes borne in addition, and who goes on.

These rows hold because a request said so: only another request ends them, and one that is undone takes back its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.core.dialect import bulk_insert, chunked
from app.domain.period import FOREVER, STILL_KNOWN, Period
from app.models import identifier
from app.register.link_rows import UNKNOWN, Fresh, Written, close, identifier_link, insert, next_numbers
from app.register.queries import MAX_IN
from app.register.rules import Link, Write, identifiers_of
from app.register.sources import Origin
from app.register.stated import Statement, codes_of
from app.register.taking_back import link_told_by, with_what_was_left


@dataclass(frozen=True)
class Undone:
    """A request that is taken back from a unit, the moment at which it wrote it, and the numbers by which what it stated
    stands: its own, and those of undoings that let it stand again."""

    unit_id: int
    moment: datetime
    numbers: frozenset[int]


@dataclass
class Besides:
    """What one call of the writer says of links beside the versions: `units` are those of its items."""

    statements: list[Statement] = field(default_factory=list)
    units: dict[int, int] = field(default_factory=dict)
    undone: list[Undone] = field(default_factory=list)


def state_codes(session: Session, statements: Sequence[Statement], written: Written) -> set[str]:
    """Lay down which codes units bear in addition, and which no more; returns the codes that came or went."""
    speaking = [one for one in statements if one.stated.bears or one.stated.drops]
    if not speaking:
        return set()
    units = {one.unit_id for one in speaking}
    held, borne = _stated_rows(session, identifier, units), _borne_by(session, units)
    gone: list[int] = []
    fresh: list[Fresh] = []
    for one in speaking:
        for scheme, value in one.stated.drops:
            for row in (row for row in held if _is_of(row, one.unit_id, scheme, value) and _meets(row, one.period)):
                gone.append(row["identifier_id"])
                fresh += _left_of(row, one)
        bears = ((borne.scheme, borne.value, borne.origin) for borne in one.stated.bears)
        days = (one.period.valid_from, one.period.valid_until)
        for scheme, value, origin in bears:
            links = with_parts(Link(scheme, value, *days, origin=origin, stated=True))
            fresh += [Fresh(one.unit_id, one.reason, link) for link in links if not _covers(borne[one.unit_id], link)]
    close(session, identifier, gone, written.moment)
    insert(session, identifier, fresh, written)
    return codes_of([one.stated for one in speaking]) | {new.link.value for new in fresh}


def take_back_links(session: Session, table: Table, undone: Sequence[Undone], written: Written) -> set[str]:
    """Links that a request stated are stated no more, and those that it ended are again; returns their codes."""
    if not undone:
        return set()
    key = next(iter(table.primary_key)).name
    rows = _rows_of(session, table, [one.unit_id for one in undone])
    mine = {(one.unit_id, number) for one in undone for number in one.numbers}
    ended = {(one.unit_id, one.moment) for one in undone}
    said = with_what_was_left([row for row in rows if (row["unit_id"], row["request_id"]) in mine], rows)
    gone = [row for row in said if _stands(row)]
    left = {link_told_by(row) for row in rows if _stands(row)} - {link_told_by(row) for row in gone}
    back = [row for row in rows if (row["unit_id"], row["superseded_at"]) in ended and link_told_by(row) not in left]
    close(session, table, [row[key] for row in gone], written.moment)
    numbers = next_numbers(session, table.c[key], len(back))
    again = {"recorded_at": written.moment, "superseded_at": STILL_KNOWN, "request_id": written.request_id}
    fresh = [{**row, **again, key: number} for row, number in zip(back, numbers, strict=True)]
    if fresh:
        bulk_insert(session, table, {name: [row[name] for row in fresh] for name in fresh[0]})
    return {row["value"] for row in (*gone, *back)} if table is identifier else set()


def followers(statements: Sequence[Statement], units: Mapping[int, int]) -> list[Fresh]:
    """Successions that are stated, from one unit to many."""
    return [
        Fresh(one.unit_id, one.reason, Link("succession", str(heir), one.period.valid_from, FOREVER, stated=True))
        for one in statements
        for heir in one.resolved(units)
    ]


def says_anything_new(session: Session, write: Write) -> bool:
    """Whether a write, laid down now, would change which codes its unit bears, or who goes on from it."""
    unit_id, stated = write.unit_id or 0, write.stated
    days = (write.period.valid_from, write.period.valid_until)
    borne = _borne_by(session, [unit_id])[unit_id] if stated.bears else []
    if stated.followed_by or not all(_covers(borne, Link(one.scheme, one.value, *days)) for one in stated.bears):
        return True
    held = _stated_rows(session, identifier, [unit_id]) if stated.drops else []
    return any(_is_of(row, unit_id, *code) for row in held for code in stated.drops)


def with_parts(link: Link) -> list[Link]:
    """A code and what is contained in it."""
    implied = identifiers_of([_Bearing(link)])
    return [link, *(replace(part, stated=link.stated) for part in sorted(implied) if part.within)]


class _Bearing(dict[str, Any]):
    """A version that says one code alone."""

    def __init__(self, link: Link) -> None:
        origin = (link.origin or UNKNOWN).packed()
        days = {"valid_from": link.valid_from, "valid_until": link.valid_until}
        super().__init__({link.kind: link.value, "sources": {"o": [origin], "d": 0}, **days})

    def __missing__(self, name: str) -> str:
        return ""


def _rows_of(session: Session, table: Table, unit_ids: Iterable[int]) -> list[dict[str, Any]]:
    """All that was ever stated of links of these units."""
    found: list[dict[str, Any]] = []
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        statement = select(table).where(table.c.unit_id.in_(part), table.c.stated)
        found += [dict(row) for row in session.execute(statement).mappings()]
    return found


def _stands(row: Mapping[str, Any]) -> bool:
    return bool(row["superseded_at"] == STILL_KNOWN)


def _stated_rows(session: Session, table: Table, unit_ids: Iterable[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in chunked(sorted(unit_ids), MAX_IN):
        believed = (table.c.unit_id.in_(part), table.c.superseded_at == STILL_KNOWN, table.c.stated)
        found += [dict(row) for row in session.execute(select(table).where(*believed)).mappings()]
    return found


def _is_of(row: Mapping[str, Any], unit_id: int, scheme: str, value: str) -> bool:
    """Whether a row is of a code, or of what was stated with it as a part of it."""
    return bool(
        row["unit_id"] == unit_id
        and ((row["scheme"], row["value"]) == (scheme, value) or (row["within"] == scheme and row["value"] in value))
    )


def _meets(row: Mapping[str, Any], period: Period) -> bool:
    return bool(row["valid_from"] < period.valid_until and period.valid_from < row["valid_until"])


def _left_of(row: Mapping[str, Any], one: Statement) -> list[Fresh]:
    """The days on which a code is borne that goes over others."""
    origin = Origin(row["source"], row["record_id"], "")
    parts = Period(row["valid_from"], row["valid_until"]).minus(one.period)
    return [
        Fresh(
            one.unit_id,
            one.reason,
            Link(row["scheme"], row["value"], part.valid_from, part.valid_until, row["within"], origin, stated=True),
        )
        for part in parts
    ]


def _borne_by(session: Session, unit_ids: Iterable[int]) -> dict[int, list[Link]]:
    """The codes that each of the units bears, and when."""
    found: dict[int, list[Link]] = {unit_id: [] for unit_id in unit_ids}
    for part in chunked(sorted(found), MAX_IN):
        believed = (identifier.c.unit_id.in_(part), identifier.c.superseded_at == STILL_KNOWN)
        for row in session.execute(select(identifier).where(*believed)).mappings():
            found[row["unit_id"]].append(identifier_link(row))
    return found


def _covers(borne: Iterable[Link], link: Link) -> bool:
    """Whether a code is borne already on all the days of a link."""
    return any(
        (held.kind, held.value) == (link.kind, link.value)
        and held.valid_from <= link.valid_from
        and link.valid_until <= held.valid_until
        for held in borne
    )
