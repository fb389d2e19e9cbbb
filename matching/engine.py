"""Matching whole tables: codes first, then a probabilistic model; three ways out (match, review, left out)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from matching.blocking import candidate_pairs
from matching.cluster import Refusal, clusters_of
from matching.comparisons import Sides, levels_of
from matching.models.model import Model, Thresholds, explain_levels, load_model, probability
from matching.standardise import standardise_records

PAIR_COLUMNS = (
    "record_id_l",
    "record_id_r",
    "match_weight",
    "match_probability",
    "decision",
    "rule",
    "kind",
    "veto",
)


@dataclass(frozen=True)
class MatchResult:
    """What a run found.

    Attributes:
        pairs: record_id_l, record_id_r, match_weight (1/1000 bit), match_probability, decision (`match`, `review`),
            rule (of blocking), kind (`code`, `model`, `decided`), veto, and a level `l_…` per comparison.
        clusters: record_id, cluster_id for every record.
        refused: joins that a constraint refused, with the reason.
        report: counts per blocking rule, largest cluster, refusals.
    """

    pairs: pd.DataFrame
    clusters: pd.DataFrame
    refused: pd.DataFrame
    model: Model
    thresholds: Thresholds
    report: dict[str, Any] = field(default_factory=dict)

    def explain(self, left: str, right: str, lang: str = "zh") -> list[dict[str, Any]]:
        """Prior and each comparison of one pair; the weights add up to its match weight. Raises KeyError."""
        ids = self.pairs[["record_id_l", "record_id_r"]].to_numpy()
        for index, pair in enumerate(ids):
            if {left, right} == set(pair):
                row = self.pairs.iloc[index]
                levels = {name[2:]: int(row[name]) for name in self.pairs.columns if name.startswith("l_")}
                return explain_levels(self.model.name, self.model.version, levels, lang)
        raise KeyError(f"no pair of {left} and {right}")


def match(
    records: pd.DataFrame,
    held: pd.DataFrame | None = None,
    model: Model | None = None,
    thresholds: Thresholds | None = None,
    decided: pd.DataFrame | None = None,
) -> MatchResult:
    """Compare records with each other and with those held (never held with held).

    Same data and model give the same result, whatever the order of the rows. `decided` (record_id_l, record_id_r,
    verdict `same` or `different`) is obeyed: those pairs are joined or kept apart, and not asked again.
    """
    model = model or load_model()
    thresholds = thresholds or model.thresholds
    table, first_held = _joined_table(records, held)
    candidates = candidate_pairs(table, first_held)
    sides = Sides(table, candidates.left.to_numpy(), candidates.right.to_numpy())
    pairs = levels_of(sides)
    pairs.insert(0, "match_weight", model.total(pairs))
    pairs["rule"] = candidates.rule.to_numpy()
    pairs["record_id_l"], pairs["record_id_r"] = sides.of("record_id")
    pairs["veto"] = _vetoes(sides, pairs)
    pairs["kind"] = np.where(pairs["l_code"].isin([1, 2, 3]), "code", "model")
    pairs["decision"] = _decisions(pairs, thresholds)
    pairs = _obey(pairs, decided, table)
    pairs = pairs[(pairs["decision"] != "") & (pairs["veto"] == "")]
    pairs = _in_order(pairs)
    clusters, refused = _clusters(table, pairs, decided, set(table["record_id"].iloc[first_held:]))
    report = _report(candidates.report, pairs, clusters, refused)
    return MatchResult(pairs, clusters, _as_table(refused), model, thresholds, report)


def _joined_table(records: pd.DataFrame, held: pd.DataFrame | None) -> tuple[pd.DataFrame, int]:
    """New and held records in one standardised table, each part in the order of its ids."""
    new = standardise_records(records).sort_values("record_id", kind="stable")
    if held is None or held.empty:
        return new.reset_index(drop=True), len(new)
    old = standardise_records(held).sort_values("record_id", kind="stable")
    return pd.concat([new, old], ignore_index=True), len(new)


def _vetoes(sides: Sides, pairs: pd.DataFrame) -> Any:
    """Pairs that cannot be one unit, whatever else agrees.

    Two different valid codes never merge on their names (DESIGN.md, promise 7); a branch is not its parent even
    when it carries the parent's code (18 % of census branch rows do); branches with different tails differ.
    """
    kinds = sides.of("unit_type")
    mixed = ((kinds[0] == "1") & (kinds[1] == "2")) | ((kinds[0] == "2") & (kinds[1] == "1"))
    tails = pairs["l_branch"].to_numpy()
    parts = sides.of("part_kind")
    return np.select(
        [
            pairs["l_code"].to_numpy() == 5,
            mixed & (np.isin(tails, [2, 3]) | _names_parent(sides)),
            tails == 3,
            sides.both("part_kind") & (parts[0] != parts[1]),
        ],
        ["two_codes", "parent_and_branch", "different_branches", "head_office_and_branch"],
        "",
    )


def _names_parent(sides: Sides) -> Any:
    """One side names the other as its parent."""
    (parent_l, parent_r), (code_l, code_r) = sides.of("parent"), sides.of("code")
    return ((parent_l != "") & (parent_l == code_r)) | ((parent_r != "") & (parent_r == code_l))


def _decisions(pairs: pd.DataFrame, thresholds: Thresholds) -> Any:
    """`match` on equal codes without contradiction; on names a person decides unless a threshold is given."""
    by_code = pairs["kind"] == "code"
    contradicted = (pairs["l_name"] == 7) & (pairs["l_core"] == 5) | (pairs["l_kind"] == 2)
    strong = pairs["match_weight"] >= (thresholds.match if thresholds.match is not None else np.iinfo(np.int64).max)
    return np.select(
        [by_code & ~contradicted, by_code, strong, pairs["match_weight"] >= thresholds.review],
        ["match", "review", "match", "review"],
        "",
    )


def _obey(pairs: pd.DataFrame, decided: pd.DataFrame | None, table: pd.DataFrame) -> pd.DataFrame:
    """Lay the decisions of people over the pairs; one decided the same that no rule found is added."""
    if decided is None or decided.empty:
        return pairs
    known = set(table["record_id"])
    verdicts = {
        frozenset((left, right)): verdict
        for left, right, verdict in zip(decided["record_id_l"], decided["record_id_r"], decided["verdict"], strict=True)
        if left in known and right in known and left != right
    }
    keys = [frozenset(both) for both in zip(pairs["record_id_l"], pairs["record_id_r"], strict=True)]
    said = pd.Series([verdicts.get(key, "") for key in keys], index=pairs.index, dtype="object")
    pairs = pairs.copy()
    pairs.loc[said == "same", ["decision", "kind", "veto"]] = ["match", "decided", ""]
    pairs.loc[said == "different", "decision"] = ""
    absent = [key for key, verdict in verdicts.items() if verdict == "same" and key not in set(keys)]
    return pd.concat([pairs, _added(absent, pairs)], ignore_index=True) if absent else pairs


def _added(keys: list[frozenset[str]], pairs: pd.DataFrame) -> pd.DataFrame:
    rows = [dict.fromkeys((name for name in pairs.columns if name.startswith("l_")), 0) for _ in keys]
    for row, key in zip(rows, keys, strict=True):
        left, right = sorted(key)
        row.update(record_id_l=left, record_id_r=right, match_weight=0, rule="decided")  # type: ignore[call-overload]
        row.update(veto="", kind="decided", decision="match")  # type: ignore[call-overload]
    return pd.DataFrame(rows)


def _in_order(pairs: pd.DataFrame) -> pd.DataFrame:
    pairs = pairs.assign(match_probability=probability(pairs["match_weight"]))
    order = pairs.sort_values(
        ["match_weight", "record_id_l", "record_id_r"], ascending=[False, True, True], kind="stable"
    )
    levels = [name for name in order.columns if name.startswith("l_")]
    return order[[*PAIR_COLUMNS, *levels]].reset_index(drop=True)


def _clusters(
    table: pd.DataFrame, pairs: pd.DataFrame, decided: pd.DataFrame | None, held: set[str]
) -> tuple[pd.DataFrame, list[Refusal]]:
    matched = pairs[pairs["decision"] == "match"]
    # what a person decided comes before any score
    matched = matched.sort_values("kind", key=lambda kinds: kinds != "decided", kind="stable")
    joins = zip(matched["record_id_l"], matched["record_id_r"], strict=True)
    valid = table[table["code_valid"].astype(bool)]
    codes = dict(zip(valid["record_id"], valid["code"], strict=True))
    apart = decided[decided["verdict"] == "different"] if decided is not None and len(decided) else None
    kept_apart = zip(apart["record_id_l"], apart["record_id_r"], strict=True) if apart is not None else ()
    found, refused = clusters_of(table["record_id"], joins, codes=codes, held=held, apart=kept_apart)
    clusters = pd.DataFrame({"record_id": list(found), "cluster_id": list(found.values())}, dtype="object")
    return clusters.sort_values("record_id", kind="stable", ignore_index=True), refused


def _as_table(refused: list[Refusal]) -> pd.DataFrame:
    rows = [(refusal.left, refusal.right, refusal.reason) for refusal in refused]
    return pd.DataFrame(rows, columns=["record_id_l", "record_id_r", "reason"])


def _report(
    rules: dict[str, dict[str, int]], pairs: pd.DataFrame, clusters: pd.DataFrame, refused: list[Refusal]
) -> dict[str, Any]:
    sizes = clusters["cluster_id"].value_counts()
    decisions = pairs["decision"].value_counts()
    return {
        "blocking": rules,
        "pairs": {str(name): int(count) for name, count in sorted(decisions.items())},
        "clusters": len(sizes),
        "largest_cluster": int(sizes.max()) if len(sizes) else 0,
        "refused_joins": len(refused),
    }
