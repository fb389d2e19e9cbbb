"""Every route that a verb names, by room; the few written by hand stand in the files beside."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter

from app.accounts import myself
from app.accounts import verbs as people
from app.api.door import Door
from app.api.mount import mount
from app.changes import verbs as changes
from app.checks import verbs as checks
from app.codelists import verbs as codelists
from app.frames import verbs as frames
from app.home import verbs as home
from app.intake import verbs as imports
from app.jobs import verbs as jobs
from app.layouts import verbs as layouts
from app.match import verbs as matching
from app.pool import verbs as temporary_codes
from app.quality import verbs as spot_checks
from app.review import verbs as review
from app.rules import verbs as rules
from app.rules import writing
from app.surveys import verbs as surveys
from app.trail import verbs as log
from app.units import verbs as units
from app.values import verbs as values
from app.verbs import catalogue, matrix
from app.verbs.verb import verbs_in

ROOMS = (
    ("check", (checks,)),
    ("units", (home, units, temporary_codes)),
    ("imports", (imports, layouts)),
    ("review", (matching, review)),
    ("change requests", (changes,)),
    ("surveys", (surveys,)),
    ("frames", (frames,)),
    ("findings", (rules, writing)),
    ("whose value", (values,)),
    ("spot checks", (spot_checks,)),
    ("people", (myself, people)),
    ("code lists", (codelists,)),
    ("jobs", (jobs,)),
    ("log", (log,)),
    ("rights", (matrix,)),
    ("errors", (catalogue,)),
)
"""How the API's document groups the rooms."""


@cache
def routers() -> tuple[APIRouter, ...]:
    """The same for every application of a process: which database it is over is asked with each call."""
    return tuple(
        mount(
            APIRouter(prefix="/api/v1", tags=[tag], route_class=Door),
            (verb for room in rooms for verb in verbs_in(room)),
        )
        for tag, rooms in ROOMS
    )
