"""The worker: loop and task table."""

from app.worker import tasks
from app.worker.registry import run_all, run_forever, run_once

__all__ = ["run_all", "run_forever", "run_once", "tasks"]
