"""A list of units leaves the house as a package: who took it out, for whom, what for, under a number of its own."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from html import escape
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.units import Units
from app.codelists.queries import list_versions
from app.core.actor import Actor
from app.core.clock import iso_moment
from app.core.rights import territory
from app.core.turns import Turns
from app.domain.fields import PERSONAL
from app.domain.labels import label
from app.domain.roles import Permission
from app.exports.errors import PersonalField
from app.exports.package import Contents, DataFile, Form, Laid, enter, note_export, resource, take_out, write_package
from app.models import ExportPackage, unit_version
from app.register import search
from app.register.queries import AsOf


@dataclass(frozen=True)
class ListOrder:
    """What is asked for; personal fields go out with frozen frames alone."""

    purpose: str
    recipient: str
    form: str
    wanted: search.Wanted
    columns: tuple[str, ...]
    known_at: datetime | None = None


def export_list(
    turns: Turns, out: IO[bytes], order: ListOrder, *, actor: Actor, on: date, now: datetime
) -> ExportPackage:
    """Write the package of a list to `out`, and to the books and the access log that it went out.

    Raises ReasonMissing, PersonalField.
    """
    actor.require(Permission.EXPORT)
    personal = sorted(PERSONAL & set(order.columns))
    if personal:
        raise PersonalField(fields=personal)
    columns = tuple(dict.fromkeys(["unit_id", *order.columns]))

    def begin(session: Session) -> ExportPackage:
        return enter(session, order.purpose, order.recipient, Form(order.form), actor=actor, now=now)

    def lay_down(session: Session, package: ExportPackage) -> Laid:
        found = search.hits(session, order.wanted, AsOf(on, order.known_at))
        told = replace(order, wanted=replace(order.wanted, q=search.as_logged(order.wanted.q, found)))
        facts, gone = _facts(session, package, told, actor, on), array("q")
        holds = search.holds(order.wanted, on, territory(actor, on), found, known_at=order.known_at)
        contents = Contents(
            columns,
            _rows(session, holds, columns, gone),
            describe=lambda files: _described(facts, columns, files),
            cover=lambda files: _cover(facts, columns, files),
        )
        return Laid(write_package(out, Form(order.form), contents), facts, Units.of(gone))

    def note(session: Session, package: ExportPackage, laid: Laid) -> None:
        payload = {**laid.facts, "rows": package.rows, "columns": list(columns)}
        note_export(session, actor.login, now, f"export {package.export_id}", payload, laid.units)

    return take_out(turns, begin, lay_down, note)


def _rows(session: Session, condition: Any, columns: Sequence[str], gone: array[int]) -> Iterator[Sequence[Any]]:
    """Rows in parts; the number that each begins with is noted among those gone out."""
    statement = select(*(unit_version.c[name] for name in columns)).where(condition).order_by(unit_version.c.unit_id)
    for part in session.execute(statement.execution_options(yield_per=5000)).partitions():
        gone.extend(row[0] for row in part)
        yield from ([str(cell) if isinstance(cell, date) else cell for cell in row] for row in part)


def _facts(session: Session, package: ExportPackage, order: ListOrder, actor: Actor, on: date) -> dict[str, Any]:
    return {
        "exportId": package.export_id,
        "purpose": order.purpose,
        "recipient": order.recipient,
        "exportedBy": actor.login,
        "created": iso_moment(package.at),
        "on": on.isoformat(),
        **({"knownAt": iso_moment(order.known_at)} if order.known_at else {}),
        "wanted": {name: value for name, value in asdict(order.wanted).items() if name != "persons"},
        "area": str(territory(actor, on)),
        "codeLists": [{"name": name, "edition": edition} for name, edition in list_versions(session, on).items()],
    }


def _described(facts: dict[str, Any], columns: Sequence[str], files: Sequence[DataFile]) -> dict[str, Any]:
    """The Frictionless Data Package of a list."""
    return {
        "profile": "tabular-data-package",
        "name": f"minglu-list-export-{facts['exportId']}",
        **facts,
        "resources": [resource(file, columns, facts["codeLists"]) for file in files],
    }


def _cover(facts: dict[str, Any], columns: Sequence[str], files: Sequence[DataFile]) -> str:
    """A page that says what the package is."""
    lines = [
        ("导出编号 Export id", facts["exportId"]),
        ("用途 Purpose", facts["purpose"]),
        ("接收方 Recipient", facts["recipient"]),
        ("导出人 By", facts["exportedBy"]),
        ("时点 As of", facts["on"]),
        ("条件 Conditions", ", ".join(f"{name}={value}" for name, value in facts["wanted"].items() if value)),
        ("字段 Columns", ", ".join(label("field", name) for name in columns)),
        *((file.path, f"{file.rows} 行 rows, sha256:{file.sha256}") for file in files),
    ]
    body = "".join(f"<tr><th>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>" for name, value in lines)
    return f'<!doctype html><meta charset="utf-8"><title>{facts["exportId"]}</title><table>{body}</table>'
