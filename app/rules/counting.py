"""What the rules say of all rows of a file, or of all items of a request, put together: by rule how many break it, and the first.

A few are looked at by whoever asks. What is larger is counted by a job, part by part in snapshots beside whoever writes, and
kept until it is counted anew: it says as of when, and of which version.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core.said import Said
from app.domain.fields import BY_NAME
from app.domain.words import Level
from app.jobs.service import enqueue, find_open
from app.models import Job, Rule, RuleCount
from app.register.present import present
from app.rules.queries import rules_on
from app.rules.schemas import First, GuardCounted, RuleCounted, RulesCounted, beside
from app.verbs import Call

COUNT_TASK = "rules.count"
FIRST = 5
"""Rows or items that are named for each rule."""


class About(StrEnum):
    """What is counted over."""

    BATCH = "batch"
    REQUEST = "request"


class Weighed(NamedTuple):
    """What is said of one row or item: the rules it breaks, each with whether it is this one that brings that in; what stops
    it, and then it breaks none."""

    rules: Sequence[tuple[Rule, bool]]
    stops: Sequence[Said]


@dataclass
class Count:
    """So many items were looked at; by rule [how many break it, how many of these bring it in, the first], by guard [how many
    it stops, the first, its words]."""

    items: int = 0
    rules: dict[str, list[Any]] = field(default_factory=dict)
    guards: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, key: int, weighed: Weighed) -> None:
        self.items += 1
        for rule, brought in weighed.rules:
            found = self.rules.setdefault(rule.code, [0, 0, []])
            found[0], found[1] = found[0] + 1, found[1] + brought
            _note_first(found[2], key)
        for guard, said in {_key_of(said): said for said in weighed.stops}.items():
            found = self.guards.setdefault(guard, [0, [], said.as_json()])
            found[0] += 1
            _note_first(found[1], key)

    @property
    def first(self) -> list[int]:
        """All rows or items that are named."""
        named = [found[2] for found in self.rules.values()] + [found[1] for found in self.guards.values()]
        return sorted({key for some in named for key in some})


def _note_first(first: list[int], key: int) -> None:
    if len(first) < FIRST:
        first.append(key)


def _key_of(stop: Said) -> str:
    """A guard, apart for each field that it speaks of."""
    return f"{stop.code}:{stop.facts.get('field', '')}"


def keep(session: Session, about: About, about_id: int, count: Count, *, version: int, on: date, now: datetime) -> None:
    """Put a count in the place of the last one of the same thing."""
    told: dict[str, Any] = {"on": on, "at": now, "version": version, "items": count.items}
    made = RuleCount(about=str(about), about_id=about_id, rules=count.rules, guards=count.guards, **told)
    held = _held(session, about, about_id)
    if held is not None:
        made.count_id = held.count_id
    session.merge(made)


def _held(session: Session, about: About, about_id: int) -> RuleCount | None:
    own = (col(RuleCount.about) == str(about), col(RuleCount.about_id) == about_id)
    found: RuleCount | None = session.execute(select(RuleCount).where(*own)).scalar_one_or_none()
    return found


@dataclass(frozen=True)
class Kept:
    """A count with when it was made, and the job that makes the next one; nothing yet where nobody counted. `now`: it was made for
    who asks."""

    count: Count | None
    at: datetime | None
    on: date | None
    version: int
    job_id: int | None
    now: bool = False


def kept(session: Session, about: About, about_id: int) -> Kept:
    held, job = _held(session, about, about_id), find_open(session, _key(about, about_id))
    job_id = job.job_id if job else None
    if held is None:
        return Kept(None, None, None, 0, job_id)
    return Kept(Count(held.items, held.rules, held.guards), held.at, held.on, held.version, job_id)


def _key(about: About, about_id: int) -> str:
    return f"{COUNT_TASK}:{about}:{about_id}"


def ask_count(
    session: Session, about: About, about_id: int, *, by: str, now: datetime, office_id: int | None = None
) -> Job:
    """Have the worker count; while it does, another count follows behind it."""
    args = {"about": str(about), "about_id": about_id}
    told: dict[str, Any] = {"key": _key(about, about_id), "by": by, "now": now, "office_id": office_id, "again": True}
    return enqueue(session, COUNT_TASK, args=args, **told)


Lines = Mapping[int, tuple[Mapping[str, Any], Mapping[str, Any]]]
"""Row or item to how it is called, and what it says."""


def shown(call: Call, found: Kept, lines: Lines) -> RulesCounted:
    """A count as people see it, errors first; `lines` are the first rows or items."""
    count, on = found.count or Count(), found.on or call.today
    rules = {rule.code: rule for rule in rules_on(call.session, on) if rule.code in count.rules}
    firsts = _Firsts(call, lines, {*(name for rule in rules.values() for name in rule.fields), *_fields_of(count)})
    told_of = [_rule(call, rule, count.rules[code], firsts) for code, rule in rules.items()]
    stopped = sorted(count.guards.values(), key=lambda found: -found[0])
    return RulesCounted(
        items=count.items,
        rules=sorted(told_of, key=lambda line: (line.level, -line.items, line.rule)),
        guards=[_guard(call, one, firsts) for one in stopped],
        counted=found.count is not None,
        now=found.now,
        at=found.at,
        on=found.on,
        job_id=found.job_id,
    )


class _Firsts:
    """The first rows or items, with what they say: looked up once for all rules."""

    def __init__(self, call: Call, lines: Lines, fields: Collection[str]) -> None:
        self._called = {key: called for key, (called, _) in lines.items()}
        said = present(call.session, [values for _, values in lines.values()], sorted(fields), on=call.today)
        self._said, self._language = dict(zip(lines, said, strict=True)), call.language

    def of(self, keys: Sequence[int], fields: Sequence[str]) -> list[First]:
        return [
            First(**self._called[key], fields=beside(self._said[key], fields, self._language))
            for key in keys
            if key in self._called
        ]


def _fields_of(count: Count) -> set[str]:
    return {name for _, _, said in count.guards.values() if (name := _field_of(said))}


def _field_of(said: Mapping[str, Any]) -> str:
    name = str(said["facts"].get("field", ""))
    return name if name in BY_NAME else ""


def _rule(call: Call, rule: Rule, found: Sequence[Any], firsts: _Firsts) -> RuleCounted:
    items, brought, keys = found
    return RuleCounted(
        rule=rule.code,
        level=Level(rule.level),
        text=rule.en if call.language == "en" else rule.zh,
        fields=rule.fields,
        items=items,
        brought=brought,
        first=firsts.of(keys, rule.fields),
    )


def _guard(call: Call, found: Sequence[Any], firsts: _Firsts) -> GuardCounted:
    items, keys, said = found
    fields = [name for name in [_field_of(said)] if name]
    text = said["en"] if call.language == "en" else said["zh"]
    return GuardCounted(code=said["code"], text=text, fields=fields, items=items, first=firsts.of(keys, fields))
