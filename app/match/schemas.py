"""What comes out of the verbs of matching."""

from __future__ import annotations

from app.verbs.schemas import Answer


class RunShown(Answer):
    """What a run did with the rows of its office: by way out, questions put, requests made. Nothing waited where there is
    no `run_id`. What the engine counted over all that is held or on its way in other offices stays with the run.

    `on` says that this is a run which another began and which has not ended; `job_id` is what follows it.
    """

    run_id: int
    on: bool = False
    job_id: int | None = None
    ways: dict[str, int] = {}
    questions: int = 0
    requests: list[int] = []

    def answered_as(self) -> int | None:
        return 202 if self.on else None
