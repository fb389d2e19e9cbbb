"""Which dated policy decides on a request, and whether one lets it through without a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.changes.effects import Effects
from app.changes.errors import NoPolicy
from app.changes.rules import Need
from app.codelists.policies import check_policy
from app.domain.fields import BY_NAME
from app.models import Policy


@dataclass(frozen=True)
class Approval:
    """The policy that names who decides on a need: `level` is `above` or `same_or_above`."""

    name: str
    level: str
    need: str


def approval_for(session: Session, need: str, on: date) -> Approval:
    """The approval policy in force for a need. Raises NoPolicy."""
    for policy in _in_force(session, "approval", on):
        if need in policy.rule["need"]:
            return Approval(policy.name, policy.rule["level"], need)
    raise NoPolicy(on=on.isoformat(), need=need)


def effects_on(session: Session, on: date) -> Effects:
    """What changes of fields need, as in force on a day. Raises NoPolicy."""
    for policy in _in_force(session, "effects", on):
        return Effects.from_rule(policy.rule)
    raise NoPolicy(on=on.isoformat(), need="effects")


def acceptance_for(
    session: Session, *, need: str, basis: str, sources: Iterable[str], fields: Iterable[str], on: date
) -> Policy | None:
    """The policy that accepts such a change without a person, or None.

    It never accepts adding, replacing or removing a unit, whatever its rule says (DESIGN.md, promise 3).
    """
    if need != Need.CHANGE:
        return None
    wanted, names = set(sources), set(fields)
    fitting = (p for p in _in_force(session, "acceptance", on) if _accepts(p.rule, basis, wanted, names))
    return next(fitting, None)


def acceptable_fields(session: Session, *, basis: str, source: str, fields: Iterable[str], on: date) -> set[str]:
    """Which of the fields some acceptance policy in force would let through."""
    policies = _in_force(session, "acceptance", on)
    return {name for name in fields if any(_accepts(policy.rule, basis, {source}, {name}) for policy in policies)}


def _accepts(rule: dict[str, Any], basis: str, sources: set[str], fields: set[str]) -> bool:
    if rule.get("accept") != "change" or rule.get("by") != basis or not sources <= set(rule["sources"]):
        return False
    excluded = set(rule.get("not_fields", []))
    return all(BY_NAME[name].group in rule["groups"] and name not in excluded for name in fields)


def _in_force(session: Session, kind: str, on: date) -> list[Policy]:
    """Raises BadPolicy: a misspelt rule is never read as another."""
    statement = select(Policy).where(
        col(Policy.kind) == kind, col(Policy.valid_from) <= on, col(Policy.valid_until) > on
    )
    found = list(session.execute(statement.order_by(col(Policy.name))).scalars())
    for policy in found:
        check_policy(policy.name, policy.kind, policy.rule, policy.valid_from, policy.valid_until)
    return found
