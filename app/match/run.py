"""One match run: gather what waits and what we hold, let the engine compare, route each record on its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

import matching
from app.core.actor import Actor
from app.core.clock import Clock, day_of
from app.core.db import Database
from app.core.rights import territory
from app.core.said import Said, said
from app.core.turns import Own, Turns
from app.domain.lives import PairStatus
from app.domain.roles import Permission
from app.domain.words import RowOutcome, Verdict
from app.match import runs, settling, storing
from app.match.kept import Kept, hidden_columns, look, store
from app.match.propose import Proposals, carrier_of, propose
from app.match.queries import awaited_beyond, called_by, parts_of_held_units, standing_decisions, with_heirs
from app.match.rules import Edge, Node, Routes, Way, route
from app.match.tables import (
    FIELDS,
    Digests,
    Row,
    record_key,
    rows_of_records,
    rows_of_units,
    split_key,
    unit_key,
)
from app.models import MatchRun, notes
from app.records.items import describes
from app.records.queries import Waiting, anything_waits, parts_of_records_in, records_in, records_kept_by
from app.register.queries import last_of, merged_into
from app.register.ranking import Ranks, ranks


@dataclass
class Gathered:
    """All a run looks at, read in one snapshot: of what is held no more than what is compared."""

    pending: list[Waiting]
    kept: Kept
    new: matching.Records
    held: matching.Records
    """Those units that can matter, and records on their way."""
    common: matching.Frequencies
    digests: Digests
    carried_by: dict[int, int]
    """Each record on its way to the one that carries it."""
    decisions: list[tuple[str, str]]
    ranks: Ranks
    told_of: set[int] = field(default_factory=set)
    """The records on their way that the office may see: its own and those of offices below."""


@dataclass
class RunReport:
    """What a run did, for people: rows by way out, questions put, requests made."""

    run_id: int = 0
    ways: dict[str, int] = field(default_factory=dict)
    questions: int = 0
    requests: list[int] = field(default_factory=list)
    engine: dict[str, Any] = field(default_factory=dict)


def run(database: Database, *, actor: Actor, clock: Clock) -> RunReport:
    """Match every staged record that waits. The engine works outside any transaction; so does most of the storing.

    Raises RunIsOn; RowsMovedOn and WrongState where others had the rows, or the run, meanwhile. Nothing is kept then.
    """
    actor.require(Permission.MATCH)
    turns = Own(database)
    report = _taken_up(turns, clock)
    if not turns.read(lambda session: anything_waits(session, actor.office_id)):
        return report or RunReport()
    try:
        with runs.begun(turns, clock, actor) as run_id:
            return _matched(turns, run_id, actor, clock)
    except BaseException:
        storing.drop_what_broke_off(turns)
        raise


def _taken_up(turns: Turns, clock: Clock) -> RunReport | None:
    """Bring to its end, or drop, what a process that died left of a run; None where nothing was brought to its end."""
    turns.write(runs.break_off_unheard)
    storing.drop_what_broke_off(turns)
    report = None
    while (run_id := turns.write(runs.take_over)) is not None:
        with runs.heard(turns, run_id):
            report = _report(turns, run_id, settling.settle(turns, run_id, clock))
    return report


def _matched(turns: Turns, run_id: int, actor: Actor, clock: Clock) -> RunReport:
    gathered = turns.read(lambda session: gather(session, actor.office_id, clock.now()))
    if not gathered.pending:  # another run took them up just before this one began
        turns.write(lambda session: runs.end(session, run_id))
        return RunReport(run_id)
    store(turns, gathered.kept)
    result = matching.match(
        gathered.new, gathered.held, decided=_decided(gathered.decisions, gathered.digests), common=gathered.common
    )
    routes, proposals = turns.read(lambda session: _routed(session, gathered, result, actor, clock.now()))
    asked = storing.lay_pairs(turns, run_id, pair_rows(routes.questions, result.pairs, gathered.digests))
    storing.lay_requests(turns, run_id, proposals, actor=actor, clock=clock)
    storing.lay_ways(turns, run_id, way_rows(routes, gathered, proposals))
    kept = {"ways": _ways(routes, proposals.outside), "engine": result.report, "questions": asked}
    turns.read(lambda session: storing.check_all_wait(session, run_id))
    turns.write(lambda session: storing.complete(session, run_id, result.model, result.thresholds, kept))
    return _report(turns, run_id, settling.settle(turns, run_id, clock))


def _routed(
    session: Session, gathered: Gathered, result: matching.Matched, actor: Actor, now: datetime
) -> tuple[Routes, Proposals]:
    """Where each record goes, and what is proposed for it, by the units that were found as they are now."""
    units = with_heirs(session, _units_among(key for members in result.clusters for key in members))
    routes = route_records(gathered, result, units)
    own = territory(actor, day_of(now))
    proposals = propose(session, _proposable(gathered, routes), routes, units, gathered.ranks, own=own, now=now)
    waiting = {cluster: routes.members[cluster] for cluster in routes.clusters(Way.WAIT)}
    strange = [
        rid for rid, carrier in gathered.carried_by.items() if carrier in waiting and rid not in gathered.told_of
    ]
    for cluster in awaited_beyond(session, strange, own, day_of(now)):
        proposals.outside.update(waiting[cluster])
    return routes, proposals


def _units_among(keys: Iterable[str]) -> set[int]:
    return {number for kind, number in map(split_key, keys) if kind == "unit"}


def _ways(routes: Routes, outside: AbstractSet[int]) -> dict[str, int]:
    """Rows by the way they go; what lies beyond the area counts alike, whether it is held there or on its way."""
    ways = Counter({str(way): 0 for way in Way if way is not Way.UNKNOWN})
    for cluster, way in routes.way.items():
        beyond = way is Way.WAIT and not outside.isdisjoint(routes.members[cluster])
        ways[str(Way.SAME if beyond else way)] += len(routes.members[cluster])
    return dict(ways)


def _report(turns: Turns, run_id: int, requests: list[int]) -> RunReport:
    kept = turns.read(lambda session: session.get_one(MatchRun, run_id).report)
    return RunReport(run_id, kept["ways"], kept["questions"], requests, dict(kept["engine"]))


PART = 5_000
"""Records on their way that are read and made ready at a time."""


def gather(session: Session, office_id: int, now: datetime) -> Gathered:
    """What waits in an office, beside what is held and on its way, whoever brought it; of the units those that can matter."""
    digests, on_the_way = Digests(), (RowOutcome.PROPOSED, RowOutcome.TO_REVIEW)
    pending = records_in(session, [RowOutcome.PENDING], office_id=office_id)
    new = _columns(rows_of_records(pending), digests)
    carried_by: dict[int, int] = {}
    held = []
    for records in parts_of_records_in(session, on_the_way, size=PART):
        carried_by |= {record.record_id: called_by(record) for record in records}
        held.append(_columns(rows_of_records(records), digests))
    decisions, kept = standing_decisions(session), look(session)
    units, common = _that_matter(kept, held, new, _others(decisions, digests))
    held += [
        _columns(rows_of_units(part), digests)
        for part in parts_of_held_units(session, FIELDS, size=PART, unit_ids=units)
    ]
    return Gathered(
        pending=pending,
        kept=kept,
        new=new,
        held=held[0].joined(*held[1:]) if held else hidden_columns([]),
        common=common,
        digests=digests,
        carried_by=carried_by,
        decisions=decisions,
        ranks=ranks(session, day_of(now)),
        told_of=records_kept_by(session, on_the_way, office_id=office_id),
    )


def _columns(rows: Sequence[Row], digests: Digests) -> matching.Records:
    digests.add(rows)
    return hidden_columns(rows)


def _that_matter(
    kept: Kept, on_the_way: Sequence[matching.Records], new: matching.Records, decided: Iterable[str]
) -> tuple[list[int], matching.Frequencies]:
    """Units that can matter to what is found of new records, those that people spoke of among them; and what is common."""
    among = [*([kept.columns] if kept.columns is not None else []), *on_the_way]
    rows, common = matching.worth_reading(matching.without_texts(among) if among else hidden_columns([]), new)
    rows = np.union1d(rows[rows < len(kept.units)], kept.bearing(decided))
    return np.sort(kept.units[rows.astype(np.int64)]).tolist(), common


def _others(decisions: Iterable[tuple[str, str]], digests: Digests) -> set[str]:
    """The facts of which people said what they are to a row at hand."""
    halves = [(facts[:32], facts[32:]) for facts, _ in decisions]
    at_hand = digests.bearers(half for both in halves for half in both).keys()
    return {other for one, two in halves for half, other in ((one, two), (two, one)) if half in at_hand}


def pair_facts(left: str, right: str, facts: Mapping[str, str]) -> str:
    """Digest of both sides of a pair, whichever way round."""
    return "".join(sorted((facts[left], facts[right])))


def _decided(decisions: Iterable[tuple[str, str]], digests: Digests) -> Iterator[tuple[str, str, bool]]:
    """Standing decisions for the rows at hand: a pair with the same facts is not asked again."""
    halves = [(facts[:32], facts[32:], verdict == Verdict.SAME) for facts, verdict in decisions]
    bearers = digests.bearers(half for one, other, _ in halves for half in (one, other))
    for one, other, same in halves:
        for left in bearers.get(one, []):
            for right in bearers.get(other, []):
                yield left, right, same


def route_records(gathered: Gathered, result: matching.Matched, held: Mapping[int, Mapping[str, Any]]) -> Routes:
    """From the engine's pairs and clusters to a way out for each pending record; `held`: the units in those clusters."""
    pending = {record.record_id: record for record in gathered.pending}
    clusters, units, waiting = _clusters(result.clusters, gathered, result.pairs)
    units = _going_on(units, held)
    order = sorted(gathered.pending, key=_fullest_first)
    nodes = [Node(record.record_id, describes(record)) for record in order]
    return route(nodes, clusters, units, _edges(result.pairs, pending.keys()), waiting)


