"""Which of several units gives each field where they become one: pure, for the preview and for the request that merges.

A stronger source wins over a weaker one, then the later day, then the survivor; what only one of them says is filled in.
That is so of records of one body. Who bears another valid code is another body, and fills in alone: what is said of it is
not said of the survivor. What a person has locked is not outvoted. Facts that are told together (an address with its area, figures with their
year) come from one unit, so that no unit is made up that nobody ever saw.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from app.domain.fields import FIELDS, IDENTIFIERS, NAMES, Group
from app.domain.words import Standing
from app.register.codes import passes
from app.register.ranking import Ranks, rank, recency
from app.register.sources import Origin, origin_of
from matching.standardise.codes import is_temp_code


class Why(StrEnum):
    """Why a unit gives a field."""

    SAME = "same"
    """all that say something say this"""
    FILLED = "filled"
    """the survivor says nothing"""
    LOCKED = "locked"
    """a person has locked it"""
    VERIFIED = "verified"
    """the code passes its own check, the others fail it"""
    SOURCE = "source"
    """of a source that is believed more"""
    NEWER = "newer"
    """of a source that is believed as much, of a later day"""
    SURVIVOR = "survivor"
    """nothing tells them apart, so that the survivor's stays"""
    KIND = "kind"
    """what the survivor is, and whether it lives, is not a matter of votes"""
    TOGETHER = "together"
    """goes with another fact that the same unit gives"""
    HELD = "held"
    """what others say is said of another body"""
    CHOSEN = "chosen"
    """whoever proposes chose it"""


@dataclass(frozen=True)
class Offer:
    """What one unit says in a field, and who gave it that."""

    unit_id: int
    value: Any
    origin: Origin
    locked: bool = False


@dataclass(frozen=True)
class Contest:
    """A field in which one at least says something: the offers, the survivor's first, whose wins and why."""

    name: str
    offers: tuple[Offer, ...]
    winner: int
    why: Why

    @property
    def value(self) -> Any:
        """What the survivor would say."""
        return self.won.value

    @property
    def won(self) -> Offer:
        return next(offer for offer in self.offers if offer.unit_id == self.winner)

    @property
    def taken(self) -> bool:
        """Whether the survivor would say otherwise than it does."""
        return bool(self.value != self.offers[0].value)


Locked = Mapping[int, Collection[str]]
"""Unit to the fields that a person has locked."""
Chosen = Mapping[str, int]
"""Field to the unit that shall give it, whatever would be decided."""
_OF_A_BODY = ("uscc", "org_code", "reg_no")
_STAYS = frozenset({"unit_type", "part_kind", "treated_as_legal"})
"""What a unit is."""
_OF_ITS_LIFE = frozenset({"operating_status", "closed_on", "closed_reason", "registrar_status"})
"""What tells of an ending: a unit that lives takes none from one that is gone."""
_UPWARDS = frozenset(field.name for field in FIELDS if field.group is Group.RELATION)
"""Of a unit of another sort these say something else: a branch names the unit that it is merged into."""
_WITH: dict[str, tuple[str, ...]] = {
    "area_code": ("address", "urban_rural_code", "enum_block", "building_code"),
    "park_code": ("park_name",),
    "reg_area_code": ("reg_address", "reg_same_as_location"),
    "tel": ("tel_area", "tel_ext"),
    "industry_code": ("activity_1", "activity_2", "activity_3", "industry_code_2011"),
    "superior_uscc": ("has_superior", "superior_name"),
    "parent_uscc": ("parent_org_code", "parent_name", "parent_address", "parent_area_code"),
    "operating_status": ("closed_on", "closed_reason"),
    "figures_year": tuple(field.name for field in FIELDS if field.group is Group.FIGURES),
}
LEADS = {name: lead for lead, names in _WITH.items() for name in names if name != lead}
"""Field to the fact that it is told with."""


def contests(
    survivor: Mapping[str, Any],
    absorbed: Sequence[Mapping[str, Any]],
    ranks: Ranks,
    locked: Locked,
    chosen: Chosen | None = None,
) -> list[Contest]:
    """Field by field who gives the survivor its value, of versions as they hold on the day of the merger; in the order of
    the form, fields of which nobody says anything left out."""
    weighing = _Weighing(survivor, absorbed, ranks, locked, chosen or {})
    found: dict[str, Contest] = {}
    for name in sorted(NAMES, key=lambda name: name in LEADS):
        contest = weighing.contest(name, found.get(LEADS.get(name, "")))
        if contest is not None:
            found[name] = contest
    return [found[name] for name in NAMES if name in found]


def taken(found: Sequence[Contest]) -> tuple[dict[str, Any], dict[str, Origin]]:
    """What the survivor would say otherwise than it does, by field, and who gave each of these."""
    won = {contest.name: contest.won for contest in found if contest.taken}
    return {name: offer.value for name, offer in won.items()}, {name: offer.origin for name, offer in won.items()}


