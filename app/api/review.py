"""Match runs and the review queue over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.mount import Route, mount
from app.match import verbs as matching
from app.review import verbs

router = mount(
    APIRouter(prefix="/api/v1", tags=["review"]),
    (
        Route("POST", "/match-runs", matching.run, 201),
        Route("POST", "/match-runs/start", matching.start, 202),
        Route("GET", "/pairs", verbs.list_),
        Route("GET", "/pairs/{pair_id}", verbs.show),
        Route("GET", "/pairs/{pair_id}/next", verbs.next_),
        Route("POST", "/pairs/{pair_id}/decision", verbs.decide),
        Route("DELETE", "/pairs/{pair_id}/decision", verbs.undo),
    ),
)
