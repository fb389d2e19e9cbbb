"""What people can do with surveys: look, register one for a section, change its marks."""

from __future__ import annotations

from app.core.rights import Reach
from app.domain.roles import Permission
from app.surveys import queries, rules, service
from app.surveys.errors import EmptyValidity, SurveyExists, UnknownSection, UnknownSurvey
from app.surveys.schemas import NewSurvey, SurveyChange, Surveys, SurveyShown, SurveysWanted, SurveyWanted
from app.verbs import Call, Opens, verb


def _shown(call: Call, owned: queries.Owned) -> SurveyShown:
    survey, section, office = owned.survey, owned.section, owned.office
    return SurveyShown(
        **survey.model_dump(exclude={"survey_id", "section_id", "created_at"}),
        office=office.code if office else "",
        section=section.code if section else "",
        section_name=section.name if section else "",
        mine=rules.is_own(call.actor, owned),
    )


@verb("survey.list", route="GET /surveys")
def list_(call: Call, wish: SurveysWanted) -> Surveys:
    """Surveys that lists are kept for, with the section that each belongs to."""
    own = (call.actor.section_id or 0) if wish.mine else None
    found = queries.list_surveys(call.session, section_id=own, after=wish.after, limit=wish.limit)
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
    """Give a survey other marks, or give it to another section; the log keeps what they were."""
    told = wish.model_dump(exclude_none=True)
    told.setdefault("section", None)
    return _shown(call, service.change(call.session, **told, actor=call.actor, now=call.now))
