"""Why a spot check is refused."""

from __future__ import annotations

from app.core.errors import Conflict, Invalid, NotFound


class CheckNotFound(NotFound):
    code = "check_not_found"


class TooSmall(Invalid):
    """The frame holds fewer units than shall be drawn."""

    code = "too_small"


class NameTaken(Conflict):
    code = "name_taken"


class CheckClosed(Conflict):
    code = "check_closed"


class CheckedAlready(Conflict):
    """The correction of this unit is proposed: what was found is its evidence and stays."""

    code = "checked_already"
