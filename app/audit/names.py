"""Names that earlier versions kept in clear, masked where they are made up from a person's (decision 49).

Runs once, behind the migration that brings the columns and in its transaction, so that `app.audit.upkeep` vouches for what it
writes. What the log itself holds stays: its payloads are sealed, and the chain is of their bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, inspect, select, tuple_, update
from sqlalchemy.orm import Session

from app.core.finding import digest_columns, finding_digest
from app.core.persons import NAMED, NAMING, PERSON, person_of, persons_of, shown, without_persons
from app.core.said import Said
from app.core.types import SEALED_BY, InPlace, Sealed
from app.models import (
    ChangeRequest,
    LosingValue,
    RequestItem,
    SourceRecord,
    SpotCheckItem,
    Unit,
    table_of,
    unit_version,
)

_PART = 500
Row = Mapping[str, Any]
Persons = Mapping[int, Sequence[Row]]
"""Unit to its versions, as far as they name persons."""


def keeps_names_in_clear(connection: Connection) -> bool:
    """Whether a database is of a version before names were masked."""
    found = inspect(connection)
    table = str(unit_version.name)
    return found.has_table(table) and PERSON not in {one["name"] for one in found.get_columns(table)}


def mask_names(connection: Connection) -> None:
    """Mask the names in everything that is kept."""
    with Session(connection) as session:
        _mask_versions(session)
        _mask_each(
            session, table_of(SourceRecord), ("clean",), lambda row, _held: {"clean": without_persons(row["clean"])}
        )
        _mask_each(session, table_of(SpotCheckItem), ("unit_id", "found"), _met)
        _mask_each(session, table_of(LosingValue), ("unit_id", "field", "value"), _lost)
        _mask_each(session, table_of(RequestItem), ("unit_id", "changes", "expects"), _stated)
        _mask_titles(session)
        session.flush()


def _mask_versions(session: Session) -> None:
    """Versions of all times, each by the persons that the unit names at any."""
    names = ("version_id", "unit_id", *NAMING, *NAMED)
    for units in _pages(session, table_of(Unit), ("unit_id",)):
        rows: dict[int, list[Row]] = {}
        own = unit_version.c.unit_id.in_([row["unit_id"] for row in units])
        for row in session.execute(select(*(unit_version.c[name] for name in names)).where(own)).mappings():
            rows.setdefault(row["unit_id"], []).append(dict(row))
        _update(session, unit_version, [new for some in rows.values() for row in some if (new := _version(row, some))])


def _version(row: Row, all_of_unit: Sequence[Row]) -> dict[str, Any] | None:
    names = {name: row[name] for name in NAMING}
    masked = without_persons(names, row, *all_of_unit)
    person = person_of({**row, **masked}) or next(
        (found for one in all_of_unit if (found := person_of({**one, **masked}))), None
    )
    if masked == names and person is None:
        return None
    digests = {name: finding_digest(name, person.reveal()) if person else None for name in digest_columns(PERSON)}
    return {"version_id": row["version_id"], "unit_id": row["unit_id"], **masked, PERSON: person, **digests}


def _met(row: Row, held: Persons) -> dict[str, Any]:
    return {"found": row["found"] and without_persons(row["found"], *held.get(row["unit_id"], ()))}


def _lost(row: Row, held: Persons) -> dict[str, Any]:
    return {"value": without_persons({row["field"]: row["value"]}, *held.get(row["unit_id"], ()))[row["field"]]}


def _stated(row: Row, held: Persons) -> dict[str, Any]:
    known = held.get(row["unit_id"] or 0, ())
    expects = {
        name: _expected(name, value, persons_of(row["changes"], *known))
        for name, value in (row["expects"] or {}).items()
    }
    return {"changes": without_persons(row["changes"], *known), "expects": expects}


def _expected(name: str, value: Any, persons: Iterable[str]) -> Any:
    """What a unit said: a lone value, or one for each of several stretches."""
    if name not in NAMING:
        return value
    known = list(persons)
    if isinstance(value, list):
        return [[day, shown(text, known) if isinstance(text, str) else text] for day, text in value]
    return shown(value, known) if isinstance(value, str) else value


def _mask_titles(session: Session) -> None:
    """What requests are called, but for those of whole files, which are called by these."""
    requests, items = table_of(ChangeRequest), table_of(RequestItem)
    for page in _pages(session, requests, ("request_id", "is_batch", "title")):
        single = {row["request_id"]: row["title"] for row in page if not row["is_batch"]}
        told = select(items.c.request_id, items.c.unit_id, items.c.changes).where(items.c.request_id.in_(single))
        found = [dict(row) for row in session.execute(told).mappings()]
        held = _persons(session, {row["unit_id"] for row in found})
        persons: dict[int, list[str]] = {}
        for row in found:
            known = persons_of(row["changes"], *held.get(row["unit_id"] or 0, ()))
            persons.setdefault(row["request_id"], []).extend(known)
        renamed = {number: _title(title, persons.get(number, ())) for number, title in single.items()}
        _update(session, requests, [{"request_id": n, "title": new} for n, new in renamed.items() if new != single[n]])


def _title(title: Any, persons: Iterable[str]) -> Any:
    known = list(persons)
    if isinstance(title, Said):
        facts = {name: shown(fact, known) if isinstance(fact, str) else fact for name, fact in title.facts.items()}
        return Said(title.code, facts)
    return shown(title, known)


def _mask_each(session: Session, table: Table, names: Sequence[str], masked: Callable[[Row, Persons], Row]) -> None:
    """Rows of a table as they are masked, by the persons that their units name."""
    keys = tuple(str(one.name) for one in table.primary_key)
    for page in _pages(session, table, tuple(dict.fromkeys((*keys, *SEALED_BY[str(table.name)], *names)))):
        held = _persons(session, {row.get("unit_id") for row in page})
        changed = []
        for row in page:
            new = masked(row, held)
            if any(row[name] != value for name, value in new.items()):
                changed.append({**row, **new})
        _update(session, table, changed)


def _persons(session: Session, units: Iterable[int | None]) -> Persons:
    wanted = [unit_id for unit_id in units if unit_id is not None]
    columns = (unit_version.c[name] for name in ("unit_id", *NAMED, PERSON))
    found: dict[int, list[Row]] = {}
    for row in session.execute(select(*columns).where(unit_version.c.unit_id.in_(wanted))).mappings() if wanted else ():
        found.setdefault(row["unit_id"], []).append(dict(row))
    return found


def _pages(session: Session, table: Table, names: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    """All rows by their key, so many at a time."""
    keys = [table.c[one.name] for one in table.primary_key]
    last: tuple[Any, ...] | None = None
    while last is None or last:
        wanted = select(*(table.c[name] for name in names)).order_by(*keys).limit(_PART)
        after = wanted if last is None else wanted.where(tuple_(*keys) > last)
        page = [dict(row) for row in session.execute(after).mappings()]
        yield page
        last = tuple(page[-1][str(key.name)] for key in keys) if len(page) == _PART else ()


def _update(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Rows written anew, by their key; what is sealed is sealed to its place."""
    if not rows:
        return
    keys = [str(one.name) for one in table.primary_key]
    by = SEALED_BY.get(str(table.name), ())
    sealed = {str(one.name) for one in table.columns if isinstance(one.type, Sealed)}
    values = [name for name in rows[0] if name not in {*keys, *by}]
    statement = update(table).where(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
    told = [
        {
            **{f"key_{name}": row[name] for name in keys},
            **{
                f"new_{name}": InPlace(row[name], [row[one] for one in by]) if name in sealed else row[name]
                for name in values
            },
        }
        for row in rows
    ]
    session.connection().execute(
        statement.values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in values}), told
    )
