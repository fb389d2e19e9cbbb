"""Units in the register, written through the one door."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.domain.period import FOREVER, Period
from app.domain.words import Reason
from app.register import sources
from app.register.queries import revisions_of
from app.register.rules import Write
from app.register.writer import Written, apply
from tests.factories.world import NOW

USCC = "91500105MA60X0016Y"
BORN = date(2020, 5, 1)

UNIT = {
    "unit_type": "1",
    "name": "重庆江北嘉陵建材有限公司",
    "uscc": USCC,
    "legal_rep": "张三丰",
    "mobile": "13800001234",
    "operating_status": "1",
    "area_code": "500105006001",
    "address": "观音桥步行街9号",
    "industry_code": "5165",
    "org_type": "10",
    "reg_category": "112",
    "size_class": "4",
    "opened_on": "2020-05",
    "employees": 12,
}
"""A legal unit in trade with nothing special about it."""


def make_unit(session: Session, *, born: date = BORN, now: datetime = NOW, **changes: Any) -> int:
    """A unit of the register; returns its id. Keywords replace the fields of `UNIT`, "" leaves one out."""
    fields = {name: value for name, value in {**UNIT, **changes}.items() if value != ""}
    written = _write(session, None, 0, Reason.NEW, fields, Period(born), None, now)
    return written.units[1]


def change_unit(
    session: Session,
    unit_id: int,
    reason: Reason,
    *,
    on: date,
    until: date = FOREVER,
    successor_id: int | None = None,
    now: datetime = NOW,
    **changes: Any,
) -> Written:
    """One write to a unit, as an applied request makes it."""
    revision = revisions_of(session, [unit_id])[unit_id]
    return _write(session, unit_id, revision, reason, changes, Period(on, until), successor_id, now)


def _write(
    session: Session,
    unit_id: int | None,
    revision: int,
    reason: Reason,
    changes: dict[str, Any],
    period: Period,
    successor_id: int | None,
    now: datetime,
) -> Written:
    origin = sources.pack(sources.Origin("census", 0, period.valid_from.isoformat()))
    write = Write(1, unit_id, revision, reason, period, "day", changes, origin, successor_id)
    written = apply(session, [write], request_id=1, actor="test", now=now)
    assert not written.stale
    return written
