"""Deciding a pair: same, different, unsure; what follows from it; taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import areas_of
from app.audit.service import record_event
from app.audit.tags import Tag
from app.changes import drafting
from app.changes import service as changes
from app.changes.errors import BadChange
from app.changes.outcomes import told_of
from app.changes.queries import get_request
from app.changes.rules import ItemDraft, bare_of
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.moves import move, move_where
from app.core.rights import on_day
from app.core.said import Said, said, words_of
from app.domain.ground import says_something
from app.domain.lives import UNDECIDED_PAIRS, PairStatus
from app.domain.period import STILL_KNOWN
from app.domain.words import UNDECIDED, RequestStatus, RowOutcome, Verdict
from app.models import CandidatePair, Decision, ImportBatch, SourceRecord, notes
from app.records.items import by_itself, describes, new_unit
from app.records.losing import keep_of_rows
from app.records.merge import BESIDE
from app.records.queries import Waiting, clusters_of, get_record
from app.register.losing import FREE, stances
from app.register.queries import codes_beside, goes_on_in, latest_versions_of
from app.register.ranking import ranks as ranks_on
from app.register.steps import Guard
from app.review import queries
from app.review.errors import AlreadyApplied, ContradictoryDecision, PairNotOpen, RecordMovedOn, UnsureWithoutReason

_NAME = 180
"""Characters of a unit's name that stand in a title."""


@dataclass(frozen=True)
class Decided:
    """What a decision led to: where the record ended for now, and the change request that was made of it."""

    decision_id: int
    outcome: RowOutcome
    request_id: int | None = None


def decide(
    session: Session, pair_id: int, verdict: Verdict, *, actor: Actor, now: datetime, comment: str = ""
) -> Decided:
    """Say what a pair is. A clear answer becomes a change request, submitted in the reviewer's name; `unsure`, with its
    reason, puts the pair into the queue of those that wait for a second look.

    Raises OtherSideBeyond, PairNotOpen, UnsureWithoutReason, ContradictoryDecision, RecordMovedOn.
    """
    pair = queries.hold_pair(session, pair_id, actor)
    queries.require_whole(session, pair, actor, day_of(now))
    if pair.status not in UNDECIDED_PAIRS:
        raise PairNotOpen(pair_id=pair_id, status=pair.status)
    if verdict is Verdict.UNSURE and not says_something(comment):
        raise UnsureWithoutReason
    if verdict is Verdict.SAME:
        _refuse_contradiction(session, pair)
    move(session, pair, PairStatus.UNSURE if verdict is Verdict.UNSURE else PairStatus.DECIDED)
    decision = _keep(session, pair, verdict, actor, comment, now)
    outcome, request_id = _follow(session, pair, verdict, actor, now)
    decision.request_id = request_id
    payload = {"verdict": str(verdict), "weight": pair.match_weight, "outcome": str(outcome), "comment": comment}
    _log(session, pair_id, actor, now, payload, request_id)
    return Decided(decision.decision_id, outcome, request_id)


def undo(session: Session, pair_id: int, *, actor: Actor, now: datetime) -> CandidatePair:
    """Take a decision back: it is superseded, its open request withdrawn, the record asks again.

    Raises OtherSideBeyond, PairNotOpen, AlreadyApplied, RecordMovedOn.
    """
    pair = queries.hold_pair(session, pair_id, actor)
    queries.require_whole(session, pair, actor, day_of(now))
    decision = queries.decision_on(session, pair_id)
    if decision is None:
        raise PairNotOpen(pair_id=pair_id, status=pair.status)
    _withdraw(session, decision, actor, now)
    _supersede(session, decision, now)
    move(session, pair, PairStatus.OPEN)
    rivals = (col(CandidatePair.record_id) == pair.record_id, col(CandidatePair.status) == PairStatus.SETTLED)
    move_where(session, CandidatePair, PairStatus.OPEN, *rivals)
    free = col(SourceRecord.outcome) != RowOutcome.PROPOSED  # else another request carries the record by now
    _settle(session, pair.record_id, RowOutcome.TO_REVIEW, said(notes.TAKEN_BACK), None, free)
    _log(session, pair_id, actor, now, {"verdict": "taken_back", "was": decision.verdict})
    return pair


def _withdraw(session: Session, decision: Decision, actor: Actor, now: datetime) -> None:
    if decision.request_id is None:
        return
    request = get_request(session, decision.request_id, lock=True)
    if request.status == RequestStatus.APPLIED:
        raise AlreadyApplied(request_id=request.request_id)
    if RequestStatus(request.status) in UNDECIDED:
        comment = words_of(notes.DECISION_TAKEN_BACK, {}, actor.language)
        changes.withdraw(session, decision.request_id, actor=actor, now=now, comment=comment)


def _keep(
    session: Session, pair: CandidatePair, verdict: Verdict, actor: Actor, comment: str, now: datetime
) -> Decision:
    earlier = queries.decision_on(session, pair.pair_id)
    if earlier is not None:
        _supersede(session, earlier, now)
    decision = Decision(
        pair_id=pair.pair_id,
        verdict=str(verdict),
        comment=comment[:1000],
        actor_id=actor.user_id,
        at=now,
        superseded_at=STILL_KNOWN,
        stands_on=pair.pair_id,
    )
    session.add(decision)
    session.flush()
    return decision


def _supersede(session: Session, decision: Decision, now: datetime) -> None:
    decision.superseded_at, decision.stands_on = now, None
    session.flush()


