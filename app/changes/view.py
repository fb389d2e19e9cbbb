"""A change request as those who decide look at it: counts, sample, field by field what was and what shall be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from app.changes import (
    authors,
    consequences,
    counting,
    editing,
    judging,
    moving,
    queries,
    settling,
    spoken,
    stopping,
    undoing,
    written,
)
from app.changes.drafting import MOST_WHOLE
from app.changes.lands import COUNTED_BY
from app.changes.needs import Judged
from app.changes.schemas import (
    Allowed,
    Beside,
    ChangeShown,
    ChangeSummary,
    CodeShown,
    Consequence,
    Counts,
    Difference,
    DocumentShown,
    ItemProblem,
    ItemShown,
    LedUnit,
    OfficeAbove,
    OpinionShown,
    ProblemCount,
    Receiver,
    SpreadLine,
    said_of,
)
from app.codelists.queries import called
from app.codelists.queries import names_of as names_on
from app.core.actor import Actor
from app.core.errors import AppError
from app.core.rights import Territory, territory
from app.core.said import worded
from app.domain.fields import BY_NAME
from app.domain.labels import label
from app.domain.lives import REQUEST, ItemStatus
from app.domain.period import FOREVER
from app.domain.roles import Permission
from app.domain.words import Reason, RequestStatus
from app.jobs.service import find_open
from app.models import ChangeRequest, FieldLock, ImportProblem, Office, RequestItem
from app.register.locks import locks_of
from app.register.present import plain
from app.register.queries import latest_versions_of
from app.register.search import names_of
from app.register.stated import unpacked
from app.rules.schemas import told
from app.verbs import Call

SAMPLE = 12
MOST_LINES = 60
"""Kinds, streets or industries that are told of a batch, the most frequent first."""


def summaries(call: Call, requests: Sequence[ChangeRequest]) -> list[ChangeSummary]:
    """Lines of a list of requests."""
    people = queries.people_of(call.session, [request.proposer_id for request in requests])
    return [ChangeSummary(**_line(call, request, people)) for request in requests]


def summary(call: Call, request: ChangeRequest) -> ChangeSummary:
    return summaries(call, [request])[0]


def _line(call: Call, request: ChangeRequest, people: dict[int, str]) -> dict[str, Any]:
    return {
        "request_id": request.request_id,
        "title": worded(request.title, call.language),
        "need": request.need,
        "status": request.status,
        "step": request.step,
        "policy": request.policy_name,
        "is_batch": request.is_batch,
        "items": request.item_count,
        "version": request.version,
        "applied_through": request.applied_through,
        "batch_id": request.batch_id,
        "submitted_at": request.submitted_at,
        "effective_on": request.effective_on,
        "undoes": request.undoes,
        "stopped": request.stopped_at is not None,
        "proposer": people.get(request.proposer_id, ""),
    }


def detail(call: Call, request: ChangeRequest) -> ChangeShown:
    """Everything a person needs to decide."""
    session, request_id = call.session, request.request_id
    job = find_open(session, settling.job_key(request_id))
    return ChangeShown(
        **_line(call, request, queries.people_of(session, [request.proposer_id])),
        counts=Counts(
            reasons={Reason(word): n for word, n in queries.counts_by_reason(session, request_id).items()},
            status={ItemStatus(word): n for word, n in queries.counts_by_status(session, request_id).items()},
            source=request.counts,
            **_spread(call, request),
        ),
        sample=items(call, queries.sample_of(session, request_id, SAMPLE if request.is_batch else MOST_WHOLE)),
        rules=counting.counted(call, request) if request.is_batch else None,
        opinions=_opinions(call, request_id),
        documents=_documents(call, request),
        above=_above(call, request),
        receiver=_receiver(call, request),
        kept=len(stopping.kept_of(request)),
        may=_allowed(call, request),
        job_id=job.job_id if job else None,
    )


def _documents(call: Call, request: ChangeRequest) -> list[DocumentShown]:
    """The written approvals, each with whether it counts."""
    found = queries.documents_of(call.session, request.request_id)
    last = found[-1]["approval_id"] if found else 0
    standings = [written.standing_of(one, request, last=one["approval_id"] == last) for one in found]
    return [
        DocumentShown(standing=standing, **{name: one[name] for name in one if name != "waits"})
        for one, standing in zip(found, standings, strict=True)
    ]


def _receiver(call: Call, request: ChangeRequest) -> Receiver | None:
    if request.asks_office_id is None:
        return None
    office = call.session.get_one(Office, request.asks_office_id)
    units = [_led(unit_id, says) for unit_id, says in _led_out(call, request).items()]
    return Receiver(code=office.code, name=office.name, agreed=request.consented_by is not None, units=units)


def _led_out(call: Call, request: ChangeRequest) -> Mapping[int, Mapping[str, Any]]:
    """What the units say that would move, as long as they have not: who is asked for his word looks at these."""
    led = moving.led_out(call.session, request, judging.open_items(call.session, request), call.today)
    return latest_versions_of(call.session, sorted(led)) if led else {}


def _led(unit_id: int, says: Mapping[str, Any]) -> LedUnit:
    told = {name: str(_told(name, says[name])) for name in ("name", "unit_type", "industry_code", "address")}
    codes = (_told(name, says[name]) for name in ("uscc", "org_code", "reg_no", "temp_code"))
    return LedUnit(unit_id=unit_id, code=str(next(filter(None, codes), "")), **told)


def _above(call: Call, request: ChangeRequest) -> list[OfficeAbove]:
    offices = queries.offices_above(call.session, request)
    here = queries.with_somebody_who(call.session, Permission.APPROVE, offices)
    return [
        OfficeAbove(code=office.code, name=office.name, decides_here=office.office_id in here) for office in offices
    ]


def _spread(call: Call, request: ChangeRequest) -> dict[str, Any]:
    """What it takes to judge a batch: its units by sort beside those of the last such file, and what is wrong in it."""
    if not request.is_batch:
        return {"by": {}, "before_id": None, "problems": []}
    last = queries.find_last_like(call.session, request)
    problems = queries.problems_of(call.session, request.batch_id) if request.batch_id is not None else []
    told = [ProblemCount(text=found[call.language if call.language == "en" else "zh"], **found) for found in problems]
    by = {name: _beside(call, name, counts, last) for name, counts in request.spread.items()}
    return {"by": by, "before_id": last.request_id if last else None, "problems": told}


def _beside(call: Call, name: str, counts: Mapping[str, int], last: ChangeRequest | None) -> list[SpreadLine]:
    before: Mapping[str, int] = last.spread.get(name, {}) if last else {}
    found = sorted({*counts, *before}, key=lambda code: (-counts.get(code, 0), -before.get(code, 0), code))[:MOST_LINES]
    named = _names(call, name, found)
    return [
        SpreadLine(code=code, name=named.get(code, ""), count=counts.get(code, 0), before=before.get(code, 0))
        for code in found
    ]


def _names(call: Call, name: str, codes: Sequence[str]) -> dict[str, str]:
    """What the codes are called; a street's stands in its list filled up with noughts."""
    listed = {code: f"{code:0<12}" if name == "street" else code for code in codes if code}
    held = names_on(call.session, BY_NAME[COUNTED_BY[name][0]].codelist, listed.values(), call.today)
    return {code: held[full] for code, full in listed.items() if full in held}


