"""The pool of temporary codes: given out by area, each for one unit for ever (identifiers.md §7).

Where a code is, is read off the identifiers of units, those believed once among them; nothing has to keep a state in step.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.dialect import bulk_insert, chunked
from app.core.rights import WHOLE_COUNTRY, Territory
from app.domain.period import FOREVER, STILL_KNOWN
from app.domain.words import PoolState, Standing
from app.models import STILL_BELIEVED, TemporaryCode, identifier, table_of, unit_version
from app.register.queries import MAX_IN
from matching.standardise.codes import temp_code_of

COUNTY = 6
_SCHEME = "temp_code"
_pool = table_of(TemporaryCode)
_holds = and_(identifier.c.superseded_at == STILL_KNOWN, identifier.c.valid_until == FOREVER)
_borne = (
    select(
        identifier.c.value,
        func.max(identifier.c.unit_id).label("unit_id"),
        func.max(case((_holds, 1), else_=0)).label("holds"),
    )
    .where(identifier.c.scheme == _SCHEME)
    .group_by(identifier.c.value)
    .subquery()
)
"""Who was ever said to bear a code, whether it was believed for long or not, and whether it is said to last."""
_now = and_(
    unit_version.c.unit_id == _borne.c.unit_id,
    unit_version.c.superseded_at == STILL_KNOWN,
    unit_version.c.valid_until == FOREVER,
)
_placed = _pool.outerjoin(_borne, _borne.c.value == _pool.c.code).outerjoin(unit_version, _now)
_state: ColumnElement[str] = case(
    (_borne.c.unit_id.is_(None), str(PoolState.FREE)),
    (unit_version.c.standing != Standing.LIVE, str(PoolState.RECALLED)),
    (_borne.c.holds == 0, str(PoolState.REPLACED)),
    else_=str(PoolState.ASSIGNED),
)


def issue(session: Session, area: str, count: int, *, actor: Actor, now: datetime) -> list[str]:
    """New codes of an area, in the order of their numbers. The caller holds the log, so that no two take one number."""
    last = session.execute(select(func.max(_pool.c.code)).where(_pool.c.area_code == area)).scalar()
    first = int(last[7:17]) + 1 if last else 1
    codes = [temp_code_of(area, number) for number in range(first, first + count)]
    columns: dict[str, Any] = {
        "code": codes,
        "area_code": [area] * count,
        "office_id": [actor.office_id] * count,
        "issued_by": [actor.user_id] * count,
        "issued_at": [now] * count,
    }
    bulk_insert(session, _pool, columns)
    return codes


def list_codes(
    session: Session, own: Territory, *, state: PoolState | None, after: str, limit: int
) -> list[tuple[str, str, datetime]]:
    """Code, state and moment of issue, in the order of the codes, from behind `after` on."""
    wanted = (_pool.c.code, _state, _pool.c.issued_at)
    statement = select(*wanted).select_from(_placed).where(within(own), _pool.c.code > after).order_by(_pool.c.code)
    if state is not None:
        statement = statement.where(_state == str(state))
    return [tuple(row) for row in session.execute(statement.limit(limit))]


def count_codes(session: Session, own: Territory) -> dict[str, int]:
    """How many codes are in each state."""
    state = _state.label("state")
    rows = session.execute(select(state, func.count()).select_from(_placed).where(within(own)).group_by(state))
    return {str(state): count for state, count in rows}


def issued(session: Session, codes: Collection[str]) -> set[str]:
    """Which of these codes were given out."""
    found: set[str] = set()
    for part in chunked(sorted(codes), MAX_IN):
        found.update(session.execute(select(_pool.c.code).where(_pool.c.code.in_(part))).scalars())
    return found


def bearers(session: Session, codes: Collection[str]) -> dict[str, set[int]]:
    """The units that bear each of these codes, or were ever said to."""
    found: dict[str, set[int]] = {}
    for part in chunked(sorted(codes), MAX_IN):
        own = (identifier.c.value.in_(part), identifier.c.scheme == _SCHEME)
        for code, unit_id in session.execute(select(identifier.c.value, identifier.c.unit_id).where(*own)):
            found.setdefault(code, set()).add(unit_id)
    return found


def reaches(area: str, own: Territory) -> bool:
    """Whether an area of six digits lies within a territory, or a part of the territory within it."""
    return any(area.startswith(prefix) for prefix in _counties(own))


def within(own: Territory) -> ColumnElement[bool]:
    """Codes of the areas that a territory reaches."""
    return or_(false(), *(func.substr(_pool.c.area_code, 1, len(prefix)) == prefix for prefix in _counties(own)))


def _counties(own: Territory) -> list[str]:
    return sorted({"" if prefix == WHOLE_COUNTRY else prefix[:COUNTY] for prefix, _ in own.parts})


def count_without(session: Session, own: Territory, on: date) -> tuple[int, int]:
    """Of the live units within a territory on a day: how many there are, and how many without a code of a registrar."""
    v = unit_version.c
    believed = (STILL_BELIEVED, v.valid_from <= on, v.valid_until > on, v.standing == str(Standing.LIVE))
    without = func.sum(case((and_(v.uscc == "", v.reg_no == "", v.org_code == ""), 1), else_=0))
    statement = select(func.count(), without).where(*believed, own.condition(v.area_code, v.park_code))
    live, bare = session.execute(statement).one()
    return int(live), int(bare or 0)
