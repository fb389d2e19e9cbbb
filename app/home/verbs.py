"""Home: what waits for whoever asks, and the register in figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from app.changes import moving
from app.changes import queries as changes
from app.codelists.queries import names_of, parents_of
from app.core.clock import day_of
from app.core.rights import Reach, territory
from app.domain.labels import label
from app.domain.lives import BatchStatus, PairStatus
from app.domain.places import STREET, street_of
from app.domain.roles import Permission
from app.domain.words import FrameStatus, RequestStatus, UnitType
from app.frames import queries as frames
from app.home.schemas import HomeFigures, Month, Queue, RegisterFigures, Waits
from app.intake import queries as intake
from app.jobs.service import count_open
from app.quality import queries as quality
from app.register.demography import Keyed, balances
from app.review.queries import count_in
from app.surveys import giving as surveys
from app.units.schemas import By, Counted, UnitsCounted
from app.units.verbs import as_seen, counted
from app.verbs import Call, verb
from app.verbs.schemas import Nothing

MONTHS = 12
_MINE = (RequestStatus.RETURNED, RequestStatus.STALE, RequestStatus.DRAFT)
"""Own requests that wait for their author."""


@verb("home.figures", route="GET /home", command="unit figures", reach=Reach.OFFICE)
def figures(call: Call, _wish: Nothing) -> HomeFigures:
    """What waits for whoever asks, and the register in figures for those who see units."""
    units = _register(call) if call.actor.may(Permission.VIEW_COUNTS) else None
    return HomeFigures(on=day_of(call.now), queues=list(_queues(call)), units=units)


def _queues(call: Call) -> Iterator[Queue]:
    session, actor = call.session, call.actor
    if actor.may(Permission.REVIEW):
        yield Queue(what=Waits.PAIRS, count=count_in(session, PairStatus.OPEN, actor, day_of(call.now)))
    if actor.may(Permission.IMPORT):
        held = sum(1 for batch in intake.list_batches(session, actor) if batch.status == BatchStatus.HELD)
        yield Queue(what=Waits.FILES, count=held)
    if actor.may(Permission.APPROVE):
        yield Queue(what=Waits.APPROVALS, count=moving.count_to_decide(session, actor))
    if actor.may(Permission.PROPOSE):
        asked = moving.count_asked(session, actor)
        if asked:
            yield Queue(what=Waits.MOVES, count=asked)
        yield Queue(what=Waits.OWN_REQUESTS, count=changes.count_own(session, actor, _MINE))
    if actor.may(Permission.VIEW_UNITS):
        built = frames.list_frames(session, within=territory(actor, day_of(call.now)), status=str(FrameStatus.BUILT))
        yield Queue(what=Waits.FRAMES, count=len(built))
    given = surveys.count_for(session, actor)
    if given:
        yield Queue(what=Waits.SURVEYS, count=given)
    if actor.may(Permission.VIEW_UNITS) or actor.may(Permission.VISIT):
        yield Queue(what=Waits.SPOT_CHECKS, count=quality.count_open(session, actor))
    yield Queue(what=Waits.JOBS, count=count_open(session, actor))


def _register(call: Call) -> RegisterFigures:
    kinds = counted(call, UnitsCounted(by=By.UNIT_TYPE))
    types = {one.code: one for one in kinds.items}
    streets, unplaced = _streets(call, counted(call, UnitsCounted(by=By.AREA, digits=STREET)).items)
    sections = _sections(call, counted(call, UnitsCounted(by=By.INDUSTRY, digits=2)).items)
    seen = partial(as_seen, call.actor)
    *placed, beside = seen([*streets, unplaced])
    return RegisterFigures(
        live=kinds.total,
        types=seen([types.get(kind) or _none_of(call, kind) for kind in UnitType]),
        areas=placed,
        unplaced=beside,
        industries=seen(sections),
        statuses=seen(counted(call, UnitsCounted(by=By.STATUS)).items),
        months=_months(call) if call.actor.may(Permission.VIEW_UNITS) else [],
    )


def _streets(call: Call, areas: list[Counted]) -> tuple[list[Counted], Counted]:
    """Streets, and the units that lie in none: an area that says no more than the county is no street."""
    streets = [one for one in areas if street_of(one.code)]
    others = [one for one in areas if not street_of(one.code)]
    code = others[0].code if len(others) == 1 else ""
    name = label("area", "unplaced", call.language)
    return streets, Counted(code=code, name=name, count=sum(one.count for one in others))


def _none_of(call: Call, kind: UnitType) -> Counted:
    return Counted(code=kind, name=label("unit_type", kind, call.language), count=0)


def _sections(call: Call, divisions: list[Counted]) -> list[Counted]:
    """By section (门类), as GB/T 4754 groups the two-digit divisions."""
    on = day_of(call.now)
    section_of = parents_of(call.session, "industry", [one.code for one in divisions], on)
    counts: dict[str, int] = {}
    for one in divisions:
        section = section_of.get(one.code, "")
        counts[section] = counts.get(section, 0) + one.count
    names = names_of(call.session, "industry", counts, on)
    order = sorted(counts, key=lambda code: (-counts[code], code))
    return [Counted(code=code, name=names.get(code, ""), count=counts[code]) for code in order]


def _months(call: Call) -> list[Month]:
    """The last twelve months and the one that runs."""
    on = day_of(call.now)
    since = (on.replace(day=1) - timedelta(days=31 * (MONTHS - 1))).replace(day=1)
    told = balances(call.session, since=since, until=on, by=Keyed.MONTH, within=territory(call.actor, on))
    return [Month(month=one.key, entries=one.entries, exits=one.exits) for one in told]
