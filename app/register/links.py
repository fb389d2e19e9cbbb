"""Identifiers and relations of units, kept as rows of their own beside the versions: the writer calls, nobody else.

A relation to a parent or a superior is told by a code and points to the unit that is meant. Which that is can change
without a word from the unit itself: a code comes into the register, moves to another unit, or was never its bearer's.
So whatever identifiers come or go, the relations of others that speak of their codes are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Table, and_, func, select, update
from sqlalchemy.orm import Session

from app.core.dialect import Columns, bulk_insert, chunked
from app.domain.period import FOREVER, STILL_KNOWN, Period
from app.models import identifier, relation, unit_version
from app.register.codes import verdict_on
from app.register.queries import MAX_IN
from app.register.rules import (
    FOLLOWED,
    RELATION_FIELDS,
    Heirs,
    History,
    Holder,
    Link,
    Row,
    Write,
    identifiers_of,
    relations_of,
    targets_of,
)
from app.register.sources import Origin
from app.register.stated import Statement, codes_of
from app.register.taking_back import link_told_by, with_what_was_left

_UNKNOWN = Origin("", 0, "")
_TOLD_BY_CODE = tuple(RELATION_FIELDS)


@dataclass(frozen=True)
class _Written:
    """What one call of the writer is known by."""

    moment: datetime
    request_id: int


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


@dataclass(frozen=True)
class _Fresh:
    """A link that is new, of which unit and why; `target` is the unit that a relation points to."""

    unit_id: int
    reason: str
    link: Link
    target: int | None = None


@dataclass(frozen=True)
class Moved:
    """Units whose relations are others now: they state others, or what they state points elsewhere."""

    stated: set[int]
    pointed: set[int]


def keep(
    session: Session,
    births: Sequence[History],
    touched: Sequence[History],
    moment: datetime,
    request_id: int,
    besides: Besides | None = None,
) -> Moved:
    """Bring the links of these units in line with their versions, and what others say of their codes with them; lay down,
    or take back, what a request states of links beside."""
    said = besides or Besides()
    written = _Written(moment, request_id)
    fresh, gone = _difference(session, identifier, identifiers_of, _identifier_link, births, touched)
    _close(session, identifier, _numbers(gone), moment)
    _insert(session, identifier, fresh, written)
    moved = {new.link.value for new in fresh} | {link.value for link in gone} | _borne_by_another_kind(touched)
    moved |= _state_codes(session, said.statements, written)
    moved |= _take_back(session, identifier, said.undone, written)

    fresh, gone = _difference(session, relation, relations_of, _relation_link, births, touched)
    followed = _followed(fresh, gone, touched)
    fresh += _follow(said.statements, said.units)
    _close(session, relation, _numbers(gone), moment)
    _insert(session, relation, _pointing(session, fresh), written)
    _take_back(session, relation, said.undone, written)
    if followed:
        moved |= _codes_meaning(session, followed)
    return Moved({new.unit_id for new in fresh}, _point_anew(session, moved, written))


def _borne_by_another_kind(touched: Sequence[History]) -> set[str]:
    """The codes of units that are of another kind now: who is meant by them depends on it."""
    return {link.value for unit in touched if "unit_type" in unit.changed for link in identifiers_of(unit.believed)}


def _followed(fresh: Sequence[_Fresh], gone: Mapping[Link, Sequence[int]], touched: Sequence[History]) -> set[int]:
    """Units in which others go on by now, or do no more, and those others."""
    links = [link for link in (*(new.link for new in fresh), *gone) if link.kind == "succession"]
    return {history.unit_id for history in touched} | {int(link.value) for link in links} if links else set()


def _difference(
    session: Session,
    table: Table,
    implied_by: Callable[[Sequence[Row]], set[Link]],
    link_of: Callable[[Any], Link],
    births: Sequence[History],
    touched: Sequence[History],
) -> tuple[list[_Fresh], dict[Link, list[int]]]:
    """The links that the versions imply and no row holds, and the rows that nothing implies any more."""
    held = _held(session, table, link_of, [history.unit_id for history in touched])
    fresh: list[_Fresh] = []
    gone: dict[Link, list[int]] = {}
    for history in (*births, *touched):
        implied, believed = implied_by(history.believed), held.get(history.unit_id, {})
        fresh += [_Fresh(history.unit_id, history.reason, link) for link in sorted(implied - believed.keys())]
        for link in believed.keys() - implied:
            gone.setdefault(link, []).extend(believed[link])
    return fresh, gone


def _held(
    session: Session, table: Table, link_of: Callable[[Any], Link], unit_ids: list[int]
) -> dict[int, dict[Link, list[int]]]:
    """The believed links of each unit that its versions imply, with their rows: one that points to several units, one after
    the other, has a row for each."""
    key = next(iter(table.primary_key))
    found: dict[int, dict[Link, list[int]]] = {}
    for part in chunked(sorted(unit_ids), MAX_IN):
        believed = (table.c.unit_id.in_(part), table.c.superseded_at == STILL_KNOWN, table.c.stated.is_(False))
        rows = session.execute(select(table, key.label("link_id")).where(*believed).order_by(table.c.valid_from))
        for row in rows.mappings():
            _join(found.setdefault(row["unit_id"], {}), link_of(row), row["link_id"])
    return found


def _join(links: dict[Link, list[int]], link: Link, number: int) -> None:
    if link.kind in _TOLD_BY_CODE:
        for held in [one for one in links if one.kind == link.kind and one.value == link.value]:
            if held.valid_until == link.valid_from:
                numbers = links.pop(held)
                links[replace(held, valid_until=link.valid_until)] = [*numbers, number]
                return
    links.setdefault(link, []).append(number)


def _numbers(gone: Mapping[Link, Sequence[int]]) -> list[int]:
    return [number for numbers in gone.values() for number in numbers]


def _identifier_link(row: Any) -> Link:
    return Link(row["scheme"], row["value"], row["valid_from"], row["valid_until"], row["within"])


def _relation_link(row: Any) -> Link:
    value = str(row["target_unit_id"]) if row["kind"] == "succession" else row["target_code"]
    return Link(row["kind"], value, row["valid_from"], row["valid_until"])


def _identifier_columns(fresh: Sequence[_Fresh]) -> Columns:
    return {
        "scheme": [new.link.kind for new in fresh],
        "value": [new.link.value for new in fresh],
        "verified": [verdict_on(new.link.kind, new.link.value) for new in fresh],
        "within": [new.link.within for new in fresh],
    }


def _relation_columns(fresh: Sequence[_Fresh]) -> Columns:
    return {
        "kind": [new.link.kind for new in fresh],
        "target_unit_id": [new.target for new in fresh],
        "target_code": ["" if new.link.kind == "succession" else new.link.value for new in fresh],
    }


def _insert(session: Session, table: Table, fresh: Sequence[_Fresh], written: _Written) -> None:
    (key,) = table.primary_key
    links = [new.link for new in fresh]
    origins = [link.origin or _UNKNOWN for link in links]
    shared: dict[str, Sequence[Any]] = {
        key.name: _next_numbers(session, key, len(fresh)),
        "unit_id": [new.unit_id for new in fresh],
        "source": [origin.source for origin in origins],
        "record_id": [origin.record_id for origin in origins],
        "valid_from": [link.valid_from for link in links],
        "valid_until": [link.valid_until for link in links],
        "recorded_at": [written.moment] * len(fresh),
        "superseded_at": [STILL_KNOWN] * len(fresh),
        "reason": [new.reason for new in fresh],
        "request_id": [written.request_id] * len(fresh),
        "stated": [link.stated for link in links],
    }
    columns = _identifier_columns(fresh) if table is identifier else _relation_columns(fresh)
    bulk_insert(session, table, {**shared, **columns})


def _next_numbers(session: Session, key: Column[Any], count: int) -> Sequence[int]:
    """Numbers for new links, behind the last: whoever holds the writer's row is alone in giving them out."""
    last = session.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
    return range(last + 1, last + 1 + count)


