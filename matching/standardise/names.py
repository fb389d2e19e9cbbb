"""Names in parts: division prefix, trade name (字号), activity words, legal form, branch part, bracketed notes.

`重庆市江北区鑫源建材有限公司观音桥分公司` is 重庆市江北区 | 鑫源 | 建材 | 有限公司 | 观音桥分公司.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from matching.standardise.text import numbered, ordinals, plain
from matching.standardise.words import by_length, either, table_of, word_list

_SECOND_BEHIND = re.compile(r"^(.+)\((?:第一名称)\)[;,]?(.+)\((?:第二名称|简称)\)$")
"""`甲(第一名称)乙(第二名称)`: the label behind its name."""
_FIRST = re.compile(r"^第一名称:?|\(第一名称\)")
_NOTE = re.compile(
    r"\((?:原名称?|原|曾用名|第二名称|简称|又名)[:为]?([^():](?:[^()]|\([^()]*\))*)\)|\(?(?:第二名称|简称)[:为]?\)?([^()].*?)\)?$"
)
_MAY_HAVE_NOTE = re.compile(r"[()]|第一名称|第二名称|简称")
_STATE = re.compile("(?:已?停业|歇业|已?注销|已关闭|已?吊销)$")
_OTHER_PARENTS = ("银行", "合作社", "集团", "事务所", "合伙企业")
_BRACKETS = re.compile(r"\(([^()]*)\)")

_OF_COMPANIES = "分公司|支公司|分行|支行|分理处|储蓄所|营业所|营业厅|分所|分院|分校|分厂|分社"
"""Endings that say a branch by themselves."""
_SURE = f"(?:{_OF_COMPANIES}|分店|门店|分部|连锁店|直营店|加盟店|旗舰店|门市|(?:第[\\d一二三四五六七八九十]+|[\\d一二三四五六七八九十]+号?)店)"
"""Endings that say a part of something also where no legal form stands before them."""
_TAIL = f"{_SURE}|店|部|厂|所|处|站|室|点|社|中心|网点|食堂|委员会"
_ENDS_A_TAIL = frozenset("店司行处所厅院校厂社部市站室点心网堂会)")
_SHOP = re.compile(rf"(?<=.{{3}})\(([^()]{{0,16}}(?:{_TAIL}))\)$")
"""`甲火锅店(观音桥店)`: which of several shops of one name."""
_DASHED = re.compile(rf"^(.{{3,}}?)[-—·]+([^-()]{{1,16}}(?:{_TAIL}))$")
_BRANCH = re.compile(
    # 甲公司乙公司 has a branch; 甲集团乙公司 and 甲集团股份有限公司 are companies of their own
    rf"^(?:(.{{2,}}?公司)([^()].*)|(.{{2,}}?(?:银行|合作社|集团|事务所|合伙企业))(?!\)|.*[^分支]公司$)(.*(?:{_TAIL})))$"
)
_HAS_PARENT = re.compile(f"公司$|银行$|(?:{_OF_COMPANIES})$")
_TOWN = re.compile(r"[^\d()省市区县公司]{1,8}?(?:街道(?:办事处)?|镇|乡(?![村味土情里下]))(?=.{3})")
_TOWN_FIRST = re.compile(r"[^\d()省市区县公司]{2,5}?(?:街道(?:办事处)?|镇)(?=.{3})")
_PUBLIC = re.compile(
    "(?:中心|委员会|政府|学校?|小学|中学|幼儿园|卫生[院室所]|所|站|协会|联合社|院|园|处|公室|局|会|校|队|组织)$"
)
"""Bodies that are named after their town: without it all towns have the same."""


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
    whole = _spelled(_without_remarks(name))
    if "第" in whole:
        whole = ordinals(whole)
    body, tail = _split_tail(_without_place(whole)) if whole[-1:] in _ENDS_A_TAIL else (whole, "")
    division, rest = _split_place(_without_brackets(body))
    rest, form = _split_form(rest)
    core, activity = _split_activity(rest)
    if tail:  # 甲公司(乙店), 甲公司-乙店 and 甲公司乙店 are one name
        whole = body + tail
    branch, shop = (tail, "") if tail and _has_parent(body, tail) else ("", tail)
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


# --- branch parts and shops -------------------------------------------------------------------------------------------


def _split_tail(name: str) -> tuple[str, str]:
    """The name of the whole, and what says which part of it is meant."""
    for pattern in (_SHOP, _DASHED) if name.endswith(")") or "-" in name or "·" in name or "—" in name else ():
        found = pattern.search(name)
        if found and not _is_trade(found.group(found.lastindex or 1)):
            return name[: found.start()] if pattern is _SHOP else found.group(1), found.group(found.lastindex or 1)
    return _split_branch(name)


def _has_parent(body: str, tail: str) -> bool:
    """Whether the part is a company's branch; else it is one of several shops of one name."""
    return bool(_HAS_PARENT.search(body) or _HAS_PARENT.search(tail))


