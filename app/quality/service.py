"""The verbs of a spot check: draw, record what was found, propose the correction, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import service as changes
from app.changes.rules import ItemDraft
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.dialect import bulk_insert
from app.core.errors import Invalid
from app.domain.fields import BY_NAME, NUMBERS
from app.domain.roles import Permission
from app.domain.words import Reason
from app.models import ChangeRequest, Frame, SpotCheck, SpotCheckItem, table_of
from app.quality import queries, rules
from app.quality.errors import CheckClosed, CheckedAlready, NameTaken, TooSmall
from app.register import sources
from app.register.search import names_of
from sampling.numbers import start_of
from sampling.selection import draw_by_number


def draw(
    session: Session,
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

    The caller has looked the frame up as one this person may see. Raises NameTaken, TooSmall, Invalid.
    """
    actor.require(Permission.PROPOSE)
    _check_order(session, frame, name, seed, size, fields)
    units = queries.numbered_units(session, frame.frame_id)
    if size > len(units):
        raise TooSmall(f"the frame holds {len(units)} units, {size} shall be drawn")
    check = SpotCheck(
        name=name.strip(),
        frame_id=frame.frame_id,
        seed=seed,
        size=size,
        population=len(units),
        fields=list(fields),
        status="open",
        office_id=actor.office_id,
        created_by=actor.user_id,
        created_at=now,
    )
    session.add(check)
    session.flush()
    _insert_items(session, check, _chosen(units, seed, size))
    payload = {"frame": frame.frame_id, "seed": seed, "size": size, "population": len(units), "fields": list(fields)}
    _log(session, Tag.SPOTCHECK_DRAW, check, actor, now, payload)
    return check


def _check_order(session: Session, frame: Frame, name: str, seed: str, size: int, fields: Sequence[str]) -> None:
    if frame.status != "frozen":
        raise Invalid("a spot check draws from a frozen frame", code="frame_not_frozen")
    if not name.strip() or not seed.strip() or size < 1 or not fields or set(fields) - BY_NAME.keys():
        raise Invalid("a spot check has a name, a seed, a size of at least 1 and fields to compare", code="bad_form")
    if queries.find_by_name(session, name.strip()):
        raise NameTaken(f"there is a spot check {name!r} already")


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
    presence: str,
    verdicts: Mapping[str, str],
    found: Mapping[str, str],
    note: str,
    actor: Actor,
    now: datetime,
) -> SpotCheckItem:
    """What was met in the field; a later visit replaces an earlier one, the log keeps both.

    Raises CheckClosed, CheckedAlready, Invalid.
    """
    check, item = _open_item(session, check_id, seq, actor)
    if presence not in set(rules.Presence) or set(verdicts.values()) - set(rules.Finding):
        raise Invalid("say whether the unit was found, and of each field right, wrong or why not", code="bad_form")
    item.presence = presence
    item.verdicts = {name: verdicts[name] for name in check.fields if verdicts.get(name)} if presence == "found" else {}
    item.found = {name: value.strip() for name, value in found.items() if name in check.fields and value.strip()}
    item.note, item.checked_by, item.checked_at = note[:1000], actor.user_id, now
    payload = {"seq": seq, "unit": item.unit_id, "presence": presence, "verdicts": item.verdicts}
    _log(session, Tag.SPOTCHECK_RECORD, check, actor, now, payload)
    return item


def correct(session: Session, check_id: int, seq: int, *, actor: Actor, now: datetime) -> ChangeRequest:
    """Propose what was found as a correction, by the door that everybody takes. Raises Invalid when nothing is wrong."""
    _check, item = _open_item(session, check_id, seq, actor)
    wrong = rules.corrections(item.verdicts, item.found or {})
    if not wrong:
        raise Invalid("no field is wrong with its right value stated", code="nothing_to_correct")
    today = day_of(now)
    draft = ItemDraft(
        reason=Reason.CORRECTION,
        valid_from=today,
        changes={name: _typed(name, value) for name, value in wrong.items()},
        origin=sources.pack(sources.Origin("spot_check", 0, today.isoformat())),
        unit_id=item.unit_id,
    )
    title = names_of(session, [item.unit_id]).get(item.unit_id) or f"#{item.unit_id}"
    request = changes.draft(session, [draft], actor=actor, now=now, title=title)
    evidence = f"质量抽查“{_check.name}”第{seq}户。{item.note}"
    changes.submit(session, request.request_id, actor=actor, now=now, comment=evidence)
    item.request_id = request.request_id
    return request


def _typed(name: str, value: str) -> Any:
    if name not in NUMBERS:
        return value
    if not value.isdigit():
        raise Invalid(f"{name} is no whole number: {value!r}", code="bad_change")
    return int(value)


def close(session: Session, check_id: int, *, actor: Actor, now: datetime) -> SpotCheck:
    """No more findings: the rates stand."""
    check = _open(session, check_id, actor)
    check.status, check.closed_at = "closed", now
    _log(session, Tag.SPOTCHECK_CLOSE, check, actor, now, {})
    return check


def _open(session: Session, check_id: int, actor: Actor) -> SpotCheck:
    actor.require(Permission.PROPOSE)
    check = queries.get_check(session, check_id, actor, lock=True)
    if check.status != "open":
        raise CheckClosed(f"spot check {check_id} is closed")
    return check


def _open_item(session: Session, check_id: int, seq: int, actor: Actor) -> tuple[SpotCheck, SpotCheckItem]:
    check, item = _open(session, check_id, actor), queries.get_item(session, check_id, seq)
    if item.request_id is not None:
        raise CheckedAlready(f"request {item.request_id} rests on what was found")
    return check, item


def _log(session: Session, tag: Tag, check: SpotCheck, actor: Actor, now: datetime, payload: dict[str, Any]) -> None:
    session.flush()
    subject = f"spot check {check.check_id}"
    record_event(session, tag, actor=actor.login, at=now, subject=subject, payload=payload)
