"""Units over HTTP: lists, counts, one unit on both clocks, packages."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.mount import Route, mount
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