def _opinions(call: Call, request_id: int) -> list[OpinionShown]:
    return [
        OpinionShown(
            **{**opinion, "comment": worded(opinion["comment"], call.language)}, said=said_of(opinion["comment"])
        )
        for opinion in queries.opinions_of(call.session, request_id)
    ]


def _allowed(call: Call, request: ChangeRequest) -> Allowed:
    """For the buttons; each verb asks the same again."""
    actor, status = call.actor, request.status
    mine = request.proposer_id == actor.user_id
    again = mine and status != RequestStatus.IN_REVIEW and REQUEST.may(status, RequestStatus.IN_REVIEW)
    again = again and actor.may(Permission.PROPOSE)
    in_review = status == RequestStatus.IN_REVIEW
    decides = in_review and actor.may(Permission.APPROVE) and _may_decide(call, request, for_it=True)
    return Allowed(
        decide=decides,
        approve=decides and _lets(partial(moving.require_consent, request, actor)),
        refresh=again,
        edit=mine and editing.is_edited_by_hand(call.session, request),
        submit=again,
        send_back=not in_review
        and REQUEST.may(status, RequestStatus.RETURNED)
        and _may_decide(call, request, for_it=False),
        withdraw=REQUEST.may(status, RequestStatus.WITHDRAWN) and authors.may_take_back(call.session, request, actor),
        record_written=in_review and not mine and actor.may(Permission.PROPOSE) and _reaches(call, request),
        take_back_written=in_review and _recorded_it(call, request),
        countersign=in_review and not mine and _may_countersign(call, request, actor),
        consent=moving.waits_for_word(request) and moving.may_agree(call.session, request, actor),
        stop=stopping.may_be_stopped(request, call.now) and _may_stop(call, request),
        undo=actor.may(Permission.PROPOSE) and undoing.may_be_undone(call.session, request),
    )


