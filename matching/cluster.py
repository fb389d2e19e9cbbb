"""From match pairs to clusters: joins in falling score under constraints; what is refused is kept with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class _Group:
    members: list[str]
    codes: set[str] = field(default_factory=set)
    held: int = 0
    apart: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Refusal:
    left: str
    right: str
    reason: str


def clusters_of(
    ids: Iterable[str],
    joins: Iterable[tuple[str, str]],
    *,
    codes: Mapping[str, str],
    held: set[str],
    apart: Iterable[tuple[str, str]],
) -> tuple[dict[str, str], list[Refusal]]:
    """Record to cluster (the least id in it), and the joins that a constraint refused.

    Args:
        joins: match pairs, the strongest first.
        codes: valid code by record; two different ones never share a cluster.
        held: records of the register, of which a cluster holds one at most.
        apart: pairs decided to be different; no path joins them.
    """
    groups = {key: _Group([key], {codes[key]} if codes.get(key) else set(), int(key in held)) for key in ids}
    for left, right in apart:
        if left in groups and right in groups:
            groups[left].apart.add(right)
            groups[right].apart.add(left)
    refused = []
    for left, right in joins:
        one, other = groups[left], groups[right]
        if one is other:
            continue
        reason = _why_not(one, other)
        if reason:
            refused.append(Refusal(left, right, reason))
            continue
        _join(groups, one, other)
    return {key: min(group.members) for key, group in groups.items()}, refused


def _why_not(one: _Group, other: _Group) -> str:
    if len(one.codes | other.codes) > 1:
        return "two_codes"
    if one.held + other.held > 1:
        return "two_held_units"
    if one.apart & set(other.members) or other.apart & set(one.members):
        return "decided_different"
    return ""


def _join(groups: dict[str, _Group], one: _Group, other: _Group) -> None:
    large, small = (one, other) if len(one.members) >= len(other.members) else (other, one)
    large.members += small.members
    large.codes |= small.codes
    large.held += small.held
    large.apart |= small.apart
    for key in small.members:
        groups[key] = large
