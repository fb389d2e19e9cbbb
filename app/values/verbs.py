"""What people can do about whose value stands: lock fields, see where sources disagree and settle it, fill gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.audit.tags import Tag
from app.changes.verbs import PROPOSED
from app.core.errors import PermissionMissing, WrongState
from app.core.rights import OutOfArea, Reach, territory
from app.domain.fields import BY_NAME
from app.domain.labels import label
from app.domain.lives import ValueStatus
from app.domain.roles import Permission
from app.domain.words import LostWhy
from app.models import FieldLock, LosingValue
from app.register.locks import Locks as Held
from app.register.locks import locks_of
from app.register.present import code_names, plain
from app.register.queries import AsOf, UnitNotFound, versions_of
from app.register.schemas import LockShown
from app.register.sources import origin_of
from app.register.view import find_held, locks_shown
from app.values import queries, service
from app.values.errors import LockDay, NothingToFill, NotLocked, ValueNotFound
from app.values.queries import BETWEEN_SOURCES, COUNTED, Sought, Where
from app.values.schemas import (
    MOST_FILLINGS,
    ChoiceShown,
    Conflicts,
    ConflictShown,
    ConflictsWanted,
    FillableWanted,
    Filled,
    Filling,
    Gaps,
    GapShown,
    GapsWanted,
    Keeping,
    Locks,
    LocksWanted,
    LockWish,
    Said,
    Taken,
    Taking,
    UnlockWish,
)
from app.verbs import Call, Opens, verb
from app.verbs.verb import seen_by


@verb(
    "value.lock",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(UnitNotFound, LockDay),
    route="POST /values/locks",
    status=201,
    command="value lock {unit_id}",
    reach=Reach.AREA,
)
def lock(call: Call, wish: LockWish) -> Locks:
    """Lock fields of a unit, or groups of them: no file's value goes over them until a day, but is put to a person."""
    fields = service.fields_of(wish.fields)
    told: dict[str, Any] = {"reason": wish.reason, "until": wish.until}
    made = service.lock(call.session, _unit(call, wish.unit_id), fields, actor=call.actor, now=call.now, **told)
    return Locks(items=_locks(call, made))


@verb(
    "value.unlock",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(UnitNotFound, NotLocked, WrongState),
    route="POST /values/locks/end",
    command="value unlock {unit_id}",
    reach=Reach.AREA,
)
def unlock(call: Call, wish: UnlockWish) -> Locks:
    """End locks on fields of a unit before their day; answers those that were ended."""
    fields = service.fields_of(wish.fields)
    unit_id = _unit(call, wish.unit_id)
    ended = service.unlock(call.session, unit_id, fields, reason=wish.reason, actor=call.actor, now=call.now)
    return Locks(items=_locks(call, ended))


def _unit(call: Call, unit_id: int) -> int:
    """A unit that lies in the caller's area today. Raises UnitNotFound."""
    if not find_held(call.session, f"#{unit_id}", AsOf(call.today), within=territory(call.actor, call.today)):
        raise UnitNotFound
    return unit_id


@verb(
    "value.locks",
    Permission.VIEW_UNITS,
    route="GET /values/locks",
    command="value locks",
    reach=Reach.AREA,
)
def list_locks(call: Call, wish: LocksWanted) -> Locks:
    """Locks that hold on fields of units of one's area, with why, by whom and until when."""
    told: dict[str, Any] = {"unit_id": wish.unit, "field": wish.field, "after": wish.after, "limit": wish.limit}
    found = queries.list_locks(call.session, where=_where(call), **told)
    return Locks(items=_locks(call, found), next=found[-1].lock_id if len(found) == wish.limit else None)


def _locks(call: Call, found: Sequence[FieldLock]) -> list[LockShown]:
    return locks_shown(call.session, found, call.language)


def _where(call: Call, street: str = "") -> Where:
    return Where(territory(call.actor, call.today), call.today, street)


@verb(
    "value.conflicts",
    Permission.VIEW_UNITS,
    route="GET /values/conflicts",
    reach=Reach.AREA,
    sees=True,
)
def conflicts(call: Call, wish: ConflictsWanted) -> Conflicts:
    """Fields in which a source says something else than the one in force, with both values, their days, and why."""
    told = {"field": wish.field, "source": wish.source, "why": str(wish.why or ""), "status": str(wish.status)}
    own = [queries.of_unit(call.session, wish.unit)] if wish.unit is not None else []
    sought = Sought(**told, more=[*BETWEEN_SOURCES, *own])
    return _page(call, sought, _where(call, wish.street), wish, "value.conflicts")


def _page(call: Call, sought: Sought, where: Where, wish: ConflictsWanted | FillableWanted, name: str) -> Conflicts:
    found = queries.list_losing(call.session, sought, where, after=wish.after, limit=wish.limit)
    call.saw(Tag.UNITS_SEEN, name, seen_by(wish), units=[one.unit_id for one in found])
    total = queries.count_losing(call.session, sought, where)
    return Conflicts(
        items=_shown(call, found),
        next=found[-1].losing_id if len(found) == wish.limit else None,
        total=min(total, COUNTED),
        total_is="at_least" if total > COUNTED else "",
    )


@verb(
    "value.keep",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(ValueNotFound, WrongState),
    route="POST /values/{losing_id}/keep",
    command="value keep {losing_id}",
    reach=Reach.AREA,
    sees=True,
)
def keep(call: Call, wish: Keeping) -> ConflictShown:
    """Keep the value in force, and say why; that settles it until one of the two sources says something new."""
    found = queries.get_losing(call.session, wish.losing_id, _where(call))
    service.keep(call.session, found, wish.note, actor=call.actor, now=call.now)
    call.saw(Tag.UNITS_SEEN, "value.keep", {"losing": wish.losing_id}, units=[found.unit_id])
    return _shown(call, [found])[0]


