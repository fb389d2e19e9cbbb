"""Progress of what takes longer."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.mount import Route, mount
from app.jobs import verbs

router = mount(
    APIRouter(prefix="/api/v1", tags=["jobs"]),
    (
        Route("GET", "/jobs", verbs.list_),
        Route("GET", "/jobs/{job_id}", verbs.show),
        Route("POST", "/jobs/{job_id}/restart", verbs.restart),
        Route("POST", "/jobs/{job_id}/cancel", verbs.cancel),
    ),
)
