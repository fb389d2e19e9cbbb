"""Code lists as choices: a list that was never loaded is an empty choice, not a fault."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.codelists import queries
from app.models import CodeItem


def items(session: Session, name: str, on: date) -> dict[str, CodeItem]:
    """Code to item in force on a day; nothing without such a list."""
    try:
        return queries.codes(session, name, on)
    except queries.ListNotFound:
        return {}


def below(session: Session, name: str, parent: str, on: date) -> list[CodeItem]:
    """The codes directly below one; nothing without such a list."""
    try:
        return queries.children(session, name, parent, on)
    except queries.ListNotFound:
        return []
