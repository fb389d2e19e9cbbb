"""A frozen frame leaves the house: who, for whom, what for, and what exactly went out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import ACCESS, Entry, append, record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.errors import Invalid
from app.domain.fields import PERSONAL
from app.domain.roles import Permission
from app.frames import queries, rules
from app.frames.errors import ReasonMissing
from app.frames.package import DataFile, Facts, Form, write_package
from app.frames.service import definition_of, get_visible
from app.models import ExportPackage, Frame, Office, UserAccount


@dataclass(frozen=True)
class Order:
    """What is asked for. `personal` names personal fields to add in clear, which takes a `reason`."""

    purpose: str
    recipient: str
    form: Form = Form.CSV
    personal: tuple[str, ...] = ()
    reason: str = ""


def export(
    session: Session, reference: int | str, out: IO[bytes], order: Order, *, actor: Actor, now: datetime
) -> ExportPackage:
    """Write the package of a frozen frame to `out`, and to both logs that it went out.

    The package counts only when the caller's transaction commits: hand it over after that.
    """
    actor.require(Permission.EXPORT)
    frame = get_visible(session, reference, actor)
    rules.require_frozen(frame)
    _check(order, actor)
    package = _registered(session, frame, order, actor, now)
    facts = _facts(session, frame, package, order, actor)
    files = write_package(out, facts, queries.stored_rows(session, facts.frame_id, facts.columns))
    package.data_sha256 = _joint_hash(files)
    session.flush()
    _log(session, package, facts, files)
    return package


def _check(order: Order, actor: Actor) -> None:
    if not order.purpose.strip() or not order.recipient.strip():
        raise ReasonMissing("an export names its purpose and its recipient")
    unknown = sorted(set(order.personal) - PERSONAL)
    if unknown:
        raise Invalid(f"no personal fields: {', '.join(unknown)}", code="unknown_field")
    if order.personal:
        actor.require(Permission.UNMASK)
        if not order.reason.strip():
            raise ReasonMissing("personal fields are exported for a stated reason only")


def _registered(session: Session, frame: Frame, order: Order, actor: Actor, now: datetime) -> ExportPackage:
    """The row of the package: its number is the export id that the files carry."""
    package = ExportPackage(
        frame_id=frame.frame_id,
        purpose=order.purpose,
        recipient=order.recipient,
        form=str(order.form),
        rows=frame.row_count,
        data_sha256="",
        actor_id=actor.user_id,
        at=now,
    )
    session.add(package)
    session.flush()
    return package


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
        columns=(*definition.columns, *order.personal),
        code_lists=frame.code_lists,
        confirmations=_confirmations(session, frame.frame_id),
        purpose=order.purpose,
        recipient=order.recipient,
        form=order.form,
        office=_office_name(session, actor.office_id),
        exported_by=actor.login,
        at=package.at,
        reason_for_personal=order.reason if order.personal else "",
    )


def _confirmations(session: Session, frame_id: int) -> list[tuple[str, str, datetime]]:
    held = queries.confirmations_of(session, frame_id)
    people = {given.actor_id for given in held}
    statement = select(col(UserAccount.user_id), col(UserAccount.login)).where(col(UserAccount.user_id).in_(people))
    logins: dict[Any, str] = dict(session.execute(statement).all())
    return [(given.side, logins[given.actor_id], given.at) for given in held]


def _office_name(session: Session, office_id: int) -> str:
    office = session.get(Office, office_id)
    return office.name if office else ""


def _joint_hash(files: list[DataFile]) -> str:
    """The hash of the one data file, or of the hashes of several in order."""
    if len(files) == 1:
        return files[0].sha256
    return hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()


def _log(session: Session, package: ExportPackage, facts: Facts, files: list[DataFile]) -> None:
    subject = f"frame {package.frame_id}"
    payload = {
        "export_id": package.export_id,
        "purpose": package.purpose,
        "recipient": package.recipient,
        "form": package.form,
        "rows": package.rows,
        "columns": list(facts.columns),
        "files": {file.path: file.sha256 for file in files},
    }
    who = facts.exported_by
    record_event(session, Tag.FRAME_EXPORT, actor=who, at=package.at, subject=subject, payload=payload)
    seen = [Entry(Tag.LIST_EXPORT, who, package.at, subject, payload=payload)]
    if facts.reason_for_personal:
        fields = [name for name in facts.columns if name in PERSONAL]
        unmasked = {"fields": fields, "reason": facts.reason_for_personal, "export_id": package.export_id}
        seen.append(Entry(Tag.UNIT_UNMASK, who, package.at, subject, payload=unmasked))
    append(session, ACCESS, seen)
