"""Frames over HTTP: define, build, confirm by two, freeze, draw again, export."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from app.api.deps import CurrentActor, Now, ReadSession, TheDatabase, WriteSession
from app.api.units import parse_known
from app.audit.tags import Tag
from app.core.clock import day_of, iso_moment
from app.frames import queries, service
from app.frames.export import Order, export
from app.frames.package import Form
from app.frames.rules import Side, period_of
from app.frames.view import counted
from app.http.access import seen
from app.models import ExportPackage, Frame

router = APIRouter(prefix="/api/v1/frames", tags=["frames"])


class Preview(BaseModel):
    definition: dict[str, Any]
    on: date | None = None


class NewFrame(BaseModel):
    """`period`: `2025`, `2025Q1`, `2025-01` or `2025-01-01..2025-04-01` (end excluded)."""

    name: str = Field(min_length=1, max_length=128)
    survey: str = Field(min_length=1, max_length=64)
    period: str
    definition: dict[str, Any]
    reference_date: date


class Redefinition(BaseModel):
    definition: dict[str, Any]
    reference_date: date


class Build(BaseModel):
    known_at: str = ""


class Confirmation(BaseModel):
    side: Side
    comment: str = Field("", max_length=1000)


class ExportOrder(BaseModel):
    purpose: str
    recipient: str
    form: Form = Form.CSV
    personal: list[str] = []
    reason: str = ""


def described(frame: Frame) -> dict[str, Any]:
    return {
        "frame_id": frame.frame_id,
        "name": frame.name,
        "survey": frame.survey,
        "period_from": frame.period_from,
        "period_until": frame.period_until,
        "reference_date": frame.reference_date,
        "known_at": iso_moment(frame.known_at) if frame.known_at else "",
        "status": frame.status,
        "rows": frame.row_count,
        "rows_sha256": frame.rows_sha256,
        "definition": frame.definition,
        "code_lists": frame.code_lists,
    }


@router.post("/preview")
def preview(body: Preview, session: ReadSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """How many units a definition would hold now, in total and by condition."""
    counts = service.preview(session, body.definition, on=body.on or day_of(now), actor=actor)
    return {"total": counts.total, "in_area": counts.in_area, "conditions": [counted(c) for c in counts.conditions]}


@router.post("", status_code=201)
def create(body: NewFrame, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    frame = service.draft(
        session,
        body.name,
        survey=body.survey,
        period=period_of(body.period),
        definition=body.definition,
        reference_date=body.reference_date,
        actor=actor,
        now=now,
    )
    return described(frame)


@router.get("")
def list_frames(session: ReadSession, actor: CurrentActor, survey: str = "", status: str = "") -> dict[str, Any]:
    found = queries.list_frames(session, area_prefix=actor.area_prefix, survey=survey, status=status)
    return {"items": [described(frame) for frame in found]}


@router.get("/{reference}")
def show(reference: str, session: ReadSession, actor: CurrentActor) -> dict[str, Any]:
    """A frame with who has confirmed it."""
    frame = service.get_visible(session, reference, actor)
    given = queries.confirmations_of(session, frame.frame_id)
    confirmations = [{"side": one.side, "at": iso_moment(one.at), "comment": one.comment} for one in given]
    return described(frame) | {"confirmations": confirmations}


@router.get("/{reference}/units")
def list_units(
    reference: str,
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    now: Now,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """A page of the units as built, by unit id, from behind `after`: what the two sides look at before they confirm."""
    frame = service.get_visible(session, reference, actor)
    columns = service.definition_of(frame).columns
    rows = queries.list_units(session, frame.frame_id, columns, after=after, limit=limit)
    subject = f"frame {frame.frame_id}"
    seen(
        request, Tag.LIST_VIEW, actor=actor.login, at=now, subject=subject, payload={"after": after, "rows": len(rows)}
    )
    return {"items": rows, "next": rows[-1]["unit_id"] if len(rows) == limit else None}


@router.put("/{reference}")
def redefine(
    reference: str, body: Redefinition, session: WriteSession, actor: CurrentActor, now: Now
) -> dict[str, Any]:
    """Replace the definition; what was built and confirmed is void."""
    day = body.reference_date
    return described(service.redefine(session, reference, body.definition, reference_date=day, actor=actor, now=now))


@router.post("/{reference}/build")
def build(reference: str, body: Build, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """Draw the units; confirmations given before are void."""
    known_at = parse_known(body.known_at)
    return described(service.build(session, reference, actor=actor, now=now, known_at=known_at))


@router.post("/{reference}/confirm")
def confirm(reference: str, body: Confirmation, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """Confirm for one side; register side and section are two people."""
    return described(service.confirm(session, reference, body.side, actor=actor, now=now, comment=body.comment))


@router.post("/{reference}/freeze")
def freeze(reference: str, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    return described(service.freeze(session, reference, actor=actor, now=now))


@router.post("/{reference}/discard")
def discard(reference: str, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    return described(service.discard(session, reference, actor=actor, now=now))


@router.get("/{reference}/verify")
def verify(reference: str, session: ReadSession, actor: CurrentActor) -> dict[str, Any]:
    """Draw the frame again from its definition and dates, and compare the hashes."""
    found = service.verify(session, reference, actor=actor)
    return {
        "intact": found.intact,
        "rows": found.row_count,
        "sha256": found.sha256,
        "drawn_rows": found.drawn_rows,
        "drawn_sha256": found.drawn_sha256,
        "stored_sha256": found.stored_sha256,
    }


@router.get("/{reference}/exports")
def list_exports(reference: str, session: ReadSession, actor: CurrentActor) -> dict[str, Any]:
    """What of this frame left the house: when, for whom, what for."""
    frame = service.get_visible(session, reference, actor)
    return {"items": [exported(package) for package in queries.exports_of(session, frame.frame_id)]}


def exported(package: ExportPackage) -> dict[str, Any]:
    return {
        "export_id": package.export_id,
        "at": iso_moment(package.at),
        "purpose": package.purpose,
        "recipient": package.recipient,
        "form": package.form,
        "rows": package.rows,
        "data_sha256": package.data_sha256,
    }


@router.post("/{reference}/exports", response_class=StreamingResponse)
def export_package(
    reference: str, body: ExportOrder, database: TheDatabase, actor: CurrentActor, now: Now
) -> StreamingResponse:
    """The package of a frozen frame: a zip of data, `datapackage.json` and a cover sheet.

    It is sent after the commit: what is not in the logs does not leave.
    """
    order = Order(body.purpose, body.recipient, body.form, tuple(body.personal), body.reason)
    out = tempfile.SpooledTemporaryFile(max_size=1 << 24)  # noqa: SIM115 - closed when it has been sent
    try:
        with database.write() as session:
            export_id = export(session, reference, out, order, actor=actor, now=now).export_id
    except BaseException:
        out.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="frame-{export_id}.zip"', "X-Export-Id": str(export_id)}
    return StreamingResponse(_blocks(out), media_type="application/zip", headers=headers)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while block := file.read(1 << 20):
            yield block