def _recorded_it(call: Call, request: ChangeRequest) -> bool:
    waiting = written.open_approval(call.session, request)
    return waiting is not None and waiting.recorded_by == call.actor.user_id and call.actor.may(Permission.PROPOSE)


def _may_decide(call: Call, request: ChangeRequest, *, for_it: bool) -> bool:
    """Whether one may decide: for it by what the request does today, against it by what was noted."""
    judged = judging.at_a_glance(call.session, request, call.now) if for_it else Judged()
    return _lets(partial(judging.check_may_decide, call.session, request, call.actor, call.now, judged))


def _may_stop(call: Call, request: ChangeRequest) -> bool:
    return call.actor.may(Permission.APPROVE) and _may_decide(call, request, for_it=False)


def _may_countersign(call: Call, request: ChangeRequest, actor: Actor) -> bool:
    document = written.open_approval(call.session, request)
    waits = document is not None and document.recorded_by != actor.user_id
    return waits and actor.may(Permission.APPROVE) and _reaches(call, request)


def _reaches(call: Call, request: ChangeRequest) -> bool:
    judged = judging.at_a_glance(call.session, request, call.now)
    return _lets(partial(judging.require_reach, request, call.actor, call.now, judged))


def _lets(check: Callable[[], object]) -> bool:
    """Whether a check that refuses lets the caller through."""
    try:
        check()
    except AppError:
        return False
    return True


def items(call: Call, found: Sequence[RequestItem]) -> list[ItemShown]:
    within = territory(call.actor, call.today)
    names = _names_for(call, found, within)
    problems = queries.problems_behind(call.session, [item.record_id for item in found if item.record_id])
    said = spoken.of_items(call.session, found, call.today)
    locks = locks_of(call.session, [item.unit_id for item in found if item.unit_id], call.today)
    concerned = _concerned(call, found)
    called = _called(call, [side for item in found for side in (item.changes, *_said_before(item))])
    return [
        _item(
            item,
            unit_name=names.get(item.unit_id, "") if item.unit_id else "",
            diff=_diff(item, called, locks.get(item.unit_id or 0, {}), call.language),
            problems=[_problem(one, call.language) for one in problems.get(item.record_id or 0, ())],
            findings=[told(rule, call.language, brought=brought) for rule, brought in findings],
            consequences=concerned.get(item.seq, []),
        )
        for item, findings in zip(found, said, strict=True)
    ]


