"""A change proposed by hand: the form with what the unit says, and what was filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.audit.tags import Tag
from app.changes import consequences, drafting, editing, judging, merging, service, splitting, spoken
from app.changes.errors import (
    NEEDS_UNIT,
    NOT_A_SCHEME,
    NOT_OF_THE_MERGER,
    PARTS_NOT_MEANT,
    RECODED_BY_NOBODY,
    UNITS_TWICE,
    BadChange,
)
from app.changes.rules import ItemDraft, read_changes
from app.changes.schemas import Amendment, Choice, FormField, FormGroup, LookedOver, Looking, Proposal, ProposalForm
from app.changes.titles import title_for
from app.codelists.queries import ListNotFound, codes
from app.core.errors import AppError
from app.core.rights import Territory, territory
from app.core.said import Said, said
from app.domain.fields import BY_NAME, FIELDS, IDENTIFIERS, Field, Group, unknown_fields
from app.domain.labels import label
from app.domain.period import FOREVER
from app.domain.words import ADDING, Reason, Standing
from app.models import ChangeRequest
from app.register import sources
from app.register.queries import AsOf, UnitNotFound, revisions_of
from app.register.schemas import UnitView
from app.register.stated import Stated
from app.register.view import find_views
from app.rules.schemas import told
from app.verbs import Call
from app.verbs.schemas import SaidAnswer
from matching.standardise.codes import normalise_code

_NOT_TYPED = (Reason.UNDO, Reason.RECODING)
"""What nobody fills in: one takes a request back, the other follows a reform of codes."""
_TYPED = {"division", "industry"}
_MOST_CHOICES = 60
"""Longer lists are typed, as are those of `_TYPED`."""


def propose(call: Call, wish: Proposal) -> ChangeRequest:
    """Draft what was filled in, and hand it in unless it shall wait. Raises BadChange, UnitNotFound, OutOfArea, NoPolicy, StaleChange."""
    session, items = call.session, _items(call, wish)
    told: dict[str, Any] = {
        "title": wish.title or title_for(session, items[0].unit_id, wish.changes),
        "effective_on": wish.effective_on,
    }
    request = drafting.draft(session, items, actor=call.actor, now=call.now, **told)
    if wish.submit:
        service.submit(session, request.request_id, actor=call.actor, now=call.now, comment=wish.evidence)
    return request


def _item(call: Call, wish: Looking) -> ItemDraft:
    """What was filled in. Raises UnitNotFound, BadChange."""
    if wish.reason is Reason.RECODING:
        raise BadChange(faults=[said(RECODED_BY_NOBODY)])
    item = ItemDraft(
        reason=wish.reason,
        valid_from=wish.valid_from,
        valid_until=wish.valid_until or FOREVER,
        changes=read_changes(wish.changes),
        origin=sources.pack(sources.Origin("hand", 0, call.today.isoformat())),
        unit_id=wish.unit_id,
        base_revision=wish.base_revision,
        successor_id=wish.successor_id,
    )
    judging.require_seen(call.session, item, call.actor, call.now)
    return item


def _items(call: Call, wish: Looking) -> list[ItemDraft]:
    """What a request says of each of its units: of a merger and a split there are several. Raises UnitNotFound, BadChange."""
    item = _item(call, wish)
    item = replace(item, links=_codes(item, wish).packed())
    if (wish.absorbed or wish.fields) and wish.reason is not Reason.MERGE:
        raise BadChange(faults=[said(PARTS_NOT_MEANT)])
    if wish.into and wish.reason is not Reason.SPLIT:
        raise BadChange(faults=[said(PARTS_NOT_MEANT)])
    if wish.reason is Reason.MERGE:
        return _merger(call, wish, item)
    return _split(call, wish, item) if wish.into else [item]


def _merger(call: Call, wish: Looking, item: ItemDraft) -> list[ItemDraft]:
    """All units of a merger; told by the absorbed one and who follows it, or by who goes on and those it takes in."""
    absorbed = wish.absorbed
    if not absorbed:
        return _merged_into(call, item)
    wrong = wrong_with_merger(item, absorbed, wish.fields)
    if wrong:
        raise BadChange(faults=wrong)
    _require_seen(call, item, absorbed)
    return merging.merger(call.session, item, absorbed, wish.fields, call.today)


def _merged_into(call: Call, item: ItemDraft) -> list[ItemDraft]:
    """The same, told by the unit that ends; where nobody follows, or the unit itself, the guard says so."""
    if item.successor_id in (None, item.unit_id) or item.unit_id is None:
        return [item]
    if revisions_of(call.session, [item.successor_id or 0]).keys() != {item.successor_id}:
        return [item]
    goes_on = replace(item, unit_id=item.successor_id, changes={}, links={}, base_revision=0, successor_id=None)
    return [*merging.merger(call.session, goes_on, [item.unit_id], {}, call.today)[:-1], item]


def wrong_with_merger(item: ItemDraft, absorbed: Sequence[int], fields: Mapping[str, int]) -> list[Said]:
    """What makes no merger, whatever the units say."""
    units = {item.unit_id, *absorbed}
    wrong = [said(UNITS_TWICE)] if len(units) != len(absorbed) + 1 else []
    wrong += [said(NEEDS_UNIT, reason=str(Reason.MERGE))] if item.unit_id is None else []
    wrong += [said("field_unknown", field=name) for name in unknown_fields(set(fields))]
    strange = sorted(name for name, unit in fields.items() if unit not in units and name in BY_NAME)
    return wrong + [said(NOT_OF_THE_MERGER, field=name) for name in strange]


def _split(call: Call, wish: Looking, item: ItemDraft) -> list[ItemDraft]:
    parts = [
        splitting.Part(one.unit_id, one.new, one.records, [normalise_code(code) for code in one.codes], one.children)
        for one in wish.into
    ]
    if item.unit_id is None:
        raise BadChange(faults=[said(NEEDS_UNIT, reason=str(Reason.SPLIT))])
    named = [unit for one in parts for unit in (one.unit_id, *one.children) if unit is not None]
    _require_seen(call, item, named)
    return splitting.split(call.session, item, parts)


def _require_seen(call: Call, item: ItemDraft, units: Sequence[int]) -> None:
    """Raise UnitNotFound where one of these units is not there for the caller."""
    for unit_id in units:
        judging.require_seen(call.session, replace(item, unit_id=unit_id, successor_id=None), call.actor, call.now)


def _codes(item: ItemDraft, wish: Looking) -> Stated:
    """Codes beside the fields, in the one form in which codes are stored. Raises BadChange."""
    unknown = sorted({one.scheme for one in wish.codes} - set(IDENTIFIERS))
    if unknown:
        raise BadChange(faults=[said(NOT_A_SCHEME, scheme=name, schemes=" / ".join(IDENTIFIERS)) for name in unknown])
    told = [(one.scheme, normalise_code(one.value), one.gone) for one in wish.codes]
    too_long = [scheme for scheme, value, _ in told if not value or len(value) > BY_NAME[scheme].length]
    if too_long:
        raise BadChange(faults=[said("text_too_long", field=name, length=BY_NAME[name].length) for name in too_long])
    return merging.further_codes(item, told)


def look_over(call: Call, wish: Looking) -> LookedOver:
    """What would stop a proposal as it is filled in; what the rules would say of its units, and what it would concern beside
    them. Raises UnitNotFound."""
    items, stops = _drafted(call, wish)
    concerned = consequences.together(consequences.of_items(call, items))
    parts = [unit for one in wish.into for unit in (one.unit_id, *one.children)]
    others = [one.unit_id for sort in concerned for one in sort.first]
    named = [*(item.unit_id for item in items), *wish.absorbed, *parts, *others]
    call.saw(Tag.UNITS_SEEN, "change.look_over", units={unit for unit in named if unit is not None})
    writes = [] if stops else [judging.as_write(one) for one in items]
    spoken_of = spoken.of_writes(call.session, writes, call.today)
    found = {rule.code: (rule, brought) for said in reversed(spoken_of) for rule, brought in said}
    findings = [told(rule, call.language, brought=brought) for rule, brought in found.values()]
    return LookedOver(stops=stops, findings=findings, consequences=concerned)


def _drafted(call: Call, wish: Looking) -> tuple[list[ItemDraft], list[SaidAnswer]]:
    """What was filled in, of each unit as far as that can be told, and what would stop it. Raises UnitNotFound."""
    items: list[ItemDraft] = []
    try:
        items = [_item(call, wish)]
        items = _items(call, wish)
        drafting.check(call.session, items, actor=call.actor, now=call.now)
    except BadChange as wrong:
        return items, [SaidAnswer.of(fault) for fault in wrong.details["faults"]]
    except AppError as refusal:
        if not items:
            raise
        return items, [SaidAnswer.of(refusal.said)]
    return items, []


def amend(call: Call, wish: Amendment) -> ChangeRequest:
    """Alter one's own draft or returned request. Raises WrongState, NotTheAuthor, VersionMoved, BadChange, OutOfArea."""
    told = {name: getattr(wish, name) for name in wish.model_fields_set if name not in _ABOUT}
    about: dict[str, Any] = {"version": wish.version, "drop": wish.drop, "comment": wish.comment}
    return editing.edit(call.session, wish.request_id, told, actor=call.actor, now=call.now, **about)


