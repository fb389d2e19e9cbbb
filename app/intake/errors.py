"""Why a file or a batch is refused."""

from __future__ import annotations

from app.core.errors import Conflict, Invalid, NotFound


class BatchNotFound(NotFound):
    code = "batch_not_found"


class BadFile(Invalid):
    """The file as a whole cannot be read; nothing of it was kept."""

    code = "bad_file"


class NotHeld(Conflict):
    """Only a batch that asks before going on can be confirmed or discarded."""

    code = "batch_not_held"
