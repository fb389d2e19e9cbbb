"""A list of units leaves the house as a package: who took it out, for whom, what for, under a number of its own."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from html import escape
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import ACCESS, Entry, append
from app.audit.tags import Tag
from app.codelists.queries import list_versions
from app.core.actor import Actor
from app.core.clock import iso_moment
from app.core.errors import Invalid
from app.domain.fields import PERSONAL
from app.domain.labels import label
from app.domain.roles import Permission
from app.frames.errors import ReasonMissing
from app.frames.package import DataFile, Form, field_description, write_data
from app.frames.rows import safe_rows
from app.frames.xlsx import member
from app.models import ExportPackage, unit_version
from app.register import search


@dataclass(frozen=True)
class ListOrder:
    """What is asked for; personal fields go out with frozen frames alone."""

    purpose: str
    recipient: str
    form: str
    wanted: search.Wanted
    columns: tuple[str, ...]
    known_at: datetime | None = None


def export_list(session: Session, out: IO[bytes], order: ListOrder, *, actor: Actor, on: date, now: datetime) -> int:
    """Write the package to `out` and both the export and the access log; returns the export id."""
    actor.require(Permission.EXPORT)
    form = _checked(order)
    columns = tuple(dict.fromkeys(["unit_id", *order.columns]))
    package = ExportPackage(
        purpose=order.purpose, recipient=order.recipient, form=str(form), rows=0, data_sha256="", actor_id=actor.user_id,
        at=now,
    )  # fmt: skip
    session.add(package)
    session.flush()
    condition = search.holds(order.wanted, on, actor.area_prefix, known_at=order.known_at)
    facts = _facts(session, package, order, actor, on)
    with zipfile.ZipFile(out, "w", compresslevel=6) as archive:
        files = write_data(archive, form, columns, safe_rows(_rows(session, condition, columns)))
        described = _described(facts, columns, files)
        archive.writestr(member("datapackage.json"), json.dumps(described, ensure_ascii=False, indent=2))
        archive.writestr(member("cover.html"), _cover(facts, columns, files))
    package.rows = sum(file.rows for file in files)
    package.data_sha256 = hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()
    subject = f"export {package.export_id}"
    payload = {**facts, "rows": package.rows, "columns": list(columns)}
    append(session, ACCESS, [Entry(Tag.LIST_EXPORT, actor.login, now, subject, payload=payload)])
    return package.export_id


def _checked(order: ListOrder) -> Form:
    if not order.purpose.strip() or not order.recipient.strip():
        raise ReasonMissing("an export names its purpose and its recipient")
    if PERSONAL & set(order.columns):
        raise Invalid("personal fields go out with frozen frames alone", code="personal_field")
    if order.form not in set(Form):
        raise Invalid(f"no form of export: {order.form!r}", code="bad_form")
    return Form(order.form)


def _rows(session: Session, condition: Any, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
    statement = select(*(unit_version.c[name] for name in columns)).where(condition).order_by(unit_version.c.unit_id)
    for part in session.execute(statement.execution_options(yield_per=5000)).partitions():
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
        "wanted": asdict(order.wanted),
        "area": actor.area_prefix,
        "codeLists": [{"name": name, "edition": edition} for name, edition in list_versions(session, on).items()],
    }


def _described(facts: dict[str, Any], columns: Sequence[str], files: Sequence[DataFile]) -> dict[str, Any]:
    """The Frictionless Data Package of a list."""
    fields = [field_description(name, facts["codeLists"]) for name in columns]
    return {
        "profile": "tabular-data-package",
        "name": f"minglu-list-export-{facts['exportId']}",
        **facts,
        "resources": [
            {
                "name": file.path.partition(".")[0],
                "path": file.path,
                "bytes": file.size,
                "rows": file.rows,
                "hash": f"sha256:{file.sha256}",
                "schema": {"fields": fields, "primaryKey": ["unit_id"], "missingValues": [""]},
            }
            for file in files
        ],
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
