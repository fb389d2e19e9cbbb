"""A file whose layout nobody knows, looked at over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict

from app.api.deps import FORM, CurrentActor, language_of
from app.api.door import Door
from app.api.mount import described_as
from app.domain.words import Source
from app.http.house import house_of
from app.http.uploads import laid_down
from app.layouts import verbs
from app.layouts.schemas import FileLookedAt, LayoutDraft
from app.verbs import perform

router = APIRouter(prefix="/api/v1", tags=["imports"], route_class=Door)


class Unknown(BaseModel):
    """A file and what it is."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile
    source: Source


@router.post("/layouts/look", dependencies=FORM, **described_as(verbs.look))
def look(
    request: Request, actor: CurrentActor, given: Annotated[Unknown, Form(media_type="multipart/form-data")]
) -> LayoutDraft:
    with laid_down(given.file) as path:
        wish = FileLookedAt(path=path, source=given.source)
        return perform(house_of(request), verbs.look, actor, wish, language=language_of(request))
