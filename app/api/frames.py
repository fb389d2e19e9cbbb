"""Frames over HTTP: define, build, confirm by two, freeze, draw again, export."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.mount import Route, mount
from app.frames import verbs

router = mount(
    APIRouter(prefix="/api/v1", tags=["frames"]),
    (
        Route("GET", "/frame-options", verbs.options),
        Route("POST", "/frames/preview", verbs.preview),
        Route("POST", "/frames", verbs.create, 201),
        Route("GET", "/frames", verbs.list_),
        Route("GET", "/frames/{reference}", verbs.show),
        Route("GET", "/frames/{reference}/units", verbs.units),
        Route("PUT", "/frames/{reference}", verbs.redefine),
        Route("POST", "/frames/{reference}/build", verbs.build),
        Route("POST", "/frames/{reference}/confirm", verbs.confirm),
        Route("POST", "/frames/{reference}/freeze", verbs.freeze),
        Route("POST", "/frames/{reference}/discard", verbs.discard),
        Route("GET", "/frames/{reference}/verify", verbs.verify),
        Route("GET", "/frames/{reference}/exports", verbs.exports),
        Route("POST", "/frames/{reference}/exports", verbs.export),
    ),
)
