"""`minglu value …`: whose value stands: locks on fields, conflicts between sources, gaps."""

from __future__ import annotations

from app.cli.command import command, noun
from app.cli.common import Format, show
from app.values import verbs
from app.values.schemas import Conflicts

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
            **{side: f"{said.value} {said.called} ({said.source} {said.on})" for side, said in _sides(one).items()},
            "why": one.why,
            "status": one.status,
        }
        for one in answer.items
    ]
    show(lines, form)


def _sides(one: object) -> dict[str, object]:
    return {"in_force": one.held, "source_says": one.other}


command(app, verbs.conflicts, shows=_rows)
command(app, verbs.fillable, shows=_rows)
command(app, verbs.gaps, columns=("kind", "field", "source", "before", "after", "fills"))
