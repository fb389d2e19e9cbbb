"""A unit as answers carry it."""

from __future__ import annotations

from typing import Any

from app.verbs.schemas import Answer, Day, Moment

Days = tuple[str, str]
"""First day, and the day it held no more: empty while it still holds."""


class OriginShown(Answer):
    """Who gave a value: the source record (0 for a hand edit), the day it speaks of, the request that brought it."""

    source: str
    record_id: int
    on: str
    request_id: int


class Lost(OriginShown):
    """A value that is not in force, masked where personal, and why; what its code means. `request_id` names the request that
    puts it to somebody, or in which it was refused, where that is known."""

    losing_id: int
    field: str
    label: str
    value: Any
    called: str
    why: str
    status: str


class LockShown(Answer):
    """A lock on a field: no file's value goes over it before the day `until`."""

    lock_id: int
    unit_id: int
    field: str
    label: str
    until: Day
    reason: str
    by: str
    at: Moment


class CodeHeld(Answer):
    """A code of a unit under a scheme, or told by another.

    `source` is who gave it, empty where an earlier version of the product wrote it.
    """

    kind: str
    code: str
    valid: Days
    source: str = ""


class Borne(CodeHeld):
    """A code that a unit bears, or that is `within` one it bears: then the scheme of that.

    `verified` is y or n where the scheme has a check of its own.
    """

    within: str = ""
    verified: str = ""


class Related(CodeHeld):
    """A relation from or to a unit; `name` is that of the other unit, where the register holds it."""

    unit_id: int
    target_unit_id: int | None
    name: str = ""


class VersionShown(Answer):
    """A version on both clocks, with what began it and why it was written."""

    version_id: int
    valid: Days
    recorded_at: str
    superseded_at: str
    began_by: str
    reason: str
    request_id: int
    name: str
    standing: str


class UnitView(Answer):
    """One unit. `values` masks what is personal but what was revealed for a logged reason; `personal` names the fields that
    hold such; `names` says what codes mean."""

    unit_id: int
    on: str
    known_at: str
    standing: str
    period: Days
    values: dict[str, Any]
    names: dict[str, str]
    labels: dict[str, str]
    personal: list[str]
    sources: dict[str, OriginShown]
    lost: list[Lost]
    locks: list[LockShown]
    identifiers: list[Borne]
    relations: list[Related]
    timeline: list[VersionShown]
