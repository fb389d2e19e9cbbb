"""Whose a survey is and when it holds: pure decisions."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.rights import is_above, keeps, mine, owns
from app.domain.period import Period
from app.domain.roles import Permission
from app.models import Survey
from app.surveys.errors import EmptyValidity, NotTheSection, SurveyNotValid
from app.surveys.queries import Owned


def is_own(actor: Actor, owned: Owned) -> bool:
    """Whether the survey is of this person's section, or of the section of its kind in another office."""
    return owns(actor, actor.section_id if actor.section_id in owned.sections else None)


def require_own(actor: Actor, owned: Owned) -> None:
    """Raises NotTheSection unless the survey is of this person's section; one of no section is nobody's."""
    if not is_own(actor, owned):
        raise NotTheSection(survey=owned.survey.code, section=owned.section.name if owned.section else "–")


def settles(actor: Actor, owned: Owned) -> bool:
    """Whether this person decides that another section has the survey, unless he proposed it: for the section that gives it,
    or in an office above; where nobody has it, for the register side that receives it, or in an office above that."""
    if owned.giving is None:
        return False
    office = owned.office or owned.giving.office
    above = is_above(actor, office.path) and actor.may(Permission.APPROVE)
    if owned.section is None:
        return above or (keeps(actor, office.path) and actor.may(Permission.MANAGE_SURVEYS))
    return above or (owns(actor, owned.section.section_id) and actor.may(Permission.FRAME_CONFIRM_SECTION))


def has_proposed(actor: Actor, owned: Owned) -> bool:
    """Whether it was this person who proposed that another section has the survey."""
    return owned.giving is not None and mine(actor, owned.survey.proposed_by or 0)


def require_valid(survey: Survey, period: Period) -> None:
    """Raises SurveyNotValid unless the scheme holds for the whole period."""
    if not (survey.valid_from <= period.valid_from and period.valid_until <= survey.valid_until):
        raise SurveyNotValid(survey=survey.code, valid_from=survey.valid_from, valid_until=survey.valid_until)


def require_days(survey: Survey) -> None:
    """Raises EmptyValidity."""
    if survey.valid_from >= survey.valid_until:
        raise EmptyValidity
