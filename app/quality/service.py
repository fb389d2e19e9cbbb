"""The steps of a spot check: draw, record what was found, propose the correction, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import service as changes
from app.changes.rules import ItemDraft, read_changes
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.dialect import bulk_insert, insert_or_skip
from app.core.moves import move
from app.core.said import said, word
from app.core.turns import Turns
from app.domain.fields import BY_NAME
from app.domain.lives import CheckStatus
from app.domain.words import Reason
from app.frames.rules import require_frozen
from app.models import ChangeRequest, Frame, SpotCheck, SpotCheckItem, table_of
from app.quality import queries, rules
from app.quality.errors import (
    CheckClosed,
    CheckedAlready,
    FieldNotCompared,
    NameTaken,
    NoSuchField,
    NothingToCorrect,
    TooSmall,
)
from app.quality.rules import Finding, Presence
from app.register import sources
from app.register.search import names_of
from sampling.numbers import start_of
from sampling.selection import draw_by_number

EVIDENCE = word("spot_check_evidence", "质量抽查“{name}”第{seq}户。{note}", "Spot check “{name}”, unit {seq}. {note}")


def draw(
    turns: Turns,
    frame: Frame,
    *,
    name: str,
    seed: str,
    size: int,
    fields: Sequence[str],
    actor: Actor,
    now: datetime,
) -> SpotCheck:
    """Draw `size` units of a frozen frame, each as likely as any other; seed and frame alone decide which.

    The caller has looked the frame up as one this person may see. Raises FrameNotFrozen, NoSuchField, TooSmall;
    NameTaken also where another of that name comes at once.
    """
    require_frozen(frame)
    unknown = [field for field in fields if field not in BY_NAME]
    if unknown:
        raise NoSuchField(fields=", ".join(unknown))
    units = turns.read(lambda session: queries.numbered_units(session, frame.frame_id))
    if size > len(units):
        raise TooSmall(population=len(units), size=size)
    row = SpotCheck(
        name=name.strip(),
        frame_id=frame.frame_id,
        seed=seed,
        size=size,
        population=len(units),
        fields=list(fields),
        status=CheckStatus.OPEN,
        office_id=actor.office_id,
        created_by=actor.user_id,
        created_at=now,
    )
    payload = {"frame": frame.frame_id, "seed": seed, "size": size, "population": len(units), "fields": list(fields)}
    chosen = _chosen(units, seed, size)

    def enter(session: Session) -> SpotCheck:
        check = _entered(session, row)
        _insert_items(session, check, chosen)
        _log(session, Tag.SPOTCHECK_DRAW, check, actor, now, payload)
        return check

    return turns.write(enter)


def _entered(session: Session, row: SpotCheck) -> SpotCheck:
    """The check as it stands in the database now. Raises NameTaken."""
    if not insert_or_skip(session, table_of(SpotCheck), [row.model_dump(exclude={"check_id"})]):
        raise NameTaken(name=row.name)
    check = queries.find_by_name(session, row.name)
    assert check is not None, "it was entered just now"
    return check


def _chosen(units: Sequence[tuple[int, int, int]], seed: str, size: int) -> list[tuple[int, int]]:
    """Unit and version of those drawn, in the order of the draw."""
    drawn = draw_by_number(
        [unit_id for unit_id, _, _ in units],
        [number for _, _, number in units],
        [0] * len(units),
        [size],
        start=start_of(seed),
    )
    return [units[int(row)][:2] for row in drawn.main]


def _insert_items(session: Session, check: SpotCheck, chosen: Sequence[tuple[int, int]]) -> None:
    count = len(chosen)
    columns: dict[str, list[Any]] = {
        "check_id": [check.check_id] * count,
        "seq": list(range(1, count + 1)),
        "unit_id": [unit_id for unit_id, _ in chosen],
        "version_id": [version_id for _, version_id in chosen],
        "presence": [""] * count,
        "verdicts": [{}] * count,
        "found": [{}] * count,
        "note": [""] * count,
    }
    bulk_insert(session, table_of(SpotCheckItem), columns)


def record(
    session: Session,
    check_id: int,
    seq: int,
    *,
    presence: Presence,
    verdicts: Mapping[str, Finding],
    found: Mapping[str, str],
    note: str,
    actor: Actor,
    now: datetime,
) -> SpotCheckItem:
    """What was met in the field; a later visit replaces an earlier one, the log keeps both.

    Raises CheckClosed, CheckedAlready, UnitNotDrawn, FieldNotCompared.
    """
    check, item = _open_item(session, check_id, seq, actor)
    others = sorted({*verdicts, *found} - set(check.fields))
    if others:
        raise FieldNotCompared(fields=", ".join(others))
    item.presence = str(presence)
    item.verdicts = {name: str(verdict) for name, verdict in verdicts.items()} if presence == Presence.FOUND else {}
    item.found = {name: value.strip() for name, value in found.items() if value.strip()}
    item.note, item.checked_by, item.checked_at = note[:1000], actor.user_id, now
    payload = {"seq": seq, "unit": item.unit_id, "presence": item.presence, "verdicts": item.verdicts}
    _log(session, Tag.SPOTCHECK_RECORD, check, actor, now, payload)
    return item


def correct(session: Session, check_id: int, seq: int, *, actor: Actor, now: datetime) -> ChangeRequest:
    """Propose what was found as a correction, by the door that everybody takes. Raises NothingToCorrect."""
    check, item = _open_item(session, check_id, seq, actor)
    wrong = rules.corrections(item.verdicts, item.found or {})
    if not wrong:
        raise NothingToCorrect
    today = day_of(now)
    draft = ItemDraft(
        reason=Reason.CORRECTION,
        valid_from=today,
        changes=read_changes(wrong),
        origin=sources.pack(sources.Origin("spot_check", 0, today.isoformat())),
        unit_id=item.unit_id,
    )
    title = names_of(session, [item.unit_id]).get(item.unit_id) or f"#{item.unit_id}"
    request = changes.draft(session, [draft], actor=actor, now=now, title=title)
    evidence = said(EVIDENCE, name=check.name, seq=seq, note=item.note)
    changes.submit(session, request.request_id, actor=actor, now=now, comment=evidence.text(actor.language))
    item.request_id = request.request_id
    return request


def close(session: Session, check_id: int, *, actor: Actor, now: datetime) -> SpotCheck:
    """No more findings: the rates stand. Raises CheckClosed."""
    check = _open(session, check_id, actor)
    move(session, check, CheckStatus.CLOSED, closed_at=now)
    _log(session, Tag.SPOTCHECK_CLOSE, check, actor, now, {})
    return check


def _open(session: Session, check_id: int, actor: Actor) -> SpotCheck:
    """The check, held until the transaction ends."""
    check = queries.lock_check(session, check_id, actor)
    if check.status != CheckStatus.OPEN:
        raise CheckClosed(check_id=check_id)
    return check


def _open_item(session: Session, check_id: int, seq: int, actor: Actor) -> tuple[SpotCheck, SpotCheckItem]:
    check, item = _open(session, check_id, actor), queries.get_item(session, check_id, seq)
    if item.request_id is not None:
        raise CheckedAlready(request_id=item.request_id)
    return check, item


def _log(session: Session, tag: Tag, check: SpotCheck, actor: Actor, now: datetime, payload: dict[str, Any]) -> None:
    session.flush()
    subject = f"spot check {check.check_id}"
    record_event(session, tag, actor=actor.login, at=now, subject=subject, payload=payload)
