"""What the writer would say of a write, asked before anybody decides on it: nothing is stored, nobody waits."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.register import kin, taken, writer
from app.register.kin import BadSuccessor, Circle
from app.register.queries import UnitNotFound
from app.register.rules import History, Write, first_versions, lay_over
from app.register.steps import BadStep, StatusAgainst
from app.register.taken import CodeTaken

GUARDS = (BadStep, StatusAgainst, BadSuccessor, Circle, CodeTaken)
"""What the writer refuses, for those who declare it."""


def foresee(session: Session, write: Write, *, claims: bool = True, beside: Collection[int] = ()) -> list[str]:
    """The fields that a write would change. Raises BadStep, StatusAgainst, BadSuccessor, Circle; NotThen, UnitNotFound;
    CodeTaken where what the unit `claims` is asked too, units `beside` it in the same request left out."""
    kin.require_heir(write.reason, write.successor_id)
    before, after, changed = _laid(session, write)
    kin.require_kin(session, before, after)
    if write.unit_id is not None:
        kin.require_heirs(session, after, write)
    if claims:
        taken.require_unclaimed(session, before, after, write=write, beside=beside)
    return changed


def _laid(session: Session, write: Write) -> tuple[History, History, list[str]]:
    """The unit as it is and as it would be, and the fields that change; 0 is the number of one that is still to come."""
    if write.unit_id is None:
        return History(0, 0, []), History(0, 1, first_versions(write)), sorted(write.changes)
    before = writer.gather(session, [write.unit_id]).get(write.unit_id)
    if before is None:
        raise UnitNotFound
    after = History(before.unit_id, before.revision, list(before.believed))
    return before, after, lay_over(after, write)