def _going_on(units: Mapping[int, int], held: Mapping[int, Mapping[str, Any]]) -> dict[int, int]:
    """What is said of a unit that was merged is meant for the one that goes on (T10)."""
    followed = {unit_id: heir for unit_id, version in held.items() if (heir := merged_into(version)) is not None}
    return {cluster: last_of(unit_id, followed) for cluster, unit_id in units.items()}


def _fullest_first(record: Waiting) -> tuple[bool, bool, int]:
    return (not describes(record), not record.clean.get("uscc"), record.record_id)


def _clusters(
    groups: Iterable[Sequence[str]], gathered: Gathered, pairs: Iterable[matching.Pair]
) -> tuple[dict[int, int], dict[int, int], set[int]]:
    """Record to cluster, cluster to unit, and clusters that join a record still on its way."""
    pending = {record_key(record.record_id) for record in gathered.pending}
    on_the_way = {record_key(record_id): carrier for record_id, carrier in gathered.carried_by.items()}
    best = _best_unit(pairs)
    clusters: dict[int, int] = {}
    units: dict[int, int] = {}
    waiting: set[int] = set()
    for members in groups:
        own = sorted(split_key(key)[1] for key in members if key in pending)
        joined = [on_the_way[key] for key in members if key in on_the_way]
        name = min(joined) if joined else own[0]
        clusters.update(dict.fromkeys(own, name))
        held = sorted((key for key in members if key[0] == "u"), key=lambda key: (-best.get(key, 0), split_key(key)[1]))
        if held:
            units[name] = split_key(held[0])[1]
        elif joined:
            waiting.add(name)
    return clusters, units, waiting


