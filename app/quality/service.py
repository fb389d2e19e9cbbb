"""The steps of a spot check: draw, start, name checkers, record what was found, close, propose the correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import drafting
from app.changes import service as changes
from app.changes.named import met_shown
from app.changes.rules import ItemDraft, read_changes
from app.core.actor import Actor
from app.core.clock import day_of, iso_moment
from app.core.dialect import bulk_insert, chunked, insert_or_skip
from app.core.errors import VersionMoved
from app.core.moves import move
from app.core.rights import mine
from app.core.said import said, word
from app.core.turns import Turns
from app.domain.fields import BY_NAME
from app.domain.lives import CheckStatus
from app.domain.words import Reason
from app.frames.definition import Definition
from app.frames.rules import require_frozen
from app.models import ChangeRequest, Frame, SpotCheck, SpotCheckItem, UserAccount, table_of
from app.quality import queries, rules
from app.quality.errors import (
    CheckClosed,
    CheckedAlready,
    CheckerNeeded,
    FieldNotCompared,
    NameTaken,
    NoChecker,
    NoSuchField,
    NotAllVisited,
    NothingToCorrect,
    NotStarted,
    NotTheChecker,
    StillSealed,
    TooSmall,
    UnitNotDrawn,
)
from app.quality.met import read_met, read_since
from app.quality.rules import Finding, Presence
from app.register import sources
from app.register.queries import AsOf, stretches_of
from app.register.search import names_of
from sampling.numbers import start_of
from sampling.selection import draw_by_number

_NAMED = 100
"""Places of the draw that the log names; the rest are counted."""

EVIDENCE = word("spot_check_evidence", "质量抽查“{name}”第{seq}户。{note}", "Spot check “{name}”, unit {seq}. {note}")


@dataclass(frozen=True)
class OfRegister:
    """What is drawn from without anybody's frame: the units that a definition holds as of a day and a moment."""

    definition: Definition
    as_of: AsOf


def draw(
    turns: Turns,
    source: Frame | OfRegister,
    *,
    name: str,
    seed: str,
    size: int,
    fields: Sequence[str],
    actor: Actor,
    now: datetime,
) -> SpotCheck:
    """Draw `size` units of a frozen frame or of the register, each as likely as any other; seed and source decide which.

    The caller has looked the frame up as one this person may see, or cut the definition to what lies in his area. Raises FrameNotFrozen, NoSuchField, TooSmall;
    NameTaken also where another of that name comes at once.
    """
    if isinstance(source, Frame):
        require_frozen(source)
    unknown = [field for field in fields if field not in BY_NAME]
    if unknown:
        raise NoSuchField(fields=", ".join(unknown))
    units = turns.read(lambda session: _population(session, source))
    if size > len(units):
        raise TooSmall(population=len(units), size=size)
    row = SpotCheck(
        name=name.strip(),
        **_stated(source),
        population_sha256=_digest(units),
        seed=seed,
        size=size,
        population=len(units),
        fields=list(fields),
        status=CheckStatus.DRAWN,
        office_id=actor.office_id,
        created_by=actor.user_id,
        created_at=now,
    )
    # Neither the seed nor a unit: who reads the log could draw the sample by himself. The log vouches for the rows.
    payload: dict[str, Any] = {"frame": row.frame_id, "size": size, "population": len(units), "fields": list(fields)}
    payload |= {"population_sha256": row.population_sha256}
    chosen = _chosen(units, seed, size)

    def enter(session: Session) -> SpotCheck:
        check = _entered(session, row)
        _insert_items(session, check, chosen)
        _log(session, Tag.SPOTCHECK_DRAW, check, actor, now, payload)
        return check

    return turns.write(enter)


def _population(session: Session, source: Frame | OfRegister) -> list[tuple[int, int, int]]:
    """Unit, version and permanent random number of all that can be drawn, by unit."""
    if isinstance(source, Frame):
        return queries.numbered_units(session, source.frame_id)
    return queries.register_units(session, source.definition, source.as_of)


def _stated(source: Frame | OfRegister) -> dict[str, Any]:
    """What a check says of what it was drawn from."""
    if isinstance(source, Frame):
        return {"frame_id": source.frame_id}
    as_of = {"reference_date": source.as_of.on, "known_at": source.as_of.known_at}
    return {"definition": source.definition.as_json(), **as_of}


