"""Names in parts: division prefix, trade name (字号), activity words, legal form, branch part, bracketed notes.

`重庆市江北区鑫源建材有限公司观音桥分公司` is 重庆市江北区 | 鑫源 | 建材 | 有限公司 | 观音桥分公司.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from matching.standardise.text import ordinals, plain
from matching.standardise.words import by_length, word_list

_SECOND_BEHIND = re.compile(r"^(.+)\((?:第一名称)\)[;,]?(.+)\((?:第二名称|简称)\)$")
"""`甲(第一名称)乙(第二名称)`: the label behind its name."""
_FIRST = re.compile(r"^第一名称:?|\(第一名称\)")
_NOTE = re.compile(
    r"\((?:原名称?|原|曾用名|第二名称|简称|又名)[:为]?([^():](?:[^()]|\([^()]*\))*)\)|\(?(?:第二名称|简称)[:为]?\)?([^()].*?)\)?$"
)
_MAY_HAVE_NOTE = re.compile(r"[()]|第一名称|第二名称|简称")
_OTHER_PARENTS = ("银行", "合作社", "集团", "事务所", "合伙企业")
_PARTNERS = re.compile(r"(?<=合伙企业)\((?:特殊普通|普通|有限)合伙\)")
"""Says only what kind of partnership it is, and would hide the branch behind it."""
_SHOP = re.compile(r"(?<=.{3})\(([^()]{1,12}(?:店|门市部?|分部|分社|点|站))\)$")
"""`甲火锅店(观音桥店)`: which of several shops of one name."""
_BRACKETS = re.compile(r"\(([^()]*)\)")
_TAIL = "分公司|支公司|分行|支行|分店|分厂|分部|分院|分校|店|部|厂|所|处|站|室|中心|网点|项目部"
_BRANCH = re.compile(
    # 甲公司乙公司 has a branch; 甲集团乙公司 and 甲集团股份有限公司 are companies of their own
    rf"^(?:(.{{2,}}?公司)(.*(?:{_TAIL}|公司))|(.{{2,}}?(?:银行|合作社|集团|事务所|合伙企业))(?!\)|.*[^分支]公司$)(.*(?:{_TAIL})))$"
)


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
        """What tells the parts of one owner apart: branch part, or a shop's place in brackets."""
        return self.branch or self.shop

    @property
    def stem(self) -> str:
        return self.core + self.activity

    @property
    def same(self) -> str:
        """The name as registrars tell names apart: 重庆市江北区鑫源 and 重庆江北鑫源 are one."""
        return "|".join((re.sub("[省市区县]", "", self.division), self.stem, self.form, self.tail))


@lru_cache(maxsize=200_000)
def parse_name(text: str) -> NameParts:
    """Take a name apart. Nothing is lost: what no list knows stays in the trade name."""
    return parse_plain_name(plain(text))


def parse_plain_name(text: str) -> NameParts:
    """The same for a name that is plain already (`matching.standardise.text.plain`)."""
    name, aliases = _split_notes(text) if _MAY_HAVE_NOTE.search(text) else (text, ())
    whole = ordinals(name) if "第" in name else name
    body, shop = _split_shop(whole)
    body, branch = _split_branch(_PARTNERS.sub("", body))
    division, body = split_division(_without_brackets(body))
    body, form = _split_form(body)
    core, activity = _split_activity(body)
    return NameParts(whole, division, core, activity, form, branch, aliases, shop)


def _split_notes(name: str) -> tuple[str, tuple[str, ...]]:
    """The name, and the other names that a note in it gives (原名, 第二名称, 简称)."""
    if labelled := _SECOND_BEHIND.match(name):
        return labelled.group(1), (labelled.group(2),)
    name = _FIRST.sub("", name)
    aliases = tuple(alias for found in _NOTE.finditer(name) if (alias := found.group(1) or found.group(2)))
    return _NOTE.sub("", name), aliases


def _split_shop(name: str) -> tuple[str, str]:
    found = _SHOP.search(name) if name.endswith(")") else None
    return (name[: found.start()], found.group(1)) if found else (name, "")


def _split_branch(name: str) -> tuple[str, str]:
    if name.find("公司", 2) in (-1, len(name) - 2) and not any(word in name for word in _OTHER_PARENTS):
        return name, ""  # the only 公司 ends the name: no need for the slow pattern
    found = _BRANCH.match(name)
    if not found:
        return name, ""
    return found.group(1) or found.group(3), found.group(2) or found.group(4)


def _without_brackets(name: str) -> str:
    """`(重庆)` within a name is a place like the one before it; other brackets lose only their marks."""
    if "(" not in name:
        return name
    return _BRACKETS.sub(r"\1", _place_in_brackets().sub("", name))


@lru_cache
def _place_in_brackets() -> re.Pattern[str]:
    return re.compile(rf"\({_division_pattern().pattern}+\)")


@lru_cache
def _division_words() -> tuple[str, ...]:
    """Names of divisions with and without their last character (市, 区, …), longest first."""
    short = {word[:-1] for word in word_list("divisions") if len(word) > 2 and word[-1] in "省市区县"}
    return tuple(sorted({*word_list("divisions"), *short}, key=lambda word: (-len(word), word)))


@lru_cache
def _division_pattern() -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(re.escape(word) for word in _division_words()) + ")")


@lru_cache
def _divisions_by_length() -> tuple[tuple[int, frozenset[str]], ...]:
    return by_length(_division_words())


def split_division(name: str) -> tuple[str, str]:
    """Names of divisions at the beginning, and what follows; two characters at least are left."""
    start = 0
    while size := _leading(name, start):
        start += size
    return name[:start], name[start:]


def _leading(name: str, start: int) -> int:
    for size, words in _divisions_by_length():
        if name[start : start + size] in words and len(name) - start >= size:
            # as the longest word decides, a shorter one is not tried when too little would be left
            return size if len(name) - start - size >= 2 else 0
    return 0


@lru_cache
def _forms_by_length() -> tuple[tuple[int, frozenset[str]], ...]:
    return by_length(tuple(form.strip("()") for form in word_list("legal_forms")))


def _split_form(name: str) -> tuple[str, str]:
    size = _ending(name, len(name), _forms_by_length())
    return (name[:-size], name[-size:]) if size else (name, "")


@lru_cache
def _activities_by_length() -> tuple[tuple[int, frozenset[str]], ...]:
    return by_length(word_list("activities"))


def _split_activity(body: str) -> tuple[str, str]:
    end = len(body)
    while size := _ending(body, end, _activities_by_length()):
        end -= size
    return body[:end], body[end:]


def _ending(name: str, end: int, words: tuple[tuple[int, frozenset[str]], ...]) -> int:
    """Length of the longest word at `end` that leaves two characters before it."""
    for size, known in words:
        if end - size >= 2 and name[end - size : end] in known:
            return size
    return 0