def _close(session: Session, table: Table, link_ids: Iterable[int], moment: datetime) -> None:
    key = next(iter(table.primary_key))
    for part in chunked(sorted(link_ids), MAX_IN):
        session.execute(update(table).where(key.in_(part)).values(superseded_at=moment))


def _state_codes(session: Session, statements: Sequence[Statement], written: _Written) -> set[str]:
    """Lay down which codes units bear in addition, and which no more; returns the codes that came or went."""
    speaking = [one for one in statements if one.stated.bears or one.stated.drops]
    if not speaking:
        return set()
    units = {one.unit_id for one in speaking}
    held, borne = _stated_rows(session, identifier, units), _borne_by(session, units)
    gone: list[int] = []
    fresh: list[_Fresh] = []
    for one in speaking:
        for scheme, value in one.stated.drops:
            for row in (row for row in held if _is_of(row, one.unit_id, scheme, value) and _meets(row, one.period)):
                gone.append(row["identifier_id"])
                fresh += _left_of(row, one)
        bears = ((borne.scheme, borne.value, borne.origin) for borne in one.stated.bears)
        days = (one.period.valid_from, one.period.valid_until)
        for scheme, value, origin in bears:
            links = with_parts(Link(scheme, value, *days, origin=origin, stated=True))
            fresh += [_Fresh(one.unit_id, one.reason, link) for link in links if not _covers(borne[one.unit_id], link)]
    _close(session, identifier, gone, written.moment)
    _insert(session, identifier, fresh, written)
    return codes_of([one.stated for one in speaking]) | {new.link.value for new in fresh}


