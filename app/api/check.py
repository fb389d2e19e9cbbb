"""Is this unit in the register? One code or ten thousand, for collection systems."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.api.deps import any_caller, no_query
from app.api.door import Door
from app.api.problems import responses_of
from app.checks import schemas, verbs
from app.core.actor import Caller
from app.http.house import house_of
from app.verbs import perform

router = APIRouter(prefix="/api/v1", tags=["check"], route_class=Door)
Asker = Annotated[Any, Depends(any_caller)]
_ABOUT: dict[str, Any] = {"responses": responses_of(verbs.ask), "openapi_extra": {"x-verb": verbs.ask.name}}

# By hand, because the answers go out as the plain data that they are: encoding ten thousand by their models, which are
# the documentation, takes longer than answering them does.


@router.get("/check/{code}", response_model=schemas.OneAnswer, operation_id="check_one", **_ABOUT)
def check_one(
    request: Request,
    caller: Asker,
    code: Annotated[schemas.Asked, Path()],
    about: Annotated[schemas.OneQuestion, Query()],
) -> Response:
    """One code, the answer flat."""
    question = schemas.Question(code=code, name=about.name)
    answer = _ask(request, caller, schemas.Questions(items=[question], **about.model_dump(exclude={"name"})))
    return _json(answer | answer.pop("items")[0])


@router.post(
    "/check", response_model=schemas.Answers, operation_id="check_ask", dependencies=[Depends(no_query)], **_ABOUT
)
def check_many(request: Request, caller: Asker, questions: schemas.Questions) -> Response:
    """Many codes at once, answered in their order."""
    return _json(_ask(request, caller, questions))


def _ask(request: Request, caller: Caller, questions: schemas.Questions) -> dict[str, Any]:
    return dict(perform(house_of(request), verbs.ask, caller, questions))


def _json(content: Any) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
