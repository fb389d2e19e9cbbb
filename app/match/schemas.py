"""What comes out of the verbs of matching."""

from __future__ import annotations

from typing import Any

from app.verbs.schemas import Answer


class RunShown(Answer):
    """What a run did: rows by way out, questions put, requests made. Nothing waited where there is no `run_id`."""

    run_id: int
    ways: dict[str, int]
    questions: int
    requests: list[int]
    engine: dict[str, Any]
