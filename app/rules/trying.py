"""How many units a rule would find that nobody has confirmed yet: asked of the register as it stands, and nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.core.rights import Territory
from app.core.turns import ranges
from app.models import unit_version
from app.register.queries import AsOf, last_unit
from app.rules.asks import read_asks
from app.rules.standing import Asked, broken_by
from app.rules.worlds import ASKED, Held

LOOKED = 300_000
"""Units that are looked at for one answer at most, the first by their numbers."""
_PART = 100_000


@dataclass(frozen=True)
class Tried:
    """Of so many units looked at those that break the rule, by their numbers; `all` whether all of the area were looked at."""

    looked: int
    found: list[int]
    all: bool


def try_rule(session: Session, code: str, asks: object, as_of: AsOf, within: Territory) -> Tried:
    """Ask a rule of the live and closed units of an area, as if there were no others. Raises BadRule."""
    asked = Asked({code: read_asks(code, asks)})
    own = within.condition(unit_version.c.area_code, unit_version.c.park_code)
    looked, found, last = 0, list[int](), last_unit(session)
    for part in ranges(1, last, _PART):
        here = and_(unit_version.c.unit_id.between(*part), own)
        looked += _units(session, as_of, here)
        found += sorted(unit for _, unit in broken_by(Held(session, as_of, here, own), asked.asks))
        if looked >= LOOKED:
            return Tried(looked, found, part[1] >= last)
    return Tried(looked, found, True)


def _units(session: Session, as_of: AsOf, here: ColumnElement[bool]) -> int:
    held = (as_of.holds(), unit_version.c.standing.in_(ASKED), here)
    return session.execute(select(func.count()).select_from(unit_version).where(*held)).scalar_one()
