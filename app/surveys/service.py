"""Surveys, registered and changed; each step is in the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.dialect import insert_or_skip
from app.core.rights import kept
from app.models import Office, Section, Survey, table_of
from app.surveys import giving, queries, rules
from app.surveys.errors import SurveyExists, UnknownSection


def add(
    session: Session, *, code: str, office: str, section: str, actor: Actor, now: datetime, **marks: Any
) -> queries.Owned:
    """Register a survey for a section. Raises UnknownSection, EmptyValidity; SurveyExists also where another comes at once."""
    owner = queries.find_section(session, actor, office, section)
    survey = Survey(code=code, section_id=owner.section_id, created_at=now, **marks)
    rules.require_days(survey)
    if not insert_or_skip(session, table_of(Survey), [survey.model_dump(exclude={"survey_id"})]):
        raise SurveyExists(survey=code)
    _log(session, Tag.SURVEY_ADD, code, actor, now, {"section": section, **_plain(marks)})
    return queries.get_survey(session, code)


def change(
    session: Session,
    code: str,
    *,
    office: str,
    section: str | None,
    actor: Actor,
    now: datetime,
    **marks: Any,
) -> queries.Owned:
    """Give a survey other marks, at once, and to another section, once that is confirmed. Who may: the office of its section, or
    one above; of one that is nobody's, any. Raises UnknownSurvey, UnknownSection, EmptyValidity."""
    survey = queries.hold(session, code)
    _require_kept(session, actor, survey)
    before = {name: getattr(survey, name) for name in marks}
    for name, value in marks.items():
        setattr(survey, name, value)
    rules.require_days(survey)
    if marks:
        _log(session, Tag.SURVEY_CHANGE, code, actor, now, {"old": _plain(before), "new": _plain(marks)})
    if section is not None:
        giving.propose(session, survey, queries.find_section(session, actor, office, section), actor=actor, now=now)
    return queries.get_survey(session, code)


def _require_kept(session: Session, actor: Actor, survey: Survey) -> None:
    """Raises UnknownSection where the survey is of an office that is neither the actor's nor below it."""
    mine = select(col(Section.code)).join(Office, col(Office.office_id) == col(Section.office_id))
    held = session.execute(
        mine.where(col(Section.section_id) == survey.section_id, kept(actor, col(Office.path)))
    ).first()
    if survey.section_id is not None and held is None:
        raise UnknownSection(section=str(survey.section_id))


def _plain(marks: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str | int | None) else str(value) for name, value in marks.items()}


def _log(session: Session, tag: Tag, code: str, actor: Actor, now: datetime, payload: dict[str, Any]) -> None:
    session.flush()
    record_event(session, tag, actor=actor.login, at=now, subject=f"survey {code}", payload=payload)
