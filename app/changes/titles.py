"""What a request is called in lists: as was typed, else by its unit, whose name may be another by now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.said import Said
from app.models import unit_version
from app.register.search import names_of

MOST = 255


def title_for(session: Session, unit_id: int | None, changes: Mapping[str, Any]) -> str:
    """By the unit's new or present name."""
    named = str(changes.get("name") or "").strip()
    if named or unit_id is None:
        return named[:MOST]
    return (names_of(session, [unit_id]).get(unit_id) or f"#{unit_id}")[:MOST]


def renewed(
    session: Session, title: str | Said, unit_id: int | None, was: Mapping[str, Any], now: Mapping[str, Any]
) -> str | Said:
    """The title of a request whose item said `was` and says `now`: one that somebody typed stays."""
    if isinstance(title, Said) or title not in {title_for(session, None, was), *_ever_called(session, unit_id)}:
        return title
    return title_for(session, unit_id, now) or title


def _ever_called(session: Session, unit_id: int | None) -> set[str]:
    names = session.execute(select(unit_version.c.name).where(unit_version.c.unit_id == unit_id)).scalars()
    return {f"#{unit_id}", *(name[:MOST] for name in names)}
