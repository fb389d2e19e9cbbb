"""Code lists over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.api.deps import CurrentActor, language_of
from app.api.mount import described_as
from app.codelists import verbs
from app.codelists.schemas import CodesLoad, Loaded
from app.http.house import house_of
from app.http.uploads import laid_down
from app.verbs import perform

router = APIRouter(prefix="/api/v1", tags=["code lists"])


@router.post("/codelists", status_code=201, **described_as(verbs.load))
def load(
    request: Request,
    actor: CurrentActor,
    name: Annotated[str, Form()],
    edition: Annotated[str, Form()],
    valid_from: Annotated[date, Form()],
    file: Annotated[UploadFile, File()],
    title: Annotated[str, Form()] = "",
) -> Loaded:
    with laid_down(file) as path:
        told = {"name": name, "edition": edition, "title": title, "valid_from": valid_from}
        try:
            wish = CodesLoad(path=str(path), origin=path.name[:255], **told)
        except ValidationError as wrong:
            raise RequestValidationError(wrong.errors()) from wrong
        return perform(house_of(request), verbs.load, actor, wish, language=language_of(request))
