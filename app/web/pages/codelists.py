"""Code lists: every edition with its validity, codes as a tree or by search, an operator's list brought in."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from app.codelists import verbs
from app.core.clock import day_of
from app.http.uploads import laid_down
from app.web.calls import Reading, Text, act, ask
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/codelists")
_PAGE = 200


@router.get("")
def editions(request: Request, call: Reading) -> Response:
    return page(request, "codelists.html", editions=ask(call, verbs.list_).items, today=day_of(call.now))


@router.get("/{name}")
def codes(
    request: Request, call: Reading, name: str, edition: str = "", q: str = "", parent: str = "", after: str = ""
) -> Response:
    """The codes of an edition: those at the top or below one, or all that hold a text."""
    found = ask(call, verbs.show, name=name, edition=edition, q=q, parent=parent, after=after, limit=_PAGE)
    return page(request, "codelist.html", chosen=found, q=q)


@router.post("")
def bring_in(
    request: Request,
    visitor: TheVisitor,
    name: Text,
    edition: Text,
    title: Text,
    valid_from: Text,
    file: Annotated[UploadFile, File()],
) -> Response:
    """An operator's list from a CSV with `code` and `name`."""
    told = {"name": name, "edition": edition, "title": title, "valid_from": valid_from}
    with laid_down(file) as path:
        made = act(request, visitor, verbs.load, path=str(path), origin=path.name[:255], **told)
    return RedirectResponse(f"/codelists/{quote(made.name)}?edition={quote(made.edition)}&done=1", 303)


@router.post("/{name}/drop")
def drop(request: Request, visitor: TheVisitor, name: str, edition: Text) -> Response:
    """An edition that was loaded by mistake goes again."""
    act(request, visitor, verbs.drop, name=name, edition=edition)
    return RedirectResponse("/codelists?done=1", 303)
