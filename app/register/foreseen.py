"""What the writer would say of a write, asked before anybody decides on it: nothing is stored, nobody waits."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.register import kin, writer
from app.register.kin import BadSuccessor, Circle
from app.register.queries import UnitNotFound
from app.register.rules import History, Write, first_versions, lay_over
from app.register.steps import BadStep, StatusAgainst
from app.register.taken import CodeTaken

GUARDS = (BadStep, StatusAgainst, BadSuccessor, Circle, CodeTaken)
"""What the writer refuses, for those who declare it."""


def foresee(session: Session, write: Write) -> list[str]:
    """The fields that a write would change. Raises BadStep, StatusAgainst, BadSuccessor, Circle; NotThen, UnitNotFound."""
    kin.require_heir(write.reason, write.successor_id)
    if write.unit_id is None:
        kin.require_kin(session, History(0, 0, []), History(0, 1, first_versions(write)))
        return sorted(write.changes)
    before = writer.gather(session, [write.unit_id]).get(write.unit_id)
    if before is None:
        raise UnitNotFound
    after = History(before.unit_id, before.revision, list(before.believed))
    changed = lay_over(after, write)
    kin.require_kin(session, before, after)
    return changed
