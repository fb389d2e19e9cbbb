"""A change proposed by hand: the form with what the unit says, and what was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.audit.tags import Tag
from app.changes import drafting, editing, judging, service, spoken
from app.changes.errors import BadChange
from app.changes.rules import ItemDraft, read_changes
from app.changes.schemas import Amendment, Choice, FormField, FormGroup, LookedOver, Looking, Proposal, ProposalForm
from app.changes.titles import title_for
from app.codelists.queries import ListNotFound, codes
from app.core.errors import AppError
from app.core.rights import Territory, territory
from app.domain.fields import FIELDS, Field, Group
from app.domain.labels import label
from app.domain.period import FOREVER
from app.domain.words import ADDING, Reason
from app.models import ChangeRequest
from app.register import sources
from app.register.queries import AsOf, UnitNotFound, revisions_of
from app.register.view import find_views
from app.rules.schemas import told
from app.verbs import Call
from app.verbs.schemas import SaidAnswer

_TYPED = {"division", "industry"}
_MOST_CHOICES = 60
"""Longer lists are typed, as are those of `_TYPED`."""


def propose(call: Call, wish: Proposal) -> ChangeRequest:
    """Draft what was filled in, and hand it in unless it shall wait. Raises BadChange, UnitNotFound, OutOfArea, NoPolicy, StaleChange."""
    session, item = call.session, _item(call, wish)
    told: dict[str, Any] = {
        "title": wish.title or title_for(session, wish.unit_id, wish.changes),
        "effective_on": wish.effective_on,
    }
    request = drafting.draft(session, [item], actor=call.actor, now=call.now, **told)
    if wish.submit:
        service.submit(session, request.request_id, actor=call.actor, now=call.now, comment=wish.evidence)
    return request


def _item(call: Call, wish: Looking) -> ItemDraft:
    """What was filled in. Raises UnitNotFound."""
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


def look_over(call: Call, wish: Looking) -> LookedOver:
    """What would stop a proposal as it is filled in, and what the rules would say of the unit. Raises UnitNotFound."""
    item = _item(call, wish)
    call.saw(Tag.UNITS_SEEN, "change.look_over", units=[item.unit_id] if item.unit_id is not None else [])
    try:
        drafting.check(call.session, [item], actor=call.actor, now=call.now)
    except BadChange as wrong:
        return LookedOver(stops=[SaidAnswer.of(fault) for fault in wrong.details["faults"]], findings=[])
    except AppError as refusal:
        return LookedOver(stops=[SaidAnswer.of(refusal.said)], findings=[])
    [said] = spoken.of_writes(call.session, [judging.as_write(item)], call.today)
    return LookedOver(stops=[], findings=[told(rule, call.language, brought=brought) for rule, brought in said])


def amend(call: Call, wish: Amendment) -> ChangeRequest:
    """Alter one's own draft or returned request. Raises WrongState, NotTheAuthor, VersionMoved, BadChange, OutOfArea."""
    told = {name: getattr(wish, name) for name in wish.model_fields_set if name not in _ABOUT}
    about: dict[str, Any] = {"version": wish.version, "drop": wish.drop, "comment": wish.comment}
    return editing.edit(call.session, wish.request_id, told, actor=call.actor, now=call.now, **about)


_ABOUT = frozenset({"request_id", "version", "drop", "comment"})


def form(call: Call, unit_id: int | None) -> ProposalForm:
    """The form for a unit of the caller's area, or for a new one. Raises UnitNotFound."""
    today, own = call.today, territory(call.actor, call.today)
    values = _values(call, unit_id, own) if unit_id else {}
    adding = unit_id is None
    return ProposalForm(
        unit_id=unit_id,
        name=str(values.get("name", "")),
        base_revision=revisions_of(call.session, [unit_id])[unit_id] if unit_id else 0,
        today=today,
        reasons=[reason for reason in Reason if (reason in ADDING) is adding],
        groups=[_group(call, group, values, today) for group in Group],
    )


def _values(call: Call, unit_id: int, own: Territory) -> Mapping[str, Any]:
    found = find_views(call.session, f"#{unit_id}", AsOf(call.today), within=own)
    if not found:
        raise UnitNotFound
    return found[0].values


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
