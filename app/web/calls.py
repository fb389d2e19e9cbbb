"""How pages call verbs: reading ones within one snapshot, changing ones each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Form, Request
from pydantic import BaseModel, ValidationError

from app.core.errors import Invalid
from app.http.house import house_of
from app.verbs import Call, Verb, perform
from app.web.visitor import TheVisitor

Out = TypeVar("Out", bound=BaseModel)


class BadForm(Invalid):
    """A form lacks something, or a field cannot be read; the places are named, never the values."""

    code = "bad_form"
    zh = "表单缺少内容或格式不对：{places}"
    en = "the form lacks something or a field cannot be read: {places}"


def _reading(request: Request, visitor: TheVisitor) -> Iterator[Call]:
    house = house_of(request)
    with house.database.read() as session:
        yield Call(house, visitor.actor, house.clock.now(), visitor.actor.language, session)


Reading = Annotated[Call, Depends(_reading, scope="function")]
"""One snapshot for all that a page reads."""
Text = Annotated[str, Form(default_factory=str)]
"""A field of a form as it was typed. What must not be empty is for the verb's schema to say, not for the page."""
Texts = Annotated[list[str], Form(default_factory=list)]
"""A field that a form may hold more than once."""


def ask(call: Call, verb: Verb[Any, Out], **told: Any) -> Out:
    """The answer of a reading verb, within the page's snapshot. Raises BadForm and what the verb raises."""
    return verb(call, wish_of(verb, told))


def act(request: Request, visitor: TheVisitor, verb: Verb[Any, Out], **told: Any) -> Out:
    """Do what a form asks for, committed when this returns. Raises BadForm and what the verb raises."""
    actor = visitor.actor
    return perform(house_of(request), verb, actor, wish_of(verb, told), language=actor.language)


def wish_of(verb: Verb[Any, Any], told: dict[str, Any]) -> Any:
    """The verb's wish from what a form or an address says."""
    try:
        return verb.takes(**told)
    except ValidationError as wrong:
        places = ", ".join(".".join(str(part) for part in fault["loc"]) for fault in wrong.errors())
        raise BadForm(places=places) from wrong
