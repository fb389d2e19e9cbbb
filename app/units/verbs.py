"""What can be done with units but change them: look, search, count, take out. Whatever is looked at is noted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

from app.audit.tags import Tag
from app.changes.queries import requests_of_unit
from app.codelists import choices
from app.codelists.queries import names_of
from app.core.actor import Actor
from app.core.case import CaseMissing, on_case
from app.core.errors import PermissionMissing
from app.core.rights import Reach, territory
from app.core.said import worded
from app.domain.fields import PERSONAL
from app.domain.labels import label
from app.domain.lives import PairStatus
from app.domain.roles import Permission
from app.domain.words import RequestStatus
from app.exports.errors import PersonalField
from app.exports.files import package_file
from app.exports.listing import ListOrder, export_list
from app.records.queries import records_of_unit
from app.register import search
from app.register.demography import SAID, Keyed, balances
from app.register.present import REVEALABLE, NotPersonal, ReasonMissing, present, revealed
from app.register.queries import UnitNotFound
from app.register.schemas import UnitView
from app.register.view import find_held, find_views
from app.review.queries import pairs_of_unit
from app.units import merging
from app.units.errors import TooLong
from app.units.schemas import (
    AsOfWanted,
    BalanceShown,
    By,
    Choice,
    Counted,
    Demography,
    DemographyWanted,
    MergePreview,
    MergeWanted,
    Named,
    PairOfUnit,
    RecordOfUnit,
    RequestOfUnit,
    UnitCounts,
    UnitFilters,
    UnitList,
    UnitRow,
    UnitsCounted,
    UnitsExport,
    UnitShow,
    UnitsShown,
    UnitsWanted,
    UnitTrail,
    UnitUnmask,
    UnitWanted,
)
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Download
from app.verbs.seen import units_in
from app.verbs.verb import seen_by


@verb("unit.list", Permission.VIEW_UNITS, route="GET /units", reach=Reach.AREA, sees=True)
def list_(call: Call, wish: UnitsWanted) -> UnitList:
    """Units by what is typed and picked, as of a day and as known at a moment."""
    as_of, wanted = wish.as_of(call), wish.wanted(call, wish.sort, descending=wish.desc)
    found = search.find(
        call.session,
        wanted,
        on=as_of.on,
        known_at=as_of.known_at,
        within=territory(call.actor, as_of.on),
        columns=wish.columns,
        offset=wish.after,
        limit=wish.limit,
    )
    behind = wish.after + len(found.rows)
    shown = present(call.session, found.rows, wish.columns, on=as_of.on)
    call.saw(Tag.LIST_VIEW, payload={"q": found.q, "area": wish.area, "rows": found.total})
    return UnitList(
        items=[
            UnitRow(unit_id=row["unit_id"], standing=row["standing"], values=one.values, names=one.names)
            for row, one in zip(found.rows, shown, strict=True)
        ],
        total=found.total,
        next=behind if found.rows and behind < found.total else None,
        former=[] if found.total or not wanted.q else _former(call, wish),
    )


def _former(call: Call, wish: UnitsWanted) -> list[Named]:
    as_of = wish.as_of(call)
    within = territory(call.actor, as_of.on)
    ids = search.former_names_hold(call.session, wish.q.strip(), on=as_of.on, known_at=as_of.known_at, within=within)
    return [
        Named(unit_id=unit_id, name=name) for unit_id, name in search.names_of(call.session, ids, within=within).items()
    ]


MOST_DAYS = 3660
"""Of entries and exits: ten years, day by day."""

_COUNTED = {
    By.UNIT_TYPE: ("unit_type", ""),
    By.AREA: ("area_code", "division"),
    By.INDUSTRY: ("industry_code", "industry"),
    By.STATUS: ("operating_status", "operating_status"),
    By.STANDING: ("standing", ""),
}
"""What is counted: the column, and the list that names its codes; words of our own have labels."""


@verb(
    "unit.count",
    Permission.VIEW_UNITS,
    Permission.VIEW_COUNTS,
    errors=(PermissionMissing,),
    route="GET /units/count",
    reach=Reach.AREA,
)
def count(call: Call, wish: UnitsCounted) -> UnitCounts:
    """How many units there are by kind, area, industry, operating status or standing; most first."""
    if wish.q:
        call.actor.require(Permission.VIEW_UNITS)  # a name or a code counts one unit
    counts = counted(call, wish)
    return counts.model_copy(update={"items": as_seen(call.actor, counts.items)})


def counted(call: Call, wish: UnitsCounted) -> UnitCounts:
    """The figures as they are, for what is reckoned of them; what is shown goes through `as_seen`."""
    as_of, (column, codelist) = wish.as_of(call), _COUNTED[wish.by]
    counts = search.counts_by(
        call.session,
        column,
        on=as_of.on,
        known_at=as_of.known_at,
        within=territory(call.actor, as_of.on),
        first=wish.digits,
        wanted=wish.wanted(call),
    )
    # Codes of areas have twelve digits; what is counted by fewer is called by the area that these begin.
    full = {code: f"{code:0<12}" if wish.by is By.AREA and code else code for code in counts}
    if codelist:
        names = names_of(call.session, codelist, full.values(), as_of.on)
    else:
        names = {code: label(wish.by, code, call.language) for code in counts}
    items = [Counted(code=code, name=names.get(full[code], ""), count=n) for code, n in counts.items()]
    return UnitCounts(items=items, total=sum(counts.values()))


SMALL = 3
"""Fewer units than these are nobody's figure: who knows one of two knows the other (confidentiality.md)."""