def _is_trade(inner: str) -> bool:
    """`赵祥珍(美发店)`: what the shop does, and not which one it is."""
    size = _ending(f"  {inner}", len(inner) + 2, _forms_by_length())
    return size >= len(inner) or _beginning(inner, 0, len(inner), _activities_by_length()) >= len(inner) - 1


def _split_branch(name: str) -> tuple[str, str]:
    at = name.find("公司", 2)
    if at in (-1, len(name) - 2) and not any(word in name for word in _OTHER_PARENTS):
        # the only 公司 ends the name, or there is none: no need for the slow pattern
        return _split_behind_words(name) if at < 0 or name[at - 1] in "分支" else (name, "")
    found = _BRANCH.match(name)
    if not found:
        return name, ""
    return found.group(1) or found.group(3), found.group(2) or found.group(4)


@lru_cache
def _words_by_length() -> tuple[tuple[int, frozenset[str]], ...]:
    forms = tuple(form.strip("()") for form in word_list("legal_forms") if len(form) > 1)
    return by_length((*word_list("activities"), *word_list("industries"), *forms))


def _end_of_words(name: str, stop: int) -> int:
    """Where the first words for what a shop does end, two characters at least before them; 0: there are none."""
    for start in range(2, stop):
        end = start
        while size := _beginning(name, end, stop, _words_by_length()):
            end += size
        if end > start:
            return end + 1 if end + 1 < stop and name[end] in _KINDS_OF_SHOP else end
    return 0


_KINDS_OF_SHOP = frozenset("店部厂行馆铺坊")


def _beginning(name: str, start: int, stop: int, words: tuple[tuple[int, frozenset[str]], ...]) -> int:
    """Length of the longest word that begins at `start` and ends before `stop`."""
    return next((size for size, known in words if start + size <= stop and name[start : start + size] in known), 0)


_SURE_END, _MOST = re.compile(f"{_SURE}$"), 12


def _split_behind_words(name: str) -> tuple[str, str]:
    """Without a legal form, the part begins behind the words for what the shop does: 逸稻酒业|洞鹿门店, 海曼药房|双槐店."""
    sure = _SURE_END.search(name)
    if not sure and (not name.endswith("店") or _ending(name, len(name), _forms_by_length()) > 1):
        return name, ""
    end = _end_of_words(name, sure.start() if sure else len(name) - 1)
    if not end or not (1 if sure else 3) <= len(name) - end <= _MOST:
        return name, ""
    return name[:end], name[end:]


_CALLED_ALIKE = re.compile("(?:分公司|支公司|连锁店|直营店|加盟店|旗舰店|专卖店|分店|门店|分部|门市部?|号店|店)$")
"""One office says 店 where another says 分公司; a 分理处 is something else than a 支行."""
_PLACE_WORD = re.compile("(?<=..)(?:街道|镇|乡)$")
_BEGINS_WITH_ENDING, _ENDS_WITH_ENDING = re.compile(f"(?:{_TAIL})"), re.compile(f"(?:{_TAIL})$")


