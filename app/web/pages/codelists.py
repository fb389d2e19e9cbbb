"""Code lists: every edition with its validity, codes as a tree or by search, an operator's list brought in."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from app.codelists import queries, service
from app.core.clock import day_of
from app.domain.roles import Permission
from app.http.deps import Now, ReadSession, WriteSession
from app.web.render import page
from app.web.visitor import TheVisitor

router = APIRouter(prefix="/codelists")
_PAGE = 200


@router.get("")
def editions(request: Request, session: ReadSession, now: Now) -> Response:
    return page(request, "codelists.html", editions=queries.editions(session), today=day_of(now))


@router.get("/{name}")
def codes(
    request: Request,
    session: ReadSession,
    now: Now,
    name: str,
    edition: str = "",
    q: str = "",
    parent: str = "",
    after: str = "",
) -> Response:
    """The codes of an edition: those at the top or below one, or all that hold a text."""
    chosen = queries.get_edition(session, name, edition) if edition else queries.edition_on(session, name, day_of(now))
    items = queries.browse(session, chosen, q=q.strip(), parent=parent, after=after, limit=_PAGE)
    return page(
        request,
        "codelist.html",
        chosen=chosen,
        items=items,
        has_children=queries.parents_among(session, chosen, [item.code for item in items]),
        trail=queries.path_to(session, chosen, parent),
        q=q,
        parent=parent,
        edition=edition,
        more=items[-1].code if len(items) == _PAGE else "",
    )


@router.post("")
def bring_in(
    session: WriteSession,
    visitor: TheVisitor,
    now: Now,
    name: Annotated[str, Form()],
    edition: Annotated[str, Form()],
    title: Annotated[str, Form()],
    valid_from: Annotated[date, Form()],
    file: Annotated[UploadFile, File()],
) -> Response:
    """An operator's list from a CSV with `code` and `name`."""
    visitor.actor.require(Permission.MANAGE_CODELISTS)
    with tempfile.TemporaryDirectory(prefix="minglu-") as folder:
        path = Path(folder) / (Path(file.filename or "list.csv").name or "list.csv")
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        service.import_list(
            session, path, name=name, edition=edition, title=title, valid_from=valid_from, actor=visitor.actor, now=now
        )
    return RedirectResponse(f"/codelists/{name}?edition={edition}&done=1", 303)
