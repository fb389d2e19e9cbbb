"""Finding the header under titles, joining merged two-row headers, and one form for labels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_NOISE = re.compile(r"[\s*：:\u200b\ufeff]+")
_UNIT = re.compile(r"[;(](?:单位:?)?(万元|千元|元|人|个|平方米|本年)\)?$")
_MONEY = {"万元", "千元", "元"}
LONGEST_LABEL = 255
"""What is longer is no label, and units would be taken off its end one by one."""
SEARCHED = 15
"""Rows from the top in which a header is looked for."""


@dataclass(frozen=True)
class Header:
    """Where the header is (`first` row, `rows` of it) and its labels as in the file."""

    first: int
    rows: int
    labels: tuple[str, ...]


def normal_label(label: str) -> str:
    """A label without full-width forms, blanks, `*`, colons and the unit at its end."""
    return split_unit(label)[0]


def split_unit(label: str) -> tuple[str, str]:
    """A label and the unit of money at its end (`万元`, `千元`, `元` or none)."""
    text = _NOISE.sub("", unicodedata.normalize("NFKC", label[:LONGEST_LABEL]))
    unit = ""
    while found := _UNIT.search(text):
        unit = found.group(1) if found.group(1) in _MONEY else unit
        text = text[: found.start()]
    return text, unit


def find_header(rows: Sequence[Sequence[str]], known: Collection[str]) -> Header | None:
    """The row, or two rows, with the most labels that some layout knows; None when none has two."""
    best: tuple[int, Header] | None = None
    for first in range(min(SEARCHED, len(rows))):
        for header in _headers_at(rows, first):
            score = sum(normal_label(label) in known for label in header.labels)
            if score >= 2 and (best is None or score > best[0]):
                best = (score, header)
    return best[1] if best else None


def _headers_at(rows: Sequence[Sequence[str]], first: int) -> list[Header]:
    single = Header(first, 1, tuple(cell.strip() for cell in rows[first]))
    if first + 1 >= len(rows) or sum(bool(cell.strip()) for cell in rows[first]) < 2:
        return [single]
    return [single, Header(first, 2, _joined(rows[first], rows[first + 1]))]


def _joined(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Labels of a two-row header: a merged upper cell runs on to the right over the lower ones."""
    width = max(len(upper), len(lower))
    above = [cell.strip() for cell in upper] + [""] * (width - len(upper))
    below = [cell.strip() for cell in lower] + [""] * (width - len(lower))
    labels, running = [], ""
    for top, bottom in zip(above, below, strict=True):
        running = top or (running if bottom else "")
        labels.append("-".join(part for part in (running, bottom) if part))
    return tuple(labels)


def unique_labels(labels: Sequence[str]) -> list[str]:
    """Labels with a number behind the second and further of the same text, and for nameless columns."""
    seen: dict[str, int] = {}
    result = []
    for place, label in enumerate(labels, 1):
        text = label or f"列{place}"
        seen[text] = seen.get(text, 0) + 1
        result.append(text if seen[text] == 1 else f"{text}#{seen[text]}")
    return result
