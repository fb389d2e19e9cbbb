"""`minglu value …`: whose value stands: locks on fields, conflicts between sources, gaps."""

from __future__ import annotations

from app.cli.command import command, noun
from app.cli.common import Format, show
from app.values import verbs
from app.values.schemas import Conflicts, Said

app = noun("value", "Whose value stands: locks, conflicts, gaps.", verbs)


def _rows(answer: Conflicts, form: Format) -> None:
    """For people a line a value, what is in force beside what the source says; for scripts the list as it is answered."""
    if form is Format.JSON:
        show(answer.model_dump(mode="json")["items"], form)
        return
    lines = [
        {
            "losing_id": one.losing_id,
            "unit_id": one.unit_id,
            "name": one.name,
            "field": one.label,
            "in_force": _told(one.held),
            "source_says": _told(one.other),
            "why": one.why,
            "status": one.status,
        }
        for one in answer.items
    ]
    show(lines, form)


def _told(one: Said) -> str:
    return f"{one.value} {one.called} ({one.source} {one.on})" if one.source else ""


command(app, verbs.conflicts, shows=_rows)
command(app, verbs.fillable, shows=_rows)
command(app, verbs.gaps, columns=("kind", "field", "source", "before", "after", "fills"))
