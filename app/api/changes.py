"""Change requests over HTTP: propose, look, submit, decide, take back, discuss, written approvals."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.mount import Route, mount
from app.changes import verbs

router = mount(
    APIRouter(prefix="/api/v1/changes/requests", tags=["change requests"]),
    (
        Route("POST", "", verbs.propose, 201),
        Route("GET", "", verbs.list_),
        Route("GET", "/count", verbs.count),
        Route("GET", "/form", verbs.form),
        Route("GET", "/{request_id}", verbs.show),
        Route("GET", "/{request_id}/items", verbs.items),
        Route("POST", "/{request_id}/submit", verbs.submit),
        Route("POST", "/{request_id}/approve", verbs.approve),
        Route("POST", "/{request_id}/return", verbs.return_),
        Route("POST", "/{request_id}/reject", verbs.reject),
        Route("POST", "/{request_id}/withdraw", verbs.withdraw),
        Route("POST", "/{request_id}/refresh", verbs.refresh),
        Route("POST", "/{request_id}/comment", verbs.comment),
        Route("POST", "/{request_id}/written-approval", verbs.record_written),
        Route("POST", "/{request_id}/countersign", verbs.countersign),
    ),
)
