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


class OwnerNotWaiting(Conflict):
    """What is confirmed or refused is not what waits: it was settled or taken back, or another section was proposed since."""

    code = "owner_not_waiting"
    zh = "调查“{survey}”没有等待确认的、归口到“{section}”的变更；可能别人已经处理，或已改为其他科室，请刷新查看。"
    en = "that survey {survey} goes to section {section} does not wait: somebody was first, or proposed another; look again"


class NotTheGiver(Forbidden):
    """Who has a survey gives it away, or an office above; of one that is nobody's the register side of who receives it decides."""

    code = "not_the_giver"
    zh = (
        "调查“{survey}”的归口变更不由您确认：已有归口科室的，由该科室的人员或其上级机构的审批员确认；"
        "还没有的，由接收科室所在机构的另一名名录库人员或其上级机构的审批员确认。"
    )
    en = (
        "that survey {survey} goes to another section is confirmed by people of the section that has it, or who approves in an office "
        "above; where nobody has it, by another of the register side of the office that receives it, or who approves above that"
    )


class NotTheSection(Forbidden):
    """A survey is of another section: its lists are drafted and confirmed by that one alone."""

    code = "not_the_section"
    zh = "调查“{survey}”归口{section}，只能由该科室的人员办理；您不在该科室。"
    en = "survey {survey} belongs to {section}, and only people of that section do this"
