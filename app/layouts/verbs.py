"""What people can do with layouts: look at a file that nobody knows, teach its layout, see and end those taught."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.audit.service import hold_chain
from app.audit.tags import Tag
from app.core.personal import mask
from app.core.rights import Reach
from app.core.settings import get_settings
from app.domain.fields import PERSONAL
from app.domain.roles import Permission
from app.layouts import queries
from app.layouts.errors import LayoutNotFound, LayoutUnusable, unusable
from app.layouts.schemas import (
    ColumnSeen,
    FileLookedAt,
    LayoutDraft,
    Layouts,
    LayoutShown,
    LayoutsWanted,
    LayoutTaught,
    LayoutWanted,
    PartSeen,
)
from app.models import FileLayout
from app.verbs import Call, Opens, verb
from app.verbs.verb import Body
from importers import FileProblem, get_spec
from importers.looking import Seen
from importers.looking import look as looked
from importers.spec import check_taught, shared_vocabulary, with_taught
from importers.taught import Taught

_SHORT, _MANY_DIGITS = 4, 7
"""What may be a person's name, and what may be a number of his."""


@verb("layout.list", Permission.IMPORT, route="GET /layouts", reach=Reach.OFFICE)
def list_(call: Call, wish: LayoutsWanted) -> Layouts:
    """Layouts that people taught and that are in use: of the own office, those above and those below."""
    found = queries.list_layouts(call.session, call.actor, source=wish.source, after=wish.after, limit=wish.limit)
    more = found[-1].layout_id if len(found) == wish.limit else None
    return Layouts(items=[LayoutShown.told(layout) for layout in found], next=more)


@verb(
    "layout.look",
    Permission.IMPORT,
    opens=Opens.OWN,
    errors=(LayoutUnusable,),
    body=Body.FILE,
    reach=Reach.OWN,
    sees=True,
)
def look(call: Call, wish: FileLookedAt) -> LayoutDraft:
    """The columns of a file that nobody knows, with what each may mean and its first values; nothing of it is kept."""
    with call.reading() as inside:
        taught = queries.taught_for(inside.session, call.actor.office_id, wish.source)
    spec = with_taught(get_spec(wish.source), taught)
    try:
        seen = looked(Path(wish.path), spec, limits=get_settings().file)
    except FileProblem as problem:
        raise unusable(problem) from problem
    return LayoutDraft(
        file=Path(wish.path).name,
        source=wish.source,
        parts=[PartSeen(name=part.account.name, like=part.like, columns=list(_columns(part))) for part in seen],
        layouts={layout.name: [sorted(group) for group in layout.needs] for layout in spec.layouts},
        fields=sorted(shared_vocabulary().kinds, key=lambda name: (name.startswith("_"), name)),
    )


def _columns(part: Seen) -> Iterable[ColumnSeen]:
    for place, label in enumerate(part.account.labels):
        sure = part.account.columns.get(label, "")
        field = sure or part.account.guesses.get(label, "")
        values = [row[place] if place < len(row) else "" for row in part.rows]
        yield ColumnSeen(label=label, field=field, sure=bool(sure), values=[_shown(field, value) for value in values])


def _shown(field: str, value: str) -> str:
    """A value so far as it surely is nothing personal, else its mask: nobody knows what the column holds."""
    digits = sum(one.isdigit() for one in value)
    doubtful = not field or field.startswith("_")
    personal = field in PERSONAL or (doubtful and (len(value) <= _SHORT or digits >= _MANY_DIGITS))
    return mask(value) if personal and value else value[:255]


@verb(
    "layout.teach",
    Permission.IMPORT,
    opens=Opens.WRITE,
    errors=(LayoutUnusable,),
    route="POST /layouts",
    status=201,
    reach=Reach.OWN,
)
def teach(call: Call, wish: LayoutTaught) -> LayoutShown:
    """Teach a layout: files with its columns are read by it from now on, in the own office and those below."""
    hold_chain(call.session)
    queries.hold_office(call.session, call.actor.office_id)
    version = 1 + queries.last_version(call.session, call.actor.office_id, wish.source, wish.name)
    ways = (wish.money_unit, wish.day_first, wish.codes)
    try:
        check_taught(get_spec(wish.source), Taught(wish.name, version, wish.like, wish.labels, *ways))
    except FileProblem as problem:
        raise unusable(problem) from problem
    layout = FileLayout(
        office_id=call.actor.office_id,
        source=wish.source,
        name=wish.name,
        version=version,
        like=wish.like,
        labels=wish.labels,
        ways=dict(zip(("money_unit", "day_first", "codes"), ways, strict=True)),
        taught_by=call.actor.user_id,
        taught_at=call.now,
    )
    for other in queries.in_use(call.session, call.actor.office_id, wish.source, wish.name):
        other.ended_at = call.now
    call.session.add(layout)
    call.session.flush()
    call.log(
        Tag.LAYOUT_TEACH, f"layout {layout.layout_id}", {"source": wish.source, "name": wish.name, "version": version}
    )
    return LayoutShown.told(layout)


@verb(
    "layout.end",
    Permission.IMPORT,
    opens=Opens.WRITE,
    errors=(LayoutNotFound,),
    route="POST /layouts/{layout_id}/end",
    command="layout end {layout_id:layout}",
    reach=Reach.OFFICE,
)
def end(call: Call, wish: LayoutWanted) -> LayoutShown:
    """Use a layout no more; batches that were read by it go on naming it."""
    layout = queries.get_layout(call.session, wish.layout_id, call.actor)
    hold_chain(call.session)
    layout.ended_at = call.now
    call.log(Tag.LAYOUT_END, f"layout {layout.layout_id}", {"source": layout.source, "name": layout.name})
    return LayoutShown.told(layout)