_ABOUT = frozenset({"request_id", "version", "drop", "comment"})


def form(call: Call, unit_id: int | None) -> ProposalForm:
    """The form for a unit of the caller's area, or for a new one. Raises UnitNotFound."""
    today, own = call.today, territory(call.actor, call.today)
    held = _held(call, unit_id, own) if unit_id else None
    values: Mapping[str, Any] = held.values if held else {}
    return ProposalForm(
        unit_id=unit_id,
        name=str(values.get("name", "")),
        base_revision=revisions_of(call.session, [unit_id])[unit_id] if unit_id else 0,
        today=today,
        reasons=[reason for reason in Reason if _may_be_meant(reason, held)],
        groups=[_group(call, group, values, today) for group in Group],
        schemes=[Choice(code=name, text=label("field", name, call.language)) for name in IDENTIFIERS],
    )


def _held(call: Call, unit_id: int, own: Territory) -> UnitView:
    found = find_views(call.session, f"#{unit_id}", AsOf(call.today), within=own)
    if not found:
        raise UnitNotFound
    return found[0]


def _may_be_meant(reason: Reason, held: UnitView | None) -> bool:
    """Reasons that begin a unit are for a new one; who moved out comes back as itself."""
    if held is not None and held.standing == Standing.MOVED_OUT and reason is Reason.MOVE_IN:
        return True
    return reason not in _NOT_TYPED and (reason in ADDING) is (held is None)


def _group(call: Call, group: Group, values: Mapping[str, Any], on: date) -> FormGroup:
    fields = [
        FormField(
            name=field.name,
            label=label("field", field.name, call.language),
            value=values.get(field.name, ""),
            choices=_choices(call.session, field, on),
        )
        for field in FIELDS
        if field.group is group
    ]
    return FormGroup(group=str(group), fields=fields)


def _choices(session: Session, field: Field, on: date) -> list[Choice]:
    """The codes of a short list; none where it is long, or not loaded."""
    if not field.codelist or field.codelist in _TYPED:
        return []
    try:
        held = codes(session, field.codelist, on)
    except ListNotFound:
        return []
    few = held if len(held) <= _MOST_CHOICES else {}
    return [Choice(code=code, text=f"{code} {item.name}") for code, item in few.items()]