@verb(
    "value.take",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(ValueNotFound, WrongState, UnitNotFound, OutOfArea, PermissionMissing, *PROPOSED),
    route="POST /values/{losing_id}/take",
    status=201,
    command="value take {losing_id}",
    reach=Reach.AREA,
)
def take(call: Call, wish: Taking) -> Taken:
    """Propose the other value as a change request, which goes the ordinary road."""
    found = queries.get_losing(call.session, wish.losing_id, _where(call))
    told: dict[str, Any] = {"on": wish.valid_from, "comment": wish.comment}
    request = service.take(call.session, found, actor=call.actor, now=call.now, **told)
    return Taken(request_id=request.request_id, status=request.status)


@verb(
    "value.gaps",
    Permission.VIEW_UNITS,
    route="GET /values/gaps",
    reach=Reach.AREA,
)
def gaps(call: Call, wish: GapsWanted) -> Gaps:
    """Empty and stale fields that a source could fill: units with a gap now, and still after it, by field and source."""
    found = queries.gaps(call.session, _where(call, wish.street), field=wish.field)
    return Gaps(
        items=[
            GapShown(
                kind=gap.kind,
                field=gap.field,
                label=label("field", gap.field, call.language),
                source=gap.source,
                before=gap.before,
                after=gap.after,
                fills=gap.fills,
            )
            for gap in found
        ]
    )


@verb(
    "value.fillable",
    Permission.VIEW_UNITS,
    route="GET /values/fillable",
    reach=Reach.AREA,
    sees=True,
)
def fillable(call: Call, wish: FillableWanted) -> Conflicts:
    """The units behind a gap, each with what it says and what the source says."""
    return _page(call, service.gap_of(wish), _where(call, wish.street), wish, "value.fillable")


@verb(
    "value.fill",
    Permission.PROPOSE,
    opens=Opens.OWN,
    errors=(NothingToFill, WrongState, OutOfArea, PermissionMissing, *PROPOSED),
    route="POST /values/fill",
    status=201,
    command="value fill",
    reach=Reach.AREA,
)
def fill(call: Call, wish: Filling) -> Filled:
    """Propose what a source says for the units behind a gap: 500 to a request, ten requests at most; says how many are left."""
    found = _fillings(call, wish)
    made = [one for one in found if one.request_id]
    if not made:
        raise NothingToFill
    unreadable = [unit for one in found for unit in one.unreadable]
    with call.reading() as reading:
        left = queries.count_losing(reading.session, service.gap_of(wish), _where(reading, wish.street))
    return Filled(
        request_id=made[0].request_id,
        status=made[0].status,
        requests=[one.request_id for one in made],
        units=sum(one.units for one in found),
        left=max(0, left - len(unreadable)),
        unreadable=unreadable,
    )


def _fillings(call: Call, wish: Filling) -> list[service.Filler]:
    """One request after the other, each in a transaction of its own; a part whose values cannot be read makes none."""

    def fill_on(inside: Call) -> service.Filler:
        told: dict[str, Any] = {"comment": wish.comment, "actor": inside.actor, "now": inside.now}
        after = made[-1].last if made else 0
        return service.fill(inside.session, wish, _where(inside, wish.street), after=after, **told)

    made: list[service.Filler] = []
    while not made or (made[-1].last and len(made) < MOST_FILLINGS):
        made.append(call.writing(fill_on))
    return made


def _shown(call: Call, found: Sequence[LosingValue]) -> list[ConflictShown]:
    """Losing values beside those in force, codes with their names, personal ones masked."""
    session, on = call.session, call.today
    units = versions_of(session, [one.unit_id for one in found], AsOf(on))
    locks, notes = locks_of(session, units, on), queries.choices_of(session, found)
    said = [{one.field: one.value} for one in found]
    called = code_names(session, [*units.values(), *said], {one.field for one in found}, on)
    return [_one(call, one, units[one.unit_id], called.get(one.field, {}), locks, notes) for one in found]


def _one(
    call: Call,
    one: LosingValue,
    unit: Mapping[str, Any],
    called: Mapping[str, str],
    locks: Held,
    notes: Mapping[int, Sequence[Any]],
) -> ConflictShown:
    origin, value = origin_of(unit["sources"], one.field), unit[one.field]
    says = value not in (None, "")
    lock = locks.get(one.unit_id, {}).get(one.field)
    return ConflictShown(
        losing_id=one.losing_id,
        unit_id=one.unit_id,
        name=unit["name"],
        field=one.field,
        label=label("field", one.field, call.language),
        held=_said(one.field, value, called, origin.source if says else "", origin.on if says else ""),
        other=_said(one.field, one.value, called, one.source, one.said_on),
        why=LostWhy(one.why),
        status=ValueStatus(one.status),
        request_id=one.request_id,
        locked_until=lock.until if lock else None,
        choices=[ChoiceShown(note=choice.note, by=name, at=choice.at) for choice, name in notes[one.losing_id]],
    )


def _said(name: str, value: Any, called: Mapping[str, str], source: str, on: str) -> Said:
    shown = plain(name, value)
    means = called.get(str(value), "") if BY_NAME[name].codelist else ""
    return Said(value="" if shown is None else shown, called=means, source=source, on=on)
