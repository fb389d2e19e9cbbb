"""What can be refused about surveys."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, Invalid


class UnknownSurvey(Invalid):
    """No survey bears this code."""

    code = "unknown_survey"
    zh = "没有登记代码为“{survey}”的调查；请先登记调查，或改用已登记的代码。"
    en = "there is no survey {survey}; register it first, or name one that is registered"


class SurveyExists(Conflict):
    code = "survey_exists"
    zh = "代码为“{survey}”的调查已经登记。"
    en = "survey {survey} is registered already"


class UnknownSection(Invalid):
    """The office has no section of this code, or it is not within one's own office."""

    code = "unknown_section"
    zh = "您所在机构及其下级没有代码为“{section}”的科室。"
    en = "neither your office nor one below it has a section {section}"


class SurveyNotValid(Conflict):
    """The scheme of the survey does not hold for the whole period."""

    code = "survey_not_valid"
    zh = "调查“{survey}”的制度有效期是 {valid_from} 至 {valid_until}（不含），不涵盖这一时期。"
    en = "survey {survey} is valid from {valid_from} until {valid_until}, which does not hold the whole period"


class EmptyValidity(Invalid):
    code = "empty_validity"
    zh = "有效期的止日必须在起日之后。"
    en = "a validity ends after it begins"


class NotTheSection(Forbidden):
    """A survey is of another section: its lists are drafted and confirmed by that one alone."""

    code = "not_the_section"
    zh = "调查“{survey}”归口{section}，只能由该科室的人员办理；您不在该科室。"
    en = "survey {survey} belongs to {section}, and only people of that section do this"
