"""The worker: loop and task table."""

from app.worker import tasks
from app.worker.registry import run_all, run_forever, run_once, run_this

__all__ = ["run_all", "run_forever", "run_once", "run_this", "tasks"]
