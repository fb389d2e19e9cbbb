"""`minglu unit …`: units on both clocks."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from app.audit.service import ACCESS, Entry, append
from app.audit.tags import Tag
from app.cli.common import Format, FormatOption, TokenOption, as_person, refusals, show
from app.core.clock import day_of, parse_moment
from app.core.errors import Invalid
from app.domain.fields import PERSONAL
from app.domain.labels import label
from app.domain.roles import Permission
from app.register.queries import AsOf, UnitNotFound
from app.register.view import find_views

app = typer.Typer(name="unit", help="Look at units.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Look at units."""


@app.command(name="show")
@refusals
def show_(
    code: Annotated[str, typer.Argument(help="any code of the unit, or #ID")],
    on: Annotated[datetime | None, typer.Option(help="as of this day", formats=["%Y-%m-%d"])] = None,
    known_at: Annotated[str, typer.Option(help="as known at this moment (ISO)")] = "",
    reveal: Annotated[list[str] | None, typer.Option(help="personal field to show in clear")] = None,
    reason: Annotated[str, typer.Option(help="why personal values are needed")] = "",
    form: FormatOption = Format.TEXT,
    token: TokenOption = "",
) -> None:
    """A unit as of a day and as known at a moment: values with their sources, codes, relations, time line."""
    with as_person(token) as opened:
        actor, now = opened.person, opened.clock.now()
        actor.require(Permission.VIEW_UNITS)
        fields = set(reveal or [])
        if fields:
            actor.require(Permission.UNMASK)
        if fields and (not reason.strip() or fields - PERSONAL):
            raise Invalid("reveal names personal fields and needs --reason", code="reason_missing")
        as_of = AsOf(on.date() if on else day_of(now), parse_moment(known_at) if known_at else None)
        with opened.database.read() as session:
            views = find_views(session, code, as_of, area_prefix=actor.area_prefix, reveal=fields)
        if not views:
            raise UnitNotFound(f"no unit carried the code {code!r} on {as_of.on}")
        with opened.database.write() as session:
            tag = Tag.UNIT_UNMASK if fields else Tag.UNIT_VIEW
            payload = {"fields": sorted(fields), "reason": reason} if fields else {}
            append(session, ACCESS, [Entry(tag, actor.login, now, f"unit {v.unit_id}", payload=payload) for v in views])
        for view in views:
            found = asdict(view)
            if form is Format.TEXT:
                found["values"] = {label("field", k, actor.language): v for k, v in view.values.items()}
            show(found, form)
