"""A bureau writes rules of its own: an edition that one person proposes comes into force once another has confirmed it.

Rules stop nothing and are asked of the whole register, so both hands work the register: who keeps it proposes at any office, who decides
at the one that nobody stands above confirms. Nothing is overwritten: an edition ends where the next one begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import hold_chain, record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.dialect import locked
from app.core.errors import SecondPersonNeeded
from app.core.moves import move
from app.core.rights import is_top
from app.core.said import said, word
from app.domain.fields import BY_NAME
from app.domain.lives import DraftStatus
from app.domain.period import FOREVER, latest_from
from app.domain.roles import Permission
from app.models import Rule, RuleDraft, UserAccount
from app.rules.asks import BadRule, read_asks
from app.rules.errors import DraftNotFound, EditionBegun, NotTheConfirmer, RuleNotFound

NO_FIELDS = word("rule_no_fields", "没有写明所查的栏目", "it names no attribute beside which it speaks")
NO_FIELD = word("rule_fields_unknown", "“{given}”不是单位的栏目", "“{given}” is no attribute of a unit")
ONE_LANGUAGE = word("rule_one_language", "须用中文和英文说明", "it has to be worded in both languages")


def check(code: str, fields: Sequence[str], asks: Any) -> None:
    """Raise BadRule where an edition says something that nobody understands."""
    if not fields:
        raise BadRule(rule=code, fault=said(NO_FIELDS))
    for name in fields:
        if name not in BY_NAME:
            raise BadRule(rule=code, fault=said(NO_FIELD, given=name))
    read_asks(code, asks)


def propose(session: Session, told: dict[str, Any], *, actor: Actor, now: datetime, today: date) -> RuleDraft:
    """Propose an edition of a rule, new or known, from a day on. Raises BadRule, EditionBegun."""
    check(told["code"], told["fields"], told["asks"])
    if not told["zh"].strip() or not told["en"].strip():
        raise BadRule(rule=told["code"], fault=said(ONE_LANGUAGE))
    _refuse_past(session, told["code"], told["valid_from"], today)
    return _add(session, RuleDraft(**told, **_by(actor, now)), actor, now)


def end(session: Session, code: str, on: date, *, actor: Actor, now: datetime, today: date) -> RuleDraft:
    """Propose that a rule is asked no more from a day on. Raises RuleNotFound where none is in force then, EditionBegun."""
    _edition_on(session, code, on)
    _refuse_beyond(code, on, today)
    return _add(
        session, RuleDraft(code=code, ends=True, fields=[], asks=[], valid_from=on, **_by(actor, now)), actor, now
    )


def _by(actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "status": str(DraftStatus.PROPOSED),
        "office_id": actor.office_id,
        "proposed_by": actor.user_id,
        "proposed_at": now,
    }


def _add(session: Session, draft: RuleDraft, actor: Actor, now: datetime) -> RuleDraft:
    session.add(draft)
    session.flush()
    _log(session, Tag.RULE_PROPOSE, draft, actor, now)
    return draft


def _refuse_past(session: Session, code: str, day: date, today: date) -> None:
    """Of two editions one begins on a day."""
    _refuse_beyond(code, day, today)
    begun = select(col(Rule.rule_id)).where(col(Rule.code) == code, col(Rule.valid_from) == day)
    if session.execute(begun).first() is not None:
        raise EditionBegun(rule=code, on=day)


def _refuse_beyond(code: str, day: date, today: date) -> None:
    """What was asked on days gone by stays as it was; and none begins, or ends, on the last day there is."""
    if not today <= day < latest_from(today):
        raise EditionBegun(rule=code, on=day)


def confirm(session: Session, draft_id: int, *, actor: Actor, now: datetime, today: date) -> RuleDraft:
    """Have a draft hold. Raises DraftNotFound, SecondPersonNeeded, NotTheConfirmer, WrongState, RuleNotFound, EditionBegun."""
    draft = _decided(session, draft_id, actor)
    move(session, draft, DraftStatus.CONFIRMED, decided_by=actor.user_id, decided_at=now)
    if draft.ends:
        _refuse_beyond(draft.code, draft.valid_from, today)
        _edition_on(session, draft.code, draft.valid_from).valid_until = draft.valid_from
    else:
        _refuse_past(session, draft.code, draft.valid_from, today)
        _put_in_force(session, draft)
    _log(session, Tag.RULE_CONFIRM, draft, actor, now)
    return draft


def _put_in_force(session: Session, draft: RuleDraft) -> None:
    """From its day until the next edition of the rule, in the place of the one that is in force then."""
    own = col(Rule.code) == draft.code
    begins = select(col(Rule.valid_from)).where(own, col(Rule.valid_from) > draft.valid_from)
    until = session.execute(begins.order_by(col(Rule.valid_from)).limit(1)).scalar_one_or_none()
    before = _find_edition(session, draft.code, draft.valid_from)
    if before is not None:
        before.valid_until = draft.valid_from
    says = {
        name: getattr(draft, name) for name in ("code", "level", "zh", "en", "source", "fields", "asks", "valid_from")
    }
    session.add(Rule(**says, valid_until=until or FOREVER))
    session.flush()


def refuse(session: Session, draft_id: int, *, actor: Actor, now: datetime) -> RuleDraft:
    """Not have a draft hold. Raises as `confirm`."""
    draft = _decided(session, draft_id, actor)
    move(session, draft, DraftStatus.REFUSED, decided_by=actor.user_id, decided_at=now)
    _log(session, Tag.RULE_REFUSE, draft, actor, now)
    return draft


def withdraw(session: Session, draft_id: int, *, actor: Actor, now: datetime) -> RuleDraft:
    """Take one's own draft back. Raises DraftNotFound, NotTheConfirmer, WrongState."""
    draft = _held(session, draft_id)
    if draft.proposed_by != actor.user_id:
        raise NotTheConfirmer(draft_id=draft_id)
    move(session, draft, DraftStatus.WITHDRAWN, decided_by=actor.user_id, decided_at=now)
    _log(session, Tag.RULE_WITHDRAW, draft, actor, now)
    return draft


