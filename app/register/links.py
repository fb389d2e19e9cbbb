"""Identifiers and relations of units, kept as rows of their own beside the versions: the writer calls, nobody else.

A relation to a parent or a superior is told by a code and points to the unit that is meant. Which that is can change
without a word from the unit itself: a code comes into the register, moves to another unit, or was never its bearer's.
So whatever identifiers come or go, the relations of others that speak of their codes are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.core.dialect import bulk_insert, chunked
from app.domain.period import STILL_KNOWN, Period
from app.models import identifier, relation
from app.register.holders import codes_meaning, heirs_of, holders_of, told_by
from app.register.link_rows import Fresh, Written, close, identifier_link, insert, next_numbers
from app.register.queries import MAX_IN
from app.register.rules import (
    RELATION_FIELDS,
    History,
    Link,
    Row,
    identifiers_of,
    relations_of,
    targets_of,
)
from app.register.stating import Besides, followers, state_codes, take_back_links

_TOLD_BY_CODE = tuple(RELATION_FIELDS)


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
    written = Written(moment, request_id)
    fresh, gone = _difference(session, identifier, identifiers_of, identifier_link, births, touched)
    close(session, identifier, _numbers(gone), moment)
    insert(session, identifier, fresh, written)
    moved = {new.link.value for new in fresh} | {link.value for link in gone} | _borne_by_another_kind(touched)
    moved |= state_codes(session, said.statements, written)
    moved |= take_back_links(session, identifier, said.undone, written)

    fresh, gone = _difference(session, relation, relations_of, _relation_link, births, touched)
    followed = _followed(fresh, gone, touched)
    fresh += followers(said.statements, said.units)
    close(session, relation, _numbers(gone), moment)
    insert(session, relation, _pointing(session, fresh), written)
    take_back_links(session, relation, said.undone, written)
    if followed:
        moved |= codes_meaning(session, followed)
    return Moved({new.unit_id for new in fresh}, _point_anew(session, moved, written))


def _borne_by_another_kind(touched: Sequence[History]) -> set[str]:
    """The codes of units that are of another kind now: who is meant by them depends on it."""
    return {link.value for unit in touched if "unit_type" in unit.changed for link in identifiers_of(unit.believed)}


def _followed(fresh: Sequence[Fresh], gone: Mapping[Link, Sequence[int]], touched: Sequence[History]) -> set[int]:
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
) -> tuple[list[Fresh], dict[Link, list[int]]]:
    """The links that the versions imply and no row holds, and the rows that nothing implies any more."""
    held = _held(session, table, link_of, [history.unit_id for history in touched])
    fresh: list[Fresh] = []
    gone: dict[Link, list[int]] = {}
    for history in (*births, *touched):
        implied, believed = implied_by(history.believed), held.get(history.unit_id, {})
        fresh += [Fresh(history.unit_id, history.reason, link) for link in sorted(implied - believed.keys())]
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


def _relation_link(row: Any) -> Link:
    value = str(row["target_unit_id"]) if row["kind"] == "succession" else row["target_code"]
    return Link(row["kind"], value, row["valid_from"], row["valid_until"])


def _pointing(session: Session, fresh: Sequence[Fresh]) -> list[Fresh]:
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


def _point_anew(session: Session, codes: Iterable[str], written: Written) -> set[int]:
    """Have relations that speak of these codes point to who is meant by now: known from this moment on; whose they are."""
    said = told_by(session, codes)
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
    close(session, relation, [row[key.name] for row in gone], written.moment)
    columns: dict[str, Sequence[Any]] = {name: [row[name] for row in moved] for name in moved[0]}
    columns |= {
        key.name: next_numbers(session, key, len(moved)),
        "recorded_at": [written.moment] * len(moved),
        "request_id": [written.request_id] * len(moved),
    }
    bulk_insert(session, relation, columns)
    return {row["unit_id"] for row in moved}
