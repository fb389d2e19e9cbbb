"""A written approval with its document over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import FORM, CurrentActor, language_of
from app.api.door import Door
from app.api.mount import described_as
from app.changes import verbs
from app.changes.schemas import WhyOnPaper, WrittenDocument, WrittenRecorded
from app.http.house import house_of
from app.http.uploads import laid_down
from app.verbs import perform
from app.verbs.faults import wish_from
from app.verbs.schemas import Day, Id, Line, Word

router = APIRouter(prefix="/api/v1/changes", tags=["changes"], route_class=Door)


class DocumentUpload(BaseModel):
    """The scanned document and what stands on it."""

    model_config = ConfigDict(extra="forbid")

    document: UploadFile
    number: Annotated[Line, Field(max_length=128)]
    approved_on: Day
    office: Word
    why: WhyOnPaper = ""


@router.post("/requests/{request_id}/written-approval", dependencies=FORM, **described_as(verbs.record_written))
def record_written(
    request: Request,
    actor: CurrentActor,
    request_id: Annotated[Id, Path(description="number of the request")],
    given: Annotated[DocumentUpload, Form(media_type="multipart/form-data")],
) -> WrittenRecorded:
    with laid_down(given.document) as path:
        told = given.model_dump(exclude={"document"}) | {"path": path, "request_id": request_id}
        wish = wish_from(WrittenDocument, told)
        return perform(house_of(request), verbs.record_written, actor, wish, language=language_of(request))
