"""Units over HTTP: one unit on both clocks."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from app.api.deps import CurrentActor, Now, ReadSession
from app.audit.tags import Tag
from app.core.clock import day_of, parse_moment
from app.core.errors import Invalid
from app.domain.fields import PERSONAL
from app.domain.roles import Permission
from app.http.access import seen
from app.register.queries import AsOf, UnitNotFound
from app.register.view import find_views

router = APIRouter(prefix="/api/v1/units", tags=["units"])


@router.get("/{code}")
def show(
    code: str,
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    now: Now,
    on: date | None = None,
    known_at: str = "",
    reveal: Annotated[list[str] | None, Query()] = None,
    reason: str = "",
) -> dict[str, Any]:
    """The unit(s) that a code names, as of a day in the world (`on`) and a moment of our knowledge (`known_at`).

    Personal fields are masked; `reveal` names those to show in clear, which needs the right and a `reason`.
    """
    actor.require(Permission.VIEW_UNITS)
    fields = _revealed(actor, reveal or [], reason)
    as_of = AsOf(on or day_of(now), parse_known(known_at))
    views = find_views(session, code, as_of, area_prefix=actor.area_prefix, reveal=fields)
    if not views:
        raise UnitNotFound(f"no unit carried the code {code!r} on {as_of.on}")
    tag = Tag.UNIT_UNMASK if fields else Tag.UNIT_VIEW
    payload = {"fields": sorted(fields), "reason": reason} if fields else {}
    for view in views:
        seen(request, tag, actor=actor.login, at=now, subject=f"unit {view.unit_id}", payload=payload)
    return {"items": [asdict(view) for view in views]}


def parse_known(text: str) -> Any:
    if not text:
        return None
    try:
        return parse_moment(text)
    except ValueError as wrong:
        raise Invalid(f"known_at is no ISO moment: {text!r}", code="bad_moment") from wrong


def _revealed(actor: CurrentActor, reveal: list[str], reason: str) -> set[str]:
    if not reveal:
        return set()
    actor.require(Permission.UNMASK)
    if not reason.strip():
        raise Invalid("say why you need to see personal values", code="reason_missing")
    unknown = set(reveal) - PERSONAL
    if unknown:
        raise Invalid(f"no personal fields: {', '.join(sorted(unknown))}", code="unknown_field")
    return set(reveal)
