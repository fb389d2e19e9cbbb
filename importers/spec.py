"""Source specifications: which layouts a source's files have. They are data, in `sources/data`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from importers.data import data
from importers.labels import Vocabulary, normal_label
from importers.problems import FileProblem
from importers.taught import Taught, check

SOURCES = ("census", "market", "household", "institution", "civil", "tax", "survey")


ASIDE = "_aside"
"""A column that somebody said is not to be read."""


@dataclass(frozen=True)
class Layout:
    """One form of sheet: what it asks for and what its rows report.

    Attributes:
        needs: groups of fields; of each group one has to be there.
        fields: what such a sheet usually holds.
        never: fields that tell that it is another one.
        labels: labels that mean another field here than elsewhere.
        event: what a row reports; `events` names, by field, the list of words that says it row by row.
        event_on: the field with the day of it.
        set: fields that it implies.
        words: a field whose code is said by the words of another one.
        titled: whether the title of a sheet may say that its rows are ends; of registrars' lists it does.
        money_unit: the unit of amounts that nothing else says.
    """

    name: str
    event: str
    needs: tuple[frozenset[str], ...]
    fields: frozenset[str]
    never: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)
    event_on: str = ""
    events: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    money_unit: str = ""
    titled: bool = True
    day_first: bool | None = None
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def needed(self) -> frozenset[str]:
        """Every field that it asks for."""
        return frozenset().union(*self.needs)


@dataclass(frozen=True)
class Spec:
    """A source: its layouts, the most telling first, and the labels that are known. `own` are fields an operator mapped."""

    source: str
    title: str
    mapping_version: str
    layouts: tuple[Layout, ...]
    vocabulary: Vocabulary
    own: frozenset[str] = frozenset()
    taught: tuple[Taught, ...] = ()

    @property
    def headings(self) -> Vocabulary:
        """The labels by which a header is found: those of taught layouts too, whatever they say."""
        own = {label: (name or ASIDE, "text") for one in self.taught for label, name in one.labels.items()}
        unknown = {label: told for label, told in own.items() if self.vocabulary.find(label) is None}
        return self.vocabulary.with_labels(unknown) if unknown else self.vocabulary


def get_spec(source: str) -> Spec:
    """The shipped specification of a source. Raises KeyError for one that is not known."""
    if source not in SOURCES:
        raise KeyError(f"unknown source {source!r}; known are {', '.join(SOURCES)}")
    return _load(source)


@lru_cache
def _load(source: str) -> Spec:
    told = data(source)
    return Spec(
        source, told["title"], told["mapping_version"], tuple(map(_layout, told["layouts"])), shared_vocabulary()
    )


def _layout(told: Mapping[str, Any]) -> Layout:
    sets = {name: frozenset(told.get(name, ())) for name in ("fields", "never")}
    labels = {normal_label(label): name for label, name in told.get("labels", {}).items()}
    return Layout(**{**told, **sets, "labels": labels, "needs": tuple(map(frozenset, told["needs"]))})


@lru_cache
def shared_vocabulary() -> Vocabulary:
    """The labels of all sources."""
    told = data("fields")
    kinds = {name: one["kind"] for name, one in told["fields"].items()}
    labels = {
        normal_label(label): (name, kinds[name]) for name, one in told["fields"].items() for label in one["labels"]
    }
    heads = tuple((head, name) for head, name in told["heads"])
    return Vocabulary(labels, kinds, heads, frozenset(told["groups"]))


@lru_cache
def common_fields() -> frozenset[str]:
    """Fields that any sheet may hold without telling anything."""
    return frozenset(data("fields")["common"])


def with_taught(spec: Spec, taught: Iterable[Taught]) -> Spec:
    """The specification with layouts that people taught, the newest first."""
    return replace(spec, taught=tuple(taught))


def check_taught(spec: Spec, taught: Taught) -> None:
    """Refuse a layout that could not be read by. Raises FileProblem."""
    check(taught, {layout.name: layout.needs for layout in spec.layouts}, shared_vocabulary().kinds)


def with_mapping(spec: Spec, path: Path | None) -> Spec:
    """The specification with an operator's own labels (`{"version": …, "labels": {label: [field, kind]}}`).

    Raises FileProblem where they cannot be read, or name a field or kind that there is not.
    """
    if path is None:
        return spec
    try:
        own = json.loads(path.read_text("utf-8"))
        return with_labels(
            spec, str(own["version"]), {label: (name, kind) for label, (name, kind) in own["labels"].items()}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise FileProblem(
            "bad_mapping",
            f"标签对照 {path.name} 须为 JSON：版本 version 和 labels（标签：[栏目, 类型]）",
            f"the labels in {path.name} are not JSON with version and labels ({{label: [field, kind]}})",
        ) from wrong


def with_labels(spec: Spec, version: str, labels: Mapping[str, tuple[str, str]]) -> Spec:
    """The specification with labels of one's own. Raises FileProblem: a field or kind that there is not."""
    _check(name for name, _ in labels.values())
    strange = sorted({kind for _, kind in labels.values()} - {*shared_vocabulary().kinds.values()})
    if strange:
        raise FileProblem(
            "bad_mapping", f"没有这种类型：{'、'.join(strange)}", f"there is no kind {', '.join(strange)}"
        )
    return replace(
        spec,
        mapping_version=f"{spec.mapping_version}+{version}",
        vocabulary=spec.vocabulary.with_labels(labels),
        own=frozenset(name for name, _ in labels.values()),
    )


def _check(names: Iterable[str]) -> None:
    strange = sorted(set(names) - shared_vocabulary().kinds.keys())
    if strange:
        raise FileProblem(
            "bad_mapping", f"没有这些栏目：{'、'.join(strange)}", f"there is no field {', '.join(strange)}"
        )
