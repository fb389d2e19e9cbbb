"""Templates: what every page is given, how values are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app import __version__
from app.core.clock import SHANGHAI
from app.domain import labels as words
from app.domain.period import FOREVER
from app.web import labels
from app.web.again import Again, again_of, page_of
from app.web.help import help_for
from app.web.i18n import _, language, sentence, speak
from app.web.nav import entries_for
from app.web.visitor import language_of, visitor_of

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"


@lru_cache
def environment() -> Environment:
    """The one template environment; a name that is not there is an error, never a blank."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(_=_, icon=icon, language=language, label=label, help_for=help_for, version=__version__)
    made.globals.update(
        query=query,
        asset=asset,
        tones=labels.TONES,
    )
    made.filters.update(moment=moment, day=day, number=number, json=as_json, percent=percent, sentence=sentence)
    return made


def page(request: Request, template: str, http_status: int = 200, **context: Any) -> HTMLResponse:
    """A page for whoever is signed in, in their language."""
    visitor, again = visitor_of(request), again_of(request)
    speak(language_of(request))
    given = {
        "request": request,
        "here": dict(request.query_params),
        "path": request.url.path,
        "visitor": visitor,
        "me": visitor.actor if visitor else None,
        "may": visitor.may if visitor else _nobody_may,
        "csrf": visitor.csrf if visitor else "",
        "nav": entries_for(visitor.actor) if visitor else [],
        "stands_at": _stands_at(request, again),
        "again": again,
        "flash": request.query_params.get("done") == "1" and again is None,
    }
    assert not given.keys() & context.keys(), "a page's own names are not those that every page is given"
    return HTMLResponse(environment().get_template(template).render(given | context), http_status)


def _stands_at(request: Request, again: Again | None) -> str:
    """The page as its forms say where they stand; one that answers a form stands where the form did."""
    if again is not None:
        return again.page
    if request.method == "POST":
        return page_of(request)
    asked = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "done"])
    return request.url.path + (f"?{asked}" if asked else "")


def _nobody_may(_permission: str) -> bool:
    return False


@lru_cache
def asset(name: str) -> str:
    """The address of a static file with its age, so that browsers may keep it for ever."""
    stamp = int((HERE / "static" / name).stat().st_mtime)
    return f"/static/{name}?{stamp}"


def icon(name: str) -> Markup:
    """A drawing of the sprite; decoration, so that no reader speaks it."""
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>').format(
        asset("vendor/icons.svg"), name
    )


def query(current: Mapping[str, Any], **changes: Any) -> str:
    """The address's query with some parts changed; empty ones fall away."""
    merged = {**current, **changes}
    return "?" + urlencode([(k, v) for k, v in merged.items() if v not in ("", None)], doseq=True)


def label(kind: str, word: str | None) -> str:
    """What people call a word of a closed list, in the language spoken."""
    return words.label(kind, word, language())


def moment(value: datetime | str | None) -> Markup:
    """A stored moment in the local manner: to the minute, Asia/Shanghai."""
    if not value:
        return Markup("")
    at = datetime.fromisoformat(value.removesuffix("Z")) if isinstance(value, str) else value
    local = at.replace(tzinfo=UTC).astimezone(SHANGHAI)
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), local.strftime("%Y-%m-%d %H:%M"))


def day(value: date | str | None) -> str:
    return "" if not value or value in (FOREVER, FOREVER.isoformat()) else str(value)


def number(value: float | None) -> str:
    return "" if value is None else f"{value:,}"


def percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f}%"


def as_json(value: Any) -> Markup:
    """Data for a script, safe inside a `<script type="application/json">`."""
    return Markup(orjson.dumps(value, default=str).decode().replace("<", "\\u003c"))  # noqa: S704 - escaped just there


def marked(parts: Iterable[tuple[bool, str]]) -> Markup:
    """Text with its differing parts marked."""
    return Markup("").join(
        Markup("<mark>{}</mark>").format(text) if differs else escape(text) for differs, text in parts
    )
