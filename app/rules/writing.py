"""What people can do to rules: try one, propose an edition or an end, confirm what another proposed."""

from __future__ import annotations

from typing import Any

from app.core.errors import SecondPersonNeeded, WrongState
from app.core.rights import Reach, territory
from app.domain.lives import DraftStatus
from app.domain.roles import Permission
from app.models import RuleDraft
from app.register.queries import AsOf
from app.register.search import names_of
from app.rules import drafts, trying
from app.rules.asks import BadRule
from app.rules.errors import DraftNotFound, EditionBegun, NotTheConfirmer, RuleNotFound
from app.rules.schemas import (
    DraftShown,
    DraftsWanted,
    DraftWanted,
    FoundFirst,
    RuleEnded,
    RuleProposed,
    RuleTried,
    Tried,
)
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Items

_HANDS = (Permission.MANAGE_RULES, Permission.APPROVE)
_DECIDED = (DraftNotFound, WrongState, NotTheConfirmer)
NAMED = 20
"""Units that are named of those a rule would find."""


@verb("rule.try", *_HANDS, errors=(BadRule,), route="POST /rules/try", reach=Reach.AREA, sees=True)
def try_(call: Call, wish: RuleTried) -> Tried:
    """How many units of one's area a rule would find, as if there were no others, before anybody proposes or confirms it."""
    within = territory(call.actor, call.today)
    found = trying.try_rule(call.session, wish.code, wish.asks, AsOf(call.today), within)
    first = found.found[:NAMED]
    names = names_of(call.session, first)
    named = [FoundFirst(unit_id=unit, name=names.get(unit, "")) for unit in first]
    return Tried(looked=found.looked, found=len(found.found), all=found.all, first=named)


@verb(
    "rule.propose",
    Permission.MANAGE_RULES,
    opens=Opens.WRITE,
    errors=(BadRule, EditionBegun),
    route="POST /rules",
    status=201,
    reach=Reach.HOUSE,
)
def propose(call: Call, wish: RuleProposed) -> DraftShown:
    """Propose an edition of a rule from a day on: a new rule, or another edition of one that is there. It is asked once another
    person has confirmed it (`rule.confirm`)."""
    told = {**wish.model_dump(), "level": str(wish.level)}
    return _shown(call, drafts.propose(call.session, told, actor=call.actor, now=call.now, today=call.today))


@verb(
    "rule.end",
    Permission.MANAGE_RULES,
    opens=Opens.WRITE,
    errors=(RuleNotFound, EditionBegun),
    route="POST /rules/{code}/end",
    status=201,
    reach=Reach.HOUSE,
)
def end(call: Call, wish: RuleEnded) -> DraftShown:
    """Propose that a rule is asked no more from a day on; its findings are closed by the next look once that is confirmed."""
    on = wish.on or call.today
    return _shown(call, drafts.end(call.session, wish.code, on, actor=call.actor, now=call.now, today=call.today))


@verb("rule.drafts", *_HANDS, route="GET /rules/drafts", reach=Reach.HOUSE)
def list_drafts(call: Call, wish: DraftsWanted) -> Items[DraftShown]:
    """Editions and ends of rules that were proposed, with what became of them."""
    told: dict[str, Any] = {"status": str(wish.status or ""), "newest": wish.newest, "after": wish.after}
    found = drafts.list_drafts(call.session, limit=wish.limit, **told)
    more = found[-1][0].draft_id if len(found) == wish.limit and not wish.newest else None
    return Items(items=[_told(call, draft, name) for draft, name in found], next=more)


@verb(
    "rule.confirm",
    Permission.APPROVE,
    opens=Opens.WRITE,
    errors=(*_DECIDED, SecondPersonNeeded, RuleNotFound, EditionBegun),
    route="POST /rules/drafts/{draft_id}/confirm",
    command="rule confirm {draft_id:draft}",
    reach=Reach.HOUSE,
)
def confirm(call: Call, wish: DraftWanted) -> DraftShown:
    """Have a rule, or its end, that another proposed come into force on its day; at the office that nobody stands above."""
    return _shown(call, drafts.confirm(call.session, wish.draft_id, actor=call.actor, now=call.now, today=call.today))


@verb(
    "rule.refuse",
    Permission.APPROVE,
    opens=Opens.WRITE,
    errors=(*_DECIDED, SecondPersonNeeded),
    route="POST /rules/drafts/{draft_id}/refuse",
    command="rule refuse {draft_id:draft}",
    reach=Reach.HOUSE,
)
def refuse(call: Call, wish: DraftWanted) -> DraftShown:
    """Not have a rule, or its end, that another proposed come into force."""
    return _shown(call, drafts.refuse(call.session, wish.draft_id, actor=call.actor, now=call.now))


@verb(
    "rule.withdraw",
    Permission.MANAGE_RULES,
    opens=Opens.WRITE,
    errors=_DECIDED,
    route="POST /rules/drafts/{draft_id}/withdraw",
    command="rule withdraw {draft_id:draft}",
    reach=Reach.HOUSE,
)
def withdraw(call: Call, wish: DraftWanted) -> DraftShown:
    """Take back what one proposed oneself and nobody has decided on."""
    return _shown(call, drafts.withdraw(call.session, wish.draft_id, actor=call.actor, now=call.now))


def _shown(call: Call, draft: RuleDraft) -> DraftShown:
    call.session.flush()
    [(held, name)] = drafts.list_drafts(call.session, after=draft.draft_id - 1, limit=1)
    return _told(call, held, name)


def _told(call: Call, draft: RuleDraft, name: str) -> DraftShown:
    waits, own = draft.status == DraftStatus.PROPOSED, draft.proposed_by == call.actor.user_id
    return DraftShown(
        **draft.model_dump(exclude={"office_id", "proposed_by", "proposed_at", "decided_by", "decided_at"}),
        by=name,
        at=draft.proposed_at,
        may_decide=waits and not own and drafts.may_decide(call.actor),
        may_withdraw=waits and own,
    )
