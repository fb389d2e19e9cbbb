"""Files in over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict

from app.api.deps import FORM, CurrentActor, language_of
from app.api.door import Door
from app.api.mount import operation_id
from app.api.problems import responses_of
from app.domain.words import Source
from app.http.house import house_of
from app.http.uploads import laid_down
from app.intake import verbs
from app.intake.schemas import FileHanded, Preview, PreviewShown, ReadingStarted, Sheet
from app.verbs import perform
from app.verbs.schemas import Day


class Upload(BaseModel):
    """A file and what it is; with `dry_run`, it is only said what it would bring; with `match`, it is matched once read."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile
    source: Source
    as_of: Day
    sheet: Sheet = ""
    dry_run: bool = False
    match: bool = False


router = APIRouter(prefix="/api/v1/imports", tags=["imports"], route_class=Door)


@router.post(
    "",
    status_code=202,
    operation_id=operation_id(verbs.start),
    responses={200: {"model": PreviewShown, "description": "what it would bring"}, **responses_of(verbs.start)},
    dependencies=FORM,
    openapi_extra={"x-verb": verbs.start.name},
)
def take_in(
    request: Request,
    response: Response,
    actor: CurrentActor,
    given: Annotated[Upload, Form(media_type="multipart/form-data")],
) -> ReadingStarted | PreviewShown:
    """Have one file taken in by the worker, whole or not at all; with `dry_run`, only say what it would bring."""
    house, language = house_of(request), language_of(request)
    with laid_down(given.file) as path:
        about = {"path": path, "source": given.source, "as_of": given.as_of, "sheet": given.sheet}
        if given.dry_run:
            response.status_code = 200
            return perform(house, verbs.preview, actor, Preview(**about), language=language)
        return perform(house, verbs.start, actor, FileHanded(**about, match=given.match), language=language)
