"""A merger is one request over all its units: what each of them says then, decided as it is proposed.

The absorbed end, with the one that goes on as who follows. That one takes the winning values, and bears their codes beside
its own. Children mean it from that day on without a word (`app.register.links`); source records go along as it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.changes.rules import ItemDraft
from app.domain.fields import IDENTIFIERS
from app.domain.period import STILL_KNOWN, Period
from app.domain.words import Reason
from app.models import identifier
from app.register import sources, writer
from app.register.locks import locks_of
from app.register.merging import Chosen, Contest, contests, is_of_one_alone, taken
from app.register.queries import AsOf, latest_versions_of, versions_of
from app.register.ranking import ranks
from app.register.rules import History, Row, plain, runs_over
from app.register.sources import Origin, origin_of
from app.register.stated import Borne, Stated, unpacked


def merger(session: Session, given: ItemDraft, absorbed: Sequence[int], chosen: Chosen, today: date) -> list[ItemDraft]:
    """The items of a merger into the unit of `given`, whose changes are what was typed over the winners: of what the units
    say on the day of the merger. Whatever codes they come to bear later go along too."""
    units = [given.unit_id or 0, *absorbed]
    held = latest_versions_of(session, units) | versions_of(session, units, AsOf(given.valid_from))
    survivor, *gone = (held[unit_id] for unit_id in units)
    locked = locks_of(session, held, today)
    found = contests(survivor, gone, ranks(session, today), locked, chosen)
    histories = writer.gather(session, units)
    ends = [_ending(given, histories[unit_id], found) for unit_id in absorbed]
    since = [row for unit in units for row in histories[unit].believed if row["valid_until"] > given.valid_from]
    codes = _codes(since, found, _further(session, absorbed))
    goes_on = _going_on(given, found, codes)
    return [goes_on, *ends] if goes_on.changes or goes_on.links else ends


def _ending(given: ItemDraft, history: History, found: Sequence[Contest]) -> ItemDraft:
    """The end of one that is absorbed, which says as long as this waits what the other one takes from it."""
    taken_of = [one.name for one in found if one.taken and one.winner == history.unit_id]
    expects = {name: runs_over(history, Period(given.valid_from), name) for name in taken_of}
    told: dict[str, Any] = {"unit_id": history.unit_id, "successor_id": given.unit_id, "expects": expects}
    return replace(given, changes={}, base_revision=0, reason=Reason.MERGE, links={}, **told)


def _going_on(given: ItemDraft, found: Sequence[Contest], codes: Sequence[Borne]) -> ItemDraft:
    """What the unit that goes on says from that day on, each value with who gave it."""
    typed = dict(given.changes)
    won, origins = taken([one for one in found if one.name not in typed])
    changes = {name: _as_json(value) for name, value in won.items()} | typed
    hand = Origin(*given.origin["o"][given.origin["d"]])
    stated = unpacked(given.links)
    links = replace(stated, bears=(*stated.bears, *codes)).packed()
    coded = not changes.keys().isdisjoint(IDENTIFIERS) or bool(codes)
    return replace(
        given,
        reason=Reason.CODE_CHANGE if coded else Reason.CHANGE,
        changes=changes,
        origin=sources.pack(hand, fields=origins),
        successor_id=None,
        links=links,
    )


def _as_json(value: Any) -> Any:
    return "" if value is None else plain(value)


def _codes(rows: Sequence[Row], found: Sequence[Contest], further: Sequence[Borne]) -> list[Borne]:
    """The codes of all the units that the one which goes on does not say itself, each once."""
    says = {(one.name, str(one.value)) for one in found if one.name in IDENTIFIERS}
    says |= {("org_code", value[8:17]) for scheme, value in says if scheme == "uscc"}
    borne = [
        Borne(scheme, str(row[scheme]), origin_of(row["sources"], scheme))
        for row in rows
        for scheme in IDENTIFIERS
        if row[scheme] and not _is_parents(row, str(row[scheme])) and not is_of_one_alone(scheme, row[scheme])
    ]
    fresh: dict[tuple[str, str], Borne] = {}
    for one in (*borne, *further):
        if (one.scheme, one.value) not in says:
            fresh.setdefault((one.scheme, one.value), one)
    return list(fresh.values())


def _is_parents(row: Row, code: str) -> bool:
    """Whether a unit goes by the code of its parent, which is none of its own."""
    parents = {str(row["parent_uscc"] or ""), str(row["parent_org_code"] or "")}
    return code in parents | {parent[8:17] for parent in parents}


def _further(session: Session, unit_ids: Sequence[int]) -> list[Borne]:
    """The codes that were stated of units in addition."""
    table = identifier.c
    own = (table.unit_id.in_(unit_ids), table.superseded_at == STILL_KNOWN, table.stated, table.within == "")
    statement = select(table.scheme, table.value, table.source, table.record_id, table.valid_from).where(*own)
    return [
        Borne(scheme, value, Origin(source, record_id, on.isoformat()))
        for scheme, value, source, record_id, on in session.execute(statement.order_by(table.identifier_id))
    ]


def further_codes(given: ItemDraft, told: Sequence[tuple[str, str, bool]]) -> Stated:
    """What was typed of codes beside the fields: scheme, value, and whether it is borne no more."""
    hand = Origin(*given.origin["o"][given.origin["d"]])
    bears = tuple(Borne(scheme, value, hand) for scheme, value, gone in told if not gone)
    return Stated(bears=bears, drops=tuple((scheme, value) for scheme, value, gone in told if gone))
