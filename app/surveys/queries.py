"""Surveys, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.core.actor import Actor
from app.core.dialect import locked
from app.core.rights import kept
from app.models import Office, Section, Survey, UserAccount
from app.surveys.errors import UnknownSection, UnknownSurvey


@dataclass(frozen=True)
class Giving:
    """That a survey shall be another section's: which, of which office, and who proposed it."""

    section: Section
    office: Office
    by: str


@dataclass(frozen=True)
class Owned:
    """A survey with the section that it belongs to, and that section's office.

    `sections` are those of the same code in every office (对口科室): a survey is one of the country's, and in each district
    the section of that kind does it.
    """

    survey: Survey
    section: Section | None
    office: Office | None
    sections: frozenset[int] = frozenset()
    giving: Giving | None = None


def _all() -> Any:
    to, its = aliased(Section), aliased(Office)
    return (
        select(Survey, Section, Office, to, its, col(UserAccount.login))
        .outerjoin(Section, col(Section.section_id) == col(Survey.section_id))
        .outerjoin(Office, col(Office.office_id) == col(Section.office_id))
        .outerjoin(to, col(to.section_id) == col(Survey.proposed_section_id))
        .outerjoin(its, col(its.office_id) == col(to.office_id))
        .outerjoin(UserAccount, col(UserAccount.user_id) == col(Survey.proposed_by))
    )


def list_surveys(
    session: Session, *, section_id: int | None = None, waiting: bool = False, after: str = "", limit: int
) -> Sequence[Owned]:
    """Surveys of a section, or all, in the order of their codes; or only those that another section shall have."""
    statement = _all().where(col(Survey.code) > after).order_by(col(Survey.code)).limit(limit)
    if waiting:
        statement = statement.where(col(Survey.proposed_section_id).is_not(None))
    if section_id is not None:
        own = select(col(Section.code)).where(col(Section.section_id) == section_id)
        statement = statement.where(col(Section.code).in_(own))
    return _with_sections(session, session.execute(statement).all())


def _with_sections(session: Session, rows: Sequence[Any]) -> list[Owned]:
    """Each with the sections of the same code, looked up once."""
    alike: dict[str, set[int]] = {}
    codes = {section.code for _survey, section, *_rest in rows if section is not None}
    for section in session.execute(select(Section).where(col(Section.code).in_(codes))).scalars():
        alike.setdefault(section.code, set()).add(section.section_id)
    return [
        Owned(
            survey,
            section,
            office,
            frozenset(alike[section.code]) if section else frozenset(),
            Giving(*giving) if giving[0] else None,
        )
        for survey, section, office, *giving in rows
    ]


def get_survey(session: Session, code: str) -> Owned:
    """Raises UnknownSurvey."""
    found = session.execute(_all().where(col(Survey.code) == code)).one_or_none()
    if found is None:
        raise UnknownSurvey(survey=code)
    return _with_sections(session, [found])[0]


def hold(session: Session, code: str) -> Survey:
    """The survey, held until the transaction ends, as whoever held it before left it. Raises UnknownSurvey."""
    asked = locked(select(Survey).where(col(Survey.code) == code)).execution_options(populate_existing=True)
    found: Survey | None = session.execute(asked).scalar_one_or_none()
    if found is None:
        raise UnknownSurvey(survey=code)
    return found


def require_known(session: Session, code: str) -> None:
    """Raises UnknownSurvey."""
    if session.execute(select(col(Survey.survey_id)).where(col(Survey.code) == code)).first() is None:
        raise UnknownSurvey(survey=code)


def find_section(session: Session, actor: Actor, office: str, section: str) -> Section:
    """A section of the actor's office, or of the one named if it is that or below it. Raises UnknownSection."""
    which = col(Office.code) == office if office else col(Office.office_id) == actor.office_id
    statement = select(Section).join(Office, col(Office.office_id) == col(Section.office_id))
    found: Section | None = session.execute(
        statement.where(which, kept(actor, col(Office.path)), col(Section.code) == section)
    ).scalar_one_or_none()
    if found is None:
        raise UnknownSection(section=section)
    return found
