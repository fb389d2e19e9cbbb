"""Scoring models: named, versioned, readable files; weights are whole numbers of 1/1000 bit and add up exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

UNIT = 1000
"""Weight units to one bit."""

DEFAULT = ("units", "1")
"""The model shipped last."""

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Level:
    """One way two values can compare.

    `m` and `u` are its shares among pairs of one unit and of two; they are where EM begins, None where none is
    estimated. A `pinned` weight is knowledge and never learned.
    """

    level: int
    weight: int
    zh: str
    en: str
    m: float | None = None
    u: float | None = None
    pinned: bool = False


@dataclass(frozen=True)
class Comparison:
    """One kind of evidence. Level 0 (one side missing) weighs nothing in every comparison."""

    name: str
    zh: str
    en: str
    levels: Mapping[int, Level]

    def weight(self, level: int) -> int:
        return self.levels[level].weight if level else 0

    def weights(self) -> Array:
        """Weight of each level by its number."""
        return np.array([self.weight(level) for level in range(max(self.levels) + 1)], dtype=np.int64)

    def reweighed(self, weights: Array) -> Comparison:
        """The same with other weights; a pinned level keeps its own."""
        changed = {
            number: level if level.pinned else replace(level, weight=int(weights[number]))
            for number, level in self.levels.items()
        }
        return replace(self, levels=changed)


@dataclass(frozen=True)
class Thresholds:
    """`review`: pairs below are left out. `match`: pairs from here on need no person; None when all on names do.

    `match_without_codes` stands for `match` where codes do not tell: no two codes keep the members of a family apart there, and
    one wrong pair joins two clusters.
    """

    review: int
    match: int | None = None
    match_without_codes: int | None = None

    def as_dict(self) -> dict[str, int | None]:
        other = {} if self.match_without_codes is None else {"match_without_codes": self.match_without_codes}
        return {"review": self.review, "match": self.match, **other}

    def without_codes(self) -> Thresholds:
        return self if self.match_without_codes is None else replace(self, match=self.match_without_codes)


@dataclass(frozen=True)
class Model:
    """A Fellegi–Sunter model: a prior and a weight for each level of each comparison.

    `share`: pairs of one unit among the candidates that the prior was taught with.
    `learned`: what its weights were learned from beyond the shipped file; empty for a shipped model.
    """

    name: str
    version: str
    prior: int
    thresholds: Thresholds
    comparisons: tuple[Comparison, ...]
    about: str = ""
    learned: Mapping[str, Any] = field(default_factory=dict)
    share: float = 0.25

    def comparison(self, name: str) -> Comparison:
        return next(held for held in self.comparisons if held.name == name)

    def reweighed(self, prior: int, weights: Mapping[str, Array], **learned: Any) -> Model:
        """The model with another prior and other weights of some comparisons, and a note of what taught it."""
        comparisons = tuple(
            held.reweighed(weights[held.name]) if held.name in weights else held for held in self.comparisons
        )
        return replace(self, prior=prior, comparisons=comparisons, learned={**self.learned, **learned})

    def as_dict(self) -> dict[str, Any]:
        """What a model file holds."""
        found = asdict(self)
        found["comparisons"] = [
            {**asdict(held), "levels": [_level_dict(level) for level in held.levels.values()]}
            for held in self.comparisons
        ]
        return found


def _level_dict(level: Level) -> dict[str, Any]:
    return {name: value for name, value in asdict(level).items() if value is not None and value is not False}


def probability(weight: Any) -> Any:
    """Match probability of a weight: 2^w / (1 + 2^w)."""
    return 1.0 / (1.0 + np.exp2(-np.asarray(weight, dtype=np.float64) / UNIT))


@lru_cache
def load_model(name: str = DEFAULT[0], version: str = DEFAULT[1]) -> Model:
    """A shipped model; old versions still load. Raises FileNotFoundError for one that never was."""
    path = resources.files("matching.models").joinpath(f"data/{name}-{version}.json")
    return parse_model(json.loads(path.read_text("utf-8")))


def save_model(model: Model, path: Path) -> None:
    """A file that `read_model` gives back and a person can read: a line for each level."""
    text = json.dumps(model.as_dict(), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", "utf-8")


def read_model(path: Path) -> Model:
    """A saved model. Raises ValueError when the file holds none."""
    try:
        return parse_model(json.loads(path.read_text("utf-8")))
    except (KeyError, TypeError, UnicodeDecodeError) as wrong:
        raise ValueError(f"{path} holds no model: {wrong}") from wrong


def parse_model(data: Mapping[str, Any]) -> Model:
    comparisons = tuple(
        Comparison(item["name"], item["zh"], item["en"], {entry["level"]: Level(**entry) for entry in item["levels"]})
        for item in data["comparisons"]
    )
    thresholds, about = Thresholds(**data["thresholds"]), data.get("about", "")
    learned = data.get("learned", {})
    share = data.get("share", 0.25)
    return Model(data["name"], data["version"], data["prior"], thresholds, comparisons, about, learned, share)


def explain_levels(name: str, version: str, levels: Mapping[str, int], language: str = "zh") -> list[dict[str, Any]]:
    """Prior and each comparison of a shipped model with its level in words and its weight."""
    return explain(load_model(name, version), levels, language)


def explain(model: Model, levels: Mapping[str, int], language: str = "zh") -> list[dict[str, Any]]:
    """Prior and each comparison with its level in words and its weight; the weights add up to the match weight."""
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
