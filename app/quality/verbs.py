"""What people do with spot checks: draw, start, visit, record, close, take the results, propose the corrections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from app.audit.tags import Tag
from app.changes.errors import BadChange, NoPolicy, StaleChange
from app.codelists.queries import names_of as code_names
from app.core.clock import day_of
from app.core.errors import VersionMoved, WrongState
from app.core.rights import OutOfArea, Reach, mine, territory
from app.domain.fields import BY_NAME, FIELDS
from app.domain.labels import label
from app.domain.lives import CheckStatus
from app.domain.roles import Permission
from app.domain.words import FrameStatus
from app.exports.files import table_file
from app.frames import queries as frames
from app.frames.definition import parse
from app.frames.errors import FrameNotFound, FrameNotFrozen
from app.frames.schemas import FrameShown
from app.frames.service import get_visible
from app.models import Frame, SpotCheck, SpotCheckItem
from app.quality import queries, rules, service
from app.quality.errors import (
    BadFinding,
    CheckClosed,
    CheckedAlready,
    CheckerNeeded,
    CheckNotFound,
    FieldNotCompared,
    FrameOrDefinition,
    NameTaken,
    NoChecker,
    NoSuchField,
    NotAllVisited,
    NothingToCorrect,
    NotStarted,
    NotTheChecker,
    StillSealed,
    TooSmall,
    UnitNotDrawn,
)
from app.quality.rules import Presence
from app.quality.schemas import (
    Assigned,
    Assignment,
    CheckerShown,
    CheckInFull,
    CheckOptions,
    Checks,
    CheckShown,
    ChecksWanted,
    CheckWanted,
    Closing,
    Corrected,
    Correcting,
    FindingsGiven,
    ItemLine,
    ItemShown,
    ItemWanted,
    NewCheck,
    RateShown,
    Recorded,
    Start,
)
from app.quality.sight import Sight, leads
from app.register.conditions import InvalidDefinition
from app.register.foreseen import GUARDS
from app.register.present import plain
from app.register.queries import AsOf, stretches_of
from app.register.search import names_of
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Download, Nothing

_HEAD_OF_TEAM, _VISIT, _LOOK = Permission.SPOT_CHECK, Permission.VISIT, Permission.VIEW_UNITS
_NOT_COMPARED = frozenset({"base_list_no", "processing_area"})
_HEAD = {"zh": ("序号", "单位", "名称", "结果", "备注"), "en": ("No.", "Unit", "Name", "Result", "Note")}


@verb(
    "spotcheck.options",
    _HEAD_OF_TEAM,
    route="GET /spot-check-options",
    command="spotcheck options",
    reach=Reach.AREA,
)
def options(call: Call, _wish: Nothing) -> CheckOptions:
    """Frozen frames to draw from, fields to compare, people who can visit."""
    frozen = frames.list_frames(call.session, within=territory(call.actor, call.today), status=FrameStatus.FROZEN)
    return CheckOptions(
        frames=[FrameShown.of(frame) for frame in frozen],
        checkers=[CheckerShown.of(one) for one in queries.list_checkers(call.session, call.actor.office_path)],
        fields=[field.name for field in FIELDS if field.name not in _NOT_COMPARED],
        usual=list(rules.FIELDS),
    )


@verb("spotcheck.list", _LOOK, _VISIT, route="GET /spot-checks", reach=Reach.OFFICE)
def list_(call: Call, wish: ChecksWanted) -> Checks:
    """Spot checks of one's office and those below, and those in which one visits; what is sealed is not among them."""
    found = queries.list_checks(call.session, call.actor, before=wish.after, limit=wish.limit)
    more = found[-1].check_id if len(found) == wish.limit else None
    return Checks(items=[CheckShown.of(check) for check in found], next=more)


