"""Answers that callers may keep: sent again only when they changed."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response


def unless_kept(request: Request, content: bytes, status: int = 200) -> Response:
    """The answer, or only that what the caller keeps still stands."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(content, status, headers=headers, media_type="application/json")
