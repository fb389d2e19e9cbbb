"""The one table of what may become of a unit: in which standing a reason finds it, and what it leaves (DESIGN.md, promise 14).

Source: maintenance.md §3 for the events [G], attributes.md §2.3 for the states [V]. Standing and operating status go
together: a live unit bears no status of a gone one, and a closed unit no status of a live one.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.words import Reason, Standing

ENDING = {
    "4": Reason.CLOSED,
    "5": Reason.BANKRUPT,
    "6": Reason.DEREGISTERED,
    "7": Reason.REVOKED,
}
"""Operating statuses of units that are gone, with the event that each tells of; all others are of units that live."""
WORKING, PAUSED = "1", "2"


@dataclass(frozen=True)
class Step:
    """What a reason does to a unit that is there.

    `finds` are the standings in which the unit can be; `leaves` the one that it has then, None the one it had;
    `status` the operating status that goes with it where the request states none; `after` the statuses of a closed unit
    to which it happens all the same, as a firm that stopped is struck off later.
    """

    finds: frozenset[Standing]
    leaves: Standing | None = None
    status: str = ""
    after: frozenset[str] = frozenset()


_ANY = frozenset(Standing)
_LIVE = frozenset({Standing.LIVE})
_ENDED = _LIVE | {Standing.CLOSED}
_GONE = _ANY - _LIVE

STEPS: dict[Reason, Step] = {
    # Facts of a unit can be told in whatever standing it is.
    Reason.CHANGE: Step(_ANY),
    Reason.CORRECTION: Step(_ANY),
    Reason.CODE_CHANGE: Step(_ANY),
    Reason.RECODING: Step(_ANY),
    Reason.MOVE_WITHIN: Step(_LIVE),
    Reason.TREATED_AS_LEGAL: Step(_LIVE),
    Reason.SPLIT: Step(_LIVE),
    Reason.PAUSE: Step(_LIVE, status=PAUSED),
    Reason.RESUME: Step(_LIVE, Standing.LIVE, WORKING),
    # A penalty, or doors that were shut, end the trade; only the striking off ends the body (maintenance.md §3).
    Reason.CLOSED: Step(_LIVE, Standing.CLOSED, "4"),
    Reason.BANKRUPT: Step(_LIVE, Standing.CLOSED, "5", frozenset("47")),
    Reason.DEREGISTERED: Step(_LIVE, Standing.CLOSED, "6", frozenset("457")),
    Reason.REVOKED: Step(_LIVE, Standing.CLOSED, "7", frozenset("4")),
    # The registrar's word often comes first, and that the firm went on in another is found later.
    Reason.MERGE: Step(_ENDED, Standing.MERGED),
    Reason.CONVERSION: Step(_ENDED, Standing.CONVERTED),
    Reason.MOVE_OUT: Step(_LIVE, Standing.MOVED_OUT),
    Reason.VOID: Step(_ANY - {Standing.VOID}, Standing.VOID),
    Reason.REINSTATE: Step(_GONE, Standing.LIVE),
    # It takes back whatever a request did, and does nothing by itself.
    Reason.UNDO: Step(_ANY),
    # These begin a unit, so that they find none; but who moved out can come back, with its history.
    Reason.NEW: Step(frozenset(), Standing.LIVE),
    Reason.FOUND_MISSING: Step(frozenset(), Standing.LIVE),
    Reason.MOVE_IN: Step(frozenset({Standing.MOVED_OUT}), Standing.LIVE),
}

HAS_HEIR = frozenset({Reason.MERGE, Reason.CONVERSION})
"""Reasons that say nothing without the unit that follows."""
NAMES_HEIR = HAS_HEIR | {Reason.SPLIT}
"""Those that may name one."""
HAS_END = frozenset({Reason.CORRECTION, Reason.RECODING})
"""Reasons that speak of days up to another; what else happens to a unit holds until something else does."""


def may_find(reason: Reason, standing: str, status: str) -> bool:
    """Whether something can happen to a unit of this standing and operating status."""
    step = STEPS[reason]
    if standing == Standing.CLOSED and status in step.after:
        return True
    again = bool(step.status) and step.leaves in (None, Standing.LIVE) and status == step.status
    return standing in step.finds and not again


def standing_after(reason: Reason, before: str, status: str | None) -> str:
    """The standing that a write leaves; `status` is the operating status it states. One that ends a live unit ends it,
    whatever the change is called; a correction can say too that a unit which was held to be closed lived."""
    leaves = STEPS[reason].leaves
    if leaves is not None:
        return str(leaves)
    if reason is Reason.CORRECTION and before == Standing.CLOSED and status and status not in ENDING:
        return str(Standing.LIVE)
    return str(Standing.CLOSED) if before == Standing.LIVE and status in ENDING else before


def status_after(reason: Reason, before: str) -> str:
    """The operating status that goes with a reason where none is stated; empty where it stays."""
    step = STEPS[reason]
    if step.status:
        return step.status
    return WORKING if step.leaves == Standing.LIVE and before in ENDING else ""


def go_together(reason: Reason, standing: str, status: str) -> bool:
    """Whether the status that a write states can be of a unit in the standing that it leaves."""
    if reason is Reason.PAUSE:
        return status == PAUSED
    if reason is Reason.RESUME and status == PAUSED:
        return False
    if standing == Standing.LIVE:
        return status not in ENDING
    return standing != Standing.CLOSED or status in ENDING
