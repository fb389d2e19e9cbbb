"""Who reaches what: the one decision about an object, asked by every verb that is about one, whatever the road.

A permission (`app.domain.roles`) says what somebody may do at all; the reach says on which things. There are few kinds
of things: units lie in an area and may bear a park's code; files, jobs, requests and frames are kept by an office;
surveys belong to a section; some things are a person's own. A verb names its `Reach`; one that ends without having
asked here is a fault of ours and is refused (`app.verbs.verb`): what is forgotten fails closed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, false, func, or_, true

from app.core.errors import Forbidden
from app.domain.period import FOREVER

if TYPE_CHECKING:
    from app.core.actor import Actor, Client

WHOLE_COUNTRY = "000000"
"""The area of an office that keeps all of the country (GB/T 2260 writes 全国 so); no area at all is none."""


class Reach(StrEnum):
    """On which things a verb works, beside whether the caller may do it at all."""

    NOTHING = "nothing"
    """about no thing that anybody keeps: code lists, offices, refusals"""
    OWN = "own"
    """what is the caller's own: account, tokens, sign-ins; what is made for the own office"""
    AREA = "area"
    """units by where they lie, as they stand and as they would stand"""
    OFFICE = "office"
    """what an office keeps: its own and that of the offices below"""
    SECTION = "section"
    """what belongs to a survey: its section's, in the area"""
    HOUSE = "house"
    """the installation itself: accounts, rights, keys, logs"""


class OutOfArea(Forbidden):
    """A unit lies, or would lie, outside the actor's area."""

    code = "out_of_area"
    zh = "区划 {area} 不在您所在机构的辖区（{office_area}）以内；请由所属机构或上级机构办理。"
    en = "area {area} is outside that of the office of {login} ({office_area})"


@dataclass(frozen=True)
class Stretch:
    """What an office keeps for a stretch of days: an area, all of it or only the units that bear a park's code."""

    prefix: str
    park: str = ""
    valid_from: date = date.min
    valid_until: date = FOREVER


@dataclass(frozen=True)
class Territory:
    """Where the units lie that somebody reaches on one day: parts of (leading digits of the area, park or all)."""

    parts: tuple[tuple[str, str], ...] = ()

    def holds(self, area: str, park: str = "") -> bool:
        """Whether a unit that lies there, and bears this park's code, is within."""
        return any(_within(area, prefix) and (not only or only == park) for prefix, only in self.parts)

    def holds_all_of(self, prefix: str) -> bool:
        """Whether everything is within that lies in an area, or in each of several (parted by commas)."""
        whole = [own for own, only in self.parts if not only]
        return bool(prefix) and all(any(_within(part, own) for own in whole) for part in prefix.split(","))

    def condition(self, area: ColumnElement[str], park: ColumnElement[str]) -> ColumnElement[bool]:
        """The same as a condition on columns; without any part nothing holds."""
        return or_(false(), *(_condition(area, park, *part) for part in self.parts))

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The areas kept whole."""
        return tuple(prefix for prefix, only in self.parts if not only)

    @property
    def scope(self) -> str:
        """The areas kept whole, as definitions of frames write them."""
        return ",".join(self.prefixes)

    @property
    def only(self) -> str:
        """The one area; empty where there is none, or several."""
        return self.parts[0][0] if len(self.parts) == 1 else ""

    def __str__(self) -> str:
        return ", ".join(f"{prefix}·{only}" if only else prefix for prefix, only in self.parts) or "–"


def _within(area: str, prefix: str) -> bool:
    return prefix == WHOLE_COUNTRY or (bool(area) and area.startswith(prefix))


def _condition(area: ColumnElement[str], park: ColumnElement[str], prefix: str, only: str) -> ColumnElement[bool]:
    lies = true() if prefix == WHOLE_COUNTRY else func.substr(area, 1, len(prefix)) == prefix
    return and_(lies, park == only) if only else lies


_asked: ContextVar[set[Reach] | None] = ContextVar("asked", default=None)


@contextmanager
def noting() -> Iterator[set[Reach]]:
    """What is decided about within the block, by kind of thing; blocks may lie in each other."""
    outer, own = _asked.get(), set[Reach]()
    token = _asked.set(own)
    try:
        yield own
    finally:
        _asked.reset(token)
        if outer is not None:
            outer |= own


def _note(reach: Reach) -> None:
    asked = _asked.get()
    if asked is not None:
        asked.add(reach)


def territory(actor: Actor | Client, on: date) -> Territory:
    """Where the units lie that a person or a key reaches, as of a day: lists of that day show what lay within it."""
    _note(Reach.AREA)
    return on_day(actor.areas, on)


def on_day(areas: Iterable[Stretch], on: date) -> Territory:
    """What is kept on a day."""
    kept = (stretch for stretch in areas if stretch.valid_from <= on < stretch.valid_until)
    return Territory(tuple(sorted({(stretch.prefix, stretch.park) for stretch in kept})))


def require_within(actor: Actor, on: date, lands: Iterable[tuple[str, str]], *, said: Collection[str] = ()) -> None:
    """Raise OutOfArea unless all of (area, park) are within what the actor reaches on a day. It names an area that the
    actor said himself; where a unit lies that he does not see, no refusal tells.
    """
    own = territory(actor, on)
    for area, park in lands:
        if not own.holds(area, park):
            raise OutOfArea(area=area if area in said else "–", office_area=str(own), login=actor.login)


def kept(actor: Actor, path: Any) -> ColumnElement[bool]:
    """Condition on the path of the office that keeps a thing: the actor's own office or one below it."""
    _note(Reach.OFFICE)
    below: ColumnElement[bool] = func.substr(path, 1, len(actor.office_path)) == actor.office_path
    return below if actor.office_path else false()


def keeps(actor: Actor, path: str) -> bool:
    """Whether the office with this path is the actor's own or stands below it."""
    _note(Reach.OFFICE)
    return bool(actor.office_path) and path.startswith(actor.office_path)


def is_above(actor: Actor, path: str) -> bool:
    """Whether the actor's office stands above the one with this path."""
    _note(Reach.OFFICE)
    return actor.office_path != path and bool(actor.office_path) and path.startswith(actor.office_path)


def is_top(actor: Actor) -> bool:
    """Whether nobody stands above the actor's office: what holds for the whole installation is decided there."""
    return actor.office_path.count("/") == _TOP


_TOP = 2
"""Strokes in the path of the first office: `/1/`."""


def owns(actor: Actor, section_id: int | None) -> bool:
    """Whether a thing of this section is of the actor's own section."""
    _note(Reach.SECTION)
    return section_id is not None and actor.section_id == section_id


def mine(actor: Actor, user_id: int) -> bool:
    """Whether a thing is the actor's own."""
    _note(Reach.OWN)
    return actor.user_id == user_id
