"""What a run found, as files: pairs, clusters, explanations, questions. The same bytes for the same findings."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from matching.linkage.clustering import REASONS
from matching.linkage.columns import Array, Texts
from matching.linkage.keys import ALL_RULES
from matching.linkage.run import Linked
from matching.models.model import UNIT, Model, explain, probability

PAIRS = ("record_id_l", "record_id_r", "match_weight", "match_probability", "decision")
CLUSTERS = ("record_id", "cluster_id")

VALUES = {
    "code": ("code",), "name": ("whole",), "tail": ("tail",), "person": ("person",), "phone": ("phone",),
    "address": ("door", "room"), "founded": ("founded",), "area": ("area",), "source": ("source",),
}  # fmt: skip
"""Clean columns that a comparison looked at, of those kept as text."""


def pairs_table(linked: Linked, places: Array) -> pa.Table:
    """`match_weight` in bits with three decimals, `match_probability` with six, both as text."""
    weight, ids = linked.kept.weight[places], linked.records.ids
    columns = [
        ids.take(linked.left[places]),
        ids.take(linked.right[places]),
        _said(weight, lambda values: [f"{value / UNIT:.3f}" for value in values]),
        _said(weight, lambda values: [f"{value:.6f}" for value in probability(values)]),
        pa.array(linked.decision[places].tolist(), pa.large_string()),
    ]
    return pa.table(dict(zip(PAIRS, columns, strict=True)))


def _said(values: Array, words: Any) -> Texts:
    """Each different value put into words once."""
    unique, place = np.unique(values, return_inverse=True)
    return pa.array(words(unique), pa.large_string()).take(place)


def clusters_table(linked: Linked) -> pa.Table:
    """Every record once, by id; a cluster's id is the least id in it."""
    order = np.argsort(linked.rank)
    ids, number = linked.records.ids.take(order), linked.clusters[order]
    _, first, place = np.unique(number, return_index=True, return_inverse=True)
    return pa.table({"record_id": ids, "cluster_id": ids.take(first[place])})


def write_table(table: pa.Table, path: Path) -> None:
    """UTF-8 CSV with LF, quoted where needed; `table` holds text."""
    needs_quotes = any(pc.any(pc.match_substring_regex(column, '[,"\r\n]')).as_py() for column in table.columns)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.column_names)
        if needs_quotes:
            for batch in table.to_batches(max_chunksize=_ROWS):
                writer.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    if not needs_quotes:
        with path.open("ab") as raw:
            pacsv.write_csv(table, raw, pacsv.WriteOptions(include_header=False, quoting_style="none"))


_ROWS = 50_000


def questions_table(linked: Linked, most: int) -> pa.Table:
    """Pairs whose decision would teach most: nearest the match threshold, not many of one kind, with room for the label."""
    limit = linked.model.thresholds.match or 0
    margin = np.abs(linked.kept.weight - limit)
    order = np.lexsort((linked.rank[linked.right], linked.rank[linked.left], margin))
    order = order[linked.decision[order] != ""]
    order = order[_few_of_a_kind(linked.kept.pairs.pattern[order])][:most]
    names, ids = linked.records.texts["whole"], linked.records.ids
    left, right = linked.left[order], linked.right[order]
    return pa.table(
        {
            "record_id_l": ids.take(left),
            "record_id_r": ids.take(right),
            "label": pa.array([""] * len(order), pa.large_string()),
            "name_l": names.take(left),
            "name_r": names.take(right),
            "match_probability": pairs_table(linked, order)["match_probability"],
        }
    )


def _few_of_a_kind(patterns: Array, most: int = 3) -> Array:
    """The first few of each pattern, in the order given."""
    order = np.argsort(patterns, kind="stable")
    ordered = patterns[order]
    starts = np.r_[True, ordered[1:] != ordered[:-1]] if len(ordered) else np.zeros(0, bool)
    begin = np.maximum.accumulate(np.where(starts, np.arange(len(ordered)), 0))
    place = np.empty(len(patterns), np.int64)
    place[order] = np.arange(len(ordered)) - begin
    return place < most


