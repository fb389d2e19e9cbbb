"""How pages call verbs: reading ones within one snapshot, changing ones each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Form, Request
from pydantic import BaseModel

from app.core.errors import Invalid
from app.http.house import house_of
from app.verbs import Call, Verb, perform
from app.verbs.faults import wish_from
from app.web.visitor import TheVisitor

Out = TypeVar("Out", bound=BaseModel)


class BadForm(Invalid):
    """What was sent is no form: broken off on its way, or not made by a page of ours."""

    code = "bad_form"
    zh = "表单没有完整送达，没有保存任何内容。请刷新页面后重新填写。"
    en = "the form did not arrive whole and nothing was kept; open the page again and fill it in anew"


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
    """The answer of a reading verb, within the page's snapshot. Raises BadPayload and what the verb raises."""
    return verb(call, wish_of(verb, told))


def act(request: Request, visitor: TheVisitor, verb: Verb[Any, Out], **told: Any) -> Out:
    """Do what a form asks for, committed when this returns. Raises BadPayload and what the verb raises."""
    actor = visitor.actor
    return perform(house_of(request), verb, actor, wish_of(verb, told), language=actor.language)


def wish_of(verb: Verb[Any, Any], told: dict[str, Any]) -> Any:
    """The verb's wish from what a form or an address says. Raises BadPayload."""
    return wish_from(verb.takes, told)
