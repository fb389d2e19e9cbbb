"""The only code that writes unit versions (DESIGN.md, promise 3: one door).

Gather the believed versions of the units concerned, let `rules` decide how each write re-states them, apply all of
it in sets. One call is one short piece of the caller's transaction: the writer's row is locked first, so knowledge
moments, unit ids, version ids and the change feed follow the order of commits without a gap on both databases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.dialect import bulk_insert, chunked, insert_or_skip, locked
from app.core.finding import FOUND_BY, finding_digest
from app.core.personal import Personal
from app.core.persons import PERSON, person_of, without_persons
from app.core.types import current_keys
from app.core.vouched import touch
from app.domain.period import FOREVER, STILL_KNOWN, Period
from app.models import ChangeFeed, RegisterHead, Unit, table_of, unit_version
from app.register import kin, links, sources, taken
from app.register.queries import MAX_IN, revisions_of
from app.register.rules import STATED, History, Row, Write, first_versions, is_stale, lay_over, plain, row_on
from app.register.stated import Statement
from app.register.stating import Besides, Undone
from app.register.steps import Guard
from app.register.taking_back import Past, numbers_of, pasts_of, take_back

_FIRST_MOMENT = datetime(1970, 1, 1)  # noqa: DTZ001 - stored moments are naive UTC
_TICK = timedelta(microseconds=1)


@dataclass
class Written:
    """What became of the writes: item number to unit id, the items that came too late, those that said nothing new."""

    units: dict[int, int] = field(default_factory=dict)
    stale: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    feed_seq: int = 0
    recorded_at: datetime = _FIRST_MOMENT


@dataclass
class _Plan:
    """Everything one call will store."""

    births: list[History] = field(default_factory=list)
    histories: dict[int, History] = field(default_factory=dict)
    feed: list[tuple[int, Write]] = field(default_factory=list)
    trace: list[list[Any]] = field(default_factory=list)
    besides: Besides = field(default_factory=Besides)
    pasts: dict[tuple[int, int], Past] = field(default_factory=dict)
    numbers: dict[int, frozenset[int]] = field(default_factory=dict)

    def touched(self) -> list[History]:
        changed = {unit_id for unit_id, _ in self.feed}
        return [history for unit_id, history in self.histories.items() if unit_id in changed]


def apply(session: Session, writes: Sequence[Write], *, request_id: int, actor: str, now: datetime) -> Written:
    """Write units: new ones and changes to held ones, in the order given. Raises BadStep, StatusAgainst, BadSuccessor,
    Circle, CodeTaken; nothing is written then.

    A write whose fields were changed since it was proposed is left out and named in `stale`; the caller decides
    whether that stops a request (a single one) or is an exception to it (a batch).
    """
    head = lock_head(session)
    written = Written(recorded_at=max(now, head.recorded_at + _TICK))
    plan = _decide(session, writes, head, written)
    _store(session, plan, head, written.recorded_at, request_id)
    head.recorded_at = written.recorded_at
    written.feed_seq = head.feed_seq
    session.flush()
    if plan.trace:
        _trace(session, plan, request_id, actor, written)
    return written


def lock_head(session: Session) -> RegisterHead:
    """The writer's row, held until the transaction ends."""
    statement = locked(select(RegisterHead).where(col(RegisterHead.head_id) == 1))
    fresh = {"populate_existing": True}
    head: RegisterHead | None = session.execute(statement, execution_options=fresh).scalar_one_or_none()
    if head is None:
        row = RegisterHead(head_id=1, recorded_at=_FIRST_MOMENT).model_dump()
        insert_or_skip(session, table_of(RegisterHead), [row])
        head = session.execute(statement, execution_options=fresh).scalar_one()
    return head


def _decide(session: Session, writes: Sequence[Write], head: RegisterHead, written: Written) -> _Plan:
    plan = _Plan(histories=gather(session, [w.unit_id for w in writes if w.unit_id is not None]))
    for undone in sorted({write.undoes for write in writes} - {0}):
        units = [write.unit_id for write in writes if write.undoes == undone and write.unit_id is not None]
        plan.pasts |= {(unit_id, undone): past for unit_id, past in pasts_of(session, units, undone).items()}
    plan.numbers = {number: numbers_of(session, number) for number in {write.undoes for write in writes} - {0}}
    heirs = revisions_of(session, {w.successor_id for w in writes if w.successor_id is not None}).keys()
    stopped: dict[int, Guard] = {}
    halted = set[int | None]()
    for write in writes:
        if write.unit_id is not None and write.unit_id in halted:
            continue
        try:
            kin.require_heir(write.reason, write.successor_id)
            kin.require_another(write.unit_id, write.successor_id, heirs)
            _plan_one(plan, write, head, written)
        except Guard as refusal:
            stopped[write.seq] = refusal
            halted.add(write.unit_id)
    if stopped:
        raise Guard.of_all(stopped)
    return plan