def _decided(session: Session, draft_id: int, actor: Actor) -> RuleDraft:
    """A draft on which a person may decide: another's, at the office that nobody stands above. One below would have its rule
    asked of its neighbours' units, or end theirs."""
    draft = _held(session, draft_id)
    if draft.proposed_by == actor.user_id:
        raise SecondPersonNeeded(login=actor.login)
    if not is_top(actor):
        raise NotTheConfirmer(draft_id=draft_id)
    return draft


def may_decide(actor: Actor) -> bool:
    """For the buttons, of a draft that waits and is another's."""
    return actor.may(Permission.APPROVE) and is_top(actor)


def _held(session: Session, draft_id: int) -> RuleDraft:
    """The draft, held; and the log's head before it, so that of two editions that are confirmed at once the later sees the
    earlier: nothing else stands for a rule that is new. Raises DraftNotFound."""
    hold_chain(session)
    statement = select(RuleDraft).where(col(RuleDraft.draft_id) == draft_id)
    draft: RuleDraft | None = session.execute(locked(statement)).scalar_one_or_none()
    if draft is None:
        raise DraftNotFound(draft_id=draft_id)
    return draft


def _find_edition(session: Session, code: str, on: date) -> Rule | None:
    held = (col(Rule.code) == code, col(Rule.valid_from) <= on, col(Rule.valid_until) > on)
    found: Rule | None = session.execute(select(Rule).where(*held)).scalar_one_or_none()
    return found


def _edition_on(session: Session, code: str, on: date) -> Rule:
    found = _find_edition(session, code, on)
    if found is None:
        raise RuleNotFound(rule=code)
    return found


def list_drafts(
    session: Session, *, status: str = "", newest: bool = False, after: int = 0, limit: int = 100
) -> list[tuple[RuleDraft, str]]:
    """Drafts with who proposed each, in the order in which they were, or the newest first."""
    wanted = (col(RuleDraft.draft_id) > after, *((col(RuleDraft.status) == status,) if status else ()))
    by = col(UserAccount.user_id) == col(RuleDraft.proposed_by)
    order = col(RuleDraft.draft_id).desc() if newest else col(RuleDraft.draft_id)
    statement = select(RuleDraft, col(UserAccount.name)).join(UserAccount, by).where(*wanted)
    return [(draft, name) for draft, name in session.execute(statement.order_by(order).limit(limit))]


def _log(session: Session, tag: Tag, draft: RuleDraft, actor: Actor, now: datetime) -> None:
    payload = {
        "draft": draft.draft_id,
        "ends": draft.ends,
        "from": draft.valid_from.isoformat(),
        "status": draft.status,
    }
    record_event(session, tag, actor=actor.login, at=now, subject=f"rule {draft.code}", payload=payload)