def write_explanations(linked: Linked, places: Array, path: Path) -> None:
    """One JSON line a pair: weights in thousandths of a bit that add up to the total; then the refused joins."""
    with path.open("wb") as file:
        for line in _explanations(linked, places):
            file.write(orjson.dumps(line) + b"\n")


def _explanations(linked: Linked, places: Array) -> Iterator[dict[str, Any]]:
    ids, model, levels = linked.records.ids, linked.model, linked.kept.levels
    for place in places.tolist():
        left, right = int(linked.left[place]), int(linked.right[place])
        rule = ALL_RULES[linked.kept.pairs.rule[place]]
        yield {
            "record_id_l": ids[left].as_py(),
            "record_id_r": ids[right].as_py(),
            "match_weight": int(linked.kept.weight[place]),
            "match_probability": round(float(probability(int(linked.kept.weight[place]))), 6),
            "decision": str(linked.decision[place]),
            "rule": rule.name,
            "rule_zh": f"{rule.zh}相同" if rule.columns != ("former",) and rule.columns else rule.zh,
            "rule_en": f"equal {rule.en}" if rule.columns != ("former",) and rule.columns else rule.en,
            "model": f"{model.name}-{model.version}",
            "veto": _veto(model, {name: int(level[place]) for name, level in levels.items()}),
            "comparisons": _comparisons(linked, place, left, right),
        }
    for place, reason in zip(*(side.tolist() for side in linked.refused), strict=True):
        pair = [ids[int(side[place])].as_py() for side in (linked.left, linked.right)]
        yield {
            "refused": True,
            "record_id_l": pair[0],
            "record_id_r": pair[1],
            "match_weight": int(linked.kept.weight[place]),
            "reason": REASONS[reason],
        }


VETO = -8 * UNIT
"""A pinned weight this low forbids a match whatever else agrees."""


def _veto(model: Model, levels: dict[str, int]) -> list[str]:
    """Comparisons that forbid a match."""
    held = (comparison.levels.get(levels.get(comparison.name, 0)) for comparison in model.comparisons)
    return [level.en for level in held if level and level.pinned and level.weight <= VETO]


def _comparisons(linked: Linked, place: int, left: int, right: int) -> list[dict[str, Any]]:
    levels = {name: int(level[place]) for name, level in linked.kept.levels.items()}
    both = [explain(linked.model, levels, language) for language in ("zh", "en")]
    return [_in_two_languages(linked, zh, en, left, right) for zh, en in zip(*both, strict=True)]


def _in_two_languages(linked: Linked, zh: dict[str, Any], en: dict[str, Any], left: int, right: int) -> dict[str, Any]:
    said = {f"{name}_zh": zh[name] for name in ("label", "words")} | {
        f"{name}_en": en[name] for name in ("label", "words")
    }
    line = {"comparison": zh["comparison"], "level": zh["level"], "weight": zh["weight"], **said}
    if columns := VALUES.get(zh["comparison"]):
        line |= {f"value_{side}": _value(linked, columns, row) for side, row in (("l", left), ("r", right))}
    return line


def _value(linked: Linked, columns: Sequence[str], row: int) -> str:
    return " ".join(filter(None, (linked.records.texts[name][row].as_py() for name in columns)))


def changed_clusters(before: pa.Table, after: pa.Table, added: Texts) -> pa.Table:
    """Records whose cluster id changed: record_id, former_id, cluster_id. Both tables are in the order of ids.

    `added`: the records that are only in `after`.
    """
    now = after.filter(pc.invert(pc.is_in(after["record_id"], added)))
    table = pa.table(
        {"record_id": before["record_id"], "former_id": before["cluster_id"], "cluster_id": now["cluster_id"]}
    )
    return table.filter(pc.not_equal(table["former_id"], table["cluster_id"]))
