"""Matching whole tables: codes first, then a probabilistic model; three ways out (match, review, left out)."""

from __future__ import annotations

from collections.abc import Collection
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
    unique_sources: Collection[str] | None = None,
) -> MatchResult:
    """Compare records with each other and with those held (never held with held).

    Same data and model give the same result, whatever the order of the rows. `decided` (record_id_l, record_id_r,
    verdict `same` or `different`) is obeyed: those pairs are joined or kept apart, and not asked again. Two different
    valid codes never share a cluster; with `unique_sources`, only the codes of these sources hold clusters apart.
    """
    model = model or load_model()
    thresholds = thresholds or model.thresholds
    table, first_held = _joined_table(records, held)
    candidates = candidate_pairs(table, first_held)
    found = pd.DataFrame({"left": candidates.left, "right": candidates.right, "rule": candidates.rule})
    found = _with_decided(found.reset_index(drop=True), _verdicts(decided, table))
    sides = Sides(table, found["left"].to_numpy(), found["right"].to_numpy())
    pairs = levels_of(sides)
    pairs.insert(0, "match_weight", model.total(pairs))
    pairs["rule"] = found["rule"]
    pairs["record_id_l"], pairs["record_id_r"] = sides.of("record_id")
    pairs["veto"] = _vetoes(sides, pairs)
    pairs["kind"] = np.where(pairs["l_code"].isin([1, 2, 3]), "code", "model")
    pairs["decision"] = _decisions(pairs, thresholds)
    pairs = _obey(pairs, found["said"])
    pairs = pairs[(pairs["decision"] != "") & (pairs["veto"] == "")]
    pairs = _in_order(pairs)
    coded = table[table["code_valid"].astype(bool)]
    if unique_sources is not None:
        coded = coded[coded["source"].isin(unique_sources)]
    clusters, refused = _clusters(table, coded, pairs, decided, set(table["record_id"].iloc[first_held:]))
    pairs = _asked_where_refused(pairs, refused)
    report = _report(candidates.report, pairs, clusters, refused)
    return MatchResult(pairs, clusters, _as_table(refused), model, thresholds, report)


def _joined_table(records: pd.DataFrame, held: pd.DataFrame | None) -> tuple[pd.DataFrame, int]:
    """New and held records in one standardised table, each part in the order of its ids.

    Raises ValueError when a record id occurs twice: a pair could not say which record it means.
    """
    parts = [records] if held is None or held.empty else [records, held]
    tables = [standardise_records(part).sort_values("record_id", kind="stable") for part in parts]
    table = pd.concat(tables, ignore_index=True)
    twice = table["record_id"][table["record_id"].duplicated()]
    if len(twice):
        raise ValueError(f"record ids occur more than once, {twice.iloc[0]} among them")
    return table, len(tables[0])


def _vetoes(sides: Sides, pairs: pd.DataFrame) -> Any:
    """Pairs that cannot be one unit, whatever else agrees.

    Two different valid codes never merge on their names (DESIGN.md, promise 7); a branch is not its parent even
    when it carries the parent's code (18 % of census branch rows do), and by its name when the unit types are not
    known to be equal; branches with different tails differ; a 本部 is not its legal unit (identifiers.md §6).
    """
    kinds = sides.of("unit_type")
    mixed = ((kinds[0] == "1") & (kinds[1] == "2")) | ((kinds[0] == "2") & (kinds[1] == "1"))
    tails = pairs["l_branch"].to_numpy()
    parts = sides.of("part_kind")
    return np.select(
        [
            pairs["l_code"].to_numpy() == 5,
            mixed & (np.isin(tails, [2, 3]) | _names_parent(sides)) | _head_office(sides),
            (tails == 2) & np.isin(pairs["l_code"], [1, 2, 3]) & ~sides.equal("unit_type"),
            tails == 3,
            sides.both("part_kind") & (parts[0] != parts[1]),
        ],
        ["two_codes", "parent_and_branch", "parent_and_branch", "different_branches", "head_office_and_branch"],
        "",
    )


def _names_parent(sides: Sides) -> Any:
    """One side names the other as its parent."""
    (parent_l, parent_r), (code_l, code_r) = sides.of("parent"), sides.of("code")
    return ((parent_l != "") & (parent_l == code_r)) | ((parent_r != "") & (parent_r == code_l))


def _head_office(sides: Sides) -> Any:
    """One organisation code is that of the other side's 本部: its first eight characters and `B`."""
    left, right = sides.of("org")
    rows = zip(left, right, strict=True)
    return np.fromiter((a[:8] == b[:8] and a != b and "B" in (a[8:], b[8:]) for a, b in rows), bool, len(sides))


