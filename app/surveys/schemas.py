"""What goes into the verbs of surveys and comes out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.domain.period import FOREVER
from app.verbs.schemas import Answer, Day, Line, PathName, Wish, Word

OPEN = (date(1949, 10, 1), FOREVER)
"""The days from and to which a survey holds that names none."""

SurveyCode = Annotated[Word, Field(min_length=1, max_length=64, description="code of the survey")]


class SurveyWanted(Wish):
    """One survey by its code."""

    code: SurveyCode


class SurveysWanted(Wish):
    """Surveys in the order of their codes, from behind `after` on."""

    mine: Annotated[bool, Field(description="only those of one's own section")] = False
    waiting: Annotated[bool, Field(description="only those of which it waits whether another section has them")] = False
    after: Word = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class NewSurvey(Wish):
    """A survey with the marks of its scheme, and the section of one's office, or of one below, that it belongs to."""

    code: Annotated[PathName, Field(min_length=1, max_length=64, description="code of the survey")]
    name: Annotated[Line, Field(min_length=1, max_length=128)]
    section: Annotated[Word, Field(min_length=1, description="code of the section")]
    office: Annotated[Word, Field(description="code of the section's office; one's own when not given")] = ""
    name_en: Annotated[Line, Field(max_length=128)] = ""
    document_no: Annotated[Line, Field(max_length=128, description="文号, the document that approves the scheme")] = ""
    form_no: Annotated[Line, Field(max_length=64, description="表号, the form")] = ""
    valid_from: Day = OPEN[0]
    valid_until: Annotated[Day, Field(description="the first day on which it does not hold any more")] = OPEN[1]


class SurveyChange(SurveyWanted):
    """What shall be otherwise of a survey; what is not named stays."""

    name: Annotated[Line | None, Field(min_length=1, max_length=128)] = None
    section: Annotated[Word | None, Field(min_length=1, description="code of the section")] = None
    office: Annotated[Word, Field(description="code of the section's office; one's own when not given")] = ""
    name_en: Annotated[Line | None, Field(max_length=128)] = None
    document_no: Annotated[Line | None, Field(max_length=128)] = None
    form_no: Annotated[Line | None, Field(max_length=64)] = None
    valid_from: Day | None = None
    valid_until: Day | None = None


class OwnerWanted(SurveyWanted):
    """The section that a survey shall have, as it was looked at."""

    section: Annotated[Word, Field(min_length=1, description="code of the section that shall have it")]
    office: Annotated[Word, Field(description="code of that section's office; one's own when not given")] = ""


class OwnerProposed(Answer):
    """The section that a survey shall have once that is confirmed, who proposed it, and what the caller may do about it."""

    office: str
    office_name: str
    section: str
    section_name: str
    by: str
    at: datetime
    may_confirm: bool
    may_refuse: bool = Field(description="whether the caller may refuse it or, having proposed it, take it back")


class SurveyShown(Answer):
    """A survey. `section` and `office` are the codes of whose it is; empty where nobody's."""

    code: str
    name: str
    name_en: str
    document_no: str
    form_no: str
    valid_from: Day
    valid_until: Day
    office: str
    section: str
    section_name: str
    mine: bool = Field(description="whether it is of the caller's own section")
    proposed: OwnerProposed | None


class Surveys(Answer):
    items: list[SurveyShown]
    next: str | None
