"""Words of the trade by normal form and head word: what a row reports, the item that it changes, codes said in words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from importers.data import data
from importers.labels import plain_keeping_case

ENDS = frozenset({"deregistered", "revoked"})
STOP = "stop"
"""What is understood and no file may do by itself: a move, a merger. A person sees to it."""
_NOISE = re.compile(r"[\s\W_]+")
_BRACKETED = re.compile(r"\([^()]*\)")
_TAILS = ("登记", "企业", "状态", "业务", "单位", "户", "办理")
_FRONTS = ("已", "被", "拟", "企业", "单位", "登记")


def normal_word(text: str) -> str:
    """A word without full-width forms, blanks, brackets and marks; simplified, lower case."""
    return _NOISE.sub("", plain_keeping_case(unicodedata.normalize("NFKC", text))).lower()


def event_of(listed: str, text: str) -> str | None:
    """What a word of a list reports: an event, "" where it says nothing of its own, STOP; None where it is not known."""
    if not text.strip():
        return ""
    words, folded = _events(listed), unicodedata.normalize("NFKC", text)
    for form in (folded, _BRACKETED.sub("", folded)):
        for word in _shortened(normal_word(form)):
            if word in words:
                return words[word]
    coded = re.match(r"\s*(\d)\s*[-.、:]?\s*(\D+)", folded)
    return event_of(listed, coded.group(2)) if coded else None


def _shortened(word: str) -> list[str]:
    """The word, and what is left of it without what stands before and behind the head word."""
    found = [word]
    for tail in _TAILS:
        found += [one.removesuffix(tail) for one in list(found) if one.endswith(tail) and len(one) > len(tail) + 1]
    for front in _FRONTS:
        found += [one.removeprefix(front) for one in list(found) if one.startswith(front) and len(one) > len(front) + 1]
    return found


@lru_cache
def _events(listed: str) -> dict[str, str]:
    return {normal_word(word): event for event, words in data("words")["events"][listed].items() for word in words}


def event_in(title: str) -> str:
    """The event that a title, a sheet's or a file's name speaks of, "" for none; of several that may end a unit STOP: which
    row is which has to be said row by row."""
    found = {event for event, words in data("words")["title_events"].items() if any(word in title for word in words)}
    if len(found) > 1:
        return STOP if found & ENDS else ""
    return found.pop() if found else ""


def changed_field(item: str) -> str | None:
    """The field that a 变更事项 changes, "" for one that is known and changes no field of ours, None for one not known."""
    folded = unicodedata.normalize("NFKC", item)
    for form in (folded, _BRACKETED.sub("", folded)):
        for word in _bare(normal_word(form)):
            if word in _items():
                return _items()[word]
    return None


@lru_cache
def _items() -> dict[str, str]:
    """Head words of changed items to their fields."""
    told = data("change_items")
    heads = {normal_word(word): field for field, words in told["heads"].items() for word in words}
    return {**{normal_word(word): "" for word in told["aside"]}, **heads}


def _bare(word: str) -> list[str]:
    """The word, without its tails, and then without its owner: 企业名称变更, 企业名称, 名称."""
    told = data("change_items")
    found = [word]
    while tail := next((one for one in told["tails"] if word.endswith(one) and word != one), ""):
        word = word.removesuffix(tail)
        found.append(word)
    owners = sorted(told["owners"], key=len, reverse=True)
    return found + [word.removeprefix(owner) for owner in owners if word.startswith(owner) and word != owner]


def fields_changed() -> frozenset[str]:
    """Every field that a changed item may lead to."""
    return frozenset(data("change_items")["heads"])


def code_of(field: str, text: str) -> str | None:
    """The code that a word stands for in a field's list; None where it is not known."""
    words = _codes().get(field, {})
    folded = unicodedata.normalize("NFKC", text)
    forms = (normal_word(folded), normal_word(_BRACKETED.sub("", folded)))
    return next((words[form] for form in forms if form in words), None)


@lru_cache
def _codes() -> dict[str, dict[str, str]]:
    told = data("words")["codes"]
    return {
        field: {normal_word(word): code for code, words in codes.items() for word in words}
        for field, codes in told.items()
    }


def currency_of(text: str) -> str | None:
    """The name of a currency as we write it; None where it is not known."""
    return _currencies().get(normal_word(text) or text.strip().lower())


@lru_cache
def _currencies() -> dict[str, str]:
    told = data("words")["currencies"]
    return {normal_word(word) or word: name for name, words in told.items() for word in words}
