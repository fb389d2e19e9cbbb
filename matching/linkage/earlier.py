"""Runs under the register's own model `register-1`, whose levels are those of `matching.engine`; kept so that they repeat."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from matching.linkage.writing import CLUSTERS, PAIRS, write_table
from matching.models.model import UNIT, Model, Thresholds, explain_levels

if TYPE_CHECKING:
    from matching.engine import MatchResult


@dataclass(frozen=True)
class FoundEarlier:
    """A result of `matching.engine` with the writers of `files.Found`."""

    result: MatchResult

    @property
    def report(self) -> dict[str, Any]:
        return self.result.report

    def write_pairs(self, path: Path) -> None:
        pairs = self.result.pairs
        shown = pairs[list(PAIRS)].astype({"decision": "object"})
        shown["match_weight"] = [f"{weight / UNIT:.3f}" for weight in pairs["match_weight"]]
        shown["match_probability"] = [f"{value:.6f}" for value in pairs["match_probability"]]
        write_table(pa.Table.from_pandas(shown, preserve_index=False), path)

    def write_clusters(self, path: Path) -> None:
        write_table(pa.Table.from_pandas(self.result.clusters[list(CLUSTERS)], preserve_index=False), path)

    def write_explanations(self, path: Path) -> None:
        path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in self._lines()))

    def _lines(self) -> Iterator[dict[str, Any]]:
        pairs, model = self.result.pairs, self.result.model
        names = [name for name in pairs.columns if name.startswith("l_")]
        for row in pairs.to_dict("records"):
            levels = {name[2:]: int(row[name]) for name in names}
            both = [explain_levels(model.name, model.version, levels, language) for language in ("zh", "en")]
            yield {
                **{name: row[name] for name in (*PAIRS, "rule")},
                "match_probability": round(row["match_probability"], 6),
                "model": f"{model.name}-{model.version}",
                "comparisons": [_said(zh, en) for zh, en in zip(*both, strict=True)],
            }
        for row in self.result.refused.to_dict("records"):
            yield {**{str(name): value for name, value in row.items()}, "refused": True}


def _said(zh: dict[str, Any], en: dict[str, Any]) -> dict[str, Any]:
    words = {f"{name}_zh": zh[name] for name in ("label", "words")}
    words |= {f"{name}_en": en[name] for name in ("label", "words")}
    return {"comparison": zh["comparison"], "level": zh["level"], "weight": zh["weight"], **words}


def match_earlier(table: pa.Table, model: Model, unique: Collection[str], match_from: int | None) -> FoundEarlier:
    """By default names are for a person: this model's precision on names was never measured."""
    from matching.engine import match  # with its libraries a second that other models need not wait

    thresholds = model.thresholds
    if match_from is not None:
        thresholds = Thresholds(min(thresholds.review, match_from), match_from)
    return FoundEarlier(match(table.to_pandas(), model=model, thresholds=thresholds, unique_sources=unique or None))
