"""Spot checks over HTTP: draw from a frozen frame, record what was met, propose corrections, close."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.mount import Route, mount
from app.quality import verbs

router = mount(
    APIRouter(prefix="/api/v1", tags=["spot checks"]),
    (
        Route("GET", "/spot-check-options", verbs.options),
        Route("GET", "/spot-checks", verbs.list_),
        Route("POST", "/spot-checks", verbs.draw, 201),
        Route("GET", "/spot-checks/{check_id}", verbs.show),
        Route("GET", "/spot-checks/{check_id}/items/{seq}", verbs.item),
        Route("POST", "/spot-checks/{check_id}/items/{seq}", verbs.record),
        Route("POST", "/spot-checks/{check_id}/items/{seq}/correct", verbs.correct, 201),
        Route("POST", "/spot-checks/{check_id}/close", verbs.close),
        Route("GET", "/spot-checks/{check_id}/results", verbs.results),
    ),
)
