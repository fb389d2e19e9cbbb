"""What people can do with surveys: look, register one for a section, change its marks, give it to another by two people."""

from __future__ import annotations

from app.core.errors import SecondPersonNeeded
from app.core.rights import Reach
from app.domain.roles import Permission
from app.surveys import giving, queries, rules, service
from app.surveys.errors import (
    EmptyValidity,
    NotTheGiver,
    OwnerNotWaiting,
    SurveyExists,
    UnknownSection,
    UnknownSurvey,
)
from app.surveys.schemas import (
    NewSurvey,
    OwnerProposed,
    OwnerWanted,
    SurveyChange,
    Surveys,
    SurveyShown,
    SurveysWanted,
    SurveyWanted,
)
from app.verbs import Call, Opens, verb

_NOT_TOLD = {"survey_id", "section_id", "created_at", "proposed_section_id", "proposed_by", "proposed_at"}


def _shown(call: Call, owned: queries.Owned) -> SurveyShown:
    survey, section, office = owned.survey, owned.section, owned.office
    return SurveyShown(
        **survey.model_dump(exclude=_NOT_TOLD),
        office=office.code if office else "",
        section=section.code if section else "",
        section_name=section.name if section else "",
        mine=rules.is_own(call.actor, owned),
        proposed=_proposed(call, owned),
    )


def _proposed(call: Call, owned: queries.Owned) -> OwnerProposed | None:
    to, at = owned.giving, owned.survey.proposed_at
    if to is None or at is None:
        return None
    decides, own = rules.settles(call.actor, owned), rules.has_proposed(call.actor, owned)
    return OwnerProposed(
        office=to.office.code,
        office_name=to.office.name,
        section=to.section.code,
        section_name=to.section.name,
        by=to.by,
        at=at,
        may_confirm=decides and not own,
        may_refuse=decides or own,
    )


@verb("survey.list", route="GET /surveys")
def list_(call: Call, wish: SurveysWanted) -> Surveys:
    """Surveys that lists are kept for, with the section that each belongs to."""
    own = (call.actor.section_id or 0) if wish.mine else None
    told = wish.model_dump(exclude={"mine"})
    found = queries.list_surveys(call.session, section_id=own, **told)
    last = found[-1].survey.code if len(found) == wish.limit else None
    return Surveys(items=[_shown(call, one) for one in found], next=last)


@verb("survey.show", errors=(UnknownSurvey,), route="GET /surveys/{code}", command="survey show {code}")
def show(call: Call, wish: SurveyWanted) -> SurveyShown:
    """One survey."""
    return _shown(call, queries.get_survey(call.session, wish.code))


@verb(
    "survey.add",
    Permission.MANAGE_SURVEYS,
    opens=Opens.WRITE,
    errors=(UnknownSurvey, UnknownSection, SurveyExists, EmptyValidity),
    route="POST /surveys",
    status=201,
    command="survey add {code}",
    reach=Reach.OFFICE,
)
def add(call: Call, wish: NewSurvey) -> SurveyShown:
    """Register a survey for the section that it belongs to: that section alone confirms its lists for the section."""
    return _shown(call, service.add(call.session, **wish.model_dump(), actor=call.actor, now=call.now))


@verb(
    "survey.change",
    Permission.MANAGE_SURVEYS,
    opens=Opens.WRITE,
    errors=(UnknownSurvey, UnknownSection, EmptyValidity),
    route="PATCH /surveys/{code}",
    command="survey change {code}",
    reach=Reach.OFFICE,
)
def change(call: Call, wish: SurveyChange) -> SurveyShown:
    """Give a survey other marks; that another section has it waits for a second person. The log keeps what was."""
    told = wish.model_dump(exclude_none=True)
    told.setdefault("section", None)
    return _shown(call, service.change(call.session, **told, actor=call.actor, now=call.now))


_DECIDING = (Permission.FRAME_CONFIRM_SECTION, Permission.APPROVE, Permission.MANAGE_SURVEYS)


@verb(
    "survey.confirm_owner",
    *_DECIDING,
    opens=Opens.WRITE,
    errors=(UnknownSurvey, OwnerNotWaiting, SecondPersonNeeded, NotTheGiver),
    route="POST /surveys/{code}/confirm-owner",
    command="survey confirm-owner {code} {section}",
    reach=Reach.OFFICE,
)
def confirm_owner(call: Call, wish: OwnerWanted) -> SurveyShown:
    """Have a survey go to the section it was proposed for: for the section that has it, or in an office above; not who proposed it."""
    return _shown(call, giving.confirm(call.session, **wish.model_dump(), actor=call.actor, now=call.now))


@verb(
    "survey.refuse_owner",
    *_DECIDING,
    opens=Opens.WRITE,
    errors=(UnknownSurvey, OwnerNotWaiting, NotTheGiver),
    route="POST /surveys/{code}/refuse-owner",
    command="survey refuse-owner {code} {section}",
    reach=Reach.OFFICE,
)
def refuse_owner(call: Call, wish: OwnerWanted) -> SurveyShown:
    """Have a survey stay where it is: whoever could confirm that it goes refuses, who proposed it takes it back."""
    return _shown(call, giving.refuse(call.session, **wish.model_dump(), actor=call.actor, now=call.now))
