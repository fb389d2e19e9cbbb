"""New records beside those that are held: what a register's match run asks of the engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.linkage.cleaning import COLUMNS, Records, clean
from matching.linkage.columns import Array
from matching.linkage.deciding import OF_THE_REGISTER
from matching.linkage.fitting import Labels, latest
from matching.linkage.frequencies import Frequencies, count_frequencies
from matching.linkage.hidden import HopefulPairs, without_texts
from matching.linkage.keys import ALL_RULES
from matching.linkage.levels import Context
from matching.linkage.pairs import find_pairs
from matching.linkage.run import NO_LABELS, Known, Linked, link
from matching.linkage.scoring import worth_keeping
from matching.models.model import Model, Thresholds, load_model, probability

HELD = "register"
"""The source of what a register holds: each of its units stands in it once, under a code of its own."""
ASKS = Thresholds(review=0)
"""Of names a person is asked when it is as likely as not that they are one unit; by themselves they never join."""


@dataclass(frozen=True)
class Pair:
    """Two records, at which level they compare in each comparison, and what follows from it.

    Attributes:
        left, right: record ids, the lower first.
        weight: match weight in 1/1000 bit: the sum of the prior and of each level's weight in the model.
        decision: `match`, or `review` for a person.
        rule: the blocking rule that found the pair first.
    """

    left: str
    right: str
    weight: int
    probability: float
    decision: str
    rule: str
    levels: dict[str, int]


@dataclass(frozen=True)
class Matched:
    """What was found of new records; `first_new`: their first row, held ones before it."""

    linked: Linked
    first_new: int

    @property
    def model(self) -> Model:
        return self.linked.model

    @property
    def thresholds(self) -> Thresholds:
        return self.linked.model.thresholds

    @property
    def report(self) -> dict[str, Any]:
        return self.linked.report

    @cached_property
    def pairs(self) -> list[Pair]:
        """Matches and questions of which one record is new: falling weight, then ids."""
        linked, places = self.linked, self.linked.shown(self.first_new)
        left, right = (linked.records.ids.take(side[places]).to_pylist() for side in (linked.left, linked.right))
        weight, decision = linked.kept.weight[places], linked.decision[places].tolist()
        rule = [ALL_RULES[place].name for place in linked.kept.pairs.rule[places].tolist()]
        chosen = {name: levels[places].tolist() for name, levels in linked.kept.levels.items()}
        levels = [dict(zip(chosen, own, strict=True)) for own in zip(*chosen.values(), strict=True)]
        columns = (left, right, weight.tolist(), probability(weight).tolist(), decision, rule, levels)
        return [Pair(*row) for row in zip(*columns, strict=True)]

    @cached_property
    def clusters(self) -> list[list[str]]:
        """The record ids of every cluster that holds a new record, held ones among them, in the order of ids."""
        linked = self.linked
        rows = np.flatnonzero(np.isin(linked.clusters, linked.clusters[self.first_new :]))
        rows = rows[np.lexsort((linked.rank[rows], linked.clusters[rows]))]
        starts = np.flatnonzero(np.diff(linked.clusters[rows], prepend=-1))
        ids = linked.records.ids.take(rows).to_pylist()
        found = [ids[start:stop] for start, stop in zip(starts.tolist(), [*starts.tolist()[1:], len(ids)], strict=True)]
        return sorted(found)


def columns_of(table: pa.Table) -> Records:
    """A table as what is compared: text, empty for missing; `record_id` and `name`, any other of `COLUMNS` where known.

    Many held records are made so part by part and joined: of a part no more is kept than what is compared. Raises ValueError without
    ids or names.
    """
    missing = [name for name in ("record_id", "name") if name not in table.column_names]
    if missing:
        raise ValueError(f"the table needs the columns {', '.join(missing)}")
    blank = pa.array([""] * len(table), pa.large_string())
    given = set(table.column_names)
    return clean(pa.table({name: table[name].cast(pa.large_string()) if name in given else blank for name in COLUMNS}))


def match(
    records: pa.Table | Records,
    held: pa.Table | Records | None = None,
    *,
    model: Model | None = None,
    thresholds: Thresholds | None = None,
    decided: Iterable[tuple[str, str, bool]] = (),
    common: Frequencies | None = None,
) -> Matched:
    """Compare records with each other and with those held, which are never compared with one another.

    What is common follows from all of them; weights are taken as they stand. Equal valid codes without contradiction match, a
    cluster holds one held record at most, and names go to a person unless the thresholds have a `match`. Same data and model give
    the same result whatever the order of rows and of columns.

    Args:
        records, held: tables as `columns_of` takes them, or what it made of them; ids are unique over both.
        model: the one shipped last unless another is given.
        thresholds: in place of the model's; those of `ASKS` unless others are given.
        decided: what people said, in the order in which they did: two record ids, and whether they are one unit. It is obeyed,
            and not asked again; ids that are not at hand are passed over.
        common: what is common among more records than those given (`worth_reading`).

    Raises:
        ValueError: no ids or names, or an id twice.
    """
    model = model or load_model()
    thresholds = thresholds or ASKS
    parts = [one if isinstance(one, Records) else columns_of(one) for one in (held, records) if one is not None]
    joined = parts[0].joined(*parts[1:])
    _refuse_repeated_ids(joined)
    first_new = len(joined) - len(parts[-1])
    common = common or count_frequencies(joined, first_new)
    known = Known(replace(model, thresholds=thresholds), common, None, first_new)
    labels = _labels(joined, first_new, decided)
    linked = link(joined, model, unique_sources=(HELD,), known=known, labels=labels, policy=OF_THE_REGISTER)
    return Matched(linked, first_new)


def worth_reading(
    held: Records, new: Records, *, model: Model | None = None, thresholds: Thresholds | None = None
) -> tuple[Array, Frequencies]:
    """Which rows of many held records can matter to what is found of new ones, told without a text; and what is common.

    Both are hidden (`linkage/hidden.py`). `match` of the new records beside these rows alone, with what is common, finds what it
    would find beside all: what texts say is taken here to be as alike as it may be.
    """
    model = replace(model or load_model(), thresholds=thresholds or ASKS)
    records, first_new = without_texts([held, new]), len(held)
    common = count_frequencies(records, first_new)
    context = Context(records, common, np.zeros(len(records), bool), first_new)
    found = worth_keeping(model, find_pairs(context, common, first_new, HopefulPairs), equal_codes=True)
    return np.unique(found.left[found.left < first_new]), common


def _refuse_repeated_ids(records: Records) -> None:
    """A pair could not say which record it means."""
    counts = pc.value_counts(records.ids)
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        raise ValueError(f"record ids occur more than once, {twice.field('values')[0]} among them")


def _labels(records: Records, first_new: int, decided: Iterable[tuple[str, str, bool]]) -> Labels:
    rows = list(decided)
    if not rows:
        return NO_LABELS
    left, right = (_rows(records, ids) for ids in ([one for one, _, _ in rows], [other for _, other, _ in rows]))
    same = np.array([verdict for _, _, verdict in rows], bool)
    at_hand = (left >= 0) & (right >= 0) & (left != right) & (np.maximum(left, right) >= first_new)
    return latest(left[at_hand], right[at_hand], same[at_hand])


def _rows(records: Records, ids: list[str]) -> Array:
    found = pc.index_in(pa.array(ids, pa.large_string()), records.ids)
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
