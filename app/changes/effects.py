"""What a change would do to a unit beside what its author calls it, and what that needs (DESIGN.md, promise 4).

Another credit code written as a correction is another unit; a status that ends a unit is an ending. Which fields mean what
and what each needs is data: the policy of kind `effects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.changes.rules import Need
from app.register.rules import plain


class Effect(StrEnum):
    """What of a unit a change touches, beside its existence, which the reason says."""

    IDENTITY = "identity"
    STANDING = "standing"
    AREA = "area"


@dataclass(frozen=True)
class Effects:
    """The table in force: field to effect, effect to need, statuses that end a unit, digits of an area that matter; facts of
    which so many changed at once make another unit, as each alone does not."""

    fields: Mapping[str, Effect]
    needs: Mapping[Effect, Need]
    ending: frozenset[str]
    digits: int
    together: frozenset[str] = frozenset()
    at_once: int = 0

    @classmethod
    def from_rule(cls, rule: Mapping[str, Any]) -> Effects:
        """Raises ValueError, KeyError where the rule names what there is not."""
        return cls(
            {name: Effect(effect) for name, effect in rule["fields"].items()},
            {Effect(effect): Need(need) for effect, need in rule["needs"].items()},
            frozenset(rule["ending"]),
            int(rule["area_digits"]),
            frozenset(rule.get("together", ())),
            int(rule.get("at_once", 0)),
        )

    @property
    def names(self) -> list[str]:
        """The fields that have a say."""
        return sorted(self.fields.keys() | self.together)

    def concerned(self, changes: Mapping[str, Any]) -> bool:
        """Whether a change can do anything, whatever the unit says."""
        return not self.fields.keys().isdisjoint(changes) or bool(
            self.at_once <= len(self.together & changes.keys()) > 0
        )

    def of(self, changes: Mapping[str, Any], held: Mapping[str, Any]) -> set[Effect]:
        """What a change does to a unit that says `held`. A code filled in where there was none is no other identity."""
        found = {effect for name, effect in self.fields.items() if name in changes and self._does(name, changes, held)}
        return found | ({Effect.IDENTITY} if self._is_another(changes, held) else set())

    def _is_another(self, changes: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
        replaced = [name for name in self.together & changes.keys() if _replaces(held.get(name), changes[name])]
        return bool(self.together) and len(replaced) >= self.at_once

    def _does(self, name: str, changes: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
        old, new = str(held.get(name) or ""), str(changes[name] or "")
        match self.fields[name]:
            case Effect.STANDING:
                return (old in self.ending) != (new in self.ending)
            case Effect.AREA if name == "park_code":  # who keeps a park sees its units: in is as much as out
                return old != new
            case Effect.AREA:
                return bool(old) and old[: self.digits] != new[: self.digits]
        return _replaces(old, new)

    def needs_of(self, changes: Mapping[str, Any], held: Mapping[str, Any]) -> set[Need]:
        return {self.needs[effect] for effect in self.of(changes, held)}


def _replaces(old: Any, new: Any) -> bool:
    """Whether a value stands where there was another; one that was filled in is no other."""
    before, after = str(plain(old) or ""), str(new or "")
    return bool(before) and before != after


STRONGEST = tuple(Need)
"""A batch is decided by who may decide its gravest item: replacing, removing, adding, changing."""


def strongest(needs: Iterable[Need]) -> Need:
    found = set(needs)
    return next((need for need in STRONGEST if need in found), Need.CHANGE)