def _take_back(session: Session, table: Table, undone: Sequence[Undone], written: _Written) -> set[str]:
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
    _close(session, table, [row[key] for row in gone], written.moment)
    numbers = _next_numbers(session, table.c[key], len(back))
    again = {"recorded_at": written.moment, "superseded_at": STILL_KNOWN, "request_id": written.request_id}
    fresh = [{**row, **again, key: number} for row, number in zip(back, numbers, strict=True)]
    if fresh:
        bulk_insert(session, table, {name: [row[name] for row in fresh] for name in fresh[0]})
    return {row["value"] for row in (*gone, *back)} if table is identifier else set()


def _rows_of(session: Session, table: Table, unit_ids: Iterable[int]) -> list[dict[str, Any]]:
    """All that was ever stated of links of these units."""
    found: list[dict[str, Any]] = []
    for part in chunked(sorted(set(unit_ids)), MAX_IN):
        statement = select(table).where(table.c.unit_id.in_(part), table.c.stated)
        found += [dict(row) for row in session.execute(statement).mappings()]
    return found


def _stands(row: Mapping[str, Any]) -> bool:
    return bool(row["superseded_at"] == STILL_KNOWN)


def with_parts(link: Link) -> list[Link]:
    """A code and what is contained in it."""
    implied = identifiers_of([_Bearing(link)])
    return [link, *(replace(part, stated=link.stated) for part in sorted(implied) if part.within)]


class _Bearing(dict[str, Any]):
    """A version that says one code alone."""

    def __init__(self, link: Link) -> None:
        origin = (link.origin or _UNKNOWN).packed()
        days = {"valid_from": link.valid_from, "valid_until": link.valid_until}
        super().__init__({link.kind: link.value, "sources": {"o": [origin], "d": 0}, **days})

    def __missing__(self, name: str) -> str:
        return ""


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