def _names_for(call: Call, found: Sequence[RequestItem], within: Territory) -> Mapping[int, str]:
    """What the units are called, as far as they lay in the reader's area; whom a unit is offered is told its name."""
    names = names_of(call.session, [item.unit_id for item in found if item.unit_id], within=within)
    request = call.session.get(ChangeRequest, found[0].request_id) if found else None
    if request is None or request.asks_office_id is None:
        return names
    return {**{unit_id: str(says["name"]) for unit_id, says in _led_out(call, request).items()}, **names}


def _concerned(call: Call, found: Sequence[RequestItem]) -> dict[int, list[Consequence]]:
    """Whom and what each item would concern that is still to be written; all are of one request."""
    open_ones = [item for item in found if item.status == ItemStatus.OPEN]
    if not open_ones:
        return {}
    drafts = [judging.draft_of(item) for item in open_ones]
    told_of = consequences.of_items(call, drafts, request_id=open_ones[0].request_id)
    return {item.seq: one for item, one in zip(open_ones, told_of, strict=True)}


def _item(item: RequestItem, **shown: Any) -> ItemShown:
    return ItemShown(
        seq=item.seq,
        unit_id=item.unit_id,
        reason=Reason(item.reason),
        valid_from=item.valid_from,
        valid_until=None if item.valid_until == FOREVER else item.valid_until,
        record_id=item.record_id,
        status=ItemStatus(item.status),
        successor_id=item.successor_id,
        beside=_beside_fields(item),
        sources=item.origin["o"],
        **shown,
    )


def _beside_fields(item: RequestItem) -> Beside:
    stated = unpacked(item.links)
    return Beside(
        bears=[CodeShown(scheme=one.scheme, value=one.value, source=one.origin.source) for one in stated.bears],
        drops=[CodeShown(scheme=scheme, value=value, source="") for scheme, value in stated.drops],
        follow=[one.unit_id for one in stated.followed_by if one.unit_id],
        follow_items=[one.item for one in stated.followed_by if one.item],
        records=[number for _, part in item.links.get("records", ()) for number in part],
    )


def _problem(found: ImportProblem, language: str) -> ItemProblem:
    text = found.message_en if language == "en" else found.message_zh
    return ItemProblem(level=found.level, code=found.code, text=text)


def _called(call: Call, sides: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """What the codes are called, by field; an area that is not listed is called by its street."""
    return {name: dict(_names_of_field(call, name, sides)) for name in {name for side in sides for name in side}}


def _names_of_field(call: Call, name: str, sides: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    codelist = BY_NAME[name].codelist if name in BY_NAME else ""
    if not codelist:
        return
    codes = {str(side[name]) for side in sides if side.get(name)}
    yield from called(call.session, codelist, codes, call.today).items()


def _diff(
    item: RequestItem, called: Mapping[str, Mapping[str, str]], locks: Mapping[str, FieldLock], language: str
) -> list[Difference]:
    expects = item.expects or {}
    return [
        Difference(
            field=name,
            label=label("field", name, language),
            old=_was(name, expects.get(name)),
            new=_told(name, value),
            old_name=" → ".join(filter(None, (called[name].get(str(one), "") for one in _runs_of(expects.get(name))))),
            new_name=called[name].get(str(value), ""),
            locked_until=locks[name].until if name in locks else None,
            locked_why=locks[name].reason if name in locks else "",
        )
        for name, value in item.changes.items()
    ]


def _was(name: str, expected: Any) -> Any:
    """What a unit said: where it said several things on the days of the item, one behind the other."""
    values = [_told(name, value) for value in _runs_of(expected)]
    return values[0] if len(values) == 1 else " → ".join(str(value) or "–" for value in values)


def _runs_of(expected: Any) -> list[Any]:
    """The values of a field over the days of an item, one behind the other."""
    return [value for _, value in expected] if isinstance(expected, list) else [expected]


def _said_before(item: RequestItem) -> Iterator[dict[str, Any]]:
    """What the unit of an item said, a field and a value at a time."""
    for name, expected in (item.expects or {}).items():
        yield from ({name: value} for value in _runs_of(expected))


def _told(name: str, value: Any) -> Any:
    return "" if value is None else plain(name, value)
