"""The account of each part of a file: what it was recognised as, what of it was read, and what not and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from importers.problems import FileProblem
from importers.readers.apart import PartTold
from importers.recognise import Certainty, Recognised, is_nameless
from importers.spec import SOURCES, Spec, get_spec

_MOST = 20


@dataclass
class Account:
    """One part of a file.

    Attributes:
        name: the sheet's, with the file's before it where a package holds several.
        unread: why it was not read, else nothing: `not_asked`, `empty`, `no_header`, `other_source`, `unknown_layout`,
            `unsupported`, `locked`.
        layout, certainty: by which it was read, and whether that is sure or asks; `looks_like` another source.
        columns: label to the field it was read as; `guesses`: for a label nobody knows the field it may mean.
        rows, skipped: lines that hold a row, and others by reason; together all lines of the part.
        hidden: whether the sheet is; `hidden_rows` and `hidden_columns` by number, from 1. What is hidden is read.
    """

    name: str
    encoding: str
    unread: str = ""
    layout: str = ""
    certainty: Certainty = Certainty.UNKNOWN
    share: float = 0.0
    looks_like: str = ""
    labels: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    guesses: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    hidden: bool = False
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()

    @classmethod
    def of(cls, told: PartTold) -> Account:
        return cls(
            told.name,
            told.encoding,
            told.unread,
            hidden=told.hidden,
            hidden_rows=told.hidden_rows,
            hidden_columns=told.hidden_columns,
        )

    @property
    def unread_columns(self) -> list[str]:
        """Labels of columns that nobody read."""
        return [label for label in self.labels if label not in self.columns]

    def recognised(self, labels: list[str], found: Recognised, spec: Spec) -> None:
        self.labels, self.certainty, self.looks_like = labels, found.certainty, found.looks_like
        if found.fit is None:
            self.not_read("other_source" if found.looks_like else "unknown_layout", labels, spec)
            return
        self.layout, self.share = found.fit.layout.name, found.fit.share
        self.columns = {label: known.field for label, known in found.fit.columns.items()}
        self._guess(spec)

    def not_read(self, why: str, labels: list[str], spec: Spec) -> None:
        self.unread, self.labels = why, labels
        known = ((label, spec.vocabulary.find(label.partition("#")[0])) for label in labels)
        self.guesses = {label: one.field for label, one in known if one}
        self._guess(spec)

    def _guess(self, spec: Spec) -> None:
        """Guess what the columns that nobody knows may mean, each field once, and none that is read already."""
        taken = {*self.columns.values(), *self.guesses.values()}
        for label in self.labels:
            guess = (
                spec.vocabulary.guess(label)
                if label not in self.columns | self.guesses and not is_nameless(label)
                else ""
            )
            if guess and guess not in taken:
                self.guesses[label] = guess
                taken.add(guess)

    def took(self, rows: int, skipped: Mapping[str, int]) -> None:
        self.rows += rows
        self.skipped.update(skipped)

    def skip(self, why: str, lines: int) -> None:
        if lines:
            self.skipped[why] += lines


def refusal_of(parts: Sequence[Account], source: str) -> FileProblem:
    """Why a file of which no part could be read is refused: the nearest source, and the columns nobody knows."""
    named = next((part for part in parts if part.unread == "other_source"), None)
    if named is not None:
        return _other_source(named, source)
    strange = next((part for part in parts if part.unread == "unknown_layout"), None)
    if strange is not None:
        return _unknown_layout(strange, source)
    sheets = "、".join(part.name for part in parts if part.name)[:500]
    return FileProblem(
        "no_header",
        f"前100行没有找到表头{_among('，工作表有：', sheets)}；请确认文件来源，或先教系统认识这种格式（列名对照）",
        f"no header in the first 100 rows{_among(' of the sheets ', sheets)}; is this the right source? Else teach the layout",
    )


def _among(words: str, sheets: str) -> str:
    return f"{words}{sheets}" if sheets else ""


def _other_source(part: Account, source: str) -> FileProblem:
    titles = {name: get_spec(name).title for name in SOURCES}
    like = part.looks_like
    return FileProblem(
        "wrong_source",
        f"表头不是“{titles[source]}”来源的任何一种格式，像是“{titles[like]}”来源{_among('，工作表：', part.name)}；请换成该来源再试",
        f"the header fits no layout of the source {source}; it looks like the source {like}{_among(', sheet ', part.name)}",
    )


def _unknown_layout(part: Account, source: str) -> FileProblem:
    strange = "、".join(label for label in part.labels if label not in part.guesses)[:300]
    return FileProblem(
        "wrong_source",
        f"表头不是“{get_spec(source).title}”来源的任何一种格式；不认识的列：{strange or '无'}；请确认来源，或教系统认识这种格式",
        f"the header fits no layout of the source {source}; unknown columns: {strange or 'none'}; is it the right source? Else "
        "teach the layout",
    )