def _digest(units: Sequence[tuple[int, int, int]]) -> str:
    """SHA-256 of unit, version and random number of each, a line a unit: drawn again, it is the same population."""
    digest = sha256()
    for unit_id, version_id, number in units:
        digest.update(f"{unit_id},{version_id},{number}\n".encode())
    return digest.hexdigest()


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
        "version": [0] * count,
        "presence": [""] * count,
        "verdicts": [{}] * count,
        "found": [{}] * count,
        "note": [""] * count,
    }
    bulk_insert(session, table_of(SpotCheckItem), columns)


def start(session: Session, check_id: int, logins: Sequence[str], *, actor: Actor, now: datetime) -> SpotCheck:
    """Open the seal: the drawn units are dealt among the checkers, in the order of the draw.

    Raises WrongState where it is started or closed already, CheckerNeeded, NoChecker.
    """
    check = queries.lock_led(session, check_id, actor)
    if not logins and check.status == CheckStatus.DRAWN:
        raise CheckerNeeded
    checkers = _checkers(session, check, logins)
    move(session, check, CheckStatus.STARTED, started_at=now)
    seqs = queries.seqs_of(session, check_id)
    for place, checker in enumerate(checkers):
        _give(session, check, checker, seqs[place :: len(checkers)])
    _log(session, Tag.SPOTCHECK_START, check, actor, now, {"checkers": [checker.login for checker in checkers]})
    return check


def assign(
    session: Session, check_id: int, login: str, seqs: Sequence[int] | None, *, actor: Actor, now: datetime
) -> int:
    """Name who visits these units, or all that nobody is named for; returns how many. What was met stays.

    Raises NotStarted, CheckClosed, UnitNotDrawn, NoChecker.
    """
    check = _under_way(queries.lock_led(session, check_id, actor))
    (checker,) = _checkers(session, check, [login])
    found = queries.seqs_of(session, check_id, seqs)
    missing = sorted(set(seqs or ()) - set(found))
    if missing:
        raise UnitNotDrawn(check_id=check_id, seq=missing[0])
    _give(session, check, checker, found)
    told = {"checker": checker.login, "units": len(found), "seqs": found[:_NAMED]}
    _log(session, Tag.SPOTCHECK_ASSIGN, check, actor, now, told)
    return len(found)


def _checkers(session: Session, check: SpotCheck, logins: Sequence[str]) -> list[UserAccount]:
    """These people, each once, in the order named. Raises NoChecker."""
    can = {one.login: one for one in queries.list_checkers(session, queries.office_path(session, check))}
    wanted = list(dict.fromkeys(logins))
    others = [login for login in wanted if login not in can]
    if others:
        raise NoChecker(logins=", ".join(others))
    return [can[login] for login in wanted]


def _give(session: Session, check: SpotCheck, checker: UserAccount, seqs: Sequence[int]) -> None:
    """Each of these is another version from now on: the telephone of who had it before cannot write it any more."""
    item = (col(SpotCheckItem.check_id) == check.check_id, col(SpotCheckItem.seq))
    for part in chunked(seqs, 500):
        given = update(SpotCheckItem).where(item[0], item[1].in_(part))
        session.execute(given.values(checker_id=checker.user_id, version=col(SpotCheckItem.version) + 1))


def record(
    session: Session,
    check_id: int,
    seq: int,
    *,
    version: int,
    presence: Presence,
    verdicts: Mapping[str, Finding],
    found: Mapping[str, str],
    note: str,
    since: Mapping[str, date] | None = None,
    actor: Actor,
    now: datetime,
) -> SpotCheckItem:
    """What was met in the field, by the checker of this unit alone; a later visit replaces an earlier one that its
    checker has looked at, the log keeps both.

    Raises NotStarted, CheckClosed, CheckedAlready, UnitNotDrawn, NotTheChecker, VersionMoved, FieldNotCompared,
    BadFinding.
    """
    check = _under_way(queries.lock_check(session, check_id, actor))
    item = _unsettled(session, check, seq)
    if item.checker_id is None or not mine(actor, item.checker_id):
        raise NotTheChecker(check_id=check_id, seq=seq)
    if item.version != version:
        raise VersionMoved(version=version, now=item.version, **_standing(item))
    since = since or {}
    others = sorted({*verdicts, *found, *since} - set(check.fields))
    if others:
        raise FieldNotCompared(fields=", ".join(others))
    item.presence = str(presence)
    item.verdicts = {name: str(verdict) for name, verdict in verdicts.items()} if presence == Presence.FOUND else {}
    item.found = met_shown(session, item.unit_id, read_met(session, found, day_of(now)))
    item.since = read_since(since, _first_day(session, item), day_of(now)) if since else None
    item.note, item.checked_by, item.checked_at = note[:1000], actor.user_id, now
    item.version += 1
    payload = {"seq": seq, "version": item.version, "presence": item.presence, "verdicts": item.verdicts}
    _log(session, Tag.SPOTCHECK_RECORD, check, actor, now, payload)
    return item