def _decisions(pairs: pd.DataFrame, thresholds: Thresholds) -> Any:
    """`match` on equal codes without contradiction; on names a person decides unless a threshold is given."""
    by_code = pairs["kind"] == "code"
    contradicted = (pairs["l_name"] == 7) & (pairs["l_core"] == 5) | (pairs["l_kind"] == 2) | (pairs["l_branch"] == 2)
    strong = pairs["match_weight"] >= (thresholds.match if thresholds.match is not None else np.iinfo(np.int64).max)
    return np.select(
        [by_code & ~contradicted, by_code, strong, pairs["match_weight"] >= thresholds.review],
        ["match", "review", "match", "review"],
        "",
    )


def _verdicts(decided: pd.DataFrame | None, table: pd.DataFrame) -> dict[tuple[int, int], str]:
    """What people decided, by positions in the table (the smaller first); pairs with a record not at hand are left."""
    if decided is None or decided.empty:
        return {}
    place = {key: position for position, key in enumerate(table["record_id"])}
    rows = zip(decided["record_id_l"], decided["record_id_r"], decided["verdict"], strict=True)
    return {
        (min(place[left], place[right]), max(place[left], place[right])): verdict
        for left, right, verdict in rows
        if left in place and right in place and left != right
    }


def _with_decided(found: pd.DataFrame, verdicts: dict[tuple[int, int], str]) -> pd.DataFrame:
    """The candidates, and those pairs decided the same that no rule found; `said` holds the verdict or is empty."""
    known = [verdicts.get(both, "") for both in zip(found["left"], found["right"], strict=True)]
    found = found.assign(said=pd.Series(known, index=found.index, dtype="object"))
    seen = set(zip(found["left"], found["right"], strict=True))
    absent = sorted(both for both, verdict in verdicts.items() if verdict == "same" and both not in seen)
    if not absent:
        return found
    added = pd.DataFrame(absent, columns=["left", "right"]).assign(rule="decided", said="same")
    return pd.concat([found, added], ignore_index=True)


def _obey(pairs: pd.DataFrame, said: pd.Series[str]) -> pd.DataFrame:
    """Lay the decisions of people over those of the engine."""
    same, different = (said == "same").to_numpy(), (said == "different").to_numpy()
    pairs.loc[same, ["decision", "kind", "veto"]] = ["match", "decided", ""]
    pairs.loc[different, "decision"] = ""
    return pairs


def _in_order(pairs: pd.DataFrame) -> pd.DataFrame:
    pairs = pairs.assign(match_probability=probability(pairs["match_weight"]))
    order = pairs.sort_values(
        ["match_weight", "record_id_l", "record_id_r"], ascending=[False, True, True], kind="stable"
    )
    levels = [name for name in order.columns if name.startswith("l_")]
    return order[[*PAIR_COLUMNS, *levels]].reset_index(drop=True)


def _clusters(
    table: pd.DataFrame, coded: pd.DataFrame, pairs: pd.DataFrame, decided: pd.DataFrame | None, held: set[str]
) -> tuple[pd.DataFrame, list[Refusal]]:
    matched = pairs[pairs["decision"] == "match"]
    # what a person decided comes before any score
    matched = matched.sort_values("kind", key=lambda kinds: kinds != "decided", kind="stable")
    joins = zip(matched["record_id_l"], matched["record_id_r"], strict=True)
    codes = dict(zip(coded["record_id"], coded["code"], strict=True))
    apart = decided[decided["verdict"] == "different"] if decided is not None and len(decided) else None
    kept_apart = zip(apart["record_id_l"], apart["record_id_r"], strict=True) if apart is not None else ()
    found, refused = clusters_of(table["record_id"], joins, codes=codes, held=held, apart=kept_apart)
    clusters = pd.DataFrame({"record_id": list(found), "cluster_id": list(found.values())}, dtype="object")
    return clusters.sort_values("record_id", kind="stable", ignore_index=True), refused


def _asked_where_refused(pairs: pd.DataFrame, refused: list[Refusal]) -> pd.DataFrame:
    """A match that a constraint kept from joining is for a person, unless a person has said so."""
    asked = {(refusal.left, refusal.right) for refusal in refused if refusal.reason != "decided_different"}
    if asked:
        both = zip(pairs["record_id_l"], pairs["record_id_r"], strict=True)
        pairs.loc[[pair in asked for pair in both], "decision"] = "review"
    return pairs


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
