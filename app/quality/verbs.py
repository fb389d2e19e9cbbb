"""What people do with spot checks: draw, visit, record, propose the correction, close, take the results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.audit.tags import Tag
from app.changes.errors import BadChange, NoPolicy, StaleChange
from app.codelists.queries import names_of as code_names
from app.core.clock import day_of
from app.core.rights import OutOfArea, Reach, territory
from app.domain.fields import BY_NAME, FIELDS
from app.domain.labels import label
from app.domain.roles import Permission
from app.domain.words import FrameStatus
from app.exports.files import table_file
from app.frames import queries as frames
from app.frames.errors import FrameNotFound, FrameNotFrozen, OutsideArea
from app.frames.schemas import FrameShown
from app.frames.service import get_visible
from app.models import SpotCheck, SpotCheckItem
from app.quality import queries, rules, service
from app.quality.errors import (
    CheckClosed,
    CheckedAlready,
    CheckNotFound,
    FieldNotCompared,
    NameTaken,
    NoSuchField,
    NothingToCorrect,
    TooSmall,
    UnitNotDrawn,
)
from app.quality.rules import Presence
from app.quality.schemas import (
    CheckInFull,
    CheckOptions,
    Checks,
    CheckShown,
    ChecksWanted,
    CheckWanted,
    Corrected,
    FindingsGiven,
    ItemLine,
    ItemShown,
    ItemWanted,
    NewCheck,
    RateShown,
    Recorded,
)
from app.register.present import plain
from app.register.search import names_of
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Download, Nothing

_NOT_COMPARED = frozenset({"base_list_no", "processing_area"})
_HEAD = {"zh": ("序号", "单位", "名称", "结果", "备注"), "en": ("No.", "Unit", "Name", "Result", "Note")}


@verb(
    "spotcheck.options",
    Permission.PROPOSE,
    route="GET /spot-check-options",
    command="spotcheck options",
    reach=Reach.AREA,
)
def options(call: Call, _wish: Nothing) -> CheckOptions:
    """Frozen frames to draw from, and fields to compare."""
    frozen = frames.list_frames(call.session, within=territory(call.actor, call.today), status=FrameStatus.FROZEN)
    return CheckOptions(
        frames=[FrameShown.of(frame) for frame in frozen],
        fields=[field.name for field in FIELDS if field.name not in _NOT_COMPARED],
        usual=list(rules.FIELDS),
    )


@verb("spotcheck.list", Permission.VIEW_UNITS, route="GET /spot-checks", reach=Reach.OFFICE)
def list_(call: Call, wish: ChecksWanted) -> Checks:
    """Spot checks of one's office and those below."""
    found = queries.list_checks(call.session, call.actor, before=wish.after, limit=wish.limit)
    more = found[-1].check_id if len(found) == wish.limit else None
    return Checks(items=[CheckShown.of(check) for check in found], next=more)


@verb(
    "spotcheck.draw",
    Permission.PROPOSE,
    opens=Opens.OWN,
    errors=(FrameNotFound, OutsideArea, FrameNotFrozen, NoSuchField, TooSmall, NameTaken),
    route="POST /spot-checks",
    status=201,
    reach=Reach.AREA,
)
def draw(call: Call, wish: NewCheck) -> CheckShown:
    """Draw units of a frozen frame, each as likely as any other; seed and frame alone decide which."""
    turns = call.house.turns
    check = service.draw(
        turns,
        turns.read(lambda session: get_visible(session, wish.frame, call.actor, call.today)),
        name=wish.name,
        seed=wish.seed,
        size=wish.size,
        fields=wish.fields,
        actor=call.actor,
        now=call.now,
    )
    return CheckShown.of(check)


@verb(
    "spotcheck.show",
    Permission.VIEW_UNITS,
    errors=(CheckNotFound,),
    route="GET /spot-checks/{check_id}",
    command="spotcheck show {check_id:check}",
    reach=Reach.OFFICE,
    sees=True,
)
def show(call: Call, wish: CheckWanted) -> CheckInFull:
    """How far a spot check is, its rates, every unit drawn."""
    check, items, names = _drawn(call, wish.check_id)
    return CheckInFull.of(
        check,
        visited=sum(1 for item in items if item.presence),
        first=queries.next_unvisited(call.session, check.check_id, 0),
        rates=[
            RateShown.of(rate) for rate in rules.rates([(item.presence, item.verdicts) for item in items], check.fields)
        ],
        items=[ItemLine.of(item, names) for item in items],
    )


def _drawn(call: Call, check_id: int) -> tuple[SpotCheck, list[SpotCheckItem], Any]:
    """A check, its units and their names; that they were looked at is noted."""
    check = queries.get_check(call.session, check_id, call.actor)
    items = queries.items_of(call.session, check_id)
    call.saw(Tag.LIST_VIEW, f"spot check {check_id}", {"rows": len(items)})
    return check, items, names_of(call.session, [item.unit_id for item in items])


