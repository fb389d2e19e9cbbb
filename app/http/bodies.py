"""How long a body may be: the framework counts while it comes; here is what is said of one that is too long."""

from __future__ import annotations

from fastapi import Request
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY

from app.core.errors import TooLarge
from app.core.said import said, word

BODY = word("limit_body", "请求内容的字节数", "bytes of a body")


def too_large(request: Request) -> TooLarge:
    """The refusal of a body that is longer than this address takes."""
    return TooLarge(what=said(BODY), most=int(request.scope.get(MAX_BODY_SIZE_SCOPE_KEY) or 0))
