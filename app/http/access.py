"""Who saw what: noted at once, written behind the answers (`app.audit.access`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from fastapi import Request

from app.audit.access import AccessLog
from app.audit.service import Entry
from app.audit.tags import Tag


def access_log(request: Request) -> AccessLog:
    return cast(AccessLog, request.app.state.access)


def seen(
    request: Request, tag: Tag, *, actor: str, at: datetime, subject: str = "", payload: Mapping[str, Any] | None = None
) -> None:
    """Note that somebody looked at or took out unit records."""
    access_log(request).note(Entry(tag, actor, at, subject, payload=payload or {}))
