"""Routes made of verbs: each names its method and path; all else follows from its schemas.

What a path names comes from the path, the rest from the query of a GET or DELETE and from the body of the others.
Every answer and every refusal a verb names is described in the OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from inspect import Parameter, Signature
from typing import Annotated, Any, cast

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from app.api.deps import a_person, any_caller, anybody, language_of, no_body, no_query
from app.api.problems import responses_of
from app.core.actor import Caller
from app.http.files import send
from app.http.house import house_of
from app.http.kept import unless_kept
from app.verbs import Verb, perform
from app.verbs.schemas import Download

_NAMED = re.compile(r"{(\w+)(?::\w+)?}")
_BODILESS = frozenset({"GET", "DELETE"})


def mount(router: APIRouter, verbs: Iterable[Verb[Any, Any]]) -> APIRouter:
    """Enter the routes of these verbs, those with words in their paths before those with names in their place."""
    for verb in sorted((verb for verb in verbs if verb.route), key=_words_first):
        router.add_api_route(
            verb.path,
            endpoint_of(verb),
            methods=[verb.method],
            status_code=verb.status,
            **_answers_as(verb),
            **described_as(verb, {**_file(verb), **_also(verb)}),
            dependencies=_refuses(verb),
        )
    return router


def _refuses(verb: Verb[Any, Any]) -> list[Any]:
    """What a route does not take is refused, never ignored."""
    wordless = verb.method not in _BODILESS and without(verb.takes, _NAMED.findall(verb.path)) is None
    return [*([] if _asks_in_query(verb) else [Depends(no_query)]), *([Depends(no_body)] if wordless else [])]


def _words_first(verb: Verb[Any, Any]) -> list[bool]:
    return [segment.startswith("{") for segment in verb.path.split("/")]


def _answers_as(verb: Verb[Any, Any]) -> dict[str, Any]:
    if verb.gives is Download:
        return {"response_model": None, "response_class": FileResponse}
    return {"response_model": verb.gives}


def _file(verb: Verb[Any, Any]) -> dict[int | str, dict[str, Any]]:
    """How an answer that is a file is described."""
    if verb.gives is not Download:
        return {}
    kinds = (verb.media or "application/zip").split(", ")
    content = {
        kind: {"schema": {"type": "string"} if kind.startswith("text/") else {"type": "string", "format": "binary"}}
        for kind in kinds
    }
    return {verb.status: {"description": "the file", "content": content}}


def _also(verb: Verb[Any, Any]) -> dict[int | str, dict[str, Any]]:
    """How an answer is described that says what is on already."""
    return {verb.also: {"model": verb.gives, "description": "what is on already"}} if verb.also else {}


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


def endpoint_of(verb: Verb[Any, Any]) -> Callable[..., Response]:
    """A function whose signature FastAPI reads: path parameters, then the rest of the wish."""
    in_path = _NAMED.findall(verb.path)
    rest = without(verb.takes, in_path)

    def endpoint(request: Request, caller: Caller, **given: Any) -> Response:
        told = given.pop("rest", None)
        return answered(request, verb, caller, given, told)

    endpoint.__signature__ = Signature(_parameters(verb, in_path, rest))  # type: ignore[attr-defined]
    return endpoint


def answered(
    request: Request, verb: Verb[Any, Any], caller: Caller, path: dict[str, Any], rest: BaseModel | None
) -> Response:
    """Call the verb and render its answer."""
    told = {name: getattr(rest, name) for name in rest.model_fields_set} if rest is not None else {}
    try:
        wish = verb.takes(**{**told, **path})
    except ValidationError as wrong:
        raise RequestValidationError(wrong.errors()) from wrong
    answer = perform(house_of(request), verb, caller, wish, language=language_of(request))
    if isinstance(answer, Download):
        return send(answer)
    status, content = verb.told(answer)
    if verb.cached:
        return unless_kept(request, content, status)
    return Response(content, status, media_type="application/json")


def _parameters(verb: Verb[Any, Any], in_path: Sequence[str], rest: type[BaseModel] | None) -> list[Parameter]:
    who = anybody if verb.public or verb.by_password else any_caller if verb.scope else a_person
    found = [
        Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request),
        Parameter("caller", Parameter.KEYWORD_ONLY, annotation=Annotated[Any, Depends(who)]),
    ]
    for name in in_path:
        field = verb.takes.model_fields[name]
        marks = (*field.metadata, Path(description=field.description))
        found.append(Parameter(name, Parameter.KEYWORD_ONLY, annotation=_annotated(field.annotation, *marks)))
    if rest is None:
        return found
    place: Any = Query() if verb.method in _BODILESS else Body()
    optional = not any(field.is_required() for field in rest.model_fields.values())
    default = None if optional and verb.method not in _BODILESS else Parameter.empty
    kind = _annotated(rest | None if default is None else rest, place)
    return [*found, Parameter("rest", Parameter.KEYWORD_ONLY, annotation=kind, default=default)]


def _asks_in_query(verb: Verb[Any, Any]) -> bool:
    """Whether a part of the wish stands in the query."""
    return verb.method in _BODILESS and without(verb.takes, _NAMED.findall(verb.path)) is not None


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
