"""Surveys: what a list of respondents is for, and whose it is."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from app.core.types import Moment
from app.models.base import id_column, optional_ref


class Survey(SQLModel, table=True):
    """A survey by its code, with the marks that make it lawful, and the section that it belongs to.

    `document_no` (文号), `form_no` (表号) and the validity are those of the survey scheme. Without a section nobody confirms
    its lists for the section: so stand those that lists named before surveys were kept.

    `proposed_section_id`, `proposed_by` and `proposed_at` say that another section shall have it. It is not that one's before
    a second person has confirmed it (`app.surveys.giving`).
    """

    __tablename__ = "survey"

    survey_id: int = id_column()
    code: str = Field(max_length=64, unique=True)
    name: str = Field(max_length=128)
    name_en: str = Field(default="", max_length=128)
    document_no: str = Field(default="", max_length=128)
    form_no: str = Field(default="", max_length=64)
    valid_from: date
    valid_until: date
    section_id: int | None = optional_ref("section.section_id")
    proposed_section_id: int | None = optional_ref("section.section_id", index=False)
    proposed_by: int | None = optional_ref("user_account.user_id", index=False)
    proposed_at: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)