@verb(
    "spotcheck.draw",
    _HEAD_OF_TEAM,
    opens=Opens.OWN,
    errors=(
        *(FrameNotFound, FrameNotFrozen, FrameOrDefinition, InvalidDefinition),
        *(NoSuchField, TooSmall, NameTaken),
    ),
    route="POST /spot-checks",
    status=201,
    reach=Reach.AREA,
)
def draw(call: Call, wish: NewCheck) -> CheckShown:
    """Draw units of the register or of a frozen frame, each as likely as any other; seed and source decide which."""
    turns = call.house.turns
    check = service.draw(
        turns,
        turns.read(lambda session: _source(session, call, wish)),
        name=wish.name,
        seed=wish.seed,
        size=wish.size,
        fields=wish.fields,
        actor=call.actor,
        now=call.now,
    )
    return CheckShown.of(check)


def _source(session: Session, call: Call, wish: NewCheck) -> Frame | service.OfRegister:
    """The frame named, else the live units of the caller's area. A moment to come is the newest one known."""
    if wish.frame:
        if wish.definition is not None or wish.on or wish.known_at:
            raise FrameOrDefinition
        return get_visible(session, wish.frame, call.actor, call.today)
    on = wish.on or call.today
    definition = parse(wish.definition or {}, within=territory(call.actor, on))
    last = queries.last_written(session) or call.now
    return service.OfRegister(definition, AsOf(on, min(wish.known_at or last, last)))


@verb(
    "spotcheck.start",
    _HEAD_OF_TEAM,
    opens=Opens.WRITE,
    errors=(CheckNotFound, WrongState, CheckerNeeded, NoChecker),
    route="POST /spot-checks/{check_id}/start",
    command="spotcheck start {check_id:check}",
    reach=Reach.OFFICE,
)
def start(call: Call, wish: Start) -> CheckShown:
    """Open the seal and deal the drawn units among the checkers, of whom one at least is named."""
    return CheckShown.of(service.start(call.session, wish.check_id, wish.checkers, actor=call.actor, now=call.now))


@verb(
    "spotcheck.assign",
    _HEAD_OF_TEAM,
    opens=Opens.WRITE,
    errors=(CheckNotFound, NotStarted, CheckClosed, UnitNotDrawn, NoChecker),
    route="POST /spot-checks/{check_id}/assign",
    command="spotcheck assign {check_id:check} {checker}",
    reach=Reach.OFFICE,
)
def assign(call: Call, wish: Assignment) -> Assigned:
    """Name another checker for some units, or one for all that have none; what was met stays."""
    named = (wish.check_id, wish.checker, wish.items)
    given = service.assign(call.session, *named, actor=call.actor, now=call.now)
    return Assigned(check_id=wish.check_id, checker=wish.checker, items=given)


@verb(
    "spotcheck.show",
    _LOOK,
    _VISIT,
    errors=(CheckNotFound,),
    route="GET /spot-checks/{check_id}",
    command="spotcheck show {check_id:check}",
    reach=Reach.OFFICE,
    sees=True,
)
def show(call: Call, wish: CheckWanted) -> CheckInFull:
    """How far a spot check is, its rates and the units drawn, as far as one sees them."""
    check, sight, items, names = _drawn(call, wish.check_id)
    sealed = sight is Sight.UNITS
    people = queries.people(call.session, [item.checker_id for item in items])
    rates = rules.rates([(item.presence, item.verdicts) for item in items], check.fields)
    return CheckInFull.of(
        check,
        sight=sight,
        leads=leads(call.actor, queries.office_path(call.session, check)),
        visited=None if sealed else sum(1 for item in items if item.presence),
        first=queries.next_unvisited(call.session, check.check_id, 0, checker=call.actor.user_id),
        rates=[] if sealed else [RateShown.of(rate) for rate in rates],
        items=[ItemLine.sealed(item, names) if sealed else ItemLine.of(item, names, people) for item in items],
    )


