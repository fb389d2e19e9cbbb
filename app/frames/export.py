"""A frozen frame leaves the house: who, for whom, what for, and what exactly went out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from sqlalchemy.orm import Session

from app.audit.service import ACCESS, Entry, append, record_event
from app.audit.tags import Tag
from app.audit.units import Units
from app.core.actor import Actor
from app.core.clock import day_of, iso_moment
from app.core.personal import Personal
from app.core.turns import Turns
from app.exports.package import Contents, DataFile, Form, Laid, enter, note_export, resource, take_out, write_package
from app.frames import queries, rules
from app.frames.cover import cover_sheet
from app.frames.definition import Definition
from app.frames.service import definition_of, get_visible
from app.models import ExportPackage, Frame
from app.register.present import revealed


@dataclass(frozen=True)
class Order:
    """What is asked for. `personal` names personal fields to add in clear, which takes a `reason`."""

    purpose: str
    recipient: str
    form: Form = Form.CSV
    personal: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Facts:
    """What a package says of itself."""

    export_id: int
    frame_id: int
    name: str
    survey: str
    period_from: date
    period_until: date
    reference_date: date
    known_at: datetime
    row_count: int
    rows_sha256: str
    definition: Definition
    columns: tuple[str, ...]
    code_lists: Sequence[Any]
    confirmations: Sequence[tuple[str, str, datetime]]
    purpose: str
    recipient: str
    form: Form
    office: str
    exported_by: str
    at: datetime
    reason_for_personal: str = ""
    personal: tuple[str, ...] = ()


def export(
    turns: Turns, reference: int | str, out: IO[bytes], order: Order, *, actor: Actor, now: datetime
) -> ExportPackage:
    """Write the package of a frozen frame to `out`, and to both logs that it went out.

    Raises FrameNotFrozen, ReasonMissing, NotPersonal, PermissionMissing.
    """

    def begin(session: Session) -> ExportPackage:
        frame = get_visible(session, reference, actor, day_of(now))
        rules.require_frozen(frame)
        revealed(actor, order.personal, order.reason)
        purpose, number = order.purpose, frame.frame_id
        return enter(session, purpose, order.recipient, order.form, actor=actor, now=now, frame_id=number)

    def lay_down(session: Session, package: ExportPackage) -> Laid:
        facts = _facts(session, get_visible(session, reference, actor, day_of(now)), package, order, actor)
        rows = queries.stored_rows(session, facts.frame_id, facts.columns, whole="name" in order.personal)
        units = Units.of(queries.unit_ids(session, facts.frame_id))
        return Laid(write_package(out, order.form, contents_of(facts, rows)), facts, units)

    return take_out(turns, begin, lay_down, _log)


def contents_of(facts: Facts, parts: Iterable[Sequence[Any]]) -> Contents:
    """The package of a frame; `parts` are its rows in order, in parts."""
    return Contents(
        facts.columns,
        (_clear(row) for part in parts for row in part),
        describe=lambda files: descriptor(facts, files),
        cover=lambda files: cover_sheet(facts, files),
    )


def _clear(row: Sequence[Any]) -> Sequence[Any]:
    """Personal values in clear: a package holds them only where they were asked for with a reason."""
    return [cell.reveal() if isinstance(cell, Personal) else cell for cell in row]


def _facts(session: Session, frame: Frame, package: ExportPackage, order: Order, actor: Actor) -> Facts:
    definition = definition_of(frame)
    return Facts(
        export_id=package.export_id,
        frame_id=frame.frame_id,
        name=frame.name,
        survey=frame.survey,
        period_from=frame.period_from,
        period_until=frame.period_until,
        reference_date=frame.reference_date,
        known_at=frame.known_at or package.at,
        row_count=frame.row_count,
        rows_sha256=frame.rows_sha256,
        definition=definition,
        columns=tuple(dict.fromkeys((*definition.columns, *order.personal))),
        personal=order.personal,
        code_lists=frame.code_lists,
        confirmations=queries.signed_by(session, frame.frame_id),
        purpose=order.purpose,
        recipient=order.recipient,
        form=order.form,
        office=queries.office_name(session, actor.office_id),
        exported_by=actor.login,
        at=package.at,
        reason_for_personal=order.reason if order.personal else "",
    )


def descriptor(facts: Facts, files: Sequence[DataFile]) -> dict[str, Any]:
    """The Frictionless Data Package: fields with titles and code lists, hashes, who gets it, what for."""
    return {
        "profile": "tabular-data-package",
        "name": f"minglu-frame-{facts.frame_id}-export-{facts.export_id}",
        "id": f"minglu:export:{facts.export_id}",
        "title": facts.name,
        "created": iso_moment(facts.at),
        "exportId": facts.export_id,
        "purpose": facts.purpose,
        "recipient": facts.recipient,
        "exportedBy": facts.exported_by,
        "office": facts.office,
        "personalFields": {
            "included": [name for name in facts.columns if name in facts.personal],
            "reason": facts.reason_for_personal,
        },
        "frame": _frame_json(facts),
        "codeLists": list(facts.code_lists),
        "resources": [resource(file, facts.columns, facts.code_lists, facts.form) for file in files],
    }


def _frame_json(facts: Facts) -> dict[str, Any]:
    return {
        "frameId": facts.frame_id,
        "survey": facts.survey,
        "periodFrom": facts.period_from.isoformat(),
        "periodUntil": facts.period_until.isoformat(),
        "referenceDate": facts.reference_date.isoformat(),
        "knownAt": iso_moment(facts.known_at),
        "rowCount": facts.row_count,
        "canonicalRowsHash": f"sha256:{facts.rows_sha256}",
        "definition": facts.definition.as_json(),
        "confirmations": [{"side": s, "by": who, "at": iso_moment(at)} for s, who, at in facts.confirmations],
    }


def _log(session: Session, package: ExportPackage, laid: Laid) -> None:
    facts: Facts = laid.facts
    subject, who = f"frame {package.frame_id}", facts.exported_by
    payload = {
        "export_id": package.export_id,
        "purpose": package.purpose,
        "recipient": package.recipient,
        "form": package.form,
        "rows": package.rows,
        "columns": list(facts.columns),
        "files": {file.path: file.sha256 for file in laid.files},
    }
    record_event(session, Tag.FRAME_EXPORT, actor=who, at=package.at, subject=subject, payload=payload)
    note_export(session, who, package.at, subject, payload, laid.units)
    if facts.reason_for_personal:
        fields = [name for name in facts.columns if name in facts.personal]
        unmasked = {"fields": fields, "reason": facts.reason_for_personal, "export_id": package.export_id}
        append(session, ACCESS, [Entry(Tag.UNIT_UNMASK, who, package.at, subject, payload=unmasked, units=laid.units)])
