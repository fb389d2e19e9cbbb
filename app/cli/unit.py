"""`minglu unit …`: units on both clocks, lists, counts, packages."""

from __future__ import annotations

from typing import Any

from app.cli.change import values
from app.cli.command import Option, command, noun
from app.cli.common import Format, say, show, terminal_language
from app.home import verbs as home
from app.units import verbs
from app.units.schemas import MergePreview, UnitList, UnitsShown

app = noun("unit", "Look at units.", verbs, home)


def _each(answer: UnitsShown, form: Format) -> None:
    """One unit after the other, for people under the names of its fields."""
    for view in answer.items:
        told = view.model_dump(mode="json")
        if form is Format.TEXT:
            labels, names = told.pop("labels"), told.pop("names")
            told["values"] = {labels[name]: _named(value, names.get(name)) for name, value in view.values.items()}
        show(told, form)


def _named(value: Any, name: str | None) -> Any:
    return f"{value} {name}" if name else value


def _rows(answer: UnitList, form: Format) -> None:
    """For people a line a unit, its columns beside each other; for scripts the list as it is answered."""
    if form is Format.JSON:
        show(answer.model_dump(mode="json")["items"], form)
    else:
        show([{"unit_id": row.unit_id, **row.values, "standing": row.standing} for row in answer.items], form)


def _merged(answer: MergePreview, form: Format) -> None:
    """For people a line a field: what each unit says, whose wins and why; what would stop it comes first."""
    told = answer.model_dump(mode="json")
    if form is Format.JSON:
        show(told, form)
        return
    for unit in answer.units:
        for line in (*unit.stops, *(one.said for one in unit.consequences)):
            say(f"#{unit.unit_id}: {line.en if terminal_language() == 'en' else line.zh}")
    show(
        [
            {"field": one.label, **{f"#{offer.unit_id}": offer.value for offer in one.values}}
            | {"winner": f"#{one.winner}", "why": one.reason}
            for one in answer.fields
        ],
        form,
        columns=("field", *(f"#{unit.unit_id}" for unit in answer.units), "winner", "why"),
    )


command(
    app,
    verbs.demography,
    options={"since": Option("--from")},
    columns=("key", "name", "opening", "in", "out", "closing"),
)
command(app, verbs.count, columns=("code", "name", "count"))
command(app, verbs.export, options={"format": Option("--as")})
command(app, verbs.list_, shows=_rows)
command(app, verbs.show, arguments=("code",), shows=_each)
command(app, verbs.unmask, arguments=("code",), shows=_each)
command(
    app,
    verbs.merge_preview,
    arguments={"unit_id": "survivor", "absorbed": "absorbed"},
    options={"fields": Option("--winner", "field=unit of the merger whose value it shall have", list[str], values)},
    shows=_merged,
)
