"""Code lists over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter

from app.api.deps import CurrentActor, Now, ReadSession
from app.codelists import queries
from app.core.clock import day_of

router = APIRouter(prefix="/api/v1/codelists", tags=["code lists"])


@router.get("")
def editions(session: ReadSession, _actor: CurrentActor) -> dict[str, Any]:
    """Every edition with its validity."""
    items = [
        {
            "name": edition.name,
            "edition": edition.edition,
            "title": edition.title,
            "valid_from": edition.valid_from,
            "valid_until": edition.valid_until,
            "origin": edition.origin,
        }
        for edition in queries.editions(session)
    ]
    return {"items": items}


@router.get("/{name}")
def codes(
    name: str, session: ReadSession, _actor: CurrentActor, now: Now, on: date | None = None, parent: str | None = None
) -> dict[str, Any]:
    """The codes of the edition in force on a day; with `parent`, those directly below it."""
    day = on or day_of(now)
    edition = queries.edition_on(session, name, day)
    found = queries.children(session, name, parent, day) if parent is not None else None
    items = found if found is not None else list(queries.codes(session, name, day).values())
    return {
        "edition": edition.edition,
        "items": [{"code": i.code, "name": i.name, "parent": i.parent_code, **i.extra} for i in items],
    }
