"""The tasks of the queue. Importing this module registers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.changes.apply import apply_chunk
from app.changes.queries import get_request
from app.worker.registry import Work, task


@task("change.apply")
def apply_batch(work: Work, args: Mapping[str, Any]) -> str:
    """Apply an approved batch chunk by chunk; begun anew, it goes on where it was."""
    request_id = int(args["request_id"])
    done = False
    while not done:
        with work.database.write() as session:
            done = apply_chunk(session, request_id, actor=work.by, now=work.clock.now())
            request = get_request(session, request_id)
            through, total = request.applied_through, request.item_count
        work.progress(through, total)
    return f"request {request_id}: {total} items"
