"""Is this unit in the register, and may it report? For collection systems, one code or ten thousand at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.checks import codes, queries, receipts, rules
from app.checks.names import name_key
from app.checks.reasons import NEVER, Reason, said
from app.core.away import FAILURES, told_of
from app.core.clock import day_of, iso_moment
from app.core.crypto import Keys
from app.core.errors import TooLarge
from app.domain.words import CheckResult, Standing
from app.register.queries import register_head
from app.surveys.queries import require_known

MAX_ITEMS = 10_000


class TooManyItems(TooLarge):
    code = "too_many_items"
    zh = "一次最多查询 {limit} 个代码，这次有 {count} 个；请分批查询。"
    en = "{count} items; at most {limit} in one request"


@dataclass
class LastKnown:
    """When the register last answered, and at which version: what is said when it cannot be asked."""

    register_version: int = 0
    at: datetime | None = None


@dataclass(frozen=True)
class CheckAnswer:
    """Answers in the order asked, with the register version they rest on and a signed receipt; the units that they tell of."""

    register_version: int
    on: date
    receipt: str
    items: list[rules.Item] = field(default_factory=list)
    units: Collection[int] = ()


def check_items(
    session: Session,
    items: Sequence[Mapping[str, str]],
    *,
    keys: Keys,
    now: datetime,
    survey: str = "",
    on: date | None = None,
    language: str = "zh",
    sight: rules.Sight = rules.WHOLE,
    last_known: LastKnown | None = None,
) -> CheckAnswer:
    """Answer for each item (`code`, perhaps `name`) as of a day, today unless given.

    With `survey`, whether the unit may report is what that survey's confirmed list for the day says. When the
    database cannot be asked, every answer is `unavailable`; nobody may report on the strength of a guess.
    """
    if len(items) > MAX_ITEMS:
        raise TooManyItems(count=len(items), limit=MAX_ITEMS)
    day = on or day_of(now)
    last = last_known or LastKnown()
    questions = [_question(item) for item in items]
    try:
        head = register_head(session)
        known = rules.Known(day, language, survey, sight)
        answers = _answer(session, questions, known)
    except FAILURES as fault:
        if told_of(fault) is None:
            raise
        return _sealed(_unavailable(questions, language, last), last.register_version, day, keys, now, survey)
    last.register_version, last.at = (head.feed_seq if head else 0), now
    asked = zip(questions, answers, strict=True)
    units = {unit for question, item in asked for unit in rules.units_told_of(question, item, known)}
    return replace(_sealed(answers, last.register_version, day, keys, now, survey), units=units)


def _question(item: Mapping[str, str]) -> rules.Question:
    code, name = item["code"], item.get("name") or ""
    return rules.Question(code, name, codes.normalised(code), name_key(name) if name else "")


def _answer(session: Session, questions: Sequence[rules.Question], known: rules.Known) -> list[rules.Item]:
    holders = _holders(session, [question.normal for question in questions], known.on)
    found = [holders.get(question.normal, ()) for question in questions]
    _read_about_units(session, questions, found, known)
    _read_about_unknown(session, [q.normal for q, rows in zip(questions, found, strict=True) if not rows], known)
    return [rules.answer(question, rows, known) for question, rows in zip(questions, found, strict=True)]


def _holders(session: Session, wanted: Sequence[str], on: date) -> dict[str, Sequence[Any]]:
    """Units by code; a unit held under its organisation code alone is found by the code it was given since."""
    parts = {code: codes.org_part(code) for code in wanted}
    rows = queries.holders(session, [*wanted, *filter(None, parts.values())], on)
    found: dict[str, Sequence[Any]] = {code: rows[code] for code in wanted if code in rows}
    for code, part in parts.items():
        if code not in found and part in rows:
            same_body = [row for row in rows[part] if row.name is not None and not row.uscc]
            if same_body:
                found[code] = same_body
    return found


def _read_about_units(
    session: Session, questions: Sequence[rules.Question], found: Sequence[Sequence[Any]], known: rules.Known
) -> None:
    """Lists, former names and successors of the units that the codes mean."""
    chosen = [rules.best_holder(rows, q, known.on) if rows else None for q, rows in zip(questions, found, strict=True)]
    rows = [row for row in chosen if row is not None and row.name is not None]
    if known.survey:
        known.lists = queries.lists_of(session, known.survey, known.on)
        if not known.lists:
            require_known(session, known.survey)
        known.listed = queries.on_lists(session, known.lists, [row.unit_id for row in rows])
    renamed = [
        row.unit_id
        for question, row in zip(questions, chosen, strict=True)
        if row is not None and rules.needs_older_names(row, question)
    ]
    if renamed:
        known.names = queries.names_until(session, renamed, known.on)
    heirs = {row.successor_id for row in rows if row.successor_id and row.standing != Standing.LIVE}
    if heirs:
        known.successors = queries.successors(session, heirs, known.on)


def _read_about_unknown(session: Session, unknown: Sequence[str], known: rules.Known) -> None:
    """What is on its way in, what is wrong with the rest, and the registered code one slip away."""
    if not unknown:
        return
    known.pending = queries.find_pending(session, unknown)
    judged = {code: codes.flaw_of(code) for code in dict.fromkeys(unknown) if code not in known.pending}
    known.flaws = {code: flaw for code, flaw in judged.items() if flaw is not None}
    known.warnings = frozenset(code for code in unknown if code not in known.flaws and codes.org_part_fails(code))
    near = {code: codes.one_slip_away(code) for code in known.flaws}
    held = queries.holders(session, {other for others in near.values() for other in others}, known.on)
    known.slips = {code: hits[0] for code, others in near.items() if len(hits := _live_of(others, held, known)) == 1}


def _live_of(others: Sequence[str], held: Mapping[str, Sequence[Any]], known: rules.Known) -> list[tuple[str, int]]:
    """Those of the codes that are of a live unit of which the caller may be told, with it."""
    found = {code: next((row for row in held.get(code, ()) if _tells(row, known)), None) for code in others}
    return [(code, row.unit_id) for code, row in found.items() if row is not None]


def _tells(row: Any, known: rules.Known) -> bool:
    return row.name is not None and rules.is_live(row) and known.sight.holds(row)


def _unavailable(questions: Sequence[rules.Question], language: str, last: LastKnown) -> list[rules.Item]:
    moment = iso_moment(last.at) if last.at else NEVER[language == "en"]
    reason = said(Reason.UNAVAILABLE, language, last=moment, version=last.register_version)
    result = CheckResult.UNAVAILABLE.value
    return [{"code": q.code, "result": result, "may_report": False, "reason": reason} for q in questions]


def _sealed(items: list[rules.Item], version: int, on: date, keys: Keys, now: datetime, survey: str) -> CheckAnswer:
    receipt = receipts.sign(keys, items, register_version=version, on=on, at=now, survey=survey)
    return CheckAnswer(version, on, receipt, items)
