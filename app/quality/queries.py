"""All selects of the spot checks."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.models import Office, SpotCheck


def count_open(session: Session, office_path: str) -> int:
    """Open checks of the office at that path and of those below it."""
    statement = (
        select(func.count())
        .select_from(SpotCheck)
        .join(Office, col(Office.office_id) == col(SpotCheck.office_id))
        .where(col(SpotCheck.status) == "open", col(Office.path).startswith(office_path))
    )
    return int(session.execute(statement).scalar_one())
