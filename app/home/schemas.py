"""What the home page says."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from app.units.schemas import Counted
from app.verbs.schemas import Answer


class Waits(StrEnum):
    """What can wait for somebody."""

    PAIRS = "pairs"
    FILES = "files"
    APPROVALS = "approvals"
    MOVES = "moves"
    OWN_REQUESTS = "own_requests"
    FRAMES = "frames"
    SURVEYS = "surveys"
    SPOT_CHECKS = "spot_checks"
    JOBS = "jobs"


class Queue(Answer):
    """Something that waits, and how many."""

    what: Waits
    count: int


class Month(Answer):
    """Units that came in and that went out in a month (YYYY-MM)."""

    month: str
    entries: int
    exits: int


class RegisterFigures(Answer):
    """The live units of somebody's area; sub-districts, sections of industry and statuses with the most first.

    `unplaced` are those whose area reaches down to no sub-district (finding A07); they are in none of `areas`.
    """

    live: int
    types: list[Counted]
    areas: list[Counted]
    unplaced: Counted
    industries: list[Counted]
    statuses: list[Counted]
    months: list[Month]


class HomeFigures(Answer):
    """What waits for whoever asks, and the register in figures, absent for those who do not see units."""

    on: date
    queues: list[Queue]
    units: RegisterFigures | None
