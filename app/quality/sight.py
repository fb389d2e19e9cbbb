"""What somebody sees of a spot check: the audited department cannot see what it will be judged by, nor rewrite it.

Drawn it is there for the head of the survey team alone. While it is under way those who are checked see which units were
drawn, and only the team what was met. When it is closed the results are everybody's who sees units there.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlmodel import col

from app.core.actor import Actor
from app.core.rights import keeps, kept
from app.domain.lives import CheckStatus
from app.domain.roles import Permission
from app.models import Office, SpotCheck, SpotCheckItem


class Sight(StrEnum):
    """How much of a check somebody sees."""

    UNITS = "units"
    """which units were drawn, nothing of what was met"""
    OWN = "own"
    """the units that are one's own to visit"""
    ALL = "all"


def leads(actor: Actor, office_path: str) -> bool:
    """Whether somebody is the head of the team that makes a check of this office."""
    return keeps(actor, office_path) and actor.may(Permission.SPOT_CHECK)


def sight_of(actor: Actor, status: str, office_path: str, *, visits: bool) -> Sight | None:
    """What somebody sees of a check of this office and state; `visits` says that units of it are his to visit."""
    if leads(actor, office_path):
        return Sight.ALL
    if status == CheckStatus.DRAWN:
        return None
    looks = keeps(actor, office_path) and actor.may(Permission.VIEW_UNITS)
    if looks and status == CheckStatus.CLOSED:
        return Sight.ALL
    if visits:
        return Sight.OWN
    return Sight.UNITS if looks else None


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """The checks of which somebody sees anything, as a condition on check and office."""
    own_office, begun = kept(actor, col(Office.path)), col(SpotCheck.status) != CheckStatus.DRAWN
    ways = []
    if actor.may(Permission.SPOT_CHECK):
        ways.append(own_office)
    if actor.may(Permission.VIEW_UNITS):
        ways.append(and_(begun, own_office))
    if actor.may(Permission.VISIT):
        ways.append(and_(begun, visited_by(actor)))
    return or_(false(), *ways)


def visited_by(actor: Actor) -> ColumnElement[bool]:
    """That a check has units which are somebody's to visit."""
    own = (col(SpotCheckItem.check_id) == col(SpotCheck.check_id), col(SpotCheckItem.checker_id) == actor.user_id)
    return select(col(SpotCheckItem.seq)).where(*own).exists()