@verb(
    "spotcheck.item",
    Permission.VIEW_UNITS,
    errors=(CheckNotFound, UnitNotDrawn),
    route="GET /spot-checks/{check_id}/items/{seq}",
    command="spotcheck item {check_id:check} {seq}",
    reach=Reach.OFFICE,
    sees=True,
)
def item(call: Call, wish: ItemWanted) -> ItemShown:
    """One unit as the frame holds it, and what was met."""
    check = queries.get_check(call.session, wish.check_id, call.actor)
    found = queries.get_item(call.session, wish.check_id, wish.seq)
    call.saw(Tag.UNIT_VIEW, f"unit {found.unit_id}")
    held = queries.held_values(
        call.session, found.version_id, [*dict.fromkeys(("name", "address", "uscc", *check.fields))]
    )
    values = {name: plain(name, value) for name, value in held.items()}
    return ItemShown.of(
        found,
        {found.unit_id: values["name"]},
        check=CheckShown.of(check),
        values=values,
        meanings=_meanings(call, values),
        found=found.found or {},
        following=queries.next_unvisited(call.session, wish.check_id, wish.seq),
        may_correct=bool(rules.corrections(found.verdicts, found.found or {})) and found.request_id is None,
    )


def _meanings(call: Call, values: dict[str, Any]) -> dict[str, str]:
    """What the codes among the values are called."""
    lists = {name: BY_NAME[name].codelist for name, value in values.items() if value and BY_NAME[name].codelist}
    called = {
        name: code_names(call.session, held, [str(values[name])], day_of(call.now)) for name, held in lists.items()
    }
    return {name: names[str(values[name])] for name, names in called.items() if names}


@verb(
    "spotcheck.record",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(CheckNotFound, UnitNotDrawn, CheckClosed, CheckedAlready, FieldNotCompared),
    route="POST /spot-checks/{check_id}/items/{seq}",
    reach=Reach.OFFICE,
)
def record(call: Call, wish: FindingsGiven) -> Recorded:
    """Write down what was met in the field; a later visit replaces an earlier one, the log keeps both."""
    kept = service.record(
        call.session,
        wish.check_id,
        wish.seq,
        presence=wish.presence,
        verdicts=wish.verdicts,
        found=wish.found,
        note=wish.note,
        actor=call.actor,
        now=call.now,
    )
    following = queries.next_unvisited(call.session, wish.check_id, wish.seq)
    return Recorded(
        check_id=kept.check_id,
        seq=kept.seq,
        presence=Presence(kept.presence),
        verdicts=kept.verdicts,
        following=following,
    )


@verb(
    "spotcheck.correct",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(
        *(CheckNotFound, UnitNotDrawn, CheckClosed, CheckedAlready, NothingToCorrect),
        *(BadChange, NoPolicy, OutOfArea, StaleChange),
    ),
    route="POST /spot-checks/{check_id}/items/{seq}/correct",
    status=201,
    command="spotcheck correct {check_id:check} {seq}",
    reach=Reach.OFFICE,
)
def correct(call: Call, wish: ItemWanted) -> Corrected:
    """Propose what was found as a correction."""
    request = service.correct(call.session, wish.check_id, wish.seq, actor=call.actor, now=call.now)
    return Corrected(check_id=wish.check_id, seq=wish.seq, request_id=request.request_id)


@verb(
    "spotcheck.close",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(CheckNotFound, CheckClosed),
    route="POST /spot-checks/{check_id}/close",
    command="spotcheck close {check_id:check}",
    reach=Reach.OFFICE,
)
def close(call: Call, wish: CheckWanted) -> CheckShown:
    """Take no more findings: the rates stand."""
    return CheckShown.of(service.close(call.session, wish.check_id, actor=call.actor, now=call.now))


@verb(
    "spotcheck.results",
    Permission.VIEW_UNITS,
    errors=(CheckNotFound,),
    route="GET /spot-checks/{check_id}/results",
    media="text/csv",
    command="spotcheck results {check_id:check}",
    reach=Reach.OFFICE,
    sees=True,
)
def results(call: Call, wish: CheckWanted) -> Download:
    """Every unit drawn with its verdicts, for a spreadsheet."""
    return table_file(f"spotcheck-{wish.check_id}.csv", _table(call, wish.check_id))


def _table(call: Call, check_id: int) -> Iterator[list[Any]]:
    check, items, names = _drawn(call, check_id)
    *first, note = _HEAD.get(call.language, _HEAD["zh"])
    yield [*first, *(label("field", name, call.language) for name in check.fields), note]
    for item in items:
        verdicts = [label("finding", item.verdicts.get(name), call.language) for name in check.fields]
        met = label("presence", item.presence, call.language)
        yield [item.seq, item.unit_id, names.get(item.unit_id, ""), met, *verdicts, item.note]
