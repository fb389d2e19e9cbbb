"""Who was not let in, or may not, is in the access log, whichever edge he came to."""

from __future__ import annotations

from fastapi import Request

from app.core.actor import Client
from app.core.errors import OF_RIGHTS, AppError
from app.http.house import house_of


def note_refused(request: Request, error: AppError) -> None:
    """Write a refusal to the access log where it is one of rights; others are no concern of who audits access."""
    if error.status in OF_RIGHTS:
        house, what = house_of(request), f"{request.method} {request.url.path}"
        house.access.refused(_caller(request), what, error.code, at=house.clock.now())


def _caller(request: Request) -> str:
    visitor, caller = getattr(request.state, "visitor", None), getattr(request.state, "caller", None)
    known = visitor.actor if visitor is not None else caller
    return f"client:{known.name}" if isinstance(known, Client) else str(getattr(known, "login", "anybody"))
