"""A person's name inside a unit's name: which names are made up from it, and how they are shown (DESIGN.md, promise 10).

A household without a name gets one of operator and activity (attributes.md, `short_name`), and whoever keeps a list by hand
does the same or puts the owner in brackets behind a signboard. A name that a business registered says what sort of place it
is (店, 部, 有限公司) and is public, whoever is named in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.core.personal import Personal, clear, masked
from matching.standardise.text import plain
from matching.standardise.trades import split_form

NAMING = ("name", "short_name", "former_names")
"""Fields in which a unit is called something."""
NAMED = ("operator", "legal_rep")
"""Fields of the persons of whose names a unit's is made up, the likelier first."""
PERSON = "name_person"
"""Where a version keeps, sealed, whose name it is that its names show masked; nobody states it, the writer does."""

_BRACKETS = re.compile(r"[（(〔【\[][^（）()〔〕【】\[\]]*[)）〕】\]]")
_PLACE = re.compile(
    r"[店部厂行馆楼所厅场室房吧铺屋庄坊社站园堂轩阁斋居院校市摊城廊苑汇府肆所会队]$|公司$|中心$|集团$|合作社$|农家乐$"
)
"""What sort of place a business is: its registered name ends so."""
_SEVERAL = re.compile("[、，,；;/]")
_LEAST = 2
"""A single character is nobody's whole name."""
_BUSINESS = re.compile(r"..(公司|商行|中心|集团|合作社|[店部厂局院校])$")
"""What ends so is no person's name, whatever field it stands in."""


def shown(name: str, persons: Iterable[str]) -> str:
    """A unit's name for everybody: where it is made up from one of these persons', and in a note in brackets, masked."""
    for person in persons:
        if person in "".join(name.split()) and _is_named(person):
            name = _without(name, _pattern(person), masked(person))
    return name


def person_of(values: Mapping[str, Any]) -> Personal | None:
    """Whose name it is that the names of a unit show masked, of those who are known."""
    names = "|".join(str(values.get(name) or "") for name in NAMING)
    if "*" not in names:
        return None
    found = (one for one in persons_of(values) if _is_named(one) and _mask_of(one).search(names))
    return next(map(Personal, found), None)


def in_full(name: str, person: object) -> str:
    """A name as it is shown, with the person's name in clear: for who may see it, and for comparing in memory."""
    known = clear(person)
    return _mask_of(known).sub(lambda _found: known, name) if known and "*" in name else name


def persons_of(*told: Mapping[str, Any]) -> list[str]:
    """The persons that some values name, in clear, whose names a unit's may be made up from; each once."""
    said = (clear(one.get(name)) for name in (*NAMED, PERSON) for one in told)
    names = ("".join(part.split()) for text in said for part in _SEVERAL.split(text))
    return list(dict.fromkeys(filter(None, names)))


def without_persons(values: Mapping[str, Any], *held: Mapping[str, Any]) -> dict[str, Any]:
    """Some values with their names as they are shown, by the persons that they name, or that are `held`."""
    if not any(values.get(name) for name in NAMING):
        return dict(values)
    known = persons_of(values, *held)
    return {
        name: shown(value, known) if name in NAMING and isinstance(value, str) else value
        for name, value in values.items()
    }


def _without(name: str, person: re.Pattern[str], mask: str) -> str:
    bare = _BRACKETS.sub("", name)
    if person.search(bare) and not _is_sign(bare, person):
        return person.sub(mask, name)
    return _BRACKETS.sub(
        lambda note: note.group() if _is_sign(note.group()[1:-1], person) else person.sub(mask, note.group()), name
    )


def _is_sign(text: str, person: re.Pattern[str]) -> bool:
    """Whether a person's name is part of a registered one: what stands behind it says what sort of place that is."""
    return _says_place(person.split(text)[-1].strip()) if person.search(text) else False


def _says_place(text: str) -> bool:
    return bool(_PLACE.search(text) or split_form(plain(f"某某{text}"))[1])


def _is_named(person: str) -> bool:
    return len(person) >= _LEAST and not (len(person) > len("王小店") and _BUSINESS.search(person))


def _pattern(person: str) -> re.Pattern[str]:
    return re.compile(r"\s*".join(map(re.escape, person)))


def _mask_of(person: str) -> re.Pattern[str]:
    return re.compile(re.escape(masked(person)) + r"(?!\*)")
