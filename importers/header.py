"""Finding the header, however far down and over however many rows, and joining it into one label for each column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from importers.labels import Vocabulary

SEARCHED = 100
"""Rows from the top in which a header is looked for: forms may stand under pages of notes."""
DEEPEST = 4
"""Rows that one header may take."""
_WIDEST = 512
_COUNTED = re.compile(r"[甲乙丙丁戊己庚辛壬癸]|\(?\d{1,3}\)?|[-—]")


@dataclass(frozen=True)
class Header:
    """Where the header is (`first` row from 0, `rows` of it) and its labels as in the file; `counted` when a row that only
    numbers the columns stands below."""

    first: int
    rows: int
    labels: tuple[str, ...]
    counted: bool = False

    @property
    def end(self) -> int:
        """The first row behind it."""
        return self.first + self.rows + self.counted


def find_header(rows: Sequence[Sequence[str]], vocabulary: Vocabulary, *, least: int = 2) -> Header | None:
    """The rows with the most labels that are known, of as many the fewest; None when none has `least` of them."""
    best: tuple[int, Header] | None = None
    for first in range(min(SEARCHED, len(rows))):
        if _filled(rows[first]) == 0:
            continue
        for depth in range(1, min(DEEPEST, len(rows) - first) + 1):
            if depth > 1 and _filled(rows[first]) < 2:
                break  # a title, or notes: nothing runs over the columns below
            labels = joined(rows[first : first + depth])
            score = sum(vocabulary.find(label) is not None for label in labels if label)
            if score >= least and (best is None or score > best[0]):
                best = (score, Header(first, depth, labels))
    return _with_numbers(best[1], rows) if best else None


def find_any_header(rows: Sequence[Sequence[str]]) -> Header | None:
    """Where no label is known: the first row that is filled as far as the rows below it are, and whose cells all differ."""
    widths = sorted((_filled(row) for row in rows[:SEARCHED]), reverse=True)
    if not widths or widths[0] < 2:
        return None
    usual = widths[min(len(widths) - 1, len(widths) // 4)]
    for first, row in enumerate(rows[:SEARCHED]):
        cells = [cell.strip() for cell in row if cell.strip()]
        if len(cells) >= max(2, usual) and len(set(cells)) == len(cells):
            return _with_numbers(Header(first, 1, joined([row])), rows)
    return None


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row[:_WIDEST] if cell and not cell.isspace())


def _with_numbers(header: Header, rows: Sequence[Sequence[str]]) -> Header:
    """A header and the row below it that numbers its columns (`甲 乙 1 2 3`)."""
    below = header.first + header.rows
    if below >= len(rows):
        return header
    cells = [unicodedata.normalize("NFKC", cell).strip() for cell in rows[below] if cell.strip()]
    numbers = [cell for cell in cells if cell[-1:].isdigit() or cell[:1] == "("]
    counts = len(cells) >= 2 and all(map(_COUNTED.fullmatch, cells)) and len(set(numbers)) == len(numbers)
    return Header(header.first, header.rows, header.labels, counted=counts and bool(numbers))


def joined(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Labels of a header of some rows: a merged upper cell runs on to the right over those below it."""
    width = min(max(map(len, rows)), _WIDEST * 2)
    levels = [[cell.strip() for cell in row[:width]] + [""] * (width - len(row)) for row in rows]
    for depth in range(len(levels) - 2, -1, -1):
        _run_on(levels, depth)
    labels = []
    for place in range(width):
        parts = [level[place] for level in levels if level[place]]
        labels.append("-".join(part for n, part in enumerate(parts) if n == 0 or part != parts[n - 1]))
    return tuple(labels)


def _run_on(levels: list[list[str]], depth: int) -> None:
    """Carry each cell of a level to the right, as long as something stands below and no level above begins anew."""
    running = ""
    for place, cell in enumerate(levels[depth]):
        begins = any(level[place] for level in levels[:depth])
        below = any(level[place] for level in levels[depth + 1 :])
        if cell or begins or not below:
            running = cell
        levels[depth][place] = running if below or cell else cell


def unique_labels(labels: Sequence[str]) -> list[str]:
    """Labels with a number behind the second and further of the same text, and for nameless columns."""
    seen: dict[str, int] = {}
    result = []
    for place, label in enumerate(labels, 1):
        text = label or f"列{place}"
        seen[text] = seen.get(text, 0) + 1
        result.append(text if seen[text] == 1 else f"{text}#{seen[text]}")
    return result
