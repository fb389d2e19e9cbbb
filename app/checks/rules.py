"""Pure decisions of the existence check: which unit a code means, and what is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.checks.codes import Flaw
from app.checks.names import is_name, is_one_of, listed_names
from app.checks.reasons import HINT, Reason, Told, how_closed, said
from app.core.rights import WHOLE_COUNTRY, Territory
from app.domain.words import CheckResult, Standing

GONE = frozenset("4567")
"""Operating statuses of units that have ceased (attributes.md §2.3), whatever their standing says."""

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """One item as asked (`code`, `name`) and as understood."""

    code: str
    name: str
    normal: str
    name_key: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What the caller may be told of units: nothing of those that lie elsewhere; of those `within` the code, and all that
    an answer shows where he may see `names`, or said himself what the unit is called."""

    within: Territory
    names: bool

    def holds(self, row: Any) -> bool:
        return self.within.holds(row.area_code or "", row.park_code or "")


WHOLE = Sight(Territory(((WHOLE_COUNTRY, ""),)), names=True)


@dataclass
class Known:
    """Everything read for a batch before anything is decided."""

    on: date
    language: str
    survey: str = ""
    sight: Sight = WHOLE
    lists: Sequence[int] = ()
    listed: set[int] = field(default_factory=set)
    names: Mapping[int, set[str]] = field(default_factory=dict)
    successors: Mapping[int, Any] = field(default_factory=dict)
    pending: Mapping[str, str] = field(default_factory=dict)
    flaws: Mapping[str, Flaw] = field(default_factory=dict)
    slips: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    warnings: frozenset[str] = frozenset()


def is_live(row: Any) -> bool:
    return row.standing == Standing.LIVE and row.operating_status not in GONE


def best_holder(rows: Sequence[Any], question: Question, on: date) -> Any:
    """The unit that a code means when several carry or carried it.

    Live before gone, the one named before others, who carries the code on the day before who carried it once, the
    legal unit before its branches that go by its code.
    """
    return rows[0] if len(rows) == 1 else min(rows, key=lambda row: _rank(row, question, on))


def _rank(row: Any, question: Question, on: date) -> tuple[Any, ...]:
    missing = row.name is None
    named = not missing and bool(question.name_key) and is_name(question.name_key, row.name)
    current = row.code_from <= on < row.code_until
    return (missing, missing or not is_live(row), not named, not current, row.unit_type or "", row.unit_id)


def needs_older_names(row: Any, question: Question) -> bool:
    """Whether the name given is not the present one, so that former names have to be looked at."""
    return bool(question.name_key) and row.name is not None and not is_name(question.name_key, row.name)


def told_of(row: Any, question: Question, known: Known) -> Told:
    """How much of a unit is told to who asked so. A name that he gave counts when it is, or was, the unit's own."""
    if not known.sight.holds(row):
        return Told.NOTHING
    return Told.ALL if known.sight.names or _is_named(row, question, known) else Told.CODE


def _is_named(row: Any, question: Question, known: Known) -> bool:
    if not question.name_key:
        return False
    older = [*known.names.get(row.unit_id, ()), *listed_names(row.former_names)]
    return is_name(question.name_key, row.name) or is_one_of(question.name_key, older)


def answer(question: Question, rows: Sequence[Any], known: Known) -> Item:
    """The answer to one question from what is known of the holders of its code."""
    if not rows:
        return _unknown(question, known)
    row = best_holder(rows, question, known.on)
    if row.name is None:
        return _item(question, CheckResult.NOT_REGISTERED, Reason.NOT_YET, known, on=known.on)
    item = _LIFE.get(row.standing, _ended)(question, row, known) if not is_live(row) else _live(question, row, known)
    others = _others(rows, row, question, known)
    if others:
        item["candidates"] = others
    return item


def _live(question: Question, row: Any, known: Known) -> Item:
    item = _about(question, row, CheckResult.REGISTERED, Reason.IN_REGISTER, known)
    former_name = False
    if needs_older_names(row, question):
        older = [*known.names.get(row.unit_id, ()), *listed_names(row.former_names)]
        former_name = is_one_of(question.name_key, older)
        if not former_name:
            return _about(question, row, CheckResult.NAME_MISMATCH, Reason.OTHER_NAME, known, name=row.name)
    if known.survey:
        return _by_list(item, row, known)
    item["may_report"] = True
    told = told_of(row, question, known)
    if former_name:
        item["reason"] = said(Reason.FORMER_NAME, known.language, told, name=row.name)
    elif row.scheme == "org_code" and len(question.normal) > 9:
        item["reason"] = said(Reason.BY_ORG_CODE, known.language, told, code=row.org_code)
    elif not row.code_from <= known.on < row.code_until:
        item["reason"] = said(Reason.FORMER_CODE, known.language, told, code=code_of(row))
    return item


def _by_list(item: Item, row: Any, known: Known) -> Item:
    """With a survey, its confirmed list alone says who reports."""
    item["may_report"] = row.unit_id in known.listed
    reason = Reason.ON_LIST if item["may_report"] else Reason.NOT_ON_LIST if known.lists else Reason.NO_LIST
    item["reason"] = said(reason, known.language, survey=known.survey, on=known.on)
    return item


