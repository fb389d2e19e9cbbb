"""Names in parts: division prefix, trade name (字号), activity words, legal form, branch part, bracketed notes.

`重庆市江北区鑫源建材有限公司观音桥分公司` is 重庆市江北区 | 鑫源 | 建材 | 有限公司 | 观音桥分公司.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from matching.standardise.branches import has_parent, split_tail, tail_key
from matching.standardise.divisions import split_place, without_brackets, without_place
from matching.standardise.text import ordinals, plain
from matching.standardise.trades import split_activity, split_form
from matching.standardise.words import either, table_of

_SECOND_BEHIND = re.compile(r"^(.+)\((?:第一名称)\)[;,]?(.+)\((?:第二名称|简称)\)$")
"""`甲(第一名称)乙(第二名称)`: the label behind its name."""
_FIRST = re.compile(r"^第一名称:?|\(第一名称\)")
_NOTE = re.compile(
    r"\((?:原名称?|原|曾用名|第二名称|简称|又名)[:为]?([^():](?:[^()]|\([^()]*\))*)\)|\(?(?:第二名称|简称)[:为]?\)?([^()].*?)\)?$"
)
_MAY_HAVE_NOTE = re.compile(r"[()]|第一名称|第二名称|简称")
_STATE = re.compile(f"(?:{either('remarks', 'state')})$")


@dataclass(frozen=True)
class NameParts:
    """Parts of one name; `stem` is trade name with activity words, `whole` the plain name without notes."""

    whole: str
    division: str
    core: str
    activity: str
    form: str
    branch: str
    aliases: tuple[str, ...]
    shop: str = ""

    @property
    def tail(self) -> str:
        """What tells the parts of one owner apart: branch part, or a shop's place; in one form (`tail_key`)."""
        return tail_key(self.branch or self.shop)

    @property
    def stem(self) -> str:
        return self.core + self.activity


@lru_cache(maxsize=200_000)
def parse_name(text: str) -> NameParts:
    """Take a name apart. Nothing is lost: what no list knows stays in the trade name."""
    return parse_plain_name(plain(text))


def parse_plain_name(text: str) -> NameParts:
    """The same for a name that is plain already (`matching.standardise.text.plain`)."""
    name, aliases = _split_notes(text) if _MAY_HAVE_NOTE.search(text) else (text, ())
    whole = _spelled(_without_remarks(name))
    if "第" in whole:
        whole = ordinals(whole)
    body, tail = split_tail(without_place(whole))
    division, rest = split_place(without_brackets(body))
    rest, form = split_form(rest)
    core, activity = split_activity(rest)
    if tail:  # 甲公司(乙店), 甲公司-乙店 and 甲公司乙店 are one name
        whole = body + tail
    branch, shop = (tail, "") if tail and has_parent(body, tail) else ("", tail)
    return NameParts(whole, division, core, activity, form, branch, aliases, shop)


def _split_notes(name: str) -> tuple[str, tuple[str, ...]]:
    """The name, and the other names that a note in it gives (原名, 第二名称, 简称)."""
    if labelled := _SECOND_BEHIND.match(name):
        return labelled.group(1), (labelled.group(2),)
    name = _FIRST.sub("", name)
    aliases = tuple(alias for found in _NOTE.finditer(name) if (alias := found.group(1) or found.group(2)))
    return _NOTE.sub("", name), aliases


@lru_cache
def _remark() -> re.Pattern[str]:
    return re.compile(rf"(?<=..)\((?:{either('remarks')})\)")


def _without_remarks(name: str) -> str:
    """Without what says the state or the owner's form: 甲店(停业), 甲公司(自然人独资), 甲合伙企业(有限合伙)."""
    if "(" in name:
        name = _remark().sub("", name)
    return _STATE.sub("", name) if len(name) > 4 else name


_FORMS_SPELLED = ("有限公司", "有限责任公司")


@lru_cache
def _spelling() -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(table_of('spellings'))})")


@lru_cache
def _misspelt_forms() -> dict[str, str]:
    """The two common forms with a character lost, doubled, or changed with its neighbour."""
    found: dict[str, str] = {}
    for form in _FORMS_SPELLED:
        for place in range(len(form)):
            found[form[:place] + form[place + 1 :]] = form
            found[form[: place + 1] + form[place:]] = form
            found[form[:place] + form[place : place + 2][::-1] + form[place + 2 :]] = form
    return {text: form for text, form in found.items() if text not in _FORMS_SPELLED}


@lru_cache
def _misspelt() -> re.Pattern[str]:
    return re.compile("(?<=..)(?:" + "|".join(sorted(_misspelt_forms(), key=len, reverse=True)) + ")")


def _spelled(name: str) -> str:
    """Short and broken spellings of forms written out."""
    name = _spelling().sub(lambda found: table_of("spellings")[found.group()], name)
    if "限" in name and ("有限公司" in name or "有限责任公司" in name):
        return name
    if "公" in name or ("司" in name and "限" in name):
        return _misspelt().sub(lambda found: _misspelt_forms()[found.group()], name, count=1)
    return name