def _best_unit(pairs: Iterable[matching.Pair]) -> dict[str, int]:
    """The weight with which each held unit was matched."""
    best: dict[str, int] = {}
    for pair in pairs:
        if pair.decision == "match":
            for key in (pair.left, pair.right):
                best[key] = max(best.get(key, 0), pair.weight)
    return best


def _edges(pairs: Iterable[matching.Pair], pending: Iterable[int]) -> list[Edge]:
    """Pairs for a person, each from a pending record's side."""
    own = {record_key(record_id) for record_id in pending}
    edges = []
    for pair in pairs:
        left, right = pair.left, pair.right
        if pair.decision == "review":
            mine, other = (left, right) if left in own and (right not in own or left > right) else (right, left)
            kind, other_id = split_key(other)
            edges.append(Edge(split_key(mine)[1], kind, other_id, pair.weight))
    return edges


def _proposable(gathered: Gathered, routes: Routes) -> dict[int, Waiting]:
    settled = {Way.NEW, Way.SAME}
    wanted = {rid for cluster, way in routes.way.items() if way in settled for rid in routes.members[cluster]}
    return {record.record_id: record for record in gathered.pending if record.record_id in wanted}


def pair_rows(questions: Sequence[Edge], pairs: Iterable[matching.Pair], digests: Digests) -> list[dict[str, Any]]:
    """The questions of a run as pairs."""
    found = {frozenset((pair.left, pair.right)): pair for pair in pairs}
    facts = digests.of(key for both in found for key in both)
    rows = []
    for edge in questions:
        mine = record_key(edge.record_id)
        other = record_key(edge.other_id) if edge.other_kind == "record" else unit_key(edge.other_id)
        pair = found[frozenset((mine, other))]
        rows.append(
            {
                "record_id": edge.record_id,
                "other_kind": edge.other_kind,
                "other_id": edge.other_id,
                "match_weight": pair.weight,
                "match_probability": pair.probability,
                "rule": pair.rule,
                "veto": "",
                "levels": pair.levels,
                "facts": pair_facts(mine, other, facts),
                "status": PairStatus.OPEN,
            }
        )
    return rows