def _closed(question: Question, row: Any, known: Known) -> Item:
    """A unit that ceased after its list was frozen still reports for the period: its end is part of the result."""
    listed = row.unit_id in known.listed
    reason = Reason.CLOSED_BUT_ON_LIST if listed else Reason.CLOSED
    facts = {"since": row.closed_on or row.valid_from.isoformat(), "survey": known.survey}
    facts |= how_closed(row.began_by, row.operating_status)
    item = _about(question, row, CheckResult.CLOSED, reason, known, **facts)
    item["may_report"] = listed
    return item


def _merged(question: Question, row: Any, known: Known) -> Item:
    heir = known.successors.get(row.successor_id) if row.successor_id else None
    if heir is None:
        return _about(question, row, CheckResult.MERGED, Reason.NO_SUCCESSOR, known)
    reason = Reason.CONVERTED if row.standing == Standing.CONVERTED else Reason.MERGED
    told = told_of(heir, question, known)
    item = _about(question, row, CheckResult.MERGED, reason, known, heir=told, successor=heir.name, code=code_of(heir))
    if told:
        item["successor"] = unit_of(heir, told)
    return item


def _ended(question: Question, row: Any, known: Known) -> Item:
    if row.standing == Standing.MOVED_OUT:
        return _about(question, row, CheckResult.MOVED_OUT, Reason.MOVED_OUT, known, since=row.valid_from.isoformat())
    # A record removed as an error is no unit: nothing of it is told.
    return _item(question, CheckResult.NOT_REGISTERED, Reason.VOID, known, since=row.valid_from.isoformat())


_LIFE = {
    Standing.LIVE: _closed,  # live by standing, ceased by operating status
    Standing.CLOSED: _closed,
    Standing.MERGED: _merged,
    Standing.CONVERTED: _merged,
}


def _unknown(question: Question, known: Known) -> Item:
    """A code nobody carries: on its way in, wrong, or simply not there."""
    waiting = known.pending.get(question.normal)
    if waiting:
        reason = Reason.IN_REQUEST if waiting == "request" else Reason.IN_INTAKE
        return _item(question, CheckResult.PENDING, reason, known)
    flaw = known.flaws.get(question.normal)
    if flaw is None:
        return _item(question, CheckResult.NOT_REGISTERED, Reason.UNKNOWN_CODE, known)
    slip = known.slips.get(question.normal)
    hint = HINT[known.language == "en"].format(code=slip[0]) if slip else ""
    item = _item(question, CheckResult.INVALID, flaw.reason, known, hint=hint, **flaw.facts)
    if slip:
        item["candidates"] = [{"code": slip[0]}]
    return item


def _item(
    question: Question, result: CheckResult, reason: Reason, known: Known, told: Told = Told.ALL, **facts: Any
) -> Item:
    item: Item = {
        "code": question.code,
        "result": result.value,
        "may_report": False,
        "reason": said(reason, known.language, told, **facts),
    }
    if question.normal in known.warnings:
        item["warnings"] = [said(Reason.ORG_PART_CHECK, known.language)]
    return item


def _about(
    question: Question,
    row: Any,
    result: CheckResult,
    reason: Reason,
    known: Known,
    heir: Told | None = None,
    **facts: Any,
) -> Item:
    """An answer about a unit, with as much of it as is told; the sentence with as much of the `heir`, if it is about one."""
    told = told_of(row, question, known)
    item = _item(question, result, reason, known, told if heir is None else heir, **facts)
    if told:
        item["unit"] = unit_of(row, told)
    return item


def _others(rows: Sequence[Any], chosen: Any, question: Question, known: Known) -> list[Item]:
    """Other live units that carry the same code on the day: branches under their parent's code, or a mistake."""
    seen, on = {chosen.unit_id}, known.on
    others = []
    for row in sorted(rows, key=lambda row: (row.unit_type or "", row.unit_id)):
        if row.unit_id in seen or row.name is None or not is_live(row) or not row.code_from <= on < row.code_until:
            continue
        seen.add(row.unit_id)
        if told := told_of(row, question, known):
            others.append(unit_of(row, told))
    return others


def units_told_of(question: Question, item: Item, known: Known) -> Iterator[int]:
    """The units of which an answer tells anything but that a code is registered."""
    for part in ("unit", "successor"):
        if part in item:
            yield item[part]["id"]
    yield from (other["id"] for other in item.get("candidates", ()) if "id" in other)
    if question.normal in known.slips:
        yield known.slips[question.normal][1]


def code_of(row: Any) -> str:
    """The code a unit goes by."""
    return str(row.uscc or row.org_code or row.reg_no or row.temp_code)


def unit_of(row: Any, told: Told) -> Item:
    """A unit as the answer shows it: nothing personal, and the code alone where no more is told."""
    known = {"id": row.unit_id, "code": code_of(row)}
    if told is Told.CODE:
        return known
    return {**known, "name": row.name, "unit_type": row.unit_type, "area_code": row.area_code}
