"""Pure decisions after matching: which way out each record takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Way(StrEnum):
    """The three ways out of matching; that of a record whose unit is on its way in, and of one whose unit nobody knows."""

    SAME = "same"
    NEW = "new"
    ASK = "ask"
    WAIT = "wait"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Node:
    """A pending record. `describes` says whether it can make a unit (a cancellation cannot)."""

    record_id: int
    describes: bool = True


@dataclass(frozen=True)
class Edge:
    """A pair that needs a person: a record beside a unit or beside another record."""

    record_id: int
    other_kind: str
    other_id: int
    weight: int = 0


@dataclass
class Routes:
    """What becomes of each cluster: members in order, the unit for `same`, the edges to ask about."""

    way: dict[int, Way] = field(default_factory=dict)
    unit_of: dict[int, int] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    questions: list[Edge] = field(default_factory=list)

    def clusters(self, way: Way) -> list[int]:
        return [cluster for cluster, taken in self.way.items() if taken == way]


def route(
    nodes: Sequence[Node],
    clusters: Mapping[int, int],
    units: Mapping[int, int],
    questions: Iterable[Edge],
    waiting: Iterable[int] = (),
) -> Routes:
    """Same unit, new unit, or ask a person.

    Args:
        nodes: pending records in the order in which they may go ahead (the fullest first).
        clusters: record to cluster (the id of its first record).
        units: cluster to the held unit it was matched with.
        questions: pairs that need a person.
        waiting: clusters whose unit is proposed and not yet in the register.

    A record matched with a held unit asks nothing more. Of the others, each goes ahead unless it is in doubt against
    a held unit or against a record that goes ahead before it: so of two records in doubt one enters the base list
    and the other asks. Every doubt of a record that asks is put to the person.
    """
    routes = Routes()
    for node in nodes:
        routes.members.setdefault(clusters[node.record_id], []).append(node.record_id)
    describing = {clusters[node.record_id] for node in nodes if node.describes}
    asked = _asked(questions, clusters, units)
    wait = set(waiting)
    ahead: set[int] = set()
    for cluster in routes.members:
        routes.way[cluster] = _way(cluster, units, describing, wait, asked.get(cluster, []), clusters, ahead)
        if routes.way[cluster] in {Way.NEW, Way.SAME, Way.WAIT}:
            ahead.add(cluster)
        if cluster in units:
            routes.unit_of[cluster] = units[cluster]
    asking = set(routes.clusters(Way.ASK))
    routes.questions = _to_put(asked, asking, clusters)
    return routes


def _asked(questions: Iterable[Edge], clusters: Mapping[int, int], units: Mapping[int, int]) -> dict[int, list[Edge]]:
    """Questions by cluster, each seen from both of its sides; none of a cluster that has its unit."""
    asked: dict[int, list[Edge]] = {}
    for edge in questions:
        own = clusters[edge.record_id]
        other = clusters.get(edge.other_id) if edge.other_kind == "record" else None
        if own == other:
            continue
        if own not in units:
            asked.setdefault(own, []).append(edge)
        if other is not None and other not in units:
            asked.setdefault(other, []).append(Edge(edge.other_id, "record", edge.record_id, edge.weight))
    return asked


def _way(
    cluster: int,
    units: Mapping[int, int],
    describing: set[int],
    waiting: set[int],
    edges: Sequence[Edge],
    clusters: Mapping[int, int],
    ahead: set[int],
) -> Way:
    if cluster in units:
        return Way.SAME
    if cluster in waiting:
        return Way.WAIT
    for edge in edges:
        if edge.other_kind == "unit" or clusters.get(edge.other_id, edge.other_id) in ahead:
            return Way.ASK
        if edge.other_id not in clusters:  # a record of an earlier run, proposed or asking already
            return Way.ASK
    return Way.NEW if cluster in describing else Way.UNKNOWN


def _to_put(asked: Mapping[int, list[Edge]], asking: set[int], clusters: Mapping[int, int]) -> list[Edge]:
    """Each doubt once: of two records that both ask, the later one carries it."""
    put: dict[tuple[int, str, int], Edge] = {}
    for cluster in sorted(asking):
        for edge in asked.get(cluster, []):
            mirrored = edge.other_kind == "record" and clusters.get(edge.other_id) in asking
            if mirrored and edge.record_id < edge.other_id:
                edge = Edge(edge.other_id, "record", edge.record_id, edge.weight)
            put.setdefault((edge.record_id, edge.other_kind, edge.other_id), edge)
    return list(put.values())
