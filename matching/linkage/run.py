"""One run: records to pairs, weights, decisions and clusters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.linkage.cleaning import Records
from matching.linkage.clustering import REASONS, Clusters, Constraints, cluster
from matching.linkage.columns import Array, within
from matching.linkage.deciding import BY_WEIGHT, MATCH, REVIEW, Policy, asks, decisions, joins, said_of
from matching.linkage.fitting import Labels, fit, fit_labels, places_of
from matching.linkage.frequencies import Frequencies, count_frequencies
from matching.linkage.keys import ALL_RULES
from matching.linkage.levels import Context
from matching.linkage.pairs import PairTable, decided_pairs, find_pairs
from matching.linkage.scoring import Scored, score, sides_of, worth_keeping
from matching.models.model import Model, probability

NO_LABELS = Labels(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))


@dataclass(frozen=True)
class Known:
    """What an earlier run left: its model and frequencies, and the pairs among its `rows` first records."""

    model: Model
    frequencies: Frequencies
    pairs: PairTable | None = None
    rows: int = 0


@dataclass(frozen=True)
class Linked:
    """What a run found.

    Attributes:
        records: all records; `rank` is the place of each by its id.
        kept: pairs worth keeping for later runs, with weights and levels.
        left, right: rows of each kept pair, that with the lower id first.
        decision: `match`, `review` or empty (below the review threshold, or said to be different) for each kept pair.
        clusters: a number for each record.
        refused: places of kept pairs that a constraint kept from joining, with the place of the reason in `REASONS`.
    """

    records: Records
    rank: Array
    model: Model
    frequencies: Frequencies
    kept: Scored
    left: Array
    right: Array
    decision: Array
    clusters: Array
    refused: tuple[Array, Array]
    report: dict[str, Any] = field(default_factory=dict)

    def shown(self, first_new: int = 0) -> Array:
        """Places of the pairs that a caller sees, of which one record is new: falling weight, then ids."""
        places = np.flatnonzero((self.decision != "") & (self.kept.pairs.right >= first_new))
        order = np.lexsort((self.rank[self.right[places]], self.rank[self.left[places]], -self.kept.weight[places]))
        return np.asarray(places[order])


def link(
    records: Records,
    model: Model,
    *,
    unique_sources: Collection[str] = (),
    known: Known | None = None,
    labels: Labels = NO_LABELS,
    learn: bool = True,
    match_from: int | None = None,
    policy: Policy = BY_WEIGHT,
) -> Linked:
    """Deduplicate and link all records.

    Args:
        records: all records, those of an earlier run first and in its order.
        model: where weights begin; with `learn` they are fitted to the records.
        unique_sources: sources in which one unit has one code; two codes of theirs never share a cluster.
        known: what an earlier run left; its model and frequencies are used as they are.
        labels: decisions of people, obeyed and (but for the model of an earlier run) learned from.
        match_from: match threshold in 1/1000 bit in place of the model's.
        policy: what joins without a person, and what no person is asked.
    """
    context, found = gather(records, unique_sources, known)
    sides = sides_of(records)
    if known:
        model = known.model
    elif learn:
        model = fit(model, found, sides)
    kept = worth_keeping(model, found, equal_codes=policy.equal_codes)
    if known and known.pairs is not None:
        kept = known.pairs.joined(kept)
    kept = _with_decided(context, kept, labels)
    if len(labels) and not known:
        model = fit_labels(model, kept, sides, labels)
    if match_from is not None:
        thresholds = replace(model.thresholds, match=match_from, review=min(model.thresholds.review, match_from))
        model = replace(model, thresholds=thresholds)
    scored = score(model, kept, sides)
    held = known.rows if known and policy.one_held else 0
    limits = _constraints(records, context.frequencies.shared, context.unique, labels, held)
    return _decided(records, sides.rank, model, context.frequencies, scored, limits, labels, policy)


def gather(records: Records, unique_sources: Collection[str], known: Known | None = None) -> tuple[Context, PairTable]:
    """What comparing needs, and the candidate pairs: of all records, or of those behind what an earlier run knew."""
    unique = pc.is_in(records.texts["source"], pa.array(sorted(unique_sources), pa.large_string()))
    frequencies = known.frequencies if known else count_frequencies(records)
    first_new = known.rows if known else 0
    context = Context(records, frequencies, unique.to_numpy(zero_copy_only=False), first_new)
    return context, find_pairs(context, frequencies, first_new)


def _with_decided(context: Context, kept: PairTable, labels: Labels) -> PairTable:
    """The kept pairs and those that people called one unit, should no rule have found them."""
    missing = labels.same & (places_of(labels, kept, len(context.records)) < 0)
    if not missing.any():
        return kept
    added = decided_pairs(context, labels.left[missing], labels.right[missing])
    return replace(kept.joined(added), effort=kept.effort)


def _constraints(records: Records, shared: Array, unique: Array, labels: Labels, held: int) -> Constraints:
    """Valid codes hold clusters apart; one that a branch outside a unique source shares may be its parent's and does not.

    `held`: so many first records of which a cluster holds one at most.
    """
    branch = np.where(records.numbers["is_branch"] == 1, records.keys["tail"], np.uint64(0))
    holds = unique | (branch == 0) | ~within(records.keys["valid"], shared)
    code = np.where(holds, records.keys["valid"], np.uint64(0))
    one_of = np.zeros(len(records), np.uint64)
    one_of[:held] = np.arange(1, held + 1)
    different = ~labels.same
    return Constraints(code, branch, one_of, (labels.left[different], labels.right[different]))


def _decided(
    records: Records,
    rank: Array,
    model: Model,
    frequencies: Frequencies,
    scored: Scored,
    limits: Constraints,
    labels: Labels,
    policy: Policy,
) -> Linked:
    swapped = rank[scored.pairs.left] > rank[scored.pairs.right]
    left = np.where(swapped, scored.pairs.right, scored.pairs.left)
    right = np.where(swapped, scored.pairs.left, scored.pairs.right)
    said = said_of(left, right, labels, len(records))
    joined = joins(scored, model.thresholds, policy) | (said == 1)
    joined &= said != 0
    places = np.flatnonzero(joined)
    one, other = left[places], right[places]
    # what a person said comes before any score
    found = cluster(one, other, limits, (rank[other], rank[one], -scored.weight[places], said[places] != 1))
    shown = asks(scored, model.thresholds, policy)
    decision = decisions(shown, joined, said, found.of[left] == found.of[right])
    refused = (places[found.refused], found.reasons)
    linked = Linked(records, rank, model, frequencies, scored, left, right, decision, found.of, refused)
    linked.report.update(_report(linked, found))
    return linked


def _report(linked: Linked, found: Clusters) -> dict[str, Any]:
    matched = linked.decision == MATCH
    sizes = np.bincount(np.unique(found.of, return_inverse=True)[1]) if len(found.of) else np.zeros(1, np.int64)
    reasons = np.bincount(linked.refused[1], minlength=len(REASONS))
    return {
        "records": len(linked.records),
        "model": f"{linked.model.name}-{linked.model.version}",
        "learned_from": dict(linked.model.learned),
        "thresholds": linked.model.thresholds.as_dict(),
        "blocking": _blocking_report(linked, matched),
        "pairs": {MATCH: int(matched.sum()), REVIEW: int((linked.decision == REVIEW).sum())},
        "clusters": int((sizes > 0).sum()),
        "largest_cluster": int(sizes.max()),
        "clusters_above_12": int((sizes > 12).sum()),
        **_doubts(linked, matched),
        "refused_joins": {reason: int(count) for reason, count in zip(REASONS, reasons, strict=True)},
    }


def _doubts(linked: Linked, matched: Array) -> dict[str, int]:
    """What a run cannot know but can reckon: how many of its matches are wrong, and how many it leaves out or to a person.

    `clusters_in_doubt`: clusters that hold two records which, compared with each other alone, would not even be asked about.
    """
    chance = probability(linked.kept.weight)
    asked = linked.decision == REVIEW
    together = linked.clusters[linked.left] == linked.clusters[linked.right]
    apart = together & (linked.kept.weight < linked.model.thresholds.review)
    return {
        "expected_wrong_matches": round(float((1 - chance[matched]).sum())),
        "expected_matches_asked_about": round(float(chance[asked].sum())),
        "clusters_in_doubt": len(np.unique(linked.clusters[linked.left[apart]])),
    }


def _blocking_report(linked: Linked, matched: Array) -> dict[str, dict[str, int]]:
    """What each rule cost and added in this run, and what it reaches: pairs kept and matched, of all runs."""
    pairs, crowded = linked.kept.pairs, linked.frequencies.crowded
    kept = np.bincount(pairs.rule, minlength=len(ALL_RULES)).tolist()
    reached = np.bincount(pairs.rule[matched], minlength=len(ALL_RULES)).tolist()
    return {
        rule.name: {
            **pairs.effort[rule.name],
            "kept": kept[place],
            "matched": reached[place],
            "keys_passed_over": len(crowded.get(rule.name, ())),
        }
        for place, rule in enumerate(ALL_RULES)
    }
