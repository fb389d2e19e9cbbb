"""What people can do with temporary codes: give out new ones for an area, and see where those given out are."""

from __future__ import annotations

from app.audit.service import hold_chain, record_event
from app.audit.tags import Tag
from app.core.rights import OutOfArea, Reach, territory
from app.domain.roles import Permission
from app.domain.words import PoolState
from app.pool.schemas import CodesIssue, Issued, Pool, PoolCode, PoolWanted
from app.register import pool
from app.verbs import Call, Opens, verb


@verb("tempcode.list", Permission.VIEW_UNITS, route="GET /temporary-codes", reach=Reach.AREA)
def list_(call: Call, wish: PoolWanted) -> Pool:
    """Temporary codes of one's area and where each is, beside how many live units no registrar gave a code."""
    own = territory(call.actor, call.today)
    found = pool.list_codes(call.session, own, state=wish.state, after=wish.after, limit=wish.limit)
    counts = pool.count_codes(call.session, own)
    live, without = pool.count_without(call.session, own, call.today)
    return Pool(
        items=[PoolCode(code=code, state=PoolState(state), issued_at=at) for code, state, at in found],
        next=found[-1][0] if len(found) == wish.limit else None,
        counts={state: counts.get(str(state), 0) for state in PoolState},
        live=live,
        without=without,
    )


@verb(
    "tempcode.issue",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(OutOfArea,),
    route="POST /temporary-codes",
    command="tempcode issue {area}",
    status=201,
    reach=Reach.AREA,
)
def issue(call: Call, wish: CodesIssue) -> Issued:
    """Give out temporary codes for units of an area that have none of any registrar. Each is for one unit, for ever."""
    own = territory(call.actor, call.today)
    if not pool.reaches(wish.area, own):
        raise OutOfArea(area=wish.area, office_area=str(own), login=call.actor.login)
    hold_chain(call.session)
    codes = pool.issue(call.session, wish.area, wish.count, actor=call.actor, now=call.now)
    told = {"first": codes[0], "last": codes[-1], "count": len(codes)}
    record_event(
        call.session, Tag.TEMP_CODES_ISSUE, actor=call.actor.login, at=call.now, subject=wish.area, payload=told
    )
    return Issued(codes=codes)