def _left_of(row: Mapping[str, Any], one: Statement) -> list[_Fresh]:
    """The days on which a code is borne that goes over others."""
    origin = Origin(row["source"], row["record_id"], "")
    parts = Period(row["valid_from"], row["valid_until"]).minus(one.period)
    return [
        _Fresh(
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
            found[row["unit_id"]].append(_identifier_link(row))
    return found


def _covers(borne: Iterable[Link], link: Link) -> bool:
    """Whether a code is borne already on all the days of a link."""
    return any(
        (held.kind, held.value) == (link.kind, link.value)
        and held.valid_from <= link.valid_from
        and link.valid_until <= held.valid_until
        for held in borne
    )


def says_anything_new(session: Session, write: Write) -> bool:
    """Whether a write, laid down now, would change which codes its unit bears, or who goes on from it."""
    unit_id, stated = write.unit_id or 0, write.stated
    days = (write.period.valid_from, write.period.valid_until)
    borne = _borne_by(session, [unit_id])[unit_id] if stated.bears else []
    if stated.followed_by or not all(_covers(borne, Link(one.scheme, one.value, *days)) for one in stated.bears):
        return True
    held = _stated_rows(session, identifier, [unit_id]) if stated.drops else []
    return any(_is_of(row, unit_id, *code) for row in held for code in stated.drops)


def _follow(statements: Sequence[Statement], units: Mapping[int, int]) -> list[_Fresh]:
    """Successions that are stated, from one unit to many."""
    return [
        _Fresh(one.unit_id, one.reason, Link("succession", str(heir), one.period.valid_from, FOREVER, stated=True))
        for one in statements
        for heir in one.resolved(units)
    ]


def _pointing(session: Session, fresh: Sequence[_Fresh]) -> list[_Fresh]:
    """Each new relation with the unit that it points to, a part for each where it points to several one after the other."""
    holders = holders_of(session, {new.link.value for new in fresh if new.link.kind in _TOLD_BY_CODE})
    heirs = heirs_of(session, holders)
    found = []
    for new in fresh:
        if new.link.kind == "succession":
            found.append(replace(new, target=int(new.link.value)))
        else:
            link = new.link
            told = (new.unit_id, link.valid_from, link.valid_until)
            for part, target in targets_of(*told, holders.get(link.value, ()), heirs):
                piece = replace(link, valid_from=part.valid_from, valid_until=part.valid_until)
                found.append(replace(new, link=piece, target=target))
    return found


def _point_anew(session: Session, codes: Iterable[str], written: _Written) -> set[int]:
    """Have relations that speak of these codes point to who is meant by now: known from this moment on; whose they are."""
    said = _said_of(session, codes)
    holders = holders_of(session, {run[0]["target_code"] for run in said})
    heirs = heirs_of(session, holders)
    gone: list[Mapping[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for run in said:
        first, last = run[0], run[-1]
        told = (first["unit_id"], first["valid_from"], last["valid_until"])
        pieces = targets_of(*told, holders.get(first["target_code"], ()), heirs)
        if pieces != [(Period(row["valid_from"], row["valid_until"]), row["target_unit_id"]) for row in run]:
            gone += run
            moved += [
                {**first, "valid_from": part.valid_from, "valid_until": part.valid_until, "target_unit_id": target}
                for part, target in pieces
            ]
    if not moved:
        return set()
    (key,) = relation.primary_key
    _close(session, relation, [row[key.name] for row in gone], written.moment)
    columns: dict[str, Sequence[Any]] = {name: [row[name] for row in moved] for name in moved[0]}
    columns |= {
        key.name: _next_numbers(session, key, len(moved)),
        "recorded_at": [written.moment] * len(moved),
        "request_id": [written.request_id] * len(moved),
    }
    bulk_insert(session, relation, columns)
    return {row["unit_id"] for row in moved}


def _said_of(session: Session, codes: Iterable[str]) -> list[list[Mapping[str, Any]]]:
    """The believed relations that are told by one of these codes: the rows of each, in the order of their days."""
    found: list[list[Mapping[str, Any]]] = []
    table = relation.c
    for part in chunked(sorted(set(codes)), MAX_IN):
        believed = (table.target_code.in_(part), table.superseded_at == STILL_KNOWN)
        order = (table.unit_id, table.kind, table.target_code, table.valid_from, table.relation_id)
        for row in map(dict, session.execute(select(relation).where(*believed).order_by(*order)).mappings()):
            if found and _goes_on(found[-1][-1], row):
                found[-1].append(row)
            else:
                found.append([row])
    return found


def _goes_on(last: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    same = all(last[name] == row[name] for name in ("unit_id", "kind", "target_code"))
    return same and bool(last["valid_until"] == row["valid_from"])


def _codes_meaning(session: Session, unit_ids: Iterable[int]) -> set[str]:
    """The codes of units, and those by which others mean one of them."""
    found: set[str] = set()
    for part in chunked(sorted(unit_ids), MAX_IN):
        borne = (identifier.c.unit_id.in_(part), identifier.c.superseded_at == STILL_KNOWN)
        found.update(session.execute(select(identifier.c.value).where(*borne)).scalars())
        meant = (relation.c.target_unit_id.in_(part), relation.c.superseded_at == STILL_KNOWN)
        found.update(session.execute(select(relation.c.target_code).where(*meant).distinct()).scalars())
    return found - {""}


def heirs_of(session: Session, holders: Mapping[str, Sequence[Holder]]) -> Heirs:
    """Who went on for those of the holders that were merged or converted, and for these in turn."""
    ahead = {one.unit_id for told in holders.values() for one in told if one.standing in FOLLOWED}
    found: dict[int, list[tuple[date, date, int]]] = {}
    wanted = (
        unit_version.c.unit_id,
        unit_version.c.valid_from,
        unit_version.c.valid_until,
        unit_version.c.successor_id,
    )
    while ahead:
        more: set[int] = set()
        for part in chunked(sorted(ahead), MAX_IN):
            gone = (unit_version.c.standing.in_(FOLLOWED), unit_version.c.successor_id.is_not(None))
            believed = (unit_version.c.unit_id.in_(part), unit_version.c.superseded_at == STILL_KNOWN)
            for unit_id, start, end, heir in session.execute(select(*wanted).where(*believed, *gone)):
                found.setdefault(unit_id, []).append((start, end, heir))
                more.add(heir)
        ahead = more - found.keys()
    return found


def holders_of(session: Session, codes: Iterable[str]) -> dict[str, list[Holder]]:
    """Who bears or bore each code, as believed now."""
    now = and_(
        unit_version.c.unit_id == identifier.c.unit_id,
        unit_version.c.superseded_at == STILL_KNOWN,
        unit_version.c.valid_until == FOREVER,
    )
    wanted = (identifier.c.value, identifier.c.unit_id, identifier.c.valid_from, identifier.c.valid_until)
    who = (unit_version.c.unit_type, unit_version.c.standing)
    statement = select(*wanted, *who).select_from(identifier.outerjoin(unit_version, now))
    found: dict[str, list[Holder]] = {}
    for part in chunked(sorted(set(codes)), MAX_IN):
        believed = (identifier.c.value.in_(part), identifier.c.superseded_at == STILL_KNOWN)
        for value, *told in session.execute(statement.where(*believed).order_by(identifier.c.identifier_id)):
            found.setdefault(value, []).append(Holder(*told))
    return found
