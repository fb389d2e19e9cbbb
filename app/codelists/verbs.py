"""What people can do with code lists: look, bring in an operator's list, take away what was loaded by mistake."""

from __future__ import annotations

from pathlib import Path

from app.codelists import queries, service
from app.codelists.queries import CodeNotFound, EditionNotFound, ListNotFound
from app.codelists.schemas import (
    Codes,
    CodeShown,
    CodesLoad,
    CodesWanted,
    CodeWanted,
    Editions,
    EditionShown,
    EditionWanted,
    Loaded,
    OneCode,
)
from app.codelists.service import BadCodeList, EditionExists, EditionShipped
from app.core.clock import day_of
from app.domain.roles import Permission
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Nothing
from app.verbs.verb import Body


@verb("codelist.list", route="GET /codelists", command="codelist list", cached=True)
def list_(call: Call, _wish: Nothing) -> Editions:
    """Every edition with its validity and origin."""
    return Editions(items=[EditionShown.model_validate(edition) for edition in queries.editions(call.session)])


@verb("codelist.show", errors=(ListNotFound, EditionNotFound), route="GET /codelists/{name}", cached=True)
def show(call: Call, wish: CodesWanted) -> Codes:
    """The codes of a list: all, those right below one, or those that a text speaks of."""
    session, today = call.session, wish.on or day_of(call.now)
    edition = (
        queries.get_edition(session, wish.name, wish.edition)
        if wish.edition
        else queries.edition_on(session, wish.name, today)
    )
    found = queries.browse(
        session, edition, q=wish.q.strip(), parent=wish.parent, after=wish.after, limit=wish.limit and wish.limit + 1
    )
    items = found[: wish.limit]
    browsed = wish.parent is not None or bool(wish.q)
    return Codes.within(
        edition,
        items,
        next=items[-1].code if len(found) > len(items) else None,
        trail=[CodeShown.of(item) for item in queries.path_to(session, edition, wish.parent or "")],
        open=sorted(queries.parents_among(session, edition, [item.code for item in items])) if browsed else [],
    )


@verb(
    "codelist.code",
    errors=(ListNotFound, CodeNotFound),
    route="GET /codes/{name}/{code}",
    command="codelist code {name} {code}",
    cached=True,
)
def code(call: Call, wish: CodeWanted) -> OneCode:
    """One code with its name, as in force on a day."""
    on = wish.on or day_of(call.now)
    item = queries.find_item(call.session, wish.name, wish.code, on)
    if item is None:
        raise CodeNotFound(name=wish.name, item=wish.code, on=on)
    edition = queries.edition_on(call.session, wish.name, on).edition
    return OneCode(**{**CodeShown.of(item).model_dump(), "edition": edition})


@verb(
    "codelist.load",
    Permission.MANAGE_CODELISTS,
    opens=Opens.WRITE,
    errors=(BadCodeList, EditionExists),
    body=Body.FILE,
    status=201,
)
def load(call: Call, wish: CodesLoad) -> Loaded:
    """Load an operator's list, such as one whose licence forbids shipping it."""
    count = service.import_list(
        call.session,
        Path(wish.path),
        name=wish.name,
        edition=wish.edition,
        title=wish.title or wish.name,
        valid_from=wish.valid_from,
        actor=call.actor,
        now=call.now,
        origin=wish.origin,
    )
    return Loaded(name=wish.name, edition=wish.edition, codes=count)


@verb(
    "codelist.drop",
    Permission.MANAGE_CODELISTS,
    opens=Opens.WRITE,
    errors=(EditionNotFound, EditionShipped),
    route="DELETE /codelists/{name}",
    command="codelist drop {name} {edition}",
)
def drop(call: Call, wish: EditionWanted) -> EditionShown:
    """Take an edition away again that was loaded by mistake."""
    dropped = service.drop_edition(call.session, wish.name, wish.edition, actor=call.actor, now=call.now)
    return EditionShown.model_validate(dropped)
