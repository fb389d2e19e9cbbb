"""Which layout a sheet has: by the fields it asks for, and by how many of the sheet's columns it knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from importers.labels import Known, normal_label
from importers.spec import SOURCES, Layout, Spec, common_fields, get_spec
from importers.taught import Taught

SURE, ASK = 0.7, 0.5
"""Shares from which a layout is taken, and from which it is taken and asked about (docs/decisions/0050)."""
_CLEARLY = 0.15
"""So much better another source's layout has to be for the file to be asked about."""


class Certainty(StrEnum):
    SURE = "sure"
    ASK = "ask"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Fit:
    """A layout beside a sheet: the share of its columns that it knows, and what each known column says."""

    layout: Layout
    share: float
    columns: Mapping[str, Known]


@dataclass(frozen=True)
class Recognised:
    """What a sheet was recognised as. `fit` is the layout it is read by, if any; `looks_like` another source that fits
    better, or the nearest where none of the asked one fits."""

    certainty: Certainty
    fit: Fit | None
    looks_like: str = ""


def recognise(labels: Sequence[str], spec: Spec) -> Recognised:
    """The layout of a source that a sheet with these labels (made unique) has; one that somebody taught before all others."""
    if known := _taught_fit(labels, spec):
        return Recognised(Certainty.SURE, known)
    own = best_fit(labels, spec, spec.layouts)
    others = [(fit, name) for name in SOURCES if name != spec.source and (fit := _of_source(labels, name))]
    other, looks_like = max(others, key=lambda one: one[0].share, default=(None, ""))
    if own is None or own.share < ASK:
        near = other is not None and other.share >= ASK
        return Recognised(Certainty.UNKNOWN, None, looks_like if near else "")
    if other is not None and other.share > own.share + _CLEARLY and own.share < SURE:
        return Recognised(Certainty.ASK, own, looks_like)
    return Recognised(Certainty.SURE if own.share >= SURE else Certainty.ASK, own)


def _of_source(labels: Sequence[str], source: str) -> Fit | None:
    spec = get_spec(source)
    return best_fit(labels, spec, spec.layouts)


def _taught_fit(labels: Sequence[str], spec: Spec) -> Fit | None:
    """Of the taught layouts all of whose columns are there the one with most; columns it says nothing of are read as ever."""
    fits = []
    for taught in spec.taught:
        own = taught.columns(labels, spec.vocabulary.kinds)
        like = next((layout for layout in spec.layouts if layout.name == taught.like), None)
        if own is None or like is None:
            continue
        said = {normal_label(label) for label in taught.labels}
        rest = [label for label in labels if normal_label(label.partition("#")[0]) not in said]
        columns = {**columns_of(rest, spec, like.labels), **own}
        fits.append(Fit(_as_taught(like, taught), 1.0, columns))
    return max(fits, key=lambda fit: len(fit.columns), default=None)


def _as_taught(like: Layout, taught: Taught) -> Layout:
    unit = taught.money_unit or like.money_unit
    return replace(like, name=taught.called, money_unit=unit, day_first=taught.day_first, codes=taught.codes)


def best_fit(labels: Sequence[str], spec: Spec, layouts: Iterable[Layout]) -> Fit | None:
    """Of the layouts whose needs are all met the one that asks for most, then the one that knows most."""
    fits = [fit for layout in layouts if (fit := _fit(labels, spec, layout))]
    good = [fit for fit in fits if fit.share >= ASK] or fits
    return max(good, key=lambda fit: (len(fit.layout.needs), round(fit.share, 6)), default=None)


def _fit(labels: Sequence[str], spec: Spec, layout: Layout) -> Fit | None:
    columns = columns_of(labels, spec, layout.labels)
    there = {known.field for known in columns.values()}
    if there & layout.never or not all(group & there for group in layout.needs):
        return None
    return Fit(layout, _share(labels, columns, layout, spec), columns)


def columns_of(labels: Sequence[str], spec: Spec, own: Mapping[str, str]) -> dict[str, Known]:
    """What each label says that is known; of a label that comes again, its number is left out."""
    found = ((label, spec.vocabulary.find(label.partition("#")[0], own)) for label in labels)
    return {label: known for label, known in found if known}


def _share(labels: Sequence[str], columns: Mapping[str, Known], layout: Layout, spec: Spec) -> float:
    """The share of columns that the layout knows: those it needs count double, those of other layouts a quarter."""
    known = all_ = 0.0
    for label in labels:
        if is_nameless(label):
            continue
        field = columns[label].field if label in columns else ""
        weight = 2.0 if field in layout.needed else 1.0
        all_ += weight
        if field in layout.fields or field in layout.needed or field in common_fields() or field in spec.own:
            known += weight
        elif field:
            known += weight / 4
    return known / all_ if all_ else 0.0


def is_nameless(label: str) -> bool:
    """Whether a column has no label of its own (`列7`)."""
    return label.startswith("列") and label[1:].isdigit()
