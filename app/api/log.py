"""The two logs over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.mount import Route, mount
from app.trail import verbs

router = mount(
    APIRouter(prefix="/api/v1/log", tags=["log"]),
    (
        Route("GET", "", verbs.list_),
        Route("GET", "/verify", verbs.verify),
        Route("GET", "/head", verbs.head),
        Route("GET", "/{chain}/{seq}", verbs.entry),
    ),
)
