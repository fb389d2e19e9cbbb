"""A file on its way out, removed from here once it was sent."""

from __future__ import annotations

from pathlib import Path

from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from app.verbs.schemas import Download


def send(file: Download) -> FileResponse:
    """The file as an attachment; it was written and its transaction committed before this is called."""
    return FileResponse(
        file.path,
        filename=file.file_name,
        media_type=file.media_type,
        headers=dict(file.headers),
        background=BackgroundTask(lambda: Path(file.path).unlink(missing_ok=True)),
    )
