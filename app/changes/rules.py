"""Pure decisions about change requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.changes.errors import BadChange, NotAbove, SelfApproval, WrongState
from app.core.actor import Actor, is_above
from app.domain.fields import BY_NAME, Kind, unknown_fields
from app.domain.partial_date import is_partial_date
from app.domain.period import FOREVER
from app.domain.roles import Permission
from app.domain.words import ADDING, REMOVING, REPLACING, TRANSITIONS, Reason, RequestStatus


class Need(StrEnum):
    """What an approval policy looks at, the strongest first."""

    REPLACE = "replace"
    REMOVE = "remove"
    ADD = "add"
    CHANGE = "change"


@dataclass(frozen=True)
class ItemDraft:
    """One unit's part of a request as its author states it. `origin` is packed sources (app.register.sources).

    `base_revision` is the revision the author saw, 0 takes the one of the moment of drafting; `expects` is what the
    fields said there, None takes what they say at that moment.
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


def need_of(reasons: Iterable[Reason]) -> Need:
    """The strongest need among the reasons: a batch is decided by who may decide its gravest item."""
    found = set(reasons)
    for need, members in ((Need.REPLACE, REPLACING), (Need.REMOVE, REMOVING), (Need.ADD, ADDING)):
        if found & members:
            return need
    return Need.CHANGE


def next_status(status: str, wanted: RequestStatus) -> RequestStatus:
    """`wanted`, if the request may go there from `status`. Raises WrongState."""
    if wanted not in TRANSITIONS[RequestStatus(status)]:
        raise WrongState(f"a request that is {status} cannot become {wanted}", status=status, wanted=str(wanted))
    return wanted


def check_decider(actor: Actor, proposer_id: int, proposer_office_path: str, level: str) -> None:
    """Raise unless `actor` may decide on a request under a policy that wants `level`.

    Levels: `above`, an office above the proposer's; `same_or_above`, another person of the same office or above.
    """
    if actor.user_id == proposer_id:
        raise SelfApproval(f"{actor.login} proposed this and cannot decide on it")
    actor.require(Permission.APPROVE)
    above = is_above(actor.office_path, proposer_office_path)
    same = actor.office_path == proposer_office_path
    if not (above or (same and level == "same_or_above")):
        raise NotAbove(f"the office of {actor.login} does not stand above the proposer's", level=level)


def check_item(item: ItemDraft) -> None:
    """Raise BadChange with all that is wrong with one item."""
    wrong = [f"unknown field {name}" for name in unknown_fields(set(item.changes))]
    wrong += [text for name, value in item.changes.items() if name in BY_NAME and (text := _value_fault(name, value))]
    if item.valid_from >= item.valid_until:
        wrong.append("the period holds no day")
    if item.unit_id is None and item.reason not in ADDING:
        wrong.append(f"the reason {item.reason} needs a unit")
    if item.unit_id is not None and item.reason in ADDING:
        wrong.append(f"the reason {item.reason} adds a unit, but one is named")
    if item.unit_id is None and not str(item.changes.get("name") or item.changes.get("short_name") or "").strip():
        wrong.append("a new unit needs a name")
    if wrong:
        raise BadChange("; ".join(wrong), faults=wrong)


def _value_fault(name: str, value: Any) -> str:
    field_ = BY_NAME[name]
    if value in (None, ""):
        return ""
    if field_.kind is Kind.NUMBER:
        return "" if isinstance(value, int) and not isinstance(value, bool) else f"{name} is no whole number: {value!r}"
    if not isinstance(value, str):
        return f"{name} is no text: {value!r}"
    if len(value) > field_.length:
        return f"{name} is longer than {field_.length} characters"
    if field_.kind is Kind.PARTIAL_DATE and not is_partial_date(value):
        return f"{name} is no date (YYYY, YYYY-MM or YYYY-MM-DD): {value!r}"
    return ""
