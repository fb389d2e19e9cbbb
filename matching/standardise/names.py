"""Names in parts: division prefix, trade name (字号), activity words, legal form, branch part, bracketed notes.

`重庆市江北区鑫源建材有限公司观音桥分公司` is 重庆市江北区 | 鑫源 | 建材 | 有限公司 | 观音桥分公司.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from matching.standardise.text import ordinals, plain
from matching.standardise.words import word_list

_SECOND_BEHIND = re.compile(r"^(.+)\((?:第一名称)\)[;,]?(.+)\((?:第二名称|简称)\)$")
"""`甲(第一名称)乙(第二名称)`: the label behind its name."""
_FIRST = re.compile(r"^第一名称:?|\(第一名称\)")
_NOTE = re.compile(
    r"\((?:原名称?|原|曾用名|第二名称|简称|又名)[:为]?([^():][^()]*)\)|\(?(?:第二名称|简称)[:为]?\)?([^()].*?)\)?$"
)
_BRACKETS = re.compile(r"\(([^()]*)\)")
_TAIL = "分公司|支公司|分行|支行|分店|分厂|分部|分院|分校|店|部|厂|所|处|站|室|中心|网点|项目部"
_BRANCH = re.compile(
    # 甲公司乙公司 has a branch; 甲集团乙公司 and 甲集团股份有限公司 are companies of their own
    rf"^(?:(.{{2,}}?公司)(.*(?:{_TAIL}|公司))|(.{{2,}}?(?:银行|合作社|集团|事务所))(?!\)|.*[^分支]公司$)(.*(?:{_TAIL})))$"
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

    @property
    def stem(self) -> str:
        return self.core + self.activity

    @property
    def same(self) -> str:
        """The name as registrars tell names apart: 重庆市江北区鑫源 and 重庆江北鑫源 are one."""
        return "|".join((re.sub("[省市区县]", "", self.division), self.stem, self.form, self.branch))


@lru_cache(maxsize=200_000)
def parse_name(text: str) -> NameParts:
    """Take a name apart. Nothing is lost: what no list knows stays in the trade name."""
    name, aliases = _split_notes(plain(text))
    whole = ordinals(name)
    body, branch = _split_branch(whole)
    division, body = _split_division(_without_brackets(body))
    body, form = _split_form(body)
    core, activity = _split_activity(body)
    return NameParts(whole, division, core, activity, form, branch, aliases)


def _split_notes(name: str) -> tuple[str, tuple[str, ...]]:
    """The name, and the other names that a note in it gives (原名, 第二名称, 简称)."""
    if labelled := _SECOND_BEHIND.match(name):
        return labelled.group(1), (labelled.group(2),)
    name = _FIRST.sub("", name)
    aliases = tuple(alias for found in _NOTE.finditer(name) if (alias := found.group(1) or found.group(2)))
    return _NOTE.sub("", name), aliases


def _split_branch(name: str) -> tuple[str, str]:
    found = _BRANCH.match(name)
    if not found:
        return name, ""
    return found.group(1) or found.group(3), found.group(2) or found.group(4)


def _without_brackets(name: str) -> str:
    """`(重庆)` within a name is a place like the one before it; other brackets lose only their marks."""
    return _BRACKETS.sub(r"\1", _place_in_brackets().sub("", name))


@lru_cache
def _place_in_brackets() -> re.Pattern[str]:
    return re.compile(rf"\({_division_pattern().pattern}+\)")


@lru_cache
def _division_pattern() -> re.Pattern[str]:
    short = {word[:-1] for word in word_list("divisions") if len(word) > 2 and word[-1] in "省市区县"}
    words = sorted({*word_list("divisions"), *short}, key=lambda word: (-len(word), word))
    return re.compile("(?:" + "|".join(re.escape(word) for word in words) + ")")


def _split_division(name: str) -> tuple[str, str]:
    start = 0
    while (found := _division_pattern().match(name, start)) and len(name) - found.end() >= 2:
        start = found.end()
    return name[:start], name[start:]


def _split_form(name: str) -> tuple[str, str]:
    for form in word_list("legal_forms"):
        bare = form.strip("()")
        if name.endswith(bare) and len(name) > len(bare) + 1:
            return name[: -len(bare)], bare
    return name, ""


def _split_activity(body: str) -> tuple[str, str]:
    core, activity = body, ""
    while True:
        word = next((w for w in word_list("activities") if core.endswith(w) and len(core) - len(w) >= 2), "")
        if not word:
            return core, activity
        core, activity = core[: -len(word)], word + activity
