"""Routes made of verbs: a line of a table names method, path and verb; all else follows from the verb's schemas.

What a path names comes from the path, the rest from the query of a GET or DELETE and from the body of the others.
Every answer and every refusal a verb names is described in the OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, Signature
from typing import Annotated, Any, cast

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from app.api.deps import any_caller, anybody, current_actor, language_of, no_query
from app.api.problems import responses_of
from app.core.actor import Caller
from app.http.files import send
from app.http.house import house_of
from app.verbs import Verb, perform
from app.verbs.schemas import Download

_NAMED = re.compile(r"{(\w+)(?::\w+)?}")
_BODILESS = frozenset({"GET", "DELETE"})


@dataclass(frozen=True)
class Route:
    """One line of a table of routes; `media` is the kind of file that a verb answers with where it answers one."""

    method: str
    path: str
    verb: Verb[Any, Any]
    status: int = 200
    media: str = "application/zip"


def mount(router: APIRouter, routes: Iterable[Route]) -> APIRouter:
    """Enter the routes in their order."""
    for route in routes:
        router.add_api_route(
            route.path,
            endpoint_of(route),
            methods=[route.method],
            status_code=route.status,
            **_answers_as(route),
            **described_as(route.verb, _file(route)),
            dependencies=[] if _asks_in_query(route) else [Depends(no_query)],
        )
    return router


def _answers_as(route: Route) -> dict[str, Any]:
    if route.verb.gives is Download:
        return {"response_model": None, "response_class": FileResponse}
    return {"response_model": route.verb.gives}


def _file(route: Route) -> dict[int | str, dict[str, Any]]:
    """How an answer that is a file is described."""
    if route.verb.gives is not Download:
        return {}
    bytes_or_text = {"type": "string"} if route.media.startswith("text/") else {"type": "string", "format": "binary"}
    content = {route.media: {"schema": bytes_or_text}}
    return {route.status: {"description": "the file", "content": content}}


def described_as(verb: Verb[Any, Any], answers: Mapping[int | str, Any] | None = None) -> dict[str, Any]:
    """How the OpenAPI document describes a verb; for endpoints written by hand too."""
    return {
        "responses": {**(answers or {}), **responses_of(verb)},
        "name": verb.name,
        "operation_id": operation_id(verb),
        "summary": verb.help.partition("\n")[0],
        "description": verb.help,
        "openapi_extra": {"x-verb": verb.name},
    }


def operation_id(verb: Verb[Any, Any]) -> str:
    """What a generated client calls the verb."""
    return verb.name.replace(".", "_").replace("-", "_")


def endpoint_of(route: Route) -> Callable[..., Response]:
    """A function whose signature FastAPI reads: path parameters, then the rest of the wish."""
    verb, in_path = route.verb, _NAMED.findall(route.path)
    rest = without(verb.takes, in_path)

    def endpoint(request: Request, caller: Caller, **given: Any) -> Response:
        told = given.pop("rest", None)
        return answered(request, route, caller, given, told)

    endpoint.__signature__ = Signature(_parameters(route, in_path, rest))  # type: ignore[attr-defined]
    return endpoint


def answered(request: Request, route: Route, caller: Caller, path: dict[str, Any], rest: BaseModel | None) -> Response:
    """Call the verb and render its answer."""
    told = {name: getattr(rest, name) for name in rest.model_fields_set} if rest is not None else {}
    try:
        wish = route.verb.takes(**{**told, **path})
    except ValidationError as wrong:
        raise RequestValidationError(wrong.errors()) from wrong
    answer = perform(house_of(request), route.verb, caller, wish, language=language_of(request, caller))
    if isinstance(answer, Download):
        return send(answer)
    return Response(answer.__pydantic_serializer__.to_json(answer), route.status, media_type="application/json")


def _parameters(route: Route, in_path: Sequence[str], rest: type[BaseModel] | None) -> list[Parameter]:
    verb = route.verb
    who = anybody if verb.public else any_caller(verb.scope) if verb.scope else current_actor
    found = [
        Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request),
        Parameter("caller", Parameter.KEYWORD_ONLY, annotation=Annotated[Any, Depends(who)]),
    ]
    for name in in_path:
        field = route.verb.takes.model_fields[name]
        marks = (*field.metadata, Path(description=field.description))
        found.append(Parameter(name, Parameter.KEYWORD_ONLY, annotation=_annotated(field.annotation, *marks)))
    if rest is None:
        return found
    place: Any = Query() if route.method in _BODILESS else Body()
    optional = not any(field.is_required() for field in rest.model_fields.values())
    default = None if optional and route.method not in _BODILESS else Parameter.empty
    kind = _annotated(rest | None if default is None else rest, place)
    return [*found, Parameter("rest", Parameter.KEYWORD_ONLY, annotation=kind, default=default)]


def _asks_in_query(route: Route) -> bool:
    """Whether a part of the wish stands in the query."""
    return route.method in _BODILESS and without(route.verb.takes, _NAMED.findall(route.path)) is not None


def _annotated(kind: Any, *marks: Any) -> Any:
    return Annotated.__class_getitem__((kind, *marks))  # type: ignore[attr-defined]  # made at run time


@cache
def _derived(takes: type[BaseModel], kept: tuple[str, ...]) -> type[BaseModel]:
    """The part of a wish that does not stand in the path, under the wish's name."""
    fields: dict[str, Any] = {name: (takes.model_fields[name].annotation, takes.model_fields[name]) for name in kept}
    made = create_model(takes.__name__, __config__=ConfigDict(extra="forbid"), __doc__=takes.__doc__, **fields)
    return cast("type[BaseModel]", made)


def without(takes: type[BaseModel], in_path: Sequence[str]) -> type[BaseModel] | None:
    """The wish without what the path says; None when nothing is left."""
    kept = tuple(name for name in takes.model_fields if name not in in_path)
    if not kept:
        return None
    return takes if len(kept) == len(takes.model_fields) else _derived(takes, kept)
