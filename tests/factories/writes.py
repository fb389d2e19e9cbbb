"""Writes and units by plain functions with fixed, readable defaults."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.period import FOREVER, Period
from app.domain.words import Reason
from app.models import unit_version
from app.register import sources, writer
from app.register.queries import revisions_of
from app.register.rules import Write
from app.register.sources import Origin
from tests.factories.world import NOW

CENSUS = Origin("census", 1, "2023-12-31")
HAND = Origin("hand", 0, "2024-12-31")

UNIT: dict[str, Any] = {
    "unit_type": "1",
    "name": "测试甲商贸有限公司",
    "uscc": "91500105MA60X0016Y",
    "legal_rep": "张三丰",
    "mobile": "13800000001",
    "area_code": "500105006001",
    "address": "测试路1号",
    "industry_code": "5165",
    "operating_status": "1",
    "employees": 12,
}


def birth(valid_from: date = date(2020, 3, 1), *, seq: int = 1, **changes: Any) -> Write:
    return Write(
        seq=seq,
        unit_id=None,
        base_revision=0,
        reason=Reason.NEW,
        period=Period(valid_from),
        precision="day",
        changes={**UNIT, **changes},
        origin=sources.pack(CENSUS),
    )


def change(
    unit_id: int,
    on: date,
    *,
    revision: int,
    reason: Reason = Reason.CHANGE,
    until: date = FOREVER,
    seq: int = 1,
    **changes: Any,
) -> Write:
    return Write(
        seq=seq,
        unit_id=unit_id,
        base_revision=revision,
        reason=reason,
        period=Period(on, until),
        precision="day",
        changes=changes,
        origin=sources.pack(HAND),
    )


def make_unit(session: Session, valid_from: date = date(2020, 3, 1), *, now: datetime = NOW, **changes: Any) -> int:
    """A unit in the register; its id."""
    written = writer.apply(session, [birth(valid_from, **changes)], request_id=1, actor="test", now=now)
    return written.units[1]


def change_unit(
    session: Session,
    unit_id: int,
    on: date,
    *,
    now: datetime = NOW,
    reason: Reason = Reason.CHANGE,
    until: date = FOREVER,
    **changes: Any,
) -> writer.Written:
    revision = revisions_of(session, [unit_id])[unit_id]
    write = change(unit_id, on, until=until, revision=revision, reason=reason, **changes)
    return writer.apply(session, [write], request_id=2, actor="test", now=now)


def end_history(session: Session, unit_id: int, on: date) -> None:
    """The unit's last version ends, as an earlier version of the product let a birth."""
    own = (unit_version.c.unit_id == unit_id, unit_version.c.valid_until == FOREVER)
    session.execute(update(unit_version).where(*own).values(valid_until=on))