@dataclass(frozen=True)
class _Weighing:
    """What all the fields of one merger are decided by."""

    survivor: Mapping[str, Any]
    absorbed: Sequence[Mapping[str, Any]]
    ranks: Ranks
    locked: Locked
    chosen: Chosen

    @cached_property
    def strangers(self) -> frozenset[int]:
        """Those of another body than the survivor."""
        return frozenset(unit["unit_id"] for unit in self.absorbed if _are_two(self.survivor, unit))

    def contest(self, name: str, lead: Contest | None) -> Contest | None:
        own = _offer(name, self.survivor, self.locked)
        asked = [unit for unit in self.absorbed if self._has_a_say(name, unit)]
        offers = (own, *(_offer(name, unit, self.locked) for unit in asked))
        said = [offer for offer in offers if not _empty(offer)]
        if not said:
            return None
        if name in self.chosen:
            return Contest(name, offers, self.chosen[name], Why.CHOSEN)
        if name in _STAYS:
            return Contest(name, offers, own.unit_id, Why.KIND)
        if lead is not None and _tells_apart(lead) and any(offer.unit_id == lead.winner for offer in offers):
            return Contest(name, offers, lead.winner, Why.TOGETHER)
        return Contest(name, offers, *self._winner(name, own, said))

    def _has_a_say(self, name: str, unit: Mapping[str, Any]) -> bool:
        return self.chosen.get(name) == unit["unit_id"] or _offers(name, unit, self.survivor)

    def _winner(self, name: str, own: Offer, said: Sequence[Offer]) -> tuple[int, Why]:
        if _empty(own):
            return _winner(name, own, said, self.ranks)
        winner, why = _winner(name, own, [one for one in said if one.unit_id not in self.strangers], self.ranks)
        others = any(one.value != own.value for one in said if one.unit_id in self.strangers)
        return winner, Why.HELD if why is Why.SAME and others else why


def _are_two(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two units bear different codes that both pass their check."""
    codes = [(scheme, str(one[scheme] or ""), str(other[scheme] or "")) for scheme in _OF_A_BODY]
    return any(mine != its and passes(scheme, mine) and passes(scheme, its) for scheme, mine, its in codes)


def _offer(name: str, unit: Mapping[str, Any], locked: Locked) -> Offer:
    number = unit["unit_id"]
    return Offer(number, unit[name], origin_of(unit["sources"], name), name in locked.get(number, ()))


def _offers(name: str, unit: Mapping[str, Any], survivor: Mapping[str, Any]) -> bool:
    """Whether an absorbed unit has a say in a field."""
    if name in _OF_ITS_LIFE and unit["standing"] != Standing.LIVE:
        return False
    if is_of_one_alone(name, unit[name]):
        return False
    return name not in _UPWARDS or unit["unit_type"] == survivor["unit_type"]


def is_of_one_alone(scheme: str, code: Any) -> bool:
    """Whether a code is one unit's for ever: a temporary one that was given out leads to who went on in that unit by itself."""
    return scheme == "temp_code" and is_temp_code(str(code or ""))


def _empty(offer: Offer) -> bool:
    return offer.value in (None, "")


def _tells_apart(lead: Contest) -> bool:
    """Whether the units say different things, so that what is told with it is not mixed."""
    return len({offer.value for offer in lead.offers}) > 1


def _winner(name: str, own: Offer, said: Sequence[Offer], ranks: Ranks) -> tuple[int, Why]:
    """The best of the offers, and what tells it apart from the best that says otherwise."""
    best = max(said, key=lambda offer: (_weight(name, offer, ranks), offer is own, -offer.unit_id))
    rivals = [offer for offer in said if offer.value != best.value]
    if _empty(own):
        return best.unit_id, Why.FILLED
    if not rivals:
        return own.unit_id, Why.SAME
    strongest = max(_weight(name, rival, ranks) for rival in rivals)
    why = next(_differing(_weight(name, best, ranks), strongest), Why.SURVIVOR)
    return own.unit_id if best.value == own.value else best.unit_id, why


_ORDER = (Why.LOCKED, Why.VERIFIED, Why.SOURCE, Why.NEWER)
_Weight = tuple[bool, bool, int, str]


def _weight(name: str, offer: Offer, ranks: Ranks) -> _Weight:
    """By what offers are compared, in the order of `_ORDER`: the greater the stronger."""
    stands = name in IDENTIFIERS and passes(name, str(offer.value))
    return offer.locked, stands, -rank(ranks, offer.origin.source, name), recency(offer.origin.on)


def _differing(one: _Weight, other: _Weight) -> Iterator[Why]:
    return (why for why, mine, theirs in zip(_ORDER, one, other, strict=True) if mine != theirs)
