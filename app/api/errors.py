"""The catalogue of refusals over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.mount import Route, mount
from app.verbs import catalogue

router = mount(APIRouter(prefix="/api/v1", tags=["errors"]), (Route("GET", "/errors", catalogue.list_),))