def _follow(
    session: Session, pair: CandidatePair, verdict: Verdict, actor: Actor, now: datetime
) -> tuple[RowOutcome, int | None]:
    """What a decision leads to for the record."""
    if verdict is Verdict.SAME:
        return _follow_same(session, pair, actor, now)
    if verdict is Verdict.DIFFERENT and not queries.pairs_of_record(session, pair.record_id, UNDECIDED_PAIRS):
        return _follow_all_different(session, pair.record_id, actor, now)
    return RowOutcome.TO_REVIEW, None


def _follow_same(session: Session, pair: CandidatePair, actor: Actor, now: datetime) -> tuple[RowOutcome, int | None]:
    rivals = (col(CandidatePair.record_id) == pair.record_id, col(CandidatePair.status).in_(UNDECIDED_PAIRS))
    move_where(session, CandidatePair, PairStatus.SETTLED, *rivals)
    record = get_record(session, pair.record_id)
    other = _unit_of_other(session, pair)
    unit_id = goes_on_in(session, other) if other is not None else None
    if unit_id is None:
        return _settle(session, record.record_id, RowOutcome.PENDING, said(notes.WAITS_FOR_UNIT)), None
    item = _item_for(session, record, unit_id, now)
    keep_of_rows(session, {record.record_id: unit_id}, now)
    if item is None:
        return _settle(session, record.record_id, RowOutcome.UNCHANGED, said(notes.NOTHING_NEW), unit_id), None
    return _propose(session, record, item, actor, now, said(notes.SAME_UNIT, unit=unit_id), unit_id)


def _follow_all_different(
    session: Session, record_id: int, actor: Actor, now: datetime
) -> tuple[RowOutcome, int | None]:
    record = get_record(session, record_id)
    if not describes(record):
        return _settle(session, record_id, RowOutcome.PROBLEM, said(notes.UNIT_UNKNOWN)), None
    ranks = ranks_on(session, day_of(now))
    own = on_day(areas_of(session, session.get_one(ImportBatch, record.batch_id).office_id), day_of(now))
    item = new_unit([record], ranks, own.only)  # where it lies is said by who took its file in, never by who decides
    if lacking := bare_of(item):
        return _settle(session, record_id, RowOutcome.PROBLEM, said(notes.BARE, field=lacking[0])), None
    title = said(notes.NEW_UNIT, name=record.clean.get("name", "")[:_NAME])
    return _propose(session, record, item, actor, now, title, None)


def _propose(
    session: Session, record: Waiting, item: ItemDraft, actor: Actor, now: datetime, title: Said, unit_id: int | None
) -> tuple[RowOutcome, int | None]:
    try:
        request = drafting.draft(session, [item], actor=actor, now=now, title=title, batch_id=record.batch_id)
    except (BadChange, Guard) as refusal:
        return _settle(session, record.record_id, RowOutcome.PROBLEM, told_of(refusal)), None
    _settle(session, record.record_id, RowOutcome.PROPOSED, None, unit_id)
    changes.submit(session, request.request_id, actor=actor, now=now)
    return RowOutcome.PROPOSED, request.request_id


def _item_for(session: Session, record: Waiting, unit_id: int, now: datetime) -> ItemDraft | None:
    """What the record would change in the unit; None when it says nothing new."""
    beside = codes_beside(session, [unit_id]).get(unit_id, set())
    held = {**latest_versions_of(session, [unit_id])[unit_id], BESIDE: beside}
    people_said = stances(session, [unit_id], day_of(now)).get(unit_id, FREE)
    return by_itself(held, record, ranks_on(session, day_of(now)), people_said)


def _unit_of_other(session: Session, pair: CandidatePair) -> int | None:
    if pair.other_kind == "unit":
        return pair.other_id
    return clusters_of(session, [pair.other_id])[pair.other_id][1]


def _refuse_contradiction(session: Session, pair: CandidatePair) -> None:
    """A = B, B = C, A ≠ C is a conflict to be shown, not a merge to be made."""
    own = _identities(session, [(pair.other_kind, pair.other_id)])
    apart = _identities(session, queries.decided_others(session, pair.record_id, Verdict.DIFFERENT))
    if own & apart:
        raise ContradictoryDecision(pair_id=pair.pair_id)


def _identities(session: Session, others: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Units and carriers behind records and units, so that two names of one thing compare equal."""
    result = set()
    for kind, other_id in others:
        if kind == "record":
            carrier, unit_id = clusters_of(session, [other_id])[other_id]
            result.add(("unit", unit_id) if unit_id is not None else ("record", carrier or other_id))
        else:
            result.add((kind, other_id))
    return result


def _settle(
    session: Session,
    record_id: int,
    outcome: RowOutcome,
    reason: Said | None,
    unit_id: int | None = None,
    *conditions: ColumnElement[bool],
) -> RowOutcome:
    """Where the record of a pair goes, for itself. Raises RecordMovedOn."""
    own = col(SourceRecord.record_id) == record_id
    values: dict[str, Any] = {"outcome_reason": reason, "unit_id": unit_id, "cluster_id": record_id}
    if not move_where(session, SourceRecord, outcome, own, *conditions, **values):
        found = session.execute(select(col(SourceRecord.outcome)).where(own)).scalar_one()
        raise RecordMovedOn(record_id=record_id, outcome=found)
    return outcome


def _log(
    session: Session,
    pair_id: int,
    actor: Actor,
    now: datetime,
    payload: dict[str, Any],
    request_id: int | None = None,
) -> None:
    record_event(
        session,
        Tag.PAIR_DECIDE,
        actor=actor.login,
        at=now,
        subject=f"pair {pair_id}",
        request_id=request_id,
        payload=payload,
    )
    session.flush()
