"""A file on its way out, removed from here once it was sent."""

from __future__ import annotations

from pathlib import Path

from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from app.verbs.schemas import Download


def send(file: Download, *, shown: bool = False) -> FileResponse:
    """The file as an attachment, or `shown` where it is; it was written and its transaction committed before."""
    return FileResponse(
        file.path,
        filename=file.file_name,
        media_type=file.media_type,
        headers=dict(file.headers),
        content_disposition_type="inline" if shown else "attachment",
        background=BackgroundTask(lambda: Path(file.path).unlink(missing_ok=True)),
    )