def way_rows(routes: Routes, gathered: Gathered, proposals: Proposals) -> list[dict[str, Any]]:
    """Where each record goes, why, as which unit and carried by which record, cluster by cluster.

    Of a record that reaches beyond the area nobody is told which unit it is.
    """
    rows = []
    records = {record.record_id: record for record in gathered.pending}
    mine = records.keys() | gathered.told_of
    for cluster, way in routes.way.items():
        carrier = carrier_of([records[record_id] for record_id in routes.members[cluster]], way)
        unit_id = routes.unit_of.get(cluster) if way is Way.SAME else None
        for record_id in routes.members[cluster]:
            outcome, reason = _outcome(way, records[record_id], proposals)
            if outcome is RowOutcome.PENDING and way is Way.WAIT and cluster not in mine:
                reason = said(notes.WAITS_LONGER)
            waits_for = cluster if way is Way.WAIT else carrier
            carried = (waits_for if outcome in (RowOutcome.PROPOSED, RowOutcome.PENDING) else None) or record_id
            rows.append(
                {
                    "cluster_id": carried,
                    "record_id": record_id,
                    "goes": str(outcome),
                    "reason": reason,
                    "unit_id": None if record_id in proposals.outside else unit_id,
                }
            )
    return sorted(rows, key=lambda row: (row["cluster_id"], row["record_id"]))


def _outcome(way: Way, record: Waiting, proposals: Proposals) -> tuple[RowOutcome, Said | None]:
    if way is Way.ASK:
        return RowOutcome.TO_REVIEW, said(notes.ASKS)
    if way is Way.UNKNOWN:
        return RowOutcome.PROBLEM, said(notes.UNIT_UNKNOWN)
    if record.record_id in proposals.outside:  # before it is said to wait: nobody is told what is on its way elsewhere
        return RowOutcome.SKIPPED, said(notes.OUT_OF_AREA)
    if way is Way.WAIT or (way is Way.NEW and not describes(record)):
        return RowOutcome.PENDING, said(notes.WAITS_FOR_UNIT)
    if record.record_id in proposals.stopped:
        return RowOutcome.PROBLEM, proposals.stopped[record.record_id]
    if record.record_id in proposals.unchanged:
        return RowOutcome.UNCHANGED, said(notes.NOTHING_NEW)
    return RowOutcome.PROPOSED, None
