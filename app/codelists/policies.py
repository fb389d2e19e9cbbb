"""Rules are data; a rule that says what nobody understands is refused by name, never read as another (D13).

`check_policy` looks at a rule where it is loaded and where it is read, so that a row altered by hand is no way round it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from app.core.errors import Conflict
from app.core.said import Said, said, word
from app.domain.fields import NAMES, Group
from app.domain.words import Source

LEVELS = ("above", "same_or_above")
"""An office above the proposer's; another person of the same office, or above."""
NEEDS = ("replace", "remove", "add", "change")
EFFECTS = ("identity", "standing", "area")
_BASES = ("code",)

_NO_KIND = word("policy_kind_unknown", "没有“{given}”这一类规则", "there is no kind of policy “{given}”")
_NO_PART = word("policy_part_unknown", "规则里没有“{part}”这一项", "a policy has no part “{part}”")
_MISSING = word("policy_part_missing", "缺少“{part}”", "“{part}” is missing")
_NO_WORD = word(
    "policy_word_unknown",
    "“{part}”里的“{given}”不认识，只能是：{expected}",
    "“{given}” in “{part}” is not known; it may be: {expected}",
)
_NO_FIGURE = word(
    "policy_figure_wrong", "“{part}”须是 {least} 至 {most} 的数", "“{part}” must be a number from {least} to {most}"
)
_NO_DAY = word("policy_without_day", "有效期里没有一天", "there is no day on which it is in force")


class BadPolicy(Conflict):
    """A rule says something that nobody understands; it is not applied, and nothing is decided by it."""

    code = "bad_policy"
    zh = "规则“{policy}”不能用：{faults}；请由系统管理员改正。"
    en = "the policy “{policy}” cannot be used: {faults}"


Check = Callable[[str, Any], Iterator[Said]]


def _words(known: Iterable[str]) -> Check:
    """One of these words, several, or each named by a key."""
    all_ = [str(one) for one in known]

    def check(part: str, value: Any) -> Iterator[Said]:
        given = value if isinstance(value, list | Mapping) else [value]
        shown = ", ".join(all_) if len(all_) <= 20 else "…"
        for one in given or [""]:
            if one not in all_:
                yield said(_NO_WORD, part=part, given=str(one), expected=shown)

    return check


def _each(keys: Iterable[str], values: Iterable[str]) -> Check:
    """A word for each of some words."""
    left, right = _words(keys), _words(values)

    def check(part: str, value: Any) -> Iterator[Said]:
        if not isinstance(value, Mapping):
            yield said(_MISSING, part=part)
            return
        yield from left(part, list(value))
        yield from right(part, list(value.values()))

    return check


def _figure(least: float, most: float) -> Check:
    def check(part: str, value: Any) -> Iterator[Said]:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            yield said(_NO_FIGURE, part=part, least=least, most=most)

    return check


_SHARE, _COUNT = _figure(0, 1), _figure(0, 10**9)
_PARTS: dict[str, dict[str, Check]] = {
    "approval": {"need": _words(NEEDS), "level": _words(LEVELS)},
    "effects": {
        "fields": _each(NAMES, EFFECTS),
        "needs": _each(EFFECTS, NEEDS),
        "ending": _words(str(status) for status in range(1, 10)),
        "area_digits": _figure(2, 12),
        "together": _words(NAMES),
        "at_once": _figure(2, 20),
    },
    "acceptance": {
        "accept": _words(("change",)),
        "by": _words(_BASES),
        "sources": _words(Source),
        "groups": _words(Group),
        "not_fields": _words(NAMES),
    },
    "intake": {"least_share_of_last": _SHARE, "most_closed_share": _SHARE, "closes_from_units": _COUNT},
}
"""Kind of policy to its parts, each with what it may say."""
_OPTIONAL = frozenset({"not_fields", "together", "at_once"})


def check_policy(name: str, kind: str, rule: Any, valid_from: date, valid_until: date) -> None:
    """Raises BadPolicy with all that is wrong with a rule."""
    faults = list(_faults(kind, rule))
    if valid_from >= valid_until:
        faults.append(said(_NO_DAY))
    if faults:
        raise BadPolicy(policy=name, faults=faults)


def _faults(kind: str, rule: Any) -> Iterator[Said]:
    parts = _PARTS.get(kind)
    if parts is None or not isinstance(rule, Mapping):
        yield said(_NO_KIND, given=kind)
        return
    for unknown in sorted(rule.keys() - parts.keys()):
        yield said(_NO_PART, part=unknown)
    for part, check in parts.items():
        if part in rule:
            yield from check(part, rule[part])
        elif part not in _OPTIONAL:
            yield said(_MISSING, part=part)
    if kind == "effects" and isinstance(rule.get("fields"), Mapping) and isinstance(rule.get("needs"), Mapping):
        named = {str(word) for word in rule["fields"].values()} | ({"identity"} if "together" in rule else set())
        for effect in sorted(named - rule["needs"].keys()):
            yield said(_MISSING, part=f"needs.{effect}")
    for part, other in (("together", "at_once"), ("at_once", "together")):
        if part in rule and other not in rule:
            yield said(_MISSING, part=other)
