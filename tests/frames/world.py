"""What the tests of frames share: actors, a definition, a frame on its way."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.actor import get_actor
from app.core.actor import Actor
from app.domain.period import Period
from app.frames import service
from app.frames.queries import get_frame
from app.frames.rules import Side
from app.models import Frame
from tests.factories.turns import InOne
from tests.factories.world import NOW, TODAY

TRADE = {
    "conditions": [
        {"field": "unit_type", "op": "eq", "value": "1"},
        {"field": "industry_code", "op": "prefix", "value": ["51", "52"]},
    ]
}
YEAR = Period(date(2025, 1, 1), date(2026, 1, 1))


def make_frame(session: Session, name: str = "限上批零2025", **changes: Any) -> Frame:
    """A draft by the register side: who writes a list confirms it for neither side."""
    said = {"survey": "retail", "period": YEAR, "definition": TRADE, "reference_date": TODAY} | changes
    return service.draft(session, name, **said, actor=get_actor(session, "maintainer2"), now=NOW)


def confirm(session: Session, reference: int | str, side: Side, actor: Actor) -> Frame:
    """A confirmation of what stands there."""
    version = get_frame(session, reference).version
    return service.confirm(session, reference, side, version=version, actor=actor, now=NOW)


def make_frozen(session: Session, name: str = "限上批零2025", **changes: Any) -> Frame:
    """A frame built by the section, confirmed by both sides, frozen."""
    frame = make_frame(session, name, **changes)
    section, maintainer = get_actor(session, "section"), get_actor(session, "maintainer")
    service.build(InOne(session), name, actor=section, now=NOW)
    confirm(session, name, Side.SECTION, section)
    confirm(session, name, Side.REGISTER, maintainer)
    return service.freeze(session, frame.frame_id, actor=section, now=NOW)
