"""Teaches a shipped model from registers whose truth is known.

    python -m benchmarks.matching.teach FOLDER… --begin units-1 --out MODEL.json

Every folder holds `registry.csv`, `census.csv`, `tax.csv` and `truth.csv` (`record_id, unit_id`). All pairs that fields
found teach the weights of the fields, then those of rivals; every folder counts as much as any other. m and u are the shares
of each level among pairs of one unit and of two. Identifiers and other pinned levels stay.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.matching.prepare import files_in
from matching.linkage.cleaning import clean
from matching.linkage.columns import Array
from matching.linkage.files import REGISTRY, choose_model
from matching.linkage.fitting import sample
from matching.linkage.levels import unpacked
from matching.linkage.pairs import PairTable
from matching.linkage.reading import read_records
from matching.linkage.rivals import NAMES
from matching.linkage.run import gather
from matching.linkage.scoring import SOFT, Sides, field_weight, score, sides_of, worth_keeping
from matching.linkage.training import learn_from_counts, learn_on_top
from matching.models.model import Comparison, Model, save_model

MOST = 150_000
"""Pairs that one folder teaches with."""


@dataclass(frozen=True)
class Register:
    """Candidate pairs of one register, and which of them are one unit."""

    pairs: PairTable
    sides: Sides
    same: Array


def read_register(folder: Path) -> Register:
    records = clean(read_records(files_in(folder)))
    _, pairs = gather(records, [REGISTRY])
    truth = pd.read_csv(folder / "truth.csv", dtype=str).set_index("record_id")["unit_id"]
    unit = pd.factorize(truth.reindex(records.ids.to_pylist()))[0]
    return Register(pairs, sides_of(records), unit[pairs.left] == unit[pairs.right])


def teach(model: Model, registers: list[Register]) -> Model:
    chosen = [_some(one, np.flatnonzero(one.pairs.by_field)) for one in registers]
    patterns = np.concatenate([one.pairs.pattern[rows] for one, rows in zip(registers, chosen, strict=True)])
    same = np.concatenate([one.same[rows] for one, rows in zip(registers, chosen, strict=True)])
    levels = {name: level for name, level in unpacked(patterns).items() if name in SOFT}
    fields = learn_from_counts(_with_shares(model, levels, same), levels, same)
    return replace(_with_rivals(fields, registers), share=round(float(same.mean()), 4))


def _some(one: Register, rows: Array) -> Array:
    return rows[sample(one.sides.key, one.pairs.left[rows], one.pairs.right[rows], MOST)]


def _with_shares(model: Model, levels: dict[str, Array], same: Array) -> Model:
    return replace(
        model,
        comparisons=tuple(
            _shares(one, levels[one.name], same) if one.name in levels else one for one in model.comparisons
        ),
    )


def _shares(comparison: Comparison, level: Array, same: Array) -> Comparison:
    size = max(comparison.levels) + 1
    m, u = (np.bincount(level[where], minlength=size) / where.sum() for where in (same, ~same))
    held = {
        number: one if one.pinned else replace(one, m=round(float(m[number]), 5), u=round(float(u[number]), 5))
        for number, one in comparison.levels.items()
    }
    return replace(comparison, levels=held)


def _with_rivals(model: Model, registers: list[Register]) -> Model:
    levels: list[dict[str, Array]] = []
    same = []
    for one in registers:
        # `same` follows the pairs through the choice of those worth keeping as their place
        numbered = replace(one.pairs, rule=np.arange(len(one.pairs)))
        kept = worth_keeping(model, numbered)
        scored = score(model, replace(kept, rule=one.pairs.rule[kept.rule]), one.sides)
        rows = _some(replace(one, pairs=kept), np.flatnonzero(one.pairs.by_field[kept.rule]))
        levels.append({name: level[rows] for name, level in scored.levels.items()})
        same.append(one.same[kept.rule][rows])
    joined = {name: np.concatenate([part[name] for part in levels]) for name in levels[0]}
    known = field_weight(model, joined)
    return learn_on_top(model, {name: joined[name] for name in NAMES}, np.concatenate(same).astype(float), known)


def main() -> None:
    parser = argparse.ArgumentParser(description="Teach a shipped model from registers whose truth is known.")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--begin", default="units-1", help="the model whose levels, pins and thresholds are kept")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    taught = teach(choose_model(given.begin).model, [read_register(folder) for folder in given.folders])
    save_model(replace(taught, learned={}), given.out)


if __name__ == "__main__":
    main()
