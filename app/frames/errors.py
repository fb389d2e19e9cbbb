"""How the frames refuse."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, Invalid, NotFound


class FrameNotFound(NotFound):
    code = "frame_not_found"


class InvalidDefinition(Invalid):
    """The definition says something no register can answer; `where` names the place, e.g. `conditions[2].value`."""

    code = "invalid_definition"

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}", where=where)


class FrameNameTaken(Conflict):
    code = "frame_name_taken"


class FrameFrozen(Conflict):
    """A frozen frame never changes: make a new one."""

    code = "frame_frozen"


class FrameNotBuilt(Conflict):
    code = "frame_not_built"


class FrameNotConfirmed(Conflict):
    """Both the register side and the section have to confirm before a frame is frozen."""

    code = "frame_not_confirmed"


class FrameNotFrozen(Conflict):
    """Only what cannot change any more leaves the house."""

    code = "frame_not_frozen"


class SamePersonConfirms(Conflict):
    """Register side and section are two people, whatever roles one of them holds."""

    code = "same_person_confirms"


class OutsideArea(Forbidden):
    """The frame reaches beyond the area that this person's office keeps."""

    code = "outside_area"


class ReasonMissing(Invalid):
    """Purpose and recipient of an export, and the reason for personal fields, are never left empty."""

    code = "reason_missing"