def _first_day(session: Session, item: SpotCheckItem) -> date:
    """The first day of a drawn unit, as believed now."""
    first: date = stretches_of(session, [item.unit_id], ())[item.unit_id][0]["valid_from"]
    return first


def _standing(item: SpotCheckItem) -> dict[str, Any]:
    """What stands of a visit, without the values met: some are personal, and a refusal is written into logs."""
    moment = iso_moment(item.checked_at) if item.checked_at else None
    verdicts = ", ".join(f"{name}={said}" for name, said in sorted(item.verdicts.items()))
    return {"presence": item.presence, "verdicts": verdicts, "checked_at": moment}


def correct(
    session: Session, check_id: int, seq: int, *, actor: Actor, now: datetime, since: date | None = None
) -> ChangeRequest:
    """Propose what was found as a correction, by the door that everybody takes, when the check is closed.

    Each value holds from the day on which the checker says that it was wrong already; else from `since`, or from the day
    that the check speaks of. Raises StillSealed, UnitNotDrawn, CheckedAlready, NothingToCorrect, BadFinding.
    """
    check = queries.lock_led(session, check_id, actor)
    if check.status != CheckStatus.CLOSED:
        raise StillSealed(check_id=check_id)
    item = _unsettled(session, check, seq)
    otherwise = since or queries.day_about(session, check)
    wrong = rules.corrections_by_day(item.verdicts, item.found or {}, item.since or {}, otherwise)
    if not wrong:
        raise NothingToCorrect
    today = day_of(now)
    if since is not None:
        read_since({name: day for day, values in wrong for name in values}, _first_day(session, item), today)
    drafts = [
        ItemDraft(
            reason=Reason.CORRECTION,
            valid_from=day,
            changes=read_changes(values),
            origin=sources.pack(sources.Origin("spot_check", 0, today.isoformat())),
            unit_id=item.unit_id,
        )
        for day, values in wrong
    ]
    title = names_of(session, [item.unit_id]).get(item.unit_id) or f"#{item.unit_id}"
    request = drafting.draft(session, drafts, actor=actor, now=now, title=title)
    evidence = said(EVIDENCE, name=check.name, seq=seq, note=item.note)
    changes.submit(session, request.request_id, actor=actor, now=now, comment=evidence.text(actor.language))
    item.request_id = request.request_id
    return request


def close(session: Session, check_id: int, *, actor: Actor, now: datetime, unvisited: int | None = None) -> SpotCheck:
    """No more findings: the rates stand. Where units are left, who closes says how many. Raises CheckClosed, NotAllVisited."""
    check = queries.lock_led(session, check_id, actor)
    left = queries.count_unvisited(session, check_id)
    if check.status != CheckStatus.CLOSED and left != (unvisited or 0):
        raise NotAllVisited(check_id=check_id, left=left)
    move(session, check, CheckStatus.CLOSED, closed_at=now, refusal=lambda _state: CheckClosed(check_id=check_id))
    _log(session, Tag.SPOTCHECK_CLOSE, check, actor, now, {"unvisited": left})
    return check


def _under_way(check: SpotCheck) -> SpotCheck:
    """Raises NotStarted, CheckClosed."""
    if check.status == CheckStatus.DRAWN:
        raise NotStarted(check_id=check.check_id)
    if check.status == CheckStatus.CLOSED:
        raise CheckClosed(check_id=check.check_id)
    return check


def _unsettled(session: Session, check: SpotCheck, seq: int) -> SpotCheckItem:
    """A drawn unit whose correction is not proposed yet. Raises UnitNotDrawn, CheckedAlready."""
    item = queries.get_item(session, check.check_id, seq)
    if item.request_id is not None:
        raise CheckedAlready(request_id=item.request_id)
    return item


def _log(session: Session, tag: Tag, check: SpotCheck, actor: Actor, now: datetime, payload: dict[str, Any]) -> None:
    session.flush()
    subject = f"spot check {check.check_id}"
    record_event(session, tag, actor=actor.login, at=now, subject=subject, payload=payload)
