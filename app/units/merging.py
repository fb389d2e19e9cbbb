"""What a merger would come to, before anybody proposes it: whose value wins, what goes along, what would stop it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.changes import consequences, judging
from app.changes.merging import merger
from app.changes.proposing import wrong_with_merger
from app.changes.rules import ItemDraft
from app.changes.values import faults_of
from app.core.errors import AppError
from app.core.rights import territory
from app.domain.labels import label
from app.domain.lives import FindingStatus
from app.domain.words import Level, Reason, Standing
from app.records.queries import records_by_source
from app.register import sources
from app.register.locks import locks_of
from app.register.merging import Contest, Offer, contests
from app.register.present import code_names, plain
from app.register.queries import AsOf, UnitNotFound, identifiers_of_units, versions_of
from app.register.ranking import ranks
from app.register.view import borne
from app.rules.queries import findings_of_units, rules_on
from app.units.schemas import ContestShown, FindingOf, MergedUnit, MergePreview, MergeWanted, OfferShown, RecordsCounted
from app.verbs import Call
from app.verbs.schemas import SaidAnswer

Held = Mapping[str, Any]


def preview(call: Call, wish: MergeWanted) -> MergePreview:
    """Raises UnitNotFound where one of the units is not held on the day, or does not lie in the caller's area."""
    on = wish.on or call.today
    numbers = list(dict.fromkeys((wish.unit_id, *wish.absorbed)))
    held = _held(call, numbers, on)
    survivor, absorbed = held[wish.unit_id], [held[number] for number in numbers[1:]]
    chosen = {name: unit for name, unit in wish.fields.items() if unit in held}
    locked = locks_of(call.session, held, call.today)
    found = contests(survivor, absorbed, ranks(call.session, call.today), locked, chosen)
    return MergePreview(
        unit_id=wish.unit_id,
        on=on,
        units=_units(call, wish, [survivor, *absorbed], on),
        fields=_fields(call, found, on),
    )


def _held(call: Call, numbers: Sequence[int], on: date) -> dict[int, Held]:
    within = territory(call.actor, on)
    held = versions_of(call.session, numbers, AsOf(on))
    seen = {unit_id: row for unit_id, row in held.items() if within.holds(row["area_code"], row["park_code"])}
    if len(seen) < len(numbers):
        raise UnitNotFound
    return dict(seen)


def _units(call: Call, wish: MergeWanted, held: Sequence[Held], on: date) -> list[MergedUnit]:
    """Each unit with what is looked up for all of them at once."""
    numbers = [row["unit_id"] for row in held]
    codes = identifiers_of_units(call.session, numbers, AsOf(on))
    records, findings = records_by_source(call.session, numbers), _findings(call, numbers)
    items = [_part(number, wish.unit_id, on) for number in numbers]
    told = consequences.of_items(call, items)
    stops = [[], *(_stops(call, [item]) for item in items[1:])]
    stops[0] = [] if any(stops) else _stops_whole(call, wish, items[0])
    return [
        MergedUnit(
            unit_id=row["unit_id"],
            name=row["name"],
            standing=Standing(row["standing"]),
            unit_type=row["unit_type"],
            identifiers=[borne(code) for code in codes.get(row["unit_id"], ())],
            records=[RecordsCounted(source=source, count=n) for source, n in records.get(row["unit_id"], {}).items()],
            findings=findings.get(row["unit_id"], []),
            consequences=concerned,
            stops=stopped,
        )
        for row, concerned, stopped in zip(held, told, stops, strict=True)
    ]


def _part(unit_id: int, survivor: int, on: date) -> ItemDraft:
    """What the merger would be to one of the units: the survivor goes on."""
    hand = sources.pack(sources.Origin("hand", 0, on.isoformat()))
    if unit_id == survivor:
        return ItemDraft(Reason.CHANGE, on, {}, hand, unit_id=unit_id)
    return ItemDraft(Reason.MERGE, on, {}, hand, unit_id=unit_id, successor_id=survivor)


def _stops_whole(call: Call, wish: MergeWanted, goes_on: ItemDraft) -> list[SaidAnswer]:
    """What would refuse the merger as a whole: what the survivor would say then, and bear."""
    wrong = wrong_with_merger(goes_on, wish.absorbed, wish.fields)
    if wrong:
        return [SaidAnswer.of(one) for one in wrong]
    return _stops(call, merger(call.session, goes_on, wish.absorbed, wish.fields, call.today))


def _stops(call: Call, items: Sequence[ItemDraft]) -> list[SaidAnswer]:
    """What would refuse these parts of a request."""
    faults = [fault for some in faults_of(call.session, items, call.today) for fault in some]
    if faults:
        return [SaidAnswer.of(fault) for fault in faults]
    try:
        judging.require_inside(call.session, items, call.actor, call.now)
        judging.refuse_guarded(call.session, items)
    except AppError as refusal:
        return [SaidAnswer.of(refusal.said)]
    return []


def _findings(call: Call, numbers: Sequence[int]) -> dict[int, list[FindingOf]]:
    rules = {rule.code: rule for rule in rules_on(call.session, call.today)}
    found: dict[int, list[FindingOf]] = {}
    for one in findings_of_units(call.session, numbers):
        rule = rules.get(one.rule)
        if rule is not None:
            text = rule.en if call.language == "en" else rule.zh
            shown = {"rule": one.rule, "level": Level(rule.level), "text": text, "status": FindingStatus(one.status)}
            found.setdefault(one.unit_id, []).append(FindingOf(finding_id=one.finding_id, **shown))
    return found


def _fields(call: Call, found: Sequence[Contest], on: date) -> list[ContestShown]:
    said_ = [{contest.name: offer.value} for contest in found for offer in contest.offers]
    called = code_names(call.session, said_, {contest.name for contest in found}, on)
    return [
        ContestShown(
            field=contest.name,
            label=label("field", contest.name, call.language),
            values=[_offer(contest.name, offer, called) for offer in contest.offers],
            winner=contest.winner,
            why=contest.why,
            reason=label("merge_why", contest.why, call.language),
            taken=contest.taken,
        )
        for contest in found
    ]


def _offer(name: str, offer: Offer, called: Mapping[str, Mapping[str, str]]) -> OfferShown:
    return OfferShown(
        unit_id=offer.unit_id,
        value=plain(name, offer.value),
        name=called.get(name, {}).get(str(offer.value), ""),
        source=offer.origin.source,
        on=offer.origin.on,
        locked=offer.locked,
    )
