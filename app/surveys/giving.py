"""A survey goes to another section by two people: one proposes it, one of those who have it, or of an office above, confirms.

Whoever alone could say whose a survey is would have a section confirm lists that are not its own. Until it is confirmed the survey
is the old section's in every decision.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.errors import SecondPersonNeeded
from app.models import Section, Survey
from app.surveys import queries, rules
from app.surveys.errors import NotTheGiver, OwnerNotWaiting

_AT_MOST = 1000
_NOTHING: dict[str, Any] = {"proposed_section_id": None, "proposed_by": None, "proposed_at": None}


def propose(session: Session, survey: Survey, to: Section, *, actor: Actor, now: datetime) -> None:
    """Have a survey, held, go to a section once that is confirmed, instead of to another that waits for it. What it has already,
    or what waits, is not proposed again."""
    if to.section_id in (survey.section_id, survey.proposed_section_id):
        return
    facts = _facts(survey) | {"to": to.section_id, "instead_of": survey.proposed_section_id}
    _set(session, survey, proposed_section_id=to.section_id, proposed_by=actor.user_id, proposed_at=now)
    _log(session, Tag.SURVEY_PROPOSE_OWNER, survey, actor, now, facts)


def confirm(session: Session, code: str, *, office: str, section: str, actor: Actor, now: datetime) -> queries.Owned:
    """Have the survey go to the section that was looked at. Raises UnknownSurvey, OwnerNotWaiting, SecondPersonNeeded, NotTheGiver."""
    owned = _waiting(session, code, office, section, actor)
    decides = rules.settles(actor, owned)
    if rules.has_proposed(actor, owned):
        raise SecondPersonNeeded(login=actor.login)
    if not decides:
        raise NotTheGiver(survey=code)
    facts = _facts(owned.survey)
    _set(session, owned.survey, section_id=owned.survey.proposed_section_id, **_NOTHING)
    _log(session, Tag.SURVEY_CONFIRM_OWNER, owned.survey, actor, now, facts)
    return queries.get_survey(session, code)


def refuse(session: Session, code: str, *, office: str, section: str, actor: Actor, now: datetime) -> queries.Owned:
    """Have the survey stay where it is: who proposed it takes that back, who could confirm it refuses. Raises UnknownSurvey,
    OwnerNotWaiting, NotTheGiver."""
    owned = _waiting(session, code, office, section, actor)
    decides, own = rules.settles(actor, owned), rules.has_proposed(actor, owned)
    if not (decides or own):
        raise NotTheGiver(survey=code)
    facts = _facts(owned.survey)
    _set(session, owned.survey, **_NOTHING)
    _log(session, Tag.SURVEY_WITHDRAW_OWNER if own else Tag.SURVEY_REFUSE_OWNER, owned.survey, actor, now, facts)
    return queries.get_survey(session, code)


def count_for(session: Session, actor: Actor) -> int:
    """How many surveys wait for this person to say whether another section has them."""
    waiting = queries.list_surveys(session, waiting=True, limit=_AT_MOST)
    return sum(rules.settles(actor, one) and not rules.has_proposed(actor, one) for one in waiting)


def _waiting(session: Session, code: str, office: str, section: str, actor: Actor) -> queries.Owned:
    """The survey, held, of which it waits that this section has it. Raises UnknownSurvey, OwnerNotWaiting."""
    queries.hold(session, code)
    owned = queries.get_survey(session, code)
    to = owned.giving
    named = to is not None and (to.office.code == office if office else to.office.office_id == actor.office_id)
    if to is None or not named or to.section.code != section:
        raise OwnerNotWaiting(survey=code, section=section)
    return owned


def _set(session: Session, survey: Survey, **values: Any) -> None:
    for name, value in values.items():
        setattr(survey, name, value)
    session.flush()


def _facts(survey: Survey) -> dict[str, Any]:
    return {"from": survey.section_id, "to": survey.proposed_section_id, "proposed_by": survey.proposed_by}


def _log(session: Session, tag: Tag, survey: Survey, actor: Actor, now: datetime, facts: dict[str, Any]) -> None:
    record_event(session, tag, actor=actor.login, at=now, subject=f"survey {survey.code}", payload=facts)