def _plan_one(plan: _Plan, write: Write, head: RegisterHead, written: Written) -> None:
    if write.unit_id is None:
        _plan_birth(plan, write, head, written)
    else:
        _plan_change(plan, write, written)


def _plan_birth(plan: _Plan, write: Write, head: RegisterHead, written: Written) -> None:
    if write.period.valid_until != FOREVER:
        raise ValueError("a unit that is born with its end could never be written again")
    head.last_unit_id += 1
    plan.births.append(History(head.last_unit_id, 1, first_versions(write), reason=str(write.reason)))
    _state(plan, write, head.last_unit_id, write.period.valid_from)
    plan.feed.append((head.last_unit_id, write))
    plan.trace.append([write.seq, head.last_unit_id, str(write.reason)])
    written.units[write.seq] = head.last_unit_id


def _plan_change(plan: _Plan, write: Write, written: Written) -> None:
    history = plan.histories.get(write.unit_id or 0)
    if history is None or is_stale(history, write):
        written.stale.append(write.seq)
        return
    written.units[write.seq] = history.unit_id
    before = _told_of(history, write)
    changed = lay_over(history, write) if not write.undoes else _take_back(plan, history, write)
    if not changed and not write.stated and not write.undoes:
        written.unchanged.append(write.seq)
        return
    if not changed:
        history.reason, history.revision = str(write.reason), history.revision + 1
    _state(plan, write, history.unit_id, history.believed[0]["valid_from"])
    after = _told_of(history, write)
    was = without_persons({name: before[name] for name in changed}, before, after)
    difference = {name: [_shown(was[name]), _shown(after[name])] for name in changed}
    difference |= {"links": [{}, write.stated.packed()]} if write.stated else {}
    plan.feed.append((history.unit_id, write))
    plan.trace.append([write.seq, history.unit_id, str(write.reason), difference])


def _take_back(plan: _Plan, history: History, write: Write) -> list[str]:
    """What a request wrote of a unit is taken back, its links with it."""
    past = plan.pasts.get((history.unit_id, write.undoes))
    if past is None:
        return []
    plan.besides.undone.append(Undone(history.unit_id, past.moment, plan.numbers[write.undoes]))
    return take_back(history, past)


def _state(plan: _Plan, write: Write, unit_id: int, first: date) -> None:
    """Links that a write states of a unit, from its `first` day on at the earliest: before it there was nobody to bear them."""
    plan.besides.units[write.seq] = unit_id
    start = max(first, write.period.valid_from)
    if write.stated and start < write.period.valid_until:
        period = Period(start, write.period.valid_until)
        plan.besides.statements.append(Statement(unit_id, str(write.reason), period, write.stated))


def _told_of(history: History, write: Write) -> Row:
    """What a unit says on the first day that a write speaks of: there it changes whatever it changes."""
    return row_on(history, write.period.valid_from) or history.believed[0]


def gather(session: Session, unit_ids: Iterable[int]) -> dict[int, History]:
    """The believed versions and the revision of each unit."""
    wanted = sorted(set(unit_ids))
    histories = {unit_id: History(unit_id, revision, []) for unit_id, revision in revisions_of(session, wanted).items()}
    for part in chunked(wanted, MAX_IN):
        statement = select(unit_version).where(
            unit_version.c.unit_id.in_(part), unit_version.c.superseded_at == STILL_KNOWN
        )
        for row in session.execute(statement.order_by(unit_version.c.valid_from)).mappings():
            histories[row["unit_id"]].believed.append(dict(row))
    return histories


def _store(session: Session, plan: _Plan, head: RegisterHead, moment: datetime, request_id: int) -> None:
    touched = plan.touched()
    _supersede(session, [vid for history in touched for vid in history.superseded], moment)
    _raise_revisions(session, touched)
    _insert_units(session, plan.births, moment, request_id)
    histories = [*plan.births, *touched]
    _insert_versions(session, histories, head, moment, request_id)
    moved = links.keep(session, plan.births, touched, moment, request_id, plan.besides)
    _require_unguarded(session, plan, moved, moment)
    _insert_feed(session, plan.feed, head, moment, request_id)


