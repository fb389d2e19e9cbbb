"""Who may do what, as a table; and where who sees units by case alone names the case."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.domain.roles import Role
from app.verbs import matrix
from app.web.calls import Reading, ask
from app.web.render import page

router = APIRouter()


@router.get("/matrix")
def show(request: Request, call: Reading) -> Response:
    """Every verb with the roles that may call it."""
    return page(request, "matrix.html", rows=ask(call, matrix.show).items, roles=list(Role))


@router.get("/case")
def case(request: Request, what: str = "") -> Response:
    """The form that asks for the case: of a unit, or of an entry of a log."""
    return page(request, "case.html", what=what if what.startswith("/log/") else "")
