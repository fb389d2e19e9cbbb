"""What stands twice in the address of a page, or in a form, is refused as it is on routes."""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.http.once import is_list, lists_in, refuse_twice

_PARSED_BY_HAND = frozenset({"drop"})
"""Lists of forms whose other fields are the attributes of a unit, which no signature names."""


async def said_once(request: Request) -> None:
    """Raises RequestValidationError for a parameter or a field that is no list and is given more than once."""
    lists = _lists_of(request.scope["route"])
    refuse_twice("query", (name for name, _ in request.query_params.multi_items()), lists)
    if request.method == "POST":
        refuse_twice("body", (name for name, _ in (await request.form()).multi_items()), lists)


def _lists_of(route: APIRoute) -> frozenset[str]:
    """What a page takes as a list, by the name it is sent under."""
    found = set(_PARSED_BY_HAND)
    for field in (*route.dependant.query_params, *route.dependant.body_params):
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= lists_in(kind)
        elif is_list(kind):
            found.add(field.alias)
    return frozenset(found)
