"""Source specifications: which layouts a source's files have. They are data, in `sources/data`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from importers.header import normal_label
from importers.problems import FileProblem

SOURCES = ("census", "market", "household", "institution")


@dataclass(frozen=True)
class Layout:
    """One form of file. `must`: labels (or `@field`) that tell it; `event`: what its rows report; `set`: fields it implies."""

    name: str
    event: str
    must: tuple[str, ...]
    set: Mapping[str, str] = field(default_factory=dict)
    event_on: str = ""
    events: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    money_unit: str = ""


@dataclass(frozen=True)
class Spec:
    """A source: its layouts, the most telling first, and the labels that are known."""

    source: str
    mapping_version: str
    layouts: tuple[Layout, ...]
    labels: Mapping[str, tuple[str, str]]

    def layout_for(self, labels: set[str]) -> Layout | None:
        """The layout whose telling labels are all there; of several, the one that asks for most."""
        fitting = [layout for layout in self.layouts if set(layout.must) <= labels]
        return max(fitting, key=lambda layout: len(layout.must)) if fitting else None


def get_spec(source: str) -> Spec:
    """The shipped specification of a source. Raises KeyError for one that is not known."""
    if source not in SOURCES:
        raise KeyError(f"unknown source {source!r}; known are {', '.join(SOURCES)}")
    return _load(source)


@lru_cache
def _load(source: str) -> Spec:
    data = _json(source)
    layouts = tuple(Layout(**{**item, "must": tuple(item["must"])}) for item in data["layouts"])
    return Spec(source, data["mapping_version"], layouts, shared_labels())


@lru_cache
def shared_labels() -> dict[str, tuple[str, str]]:
    """Normal label to (field, kind)."""
    return {normal_label(label): (field, kind) for label, (field, kind) in _json("labels")["labels"].items()}


@lru_cache
def change_items() -> dict[str, str]:
    """变更事项 to the field that it changes."""
    items: dict[str, str] = _json("change_items")["items"]
    return items


def with_mapping(spec: Spec, path: Path | None) -> Spec:
    """The specification with an operator's own labels (`{"version": …, "labels": {label: [field, kind]}}`).

    Raises FileProblem where they cannot be read.
    """
    if path is None:
        return spec
    try:
        own = json.loads(path.read_text("utf-8"))
        labels = {**spec.labels, **{normal_label(k): (f, kind) for k, (f, kind) in own["labels"].items()}}
        return Spec(spec.source, f"{spec.mapping_version}+{own['version']}", spec.layouts, labels)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise FileProblem(
            "bad_mapping",
            f"标签对照 {path.name} 须为 JSON：版本 version 和 labels（标签：[栏目, 类型]）",
            f"the labels in {path.name} are not JSON with version and labels ({{label: [field, kind]}})",
        ) from wrong


def _json(name: str) -> dict[str, Any]:
    text = resources.files("importers.sources").joinpath(f"data/{name}.json").read_text("utf-8")
    result: dict[str, Any] = json.loads(text)
    return result
