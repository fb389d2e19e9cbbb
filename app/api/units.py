"""Units over HTTP: lists, counts, one unit on both clocks, packages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.api.mount import Route, mount
from app.core.clock import parse_moment
from app.core.errors import Invalid
from app.home import verbs as home
from app.units import verbs

router = mount(
    APIRouter(prefix="/api/v1", tags=["units"]),
    (
        Route("GET", "/home", home.figures),
        Route("GET", "/units", verbs.list_),
        Route("GET", "/units/count", verbs.count),
        Route("GET", "/units/filters", verbs.filters),
        Route("GET", "/units/export", verbs.export),
        Route("GET", "/units/{code}", verbs.show),
        Route("GET", "/units/{code}/trail", verbs.trail),
        Route("POST", "/units/{code}/unmask", verbs.unmask),
    ),
)


def parse_known(text: str) -> Any:
    if not text:
        return None
    try:
        return parse_moment(text)
    except ValueError as wrong:
        raise Invalid(f"known_at is no ISO moment: {text!r}", code="bad_moment") from wrong
