"""Branch parts and shops at the end of a name: `甲公司|观音桥分公司`, `甲火锅店|(观音桥店)`, and when two of them are one."""

from __future__ import annotations

import re
from functools import lru_cache

from matching.standardise.divisions import leading
from matching.standardise.text import numbered
from matching.standardise.trades import beginning, ending, forms_by_length, is_trade
from matching.standardise.words import by_length, either, marked, word_list

_OF_COMPANIES = either("branch_words", "branch")
_SURE = rf"{either('branch_words', 'sure')}|(?:第[\d一二三四五六七八九十]+|[\d一二三四五六七八九十]+号?)店"
_TAIL = rf"{_SURE}|{either('branch_words', 'part')}"
_ENDS_A_TAIL = frozenset(word[-1] for word in marked("branch_words", "part")) | {")"}
_SHOP = re.compile(rf"(?<=.{{3}})\(([^()]{{0,16}}(?:{_TAIL}))\)$")
"""`甲火锅店(观音桥店)`: which of several shops of one name."""
_DASHED = re.compile(rf"^(.{{3,}}?)[-—·]+([^-()]{{1,16}}(?:{_TAIL}))$")
_WHOLES = marked("branch_words", "whole")
"""Wholes other than companies that have parts."""
_BRANCH = re.compile(
    # 甲公司乙公司 has a branch; 甲集团乙公司 and 甲集团股份有限公司 are companies of their own
    rf"^(?:(.{{2,}}?公司)([^()].*)|(.{{2,}}?(?:{'|'.join(_WHOLES)}))(?!\)|.*[^分支]公司$)(.*(?:{_TAIL})))$"
)
_HAS_PARENT = re.compile(f"公司$|银行$|(?:{_OF_COMPANIES})$")
_SURE_END, _MOST = re.compile(f"(?:{_SURE})$"), 12
_CALLED_ALIKE = re.compile(f"(?:{either('branch_words', 'alike')})$")
"""One office says 店 where another says 分公司; a 分理处 is something else than a 支行."""
_PLACE_WORD = re.compile("(?<=..)(?:街道|镇|乡)$")
_BEGINS_WITH_ENDING, _ENDS_WITH_ENDING = re.compile(f"(?:{_TAIL})"), re.compile(f"(?:{_TAIL})$")


def split_tail(name: str) -> tuple[str, str]:
    """The name of the whole, and what says which part of it is meant."""
    if name[-1:] not in _ENDS_A_TAIL:
        return name, ""
    for pattern in (_SHOP, _DASHED) if name.endswith(")") or "-" in name or "·" in name or "—" in name else ():
        found = pattern.search(name)
        if found and not is_trade(found.group(found.lastindex or 1)):
            return name[: found.start()] if pattern is _SHOP else found.group(1), found.group(found.lastindex or 1)
    return _split_branch(name)


def has_parent(body: str, tail: str) -> bool:
    """Whether the part is a company's branch; else it is one of several shops of one name."""
    return bool(_HAS_PARENT.search(body) or _HAS_PARENT.search(tail))


def _split_branch(name: str) -> tuple[str, str]:
    at = name.find("公司", 2)
    if at in (-1, len(name) - 2) and not any(word in name for word in _WHOLES):
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
        while size := beginning(name, end, stop, _words_by_length()):
            end += size
        if end > start:
            return end + 1 if end + 1 < stop and name[end] in marked("branch_words", "shop") else end
    return 0


def _split_behind_words(name: str) -> tuple[str, str]:
    """Without a legal form, the part begins behind the words for what the shop does: 逸稻酒业|洞鹿门店, 海曼药房|双槐店."""
    sure = _SURE_END.search(name)
    if not sure and (not name.endswith("店") or ending(name, len(name), forms_by_length()) > 1):
        return name, ""
    end = _end_of_words(name, sure.start() if sure else len(name) - 1)
    if not end or not (1 if sure else 3) <= len(name) - end <= _MOST:
        return name, ""
    return name[:end], name[end:]


@lru_cache(maxsize=100_000)
def tail_key(tail: str) -> str:
    """A branch part in one form: its number or place, without division and without what all parts are called.

    `(第二门店)`, `二分店` and `2店` are one, as are `江北观音桥分公司` and `观音桥店`; `江北支行` keeps its division.
    """
    place = _CALLED_ALIKE.sub("", tail) or tail
    start = 0
    while (size := leading(place, start)) and _is_place(place[start + size :]):
        start += size
    return _PLACE_WORD.sub("", numbered(place[start:]))


def _is_place(rest: str) -> bool:
    """Whether a branch part names a place of its own behind a division: 江北观音桥, but not 江北支行 or 丰都营销服务部."""
    if _BEGINS_WITH_ENDING.match(rest) or leading(rest, 0):
        return bool(leading(rest, 0))
    return not _ENDS_WITH_ENDING.search(rest) and not is_trade(rest)
