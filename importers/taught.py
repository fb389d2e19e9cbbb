"""Layouts that people taught: which column of a sheet is which field, and how its values are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from importers.labels import Known, normal_label, split_unit
from importers.problems import FileProblem

MONEY_UNITS = ("元", "千元", "万元", "亿元")


@dataclass(frozen=True)
class Taught:
    """A layout by its name and version.

    Attributes:
        like: the shipped layout of the source whose rows report the same; what it needs has to be among the fields.
        labels: label, as files write it, to the field; to nothing for a column that nobody is to read.
        money_unit: of amounts whose label and cell say none.
        day_first: which comes first where only the order of day and month is in doubt; None leaves it to a person.
        codes: field to what files write for its codes.
    """

    name: str
    version: int
    like: str
    labels: Mapping[str, str]
    money_unit: str = ""
    day_first: bool | None = None
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """The layout as batches name it."""
        return f"{self.name}@{self.version}"

    def columns(self, labels: Sequence[str], kinds: Mapping[str, str]) -> dict[str, Known] | None:
        """What the columns of a sheet say by this layout; None where a column that it reads is not there."""
        own = {normal_label(label): name for label, name in self.labels.items()}
        here = {label: own[text] for label in labels if (text := normal_label(label.partition("#")[0])) in own}
        if not {text for text, name in own.items() if name} <= {normal_label(one.partition("#")[0]) for one in here}:
            return None
        return {
            label: Known(name, kinds[name], split_unit(label)[1] or self.money_unit)
            for label, name in here.items()
            if name
        }


def check(taught: Taught, layouts: Mapping[str, Sequence[frozenset[str]]], fields: Mapping[str, str]) -> None:
    """Refuse a layout that could not be read by. Raises FileProblem (`bad_mapping`).

    `layouts` are the needs of the source's layouts by name, `fields` the kinds of all fields.
    """
    if taught.like not in layouts:
        raise _bad(f"没有格式“{taught.like}”", f"there is no layout {taught.like}")
    said = {name for name in taught.labels.values() if name}
    if strange := sorted((said | taught.codes.keys()) - fields.keys()):
        raise _bad(f"没有这些栏目：{'、'.join(strange)}", f"there is no field {', '.join(strange)}")
    lacking = [sorted(group) for group in layouts[taught.like] if not group & said]
    if lacking:
        asked = "；".join("或".join(group) for group in lacking)
        english = "; ".join(" or ".join(group) for group in lacking)
        raise _bad(f"格式“{taught.like}”还需要这些栏目：{asked}", f"{taught.like} also needs {english}")
    if taught.money_unit not in ("", *MONEY_UNITS):
        raise _bad(f"没有金额单位“{taught.money_unit}”", f"there is no unit of money {taught.money_unit}")


def _bad(zh: str, en: str) -> FileProblem:
    return FileProblem("bad_mapping", zh, en)