def _require_unguarded(session: Session, plan: _Plan, moved: links.Moved, moment: datetime) -> None:
    """No guard stops the units as they stand after the call. Raises BadSuccessor, Circle, CodeTaken."""
    items: dict[int, list[int]] = {}
    for seq, unit_id, *_ in plan.trace:
        items.setdefault(unit_id, []).append(seq)
    stopped = kin.unsound(session, items, moved, moment) or taken.not_free(session, list(items), moment)
    if not stopped:
        return
    if any(len(items.get(unit_id, ())) != 1 for unit_id in stopped):
        raise next(iter(stopped.values()))
    raise Guard.of_all({items[unit_id][0]: refusal for unit_id, refusal in stopped.items()})


def _supersede(session: Session, version_ids: list[int], moment: datetime) -> None:
    for part in chunked(version_ids, MAX_IN):
        statement = update(unit_version).where(unit_version.c.version_id.in_(part))
        session.execute(statement.values(superseded_at=moment))


def _raise_revisions(session: Session, histories: list[History]) -> None:
    if histories:
        table = table_of(Unit)
        statement = update(table).where(table.c.unit_id == bindparam("uid")).values(revision=bindparam("rev"))
        rows = [{"uid": history.unit_id, "rev": history.revision} for history in histories]
        session.connection().execute(statement, rows)
        touch(session, table, [(history.unit_id,) for history in histories])


def _insert_units(session: Session, births: list[History], moment: datetime, request_id: int) -> None:
    ids = [history.unit_id for history in births]
    random_number = current_keys().random_number
    columns: dict[str, list[Any]] = {
        "unit_id": ids,
        "random_number": [random_number(unit_id) for unit_id in ids],
        "revision": [history.revision for history in births],
        "created_at": [moment] * len(ids),
        "request_id": [request_id] * len(ids),
    }
    bulk_insert(session, table_of(Unit), columns)


def _insert_versions(
    session: Session, histories: list[History], head: RegisterHead, moment: datetime, request_id: int
) -> None:
    rows = [(history.unit_id, row) for history in histories for row in history.believed if "version_id" not in row]
    for _, row in rows:
        head.last_version_id += 1
        row["version_id"] = head.last_version_id
        row["sources"] = sources.with_request(row["sources"], request_id)
        row[PERSON] = person_of(row)
    names = ("version_id", "valid_from", "valid_until", "reason", "began_by", "date_precision", *STATED, PERSON)
    columns: dict[str, list[Any]] = {name: [row[name] for _, row in rows] for name in names}
    columns["sources"] = [row["sources"] for _, row in rows]
    columns |= {name: [_finding_digest(name, row) for _, row in rows] for name in FOUND_BY}
    columns["unit_id"] = [unit_id for unit_id, _ in rows]
    columns["request_id"] = [request_id] * len(rows)
    columns["recorded_at"] = [moment] * len(rows)
    columns["superseded_at"] = [STILL_KNOWN] * len(rows)
    bulk_insert(session, unit_version, columns)


def _finding_digest(column: str, row: Row) -> bytes | None:
    value = row[FOUND_BY[column][0]]
    return finding_digest(column, value.reveal()) if value else None


def _insert_feed(
    session: Session, feed: list[tuple[int, Write]], head: RegisterHead, moment: datetime, request_id: int
) -> None:
    first = head.feed_seq + 1
    head.feed_seq += len(feed)
    columns: dict[str, list[Any]] = {
        "seq": list(range(first, head.feed_seq + 1)),
        "unit_id": [unit_id for unit_id, _ in feed],
        "reason": [str(write.reason) for _, write in feed],
        "valid_from": [write.period.valid_from.isoformat() for _, write in feed],
        "recorded_at": [moment] * len(feed),
        "request_id": [request_id] * len(feed),
    }
    bulk_insert(session, table_of(ChangeFeed), columns)


def _trace(session: Session, plan: _Plan, request_id: int, actor: str, written: Written) -> None:
    """One entry per call: each unit with its reason and what changed; what the rows are is said as it commits."""
    payload = {
        "units": plan.trace,
        "superseded": [version_id for history in plan.touched() for version_id in history.superseded],
        "register_version": written.feed_seq,
    }
    record_event(
        session,
        Tag.UNITS_WRITE,
        actor=actor,
        at=written.recorded_at,
        subject=f"request {request_id}",
        request_id=request_id,
        payload=payload,
    )


def _shown(value: Any) -> Any:
    """For the trail: days as text, personal values masked, since even a sealed log holds none in clear."""
    return str(value) if isinstance(value, Personal) else plain(value)