@lru_cache(maxsize=100_000)
def tail_key(tail: str) -> str:
    """A branch part in one form: its number or place, without division and without what all parts are called.

    `(第二门店)`, `二分店` and `2店` are one, as are `江北观音桥分公司` and `观音桥店`; `江北支行` keeps its division.
    """
    place = _CALLED_ALIKE.sub("", tail) or tail
    start = 0
    while (size := _leading(place, start)) and _is_place(place[start + size :]):
        start += size
    return _PLACE_WORD.sub("", numbered(place[start:]))


def _is_place(rest: str) -> bool:
    """Whether a branch part names a place of its own behind a division: 江北观音桥, but not 江北支行 or 丰都营销服务部."""
    if _BEGINS_WITH_ENDING.match(rest) or _leading(rest, 0):
        return bool(_leading(rest, 0))
    return not _ENDS_WITH_ENDING.search(rest) and not _is_trade(rest)


def _split_place(name: str) -> tuple[str, str]:
    """Divisions and towns at the beginning, and what follows."""
    if (found := _TOWN_FIRST.match(name)) and not _PUBLIC.search(name):
        return found.group(), name[found.end() :]
    division, rest = split_division(name)
    end = _split_town(name, len(division)) if division else 0
    return (name[:end], name[end:]) if end else (division, rest)


def _split_town(name: str, start: int = 0) -> int:
    """Where a town at `start` ends (`观音桥街道`), `start` when there is none to take off.

    Bodies named after their town (村民委员会, 卫生院) keep it in their name.
    """
    found = _TOWN.match(name, start)
    return found.end() if found and not _PUBLIC.search(name) else start


def _without_brackets(name: str) -> str:
    """Brackets lose their marks, places in brackets go with them."""
    return _BRACKETS.sub(r"\1", _without_place(name)) if "(" in name else name


def _without_place(name: str) -> str:
    """`(重庆)` within a name is a place like the one before it."""
    return _place_in_brackets().sub("", name) if "(" in name else name


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
def _divisions_by_start() -> dict[str, tuple[str, ...]]:
    """Names of divisions by their first two characters, the longest first: most places in a text begin none."""
    found: dict[str, list[str]] = {}
    for word in sorted({*_division_words(), *word_list("counties")}, key=lambda word: (-len(word), word)):
        found.setdefault(word[:2], []).append(word)
    return {start: tuple(words) for start, words in found.items()}


def split_division(name: str) -> tuple[str, str]:
    """Names of divisions at the beginning, and what follows; two characters at least are left."""
    start = 0
    while size := _leading(name, start):
        start += size
    return name[:start], name[start:]


def _leading(name: str, start: int) -> int:
    for word in _divisions_by_start().get(name[start : start + 2], ()):
        if name.startswith(word, start):
            # as the longest word decides, a shorter one is not tried when too little would be left
            return len(word) if len(name) - start - len(word) >= 2 else 0
    return 0


@lru_cache
def _forms_by_length() -> tuple[tuple[int, frozenset[str]], ...]:
    return by_length(tuple(form.strip("()") for form in word_list("legal_forms")))


def _split_form(name: str) -> tuple[str, str]:
    """The legal form or kind of place; what a shop sells is no part of it: 火锅|店, so that 火锅店 and 火锅馆 share their trade."""
    size = _ending(name, len(name), _forms_by_length())
    if size > 2:
        size -= _trade(name[-size:])
    return (name[:-size], name[-size:]) if size else (name, "")


@lru_cache
def _trade(form: str) -> int:
    """Length of the activity that a kind of place begins with, 0 when it begins with none."""
    size = _beginning(form, 0, len(form) - 1, _activities_by_length())
    return 0 if form[:size] in _HOW else size


_HOW = frozenset(
    ("经营", "服务", "管理", "加工", "批发", "零售", "制造", "修理", "维修", "培训", "连锁", "专卖", "收购", "代理")
)
"""Words for how a place works and not for what it offers."""


@lru_cache
def _activities_by_length() -> tuple[tuple[int, frozenset[str]], ...]:
    return by_length((*word_list("activities"), *word_list("industries")))


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