def _drawn(call: Call, check_id: int) -> tuple[SpotCheck, Sight, list[SpotCheckItem], Any]:
    """A check, the units that one sees of it and their names; that they were looked at is noted."""
    check, sight = queries.get_check(call.session, check_id, call.actor)
    own = call.actor.user_id if sight is Sight.OWN else None
    items = queries.items_of(call.session, check_id, checker=own)
    units = [item.unit_id for item in items]
    call.saw(Tag.LIST_VIEW, f"spot check {check_id}", {"rows": len(items)}, units=units)
    return check, sight, items, names_of(call.session, units)


@verb(
    "spotcheck.item",
    _LOOK,
    _VISIT,
    errors=(CheckNotFound, UnitNotDrawn),
    route="GET /spot-checks/{check_id}/items/{seq}",
    command="spotcheck item {check_id:check} {seq}",
    reach=Reach.OFFICE,
    sees=True,
)
def item(call: Call, wish: ItemWanted) -> ItemShown:
    """One unit as it was drawn, and what was met; of another's units, or while it is sealed, there is nothing."""
    check, sight = queries.get_check(call.session, wish.check_id, call.actor)
    found = _shown_item(call, wish, sight)
    # Not by the unit's number: the access log is read by people to whom the sample is sealed.
    call.saw(Tag.UNIT_VIEW, f"spot check {check.check_id} item {found.seq}")
    held = queries.held_values(
        call.session, found.version_id, [*dict.fromkeys(("name", "address", "uscc", *check.fields))]
    )
    values = {name: plain(name, value) for name, value in held.items()}
    met, may_record = found.found or {}, _may_record(call, check, found)
    about = queries.day_about(call.session, check)
    stretches = stretches_of(call.session, [found.unit_id], check.fields)[found.unit_id]
    return ItemShown.of(
        found,
        {found.unit_id: values["name"]},
        queries.people(call.session, [found.checker_id]),
        check=CheckShown.of(check),
        values=values,
        meanings=_meanings(call, values),
        found=met if may_record else {name: plain(name, value) for name, value in met.items()},
        since=found.since or {},
        about=about,
        says_since={name: rules.said_since(stretches, name, about) for name in check.fields},
        following=queries.next_unvisited(call.session, wish.check_id, wish.seq, checker=call.actor.user_id),
        may_record=may_record,
        may_correct=_may_correct(call, check, found),
    )


def _shown_item(call: Call, wish: ItemWanted, sight: Sight) -> SpotCheckItem:
    """Raises UnitNotDrawn, also where the unit is not shown to whoever asks."""
    found = queries.get_item(call.session, wish.check_id, wish.seq)
    others = sight is Sight.OWN and found.checker_id != call.actor.user_id
    if sight is Sight.UNITS or others:
        raise UnitNotDrawn(check_id=wish.check_id, seq=wish.seq)
    return found


def _may_record(call: Call, check: SpotCheck, item: SpotCheckItem) -> bool:
    own = item.checker_id is not None and mine(call.actor, item.checker_id)
    return own and check.status == CheckStatus.STARTED and item.request_id is None


def _may_correct(call: Call, check: SpotCheck, item: SpotCheckItem) -> bool:
    led = leads(call.actor, queries.office_path(call.session, check))
    open_ = check.status == CheckStatus.CLOSED and item.request_id is None
    return led and open_ and bool(rules.corrections(item.verdicts, item.found or {}))


def _meanings(call: Call, values: dict[str, Any]) -> dict[str, str]:
    """What the codes among the values are called."""
    lists = {name: BY_NAME[name].codelist for name, value in values.items() if value and BY_NAME[name].codelist}
    called = {
        name: code_names(call.session, held, [str(values[name])], day_of(call.now)) for name, held in lists.items()
    }
    return {name: names[str(values[name])] for name, names in called.items() if names}