def as_seen(actor: Actor, items: list[Counted]) -> list[Counted]:
    """Figures for who sees units; for others with small ones held back, of one alone the next too, or it could be
    reckoned from the total."""
    if actor.may(Permission.VIEW_UNITS):
        return items
    small = [one.code for one in items if one.count < SMALL]
    others = sorted((one for one in items if one.code not in small), key=lambda one: (one.count, one.code))
    hidden = {*small, *(one.code for one in others[:1] if len(small) == 1)}
    return [one.model_copy(update={"count": 0, "suppressed": True}) if one.code in hidden else one for one in items]


@verb(
    "unit.demography",
    Permission.VIEW_UNITS,
    errors=(TooLong,),
    route="GET /demography",
    reach=Reach.AREA,
)
def demography(call: Call, wish: DemographyWanted) -> Demography:
    """Entries and exits of one's area by day, month, street, industry or kind: opening + in - out = closing."""
    if not 0 <= (wish.until - wish.since).days < MOST_DAYS:
        raise TooLong(most=MOST_DAYS)
    within = territory(call.actor, wish.until)
    told = balances(call.session, since=wish.since, until=wish.until, by=wish.by, within=within, known_at=wish.known_at)
    names = _key_names(call, wish, [one.key for one in told])
    items = [BalanceShown(name=names.get(one.key, ""), **asdict(one), closing=one.closing) for one in told]
    if wish.by in SAID:
        return Demography(
            items=items, opening=sum(one.opening for one in told), closing=sum(one.closing for one in told)
        )
    return Demography(items=items, opening=told[0].opening, closing=told[-1].closing)


def _key_names(call: Call, wish: DemographyWanted, keys: Sequence[str]) -> Mapping[str, str]:
    if wish.by is Keyed.KIND:
        return {key: label("unit_type", key, call.language) for key in keys if key}
    if wish.by not in SAID:
        return {}
    digits = 12 if wish.by is Keyed.STREET else 0
    full = {key: key.ljust(digits, "0") for key in keys if key}
    codelist = "division" if wish.by is Keyed.STREET else "industry"
    held = names_of(call.session, codelist, full.values(), wish.until)
    return {key: held.get(code, "") for key, code in full.items()}


@verb(
    "unit.filters",
    Permission.VIEW_UNITS,
    Permission.VIEW_COUNTS,
    route="GET /units/filters",
    command="unit filters",
    reach=Reach.AREA,
)
def filters(call: Call, wish: AsOfWanted) -> UnitFilters:
    """What lists of units can be filtered by: areas of one's district, divisions of industry, operating statuses."""
    session, on = call.session, wish.as_of(call).on
    own = territory(call.actor, on)
    areas = [area for prefix in own.prefixes for area in choices.below(session, "division", f"{prefix[:6]:0<12}", on)]
    industries = choices.items(session, "industry", on).values()
    return UnitFilters(
        areas=[Choice(code=item.code[:9], name=item.name) for item in areas],
        industries=[
            Choice(code=item.code, name=item.name) for item in industries if len(item.code) == 2 and item.code.isdigit()
        ],
        statuses=[
            Choice(code=item.code, name=item.name) for item in choices.items(session, "operating_status", on).values()
        ],
    )


