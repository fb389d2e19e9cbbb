"""Pure decisions about change requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from app.changes.errors import (
    ADDITION_ENDS,
    ADDS_UNIT,
    BARE,
    CLOSES_AHEAD,
    DAYS_BEYOND,
    MOVES_INSIDE,
    NAMELESS,
    NEEDS_UNIT,
    NO_DAY,
    NO_NAME,
    NOT_RECODED,
    ONLY_CORRECTIONS_END,
    SUCCESSOR_NOT_MEANT,
    UNDOES_NOTHING,
    NotAbove,
    SelfApproval,
)
from app.core.actor import Actor
from app.core.rights import is_above
from app.core.said import Said, said
from app.domain.fields import CODED, DATES, NUMBERS
from app.domain.partial_date import partial_date
from app.domain.period import EARLIEST, FOREVER, latest_from
from app.domain.roles import Permission
from app.domain.steps import ENDING, HAS_END, NAMES_HEIR
from app.domain.values import ValueFault, read_or_leave, read_value
from app.domain.words import ADDING, REMOVING, REPLACING, Reason


class Need(StrEnum):
    """What an approval policy looks at, the strongest first."""

    REPLACE = "replace"
    REMOVE = "remove"
    ADD = "add"
    CHANGE = "change"


@dataclass(frozen=True)
class ItemDraft:
    """One unit's part of a request as its author states it. `origin` is packed sources (app.register.sources).

    `base_revision` is the revision the author saw, 0 takes the one of the moment of drafting; `expects` is what some of
    the fields will say once an item before it is written; of the others it is what they say at that moment. `links` is
    what it says beside its fields: packed `app.register.stated`, `undoes` the request that it takes back, and `records`.
    """

    reason: Reason
    valid_from: date
    changes: dict[str, Any]
    origin: dict[str, Any]
    unit_id: int | None = None
    base_revision: int = 0
    valid_until: date = FOREVER
    precision: str = "day"
    record_id: int | None = None
    successor_id: int | None = None
    expects: dict[str, Any] | None = None
    links: dict[str, Any] = field(default_factory=dict)


def amended(item: ItemDraft, given: Mapping[str, Any], drop: Iterable[str]) -> ItemDraft:
    """The item with what was typed instead, based on the unit as it is now; only parts that an item has are taken."""
    left_alone = set(drop)
    merged = {**item.changes, **read_changes(given.get("changes", {}))}
    kept = {name: value for name, value in merged.items() if name not in left_alone}
    told = {name: given[name] for name in _AMENDABLE if given.get(name) is not None}
    left = _left_by(told["reason"]) if "reason" in told else {}
    return replace(item, changes=kept, base_revision=0, expects=None, **{**left, **told})


def _left_by(reason: Reason) -> dict[str, Any]:
    """What belongs to other reasons and goes with the one that was there, unless it is told anew."""
    end = {} if reason in HAS_END else {"valid_until": FOREVER}
    return end if reason in NAMES_HEIR else {**end, "successor_id": None}


_AMENDABLE = ("reason", "valid_from", "valid_until", "successor_id")


def need_of(reasons: Iterable[Reason]) -> Need:
    """The strongest need among the reasons: a batch is decided by who may decide its gravest item."""
    found = set(reasons)
    for need, members in ((Need.REPLACE, REPLACING), (Need.REMOVE, REMOVING), (Need.ADD, ADDING)):
        if found & members:
            return need
    return Need.CHANGE


def day_for(days: Iterable[date], wanted: date | None, today: date) -> date | None:
    """The day on which a request is to be written: the latest that it speaks of, where that is still to come."""
    last = max([*days, wanted or date.min])
    return last if last > today else None


def check_decider(actor: Actor, proposer_id: int, proposer_office_path: str, level: str) -> None:
    """Raise unless `actor` may decide on a request under a policy that wants `level`.

    Levels: `above`, an office above the proposer's; `same_or_above`, another person of the same office or above.
    """
    if actor.user_id == proposer_id:
        raise SelfApproval(login=actor.login)
    actor.require(Permission.APPROVE)
    above = is_above(actor, proposer_office_path)
    same = actor.office_path == proposer_office_path
    if not (above or (same and level == "same_or_above")):
        raise NotAbove(login=actor.login, level=level)


def read_changes(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed or read, as the fields hold it; what has a fault stays, for the draft to refuse with all others."""
    return {name: read_or_leave(name, value) for name, value in given.items()}


class Told(Protocol):
    """What a draft and a stored item have in common."""

    @property
    def unit_id(self) -> int | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_until(self) -> date: ...
    @property
    def successor_id(self) -> int | None: ...
    @property
    def changes(self) -> Mapping[str, Any]: ...
    @property
    def links(self) -> Mapping[str, Any]: ...


