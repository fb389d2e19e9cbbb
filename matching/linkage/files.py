"""Files in, pairs and clusters out: the engine over record files, without a register or a database."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from matching.engine import MatchResult, match
from matching.linkage.problems import FileProblem
from matching.linkage.reading import read_records
from matching.models.model import Model, Thresholds, explain_levels, load_model

PAIRS = ("record_id_l", "record_id_r", "match_weight", "match_probability", "decision")
REGISTRY = "registry"
"""The source whose codes are unique unless others are named, where it occurs."""

_BITS = 1000
"""Weights are thousandths of a bit, so that they add up exactly."""


def match_files(
    paths: Sequence[Path],
    *,
    unique_sources: Sequence[str] = (),
    threshold: float | None = None,
    model: str = "",
) -> MatchResult:
    """Deduplicate and link the records of all files. Raises FileProblem.

    Equal valid codes without contradiction are a `match`; names are one from the probability `threshold` on, and
    without it all of them are for a person (`review`).
    """
    records = read_records(paths).to_pandas()
    chosen = load_named(model)
    sources = set(records["source"])
    unknown = sorted(set(unique_sources) - sources)
    if unknown:
        raise FileProblem(", ".join(map(str, paths)), f"no record has the source {unknown[0]}")
    unique = set(unique_sources) or (sources & {REGISTRY})
    thresholds = _thresholds(chosen, threshold)
    return match(records, model=chosen, thresholds=thresholds, unique_sources=unique or None)


def load_named(model: str) -> Model:
    """A shipped model by `name-version`; the default for an empty name. Raises FileProblem."""
    name, _, version = model.rpartition("-")
    try:
        return load_model(name, version) if model else load_model()
    except FileNotFoundError as missing:
        raise FileProblem(model, "there is no model of that name and version") from missing


def _thresholds(model: Model, probability: float | None) -> Thresholds:
    if probability is None:
        return model.thresholds
    weight = round(_BITS * math.log2(probability / (1 - probability)))
    return Thresholds(min(model.thresholds.review, weight), weight)


def write_pairs(result: MatchResult, path: Path) -> None:
    """`match_weight` in bits with three decimals, `match_probability` with six; the strongest pairs first."""
    rows = result.pairs[list(PAIRS)].itertuples(index=False)
    lines = ([left, right, f"{w / _BITS:.3f}", f"{p:.6f}", decision] for left, right, w, p, decision in rows)
    _write(path, PAIRS, lines)


def write_clusters(result: MatchResult, path: Path) -> None:
    """Every record once, by id; a cluster's id is the least id in it."""
    _write(path, ("record_id", "cluster_id"), result.clusters.itertuples(index=False))


def write_explanations(result: MatchResult, path: Path) -> None:
    """One JSON line a pair: weights in thousandths of a bit that add up to the total; then the refused joins."""
    with path.open("wb") as file:
        for line in _explanations(result):
            file.write(orjson.dumps(line) + b"\n")


def _explanations(result: MatchResult) -> Iterator[dict[str, Any]]:
    names = [name for name in result.pairs.columns if name.startswith("l_")]
    model = result.model
    for row in result.pairs.to_dict("records"):
        levels = {name[2:]: int(row[name]) for name in names}
        both = [explain_levels(model.name, model.version, levels, language) for language in ("zh", "en")]
        yield {
            **{name: row[name] for name in ("record_id_l", "record_id_r", "match_weight", "decision", "rule")},
            "match_probability": round(row["match_probability"], 6),
            "model": f"{model.name}-{model.version}",
            "comparisons": [_said(zh, en) for zh, en in zip(*both, strict=True)],
        }
    for row in result.refused.to_dict("records"):
        yield {**{str(name): value for name, value in row.items()}, "refused": True}


def _said(zh: dict[str, Any], en: dict[str, Any]) -> dict[str, Any]:
    """One comparison in both languages."""
    words = {f"{name}_zh": zh[name] for name in ("label", "words")} | {
        f"{name}_en": en[name] for name in ("label", "words")
    }
    return {"comparison": zh["comparison"], "level": zh["level"], "weight": zh["weight"], **words}


def _write(path: Path, header: Sequence[str], rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