@verb(
    "unit.show",
    Permission.VIEW_UNITS,
    Permission.VIEW_CASE,
    errors=(UnitNotFound, PermissionMissing, ReasonMissing, NotPersonal, CaseMissing),
    route="GET /units/{code}",
    reach=Reach.AREA,
    sees=True,
)
def show(call: Call, wish: UnitShow) -> UnitsShown:
    """A unit as of a day and as known at a moment: values with their sources, codes, relations, time line.

    A code may name several. Personal fields are masked; `reveal` names those to show in clear, which needs the right
    and a `reason`. Who sees units by case alone names the `case` and says why.
    """
    case = on_case(call.actor, wish.case, wish.reason)
    fields = revealed(call.actor, wish.reveal, wish.reason)
    return UnitsShown(items=_looked_at(call, wish, fields, sorted(fields), wish.reason, case))


@verb(
    "unit.unmask",
    Permission.UNMASK,
    errors=(UnitNotFound, ReasonMissing),
    route="POST /units/{code}/unmask",
    reach=Reach.AREA,
    sees=True,
)
def unmask(call: Call, wish: UnitUnmask) -> UnitsShown:
    """A unit with its personal values in clear, for a stated reason that is logged."""
    fields = revealed(call.actor, REVEALABLE, wish.reason)
    return UnitsShown(items=_looked_at(call, wish, fields, None, wish.reason))


def _looked_at(
    call: Call,
    wish: UnitWanted,
    fields: Collection[str],
    named: list[str] | None,
    reason: str,
    case: Mapping[str, str] | None = None,
) -> list[UnitView]:
    """The units a code names, each noted as seen; with `named` fields, or those it fills, as unmasked."""
    as_of = wish.as_of(call)
    views = find_views(
        call.session,
        wish.code,
        as_of,
        within=territory(call.actor, as_of.on),
        reveal=fields,
        language=call.language,
    )
    if not views:
        raise UnitNotFound
    for view in views:
        lost = PERSONAL & {one.field for one in view.lost}
        shown = named if named is not None else sorted({*view.personal, *lost})
        tag = Tag.UNIT_UNMASK if fields else Tag.UNIT_VIEW
        told = {"fields": shown, "reason": reason} if fields else case or {}
        call.saw(tag, f"unit {view.unit_id}", told, units=units_in(view))
    return views


@verb(
    "unit.trail",
    Permission.VIEW_UNITS,
    errors=(UnitNotFound,),
    route="GET /units/{code}/trail",
    command="unit trail {code}",
    reach=Reach.AREA,
    sees=True,
)
def trail(call: Call, wish: UnitWanted) -> UnitTrail:
    """What led to a unit: change requests, source records, pairs."""
    session, as_of = call.session, wish.as_of(call)
    held = find_held(session, wish.code, as_of, within=territory(call.actor, as_of.on))
    if not held:
        raise UnitNotFound
    unit_id = held[0]["unit_id"]
    call.saw(Tag.UNITS_SEEN, "unit.trail", seen_by(wish), units=[unit_id])
    requests, records = requests_of_unit(session, unit_id, call.actor), records_of_unit(session, unit_id, call.actor)
    pairs = pairs_of_unit(session, unit_id, call.actor) if call.actor.may(Permission.REVIEW) else []
    return UnitTrail(
        requests=[
            RequestOfUnit(
                request_id=one.request_id,
                title=worded(one.title, call.language) if may_open else "",
                status=RequestStatus(one.status),
                may_open=may_open,
            )
            for one, may_open in requests
        ],
        records=[RecordOfUnit.model_validate(row) for row in records],
        pairs=[
            PairOfUnit(pair_id=pair.pair_id, match_probability=pair.match_probability, status=PairStatus(pair.status))
            for pair in pairs
        ],
    )


@verb(
    "unit.merge-preview",
    Permission.VIEW_UNITS,
    errors=(UnitNotFound,),
    route="POST /units/merge-preview",
    reach=Reach.AREA,
    sees=True,
)
def merge_preview(call: Call, wish: MergeWanted) -> MergePreview:
    """What a merger of several units into one would come to: field by field whose value wins and why, what goes along of
    codes, source records, children and open requests, and what would stop it. Nothing is kept."""
    return merging.preview(call, wish)


@verb(
    "unit.export",
    Permission.EXPORT,
    opens=Opens.OWN,
    errors=(ReasonMissing, PersonalField),
    route="GET /units/export",
    reach=Reach.AREA,
    sees=True,
)
def export(call: Call, wish: UnitsExport) -> Download:
    """The list as a package: who takes it out, for whom and what for is logged."""
    order = ListOrder(wish.purpose, wish.recipient, wish.format, wish.wanted(call), tuple(wish.columns), wish.known_at)
    on = wish.as_of(call).on
    return package_file(
        "units",
        lambda file: export_list(call.house.turns, file, order, actor=call.actor, on=on, now=call.now),
    )
