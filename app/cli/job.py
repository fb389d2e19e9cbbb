"""`minglu job …`: the queue."""

from __future__ import annotations

from app.cli.command import command, noun
from app.jobs import verbs
from app.worker import tasks  # noqa: F401  # has the words of what tasks say

app = noun("job", "The queue of work.", verbs)

command(app, verbs.list_, columns=("job_id", "task", "status", "done", "total", "message"))
