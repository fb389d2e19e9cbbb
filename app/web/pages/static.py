"""Static files, and the description of the API drawn without asking anybody outside."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

from app.web.render import page

router = APIRouter()
FOLDER = Path(__file__).parent.parent / "static"


@router.get("/static/{name:path}")
def file(name: str) -> Response:
    """A file of our own or an installed one; addresses carry its age, so browsers may keep it."""
    path = (FOLDER / name).resolve()
    if not path.is_relative_to(FOLDER.resolve()) or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})


@router.get("/favicon.ico")
def favicon() -> Response:
    return FileResponse(FOLDER / "favicon.svg", media_type="image/svg+xml")


@router.get("/docs")
def api_docs(request: Request) -> Response:
    return page(request, "api_docs.html")
