"""What the tests of frames share: actors, a definition, a frame on its way."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.actor import get_actor
from app.domain.period import Period
from app.frames import service
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
    """A draft by the section."""
    said = {"survey": "retail", "period": YEAR, "definition": TRADE, "reference_date": TODAY} | changes
    return service.draft(session, name, **said, actor=get_actor(session, "section"), now=NOW)


def make_frozen(session: Session, name: str = "限上批零2025", **changes: Any) -> Frame:
    """A frame built by the section, confirmed by both sides, frozen."""
    frame = make_frame(session, name, **changes)
    section, maintainer = get_actor(session, "section"), get_actor(session, "maintainer")
    service.build(InOne(session), name, actor=section, now=NOW)
    service.confirm(session, name, Side.SECTION, actor=section, now=NOW)
    service.confirm(session, name, Side.REGISTER, actor=maintainer, now=NOW)
    return service.freeze(session, frame.frame_id, actor=section, now=NOW)
