"""Scoring models: named, versioned, readable files; weights are whole numbers of 1/1000 bit and add up exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

UNIT = 1000
"""Weight units to one bit."""

DEFAULT = ("register", "1")


@dataclass(frozen=True)
class Level:
    level: int
    weight: int
    zh: str
    en: str


@dataclass(frozen=True)
class Comparison:
    """One kind of evidence. Level 0 (one side missing) weighs nothing in every comparison."""

    name: str
    zh: str
    en: str
    levels: Mapping[int, Level]

    def weight(self, level: int) -> int:
        return self.levels[level].weight if level else 0


@dataclass(frozen=True)
class Thresholds:
    """`review`: pairs below are left out. `match`: pairs from here on need no person; None when all on names do."""

    review: int
    match: int | None = None

    def as_dict(self) -> dict[str, int | None]:
        return {"review": self.review, "match": self.match}


@dataclass(frozen=True)
class Model:
    """A Fellegi–Sunter model: a prior and a weight for each level of each comparison."""

    name: str
    version: str
    prior: int
    thresholds: Thresholds
    comparisons: tuple[Comparison, ...]

    def total(self, levels: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Match weight of each pair from its levels (columns `l_<comparison>`)."""
        total = np.full(len(levels), self.prior, dtype=np.int64)
        for comparison in self.comparisons:
            size = max(comparison.levels) + 1
            weights = np.array([comparison.weight(level) for level in range(size)], dtype=np.int64)
            total += weights[levels[f"l_{comparison.name}"].to_numpy()]
        return total


def probability(weight: Any) -> Any:
    """Match probability of a weight: 2^w / (1 + 2^w)."""
    return 1.0 / (1.0 + np.exp2(-np.asarray(weight, dtype=np.float64) / UNIT))


@lru_cache
def load_model(name: str = DEFAULT[0], version: str = DEFAULT[1]) -> Model:
    """A shipped model; old versions still load. Raises FileNotFoundError for one that never was."""
    path = resources.files("matching.models").joinpath(f"data/{name}-{version}.json")
    return _parse(json.loads(path.read_text("utf-8")))


def _parse(data: Mapping[str, Any]) -> Model:
    comparisons = tuple(
        Comparison(item["name"], item["zh"], item["en"], {entry["level"]: Level(**entry) for entry in item["levels"]})
        for item in data["comparisons"]
    )
    return Model(data["name"], data["version"], data["prior"], Thresholds(**data["thresholds"]), comparisons)


def explain_levels(name: str, version: str, levels: Mapping[str, int], language: str = "zh") -> list[dict[str, Any]]:
    """Prior and each comparison with its level in words and its weight; the weights add up to the match weight."""
    model = load_model(name, version)
    prior = {"comparison": "prior", "label": "先验" if language == "zh" else "prior", "level": 0, "words": ""}
    lines = [{**prior, "weight": model.prior}]
    for comparison in model.comparisons:
        level = int(levels.get(comparison.name, 0))
        held = comparison.levels.get(level)
        missing = "缺失" if language == "zh" else "missing"
        lines.append(
            {
                "comparison": comparison.name,
                "label": getattr(comparison, language),
                "level": level,
                "words": getattr(held, language) if held else missing,
                "weight": comparison.weight(level),
            }
        )
    return lines