def takes_back(item: Told) -> bool:
    """Whether what an item says is what its unit said before: not by what it is called, which anybody types, but by the
    request that it takes back, which `undoing.propose` alone names."""
    return item.reason == Reason.UNDO and bool(item.links.get("undoes"))


def wrong_with(item: Told, today: date) -> list[Said]:
    """All that is wrong with one item, whatever the register holds."""
    texts = (fault_of(name, value) for name, value in item.changes.items() if name not in DATES and name not in NUMBERS)
    return [*filter(None, texts), *shape_of(item, today)]


def shape_of(item: Told, today: date) -> list[Said]:
    """What is wrong with its days, its reason, and what no unit is without."""
    wrong = _wrong_days(item, today)
    adds, names = item.reason in ADDING, item.changes
    if item.unit_id is None and not adds:
        wrong.append(said(NEEDS_UNIT, reason=str(item.reason)))
    if item.reason == Reason.UNDO and not takes_back(item):
        wrong.append(said(UNDOES_NOTHING))
    if item.unit_id is not None and adds and item.reason != Reason.MOVE_IN:
        wrong.append(said(ADDS_UNIT, reason=str(item.reason)))
    if item.successor_id is not None and item.reason not in NAMES_HEIR:
        wrong.append(said(SUCCESSOR_NOT_MEANT, reason=str(item.reason)))
    if item.reason == Reason.RECODING:
        wrong += [said(NOT_RECODED, field=name) for name in sorted(item.changes.keys() - _RECODED)]
    if item.reason == Reason.MOVE_OUT and item.changes.get("area_code"):
        wrong.append(said(MOVES_INSIDE, field="area_code", within=str(Reason.MOVE_WITHIN)))
    if item.unit_id is None and not any(reads(names.get(name)) for name in CALLED):
        wrong.append(said(NAMELESS))
    if item.unit_id is not None and _loses_name(names):
        wrong.append(said(NO_NAME))
    return wrong + [said(BARE[name], field=name) for name in bare_of(item)]


_RECODED = CODED.keys() - {"operating_status", "unit_type"}
"""What a reform of codes can say anew of units; what they are, and whether they live, is none of it."""
CALLED = ("name", "short_name")


def reads(name: object) -> bool:
    """Whether somebody can read a name: it has a letter or a digit, of any script."""
    return any(letter.isalnum() for letter in str(name or ""))


def _loses_name(changes: Mapping[str, Any]) -> bool:
    """A short name can go, as the full one stays; where there is none, `app.changes.values` sees that."""
    return any(not reads(changes[name]) for name in CALLED if name in changes and (name == "name" or changes[name]))


def _wrong_days(item: Told, today: date) -> list[Said]:
    last = latest_from(today)
    ends = item.valid_until != FOREVER
    if item.valid_from >= item.valid_until:
        return [said(NO_DAY)]
    if not EARLIEST <= item.valid_from <= last or (ends and item.valid_until > last):
        return [said(DAYS_BEYOND, first=str(EARLIEST), last=str(last))]
    if ends and item.unit_id is None:
        return [said(ADDITION_ENDS)]
    if ends and item.reason not in HAS_END:
        return [said(ONLY_CORRECTIONS_END, reason=str(item.reason))]
    return [said(CLOSES_AHEAD, field="closed_on")] if _closes_ahead(item, today) else []


def _closes_ahead(item: Told, today: date) -> bool:
    """Whether a unit would come in with an ending that lies ahead: nothing lies in the register ahead of its day."""
    closed = partial_date(str(item.changes.get("closed_on") or ""))
    gone = item.unit_id is None and item.changes.get("operating_status") in ENDING
    return gone and closed is not None and closed > today


class Stating(Protocol):
    """What a draft and a stored item have in common, as far as what they state goes."""

    @property
    def unit_id(self) -> int | None: ...
    @property
    def changes(self) -> Mapping[str, Any]: ...


def bare_of(item: Stating) -> list[str]:
    """Which of area and kind a unit would lack by what an item says: a new one states both, a change empties neither.

    What came into the register without one is changed in all else, and given one by a change that states it.
    """
    states = BARE if item.unit_id is None else BARE.keys() & item.changes.keys()
    return [name for name in sorted(states) if not str(item.changes.get(name) or "").strip()]


def fault_of(name: str, value: Any) -> Said | None:
    """Why a field does not hold a value as it stands, a figure in text among others; None when it does."""
    try:
        held = read_value(name, value)
    except ValueFault as fault:
        return Said(fault.code, fault.facts)
    return said("not_whole_number", field=name) if isinstance(held, int) and isinstance(value, str) else None
