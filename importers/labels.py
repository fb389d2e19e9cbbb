"""Labels of columns in one form, and the fields that files ask for by them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from matching.standardise.text import plain

LONGEST_LABEL = 255
"""What is longer is no label, and units would be taken off its end one by one."""
_NOISE = re.compile(r"[\s*★☆：:\u200b\ufeff]+")
_NUMBER = re.compile(
    r"^(?:[\[(](?:\d+(?:[-.]\d+)*|[一二三四五六七八九十]{1,3})[\])][-、.]?"
    r"|[一二三四五六七八九十]{1,3}、|\d{1,3}(?:[-.]\d{1,3})*[-、.)]?)(?=[^\d])"
)
"""The number of an item of a form in front of its label: `[201-1]`, `201-1-`, `102 `, `(3)`, `一、`."""
_UNIT = re.compile(
    r"[;(/,_-](?:单位)?(人民币)?(亿元|百万元|万元|千元|元|亿|万|万美元|美元|人|个|户|家|平方米|本年|本期|年末|期末"
    r"|本年累计发生额|损失以[-—－]号记|损失以“?[-—－]”?号填列)(人民币)?\)?$"
)
_MONEY = frozenset({"亿元", "百万元", "万元", "千元", "元", "亿", "万", "万美元", "美元"})
_NOTE = re.compile(
    r"\((?:[^()]*[/|][^()]*|(?:必|选)填[^()]*|[^()]*(?:盖章|签字|公章|填写|为准|格式|单选|下拉|文本)[^()]*|全称|中文|汉字|最新"
    r"|18位|可空|YYYY[^()]*|yyyy[^()]*|年-?月-?日?|GB/?T[\d-]+)\)$"
)
"""A note behind a label that says how to fill it in, not what it is."""
_TRADITIONAL = re.compile(
    r"[統會碼稱詳細業註冊資務機構區劃經營廠號聯繫電話類別員數總計單關係責負開變後內銷時間網參與種權屬範圍術]"
)


@dataclass(frozen=True)
class Known:
    """What a column was understood as: the field, the kind that names its converter, the unit that its label says."""

    field: str
    kind: str
    unit: str = ""


def normal_label(label: str) -> str:
    """A label without full-width forms, blanks, `*`, colons, the number of its item, and the unit at its end."""
    return split_unit(label)[0]


@lru_cache(maxsize=4096)
def split_unit(label: str) -> tuple[str, str]:
    """A label in its normal form and the unit of money at its end (`万元`, `千元`, `元` … or none)."""
    text = _NUMBER.sub("", _folded(label))
    unit = ""
    while found := _UNIT.search(text):
        unit = found.group(2) if found.group(2) in _MONEY else unit
        text = text[: found.start()]
    return text, unit


def _folded(label: str) -> str:
    text = _NOISE.sub("", unicodedata.normalize("NFKC", label[:LONGEST_LABEL]))
    return plain_keeping_case(text) if _TRADITIONAL.search(text) else text


def plain_keeping_case(text: str) -> str:
    """Simplified characters for traditional ones; letters stay, since `NAME` and `name` are two things."""
    return "".join(
        plain(character) if character > "\u2e80" and character not in "“”" else character for character in text
    )


@dataclass(frozen=True)
class Vocabulary:
    """The labels of all fields, the words that head a label nobody wrote down, and groups above labels that add nothing."""

    labels: Mapping[str, tuple[str, str]]
    kinds: Mapping[str, str]
    heads: Sequence[tuple[str, str]]
    groups: frozenset[str]

    def find(self, label: str, own: Mapping[str, str] | None = None) -> Known | None:
        """What a label says; `own` are labels that mean something else in one layout."""
        for text, unit in _forms(label, self.groups):
            field = (own or {}).get(text)
            if field:
                return Known(field, self.kinds.get(field, "text"), unit)
            found = self.labels.get(text) or self._any_case.get(text.casefold())
            if found:
                return Known(*found, unit)
        return None

    def guess(self, label: str) -> str:
        """The field that a label nobody knows may mean, by the word it ends in; nothing is read by a guess."""
        text = normal_label(label)
        if re.search(r"上年|上期|同期|上月|去年|原|累计增|增长|比重", text):
            return ""
        return next((field for head, field in self.heads if text.endswith(head)), "")

    def with_labels(self, labels: Mapping[str, tuple[str, str]]) -> Vocabulary:
        """The same with an operator's own labels."""
        own = {normal_label(label): (field, kind) for label, (field, kind) in labels.items()}
        kinds = {**self.kinds, **dict(own.values())}
        return Vocabulary({**self.labels, **own}, kinds, self.heads, self.groups)

    @cached_property
    def _any_case(self) -> dict[str, tuple[str, str]]:
        """Labels in Latin letters whatever their case, where that leaves no doubt."""
        found: dict[str, set[tuple[str, str]]] = {}
        for label, field in self.labels.items():
            if label.isascii():
                found.setdefault(label.casefold(), set()).add(field)
        return {label: next(iter(fields)) for label, fields in found.items() if len(fields) == 1}


def _forms(label: str, groups: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The forms in which a label may be known, the fullest first, each with its unit."""
    text, unit = split_unit(label)
    yield text, unit
    bare = _NOTE.sub("", text)
    if bare != text:
        text, inner = split_unit(bare)
        unit = unit or inner
        yield text, unit
    groups_, _, last = text.rpartition("-")
    if "-" in groups_:
        yield f"{groups_.partition('-')[0]}-{last}", unit  # of a header of three rows without its middle one
    group, dash, leaf = text.partition("-")
    while dash and normal_label(group) in groups:
        text, inner = split_unit(leaf)
        unit = unit or inner
        yield text, unit
        yield _NOTE.sub("", text), unit
        group, dash, leaf = text.partition("-")