@verb(
    "spotcheck.record",
    _VISIT,
    opens=Opens.WRITE,
    errors=(
        *(CheckNotFound, NotStarted, CheckClosed, UnitNotDrawn, CheckedAlready),
        *(NotTheChecker, VersionMoved, FieldNotCompared, BadFinding),
    ),
    route="POST /spot-checks/{check_id}/items/{seq}",
    reach=Reach.OFFICE,
)
def record(call: Call, wish: FindingsGiven) -> Recorded:
    """Write down what was met in the field, as the unit's checker; a later visit replaces an earlier one, the log keeps both."""
    kept = service.record(
        call.session,
        wish.check_id,
        wish.seq,
        version=wish.version,
        presence=wish.presence,
        verdicts=wish.verdicts,
        found=wish.found,
        since=wish.since,
        note=wish.note,
        actor=call.actor,
        now=call.now,
    )
    following = queries.next_unvisited(call.session, wish.check_id, wish.seq, checker=call.actor.user_id)
    return Recorded(
        check_id=kept.check_id,
        seq=kept.seq,
        version=kept.version,
        presence=Presence(kept.presence),
        verdicts=kept.verdicts,
        following=following,
    )


@verb(
    "spotcheck.correct",
    _HEAD_OF_TEAM,
    opens=Opens.WRITE,
    errors=(
        *(CheckNotFound, StillSealed, UnitNotDrawn, CheckedAlready, NothingToCorrect, BadFinding),
        *(BadChange, *GUARDS, NoPolicy, OutOfArea, StaleChange),
    ),
    route="POST /spot-checks/{check_id}/items/{seq}/correct",
    status=201,
    command="spotcheck correct {check_id:check} {seq}",
    reach=Reach.OFFICE,
)
def correct(call: Call, wish: Correcting) -> Corrected:
    """Propose what was found as a correction, when the check is closed, from the day since when it was wrong; approvers
    decide on it as on any other."""
    one = (wish.check_id, wish.seq)
    request = service.correct(call.session, *one, actor=call.actor, now=call.now, since=wish.since)
    return Corrected(check_id=wish.check_id, seq=wish.seq, request_id=request.request_id)


@verb(
    "spotcheck.close",
    _HEAD_OF_TEAM,
    opens=Opens.WRITE,
    errors=(CheckNotFound, CheckClosed, NotAllVisited),
    route="POST /spot-checks/{check_id}/close",
    command="spotcheck close {check_id:check}",
    reach=Reach.OFFICE,
)
def close(call: Call, wish: Closing) -> CheckShown:
    """Take no more findings: the rates stand, and those who were checked see them."""
    check = service.close(call.session, wish.check_id, actor=call.actor, now=call.now, unvisited=wish.unvisited)
    return CheckShown.of(check)


@verb(
    "spotcheck.results",
    _LOOK,
    _VISIT,
    errors=(CheckNotFound,),
    route="GET /spot-checks/{check_id}/results",
    media="text/csv",
    command="spotcheck results {check_id:check}",
    reach=Reach.OFFICE,
    sees=True,
)
def results(call: Call, wish: CheckWanted) -> Download:
    """Every unit drawn that one sees with its verdicts, for a spreadsheet."""
    check, sight, items, names = _drawn(call, wish.check_id)
    if sight is Sight.UNITS:
        raise CheckNotFound(check_id=wish.check_id)
    return table_file(f"spotcheck-{wish.check_id}.csv", _table(call, check, items, names))


def _table(call: Call, check: SpotCheck, items: list[SpotCheckItem], names: Any) -> Iterator[list[Any]]:
    *first, note = _HEAD.get(call.language, _HEAD["zh"])
    yield [*first, *(label("field", name, call.language) for name in check.fields), note]
    for item in items:
        verdicts = [label("found", item.verdicts.get(name), call.language) for name in check.fields]
        met = label("presence", item.presence, call.language)
        yield [item.seq, item.unit_id, names.get(item.unit_id, ""), met, *verdicts, item.note]
