"""An operator's code list over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict

from app.api.deps import FORM, CurrentActor, language_of
from app.api.door import Door
from app.api.mount import described_as
from app.codelists import verbs
from app.codelists.schemas import CodesLoad, Loaded
from app.http.house import house_of
from app.http.uploads import laid_down
from app.verbs import perform
from app.verbs.faults import wish_from
from app.verbs.schemas import Day, Line, Word

router = APIRouter(prefix="/api/v1", tags=["code lists"], route_class=Door)


class ListUpload(BaseModel):
    """A code list's file and what it is."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile
    name: Word
    edition: Word
    valid_from: Day
    title: Line = ""


@router.post("/codelists", status_code=201, dependencies=FORM, **described_as(verbs.load))
def load(
    request: Request, actor: CurrentActor, given: Annotated[ListUpload, Form(media_type="multipart/form-data")]
) -> Loaded:
    with laid_down(given.file) as path:
        told = given.model_dump(exclude={"file"}) | {"path": str(path), "origin": path.name[:255]}
        wish = wish_from(CodesLoad, told)
        return perform(house_of(request), verbs.load, actor, wish, language=language_of(request))
