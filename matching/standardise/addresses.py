"""Addresses in parts: division, road, number, annex, building, floor and room.

`重庆市江北区观音桥街道建新北路12号附3号2幢5-2` is 重庆市江北区 | 建新北路 | 12 | 附 3 | 2 幢 | 5 楼 | 2 室.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from matching.standardise.divisions import split_division
from matching.standardise.text import plain

_TOWN = re.compile(r"^[^\d街道]{1,8}?(?:街道(?:办事处)?|镇|乡)(?=.)")
_COMMUNITY = re.compile(
    r"^[^\d路街巷]{1,8}?(?:社区|居委会|村委会)(?=\D*(?:路|街|巷|道|村|苑|区|园)\D{0,4}\d)|^[^\d路街巷]{1,8}?路社区(?=\D*[路街巷道]\D{0,4}\d)"
)
_VILLAGE = re.compile(r"^[^\d路街巷]{1,7}?村(?=\D*(?:路|街|巷|大道)\D{0,4}\d)")
"""A village or community before a road says no more than the road does, and many leave it out."""
_AROUND = ((("街道", "镇", "乡"), _TOWN), (("社区", "委会"), _COMMUNITY), (("村",), _VILLAGE))
_ROAD = re.compile(
    r"^(?:\D{1,14}?(?:大道|路|街|巷)(?!口)(?:[一二三四五六七八九十]+[段巷路支]+)?|\D{0,24}?(?:村|社区|小区|园区?|苑|城|段|广场|组)(?!口))"
)
_NUMBER = re.compile(r"^\D{0,4}?(\d+)(?!\d)(?:号|#|-(?=\d+(?:幢|栋|附)))?(?!楼|幢|栋|座|层|单元)")
_PART = re.compile(r"附(\d+)号?|([\dA-Z]+)(幢|栋|座|号楼|单元|楼|层|室|房|号|-|)")
_NUMERALS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_PLACES = {"幢": "building", "栋": "building", "座": "building", "号楼": "building", "楼": "floor", "层": "floor"}


@dataclass(frozen=True)
class AddressParts:
    """What can be made out; the rest stays empty. `road` holds the village or estate where no road is named."""

    division: str
    road: str
    number: str
    annex: str = ""
    building: str = ""
    floor: str = ""
    room: str = ""

    @property
    def rest(self) -> str:
        """All that stands behind the number, in one form: `5-2` and `5楼2号` are one."""
        annex = f"附{self.annex}" if self.annex else ""
        return "-".join(filter(None, (annex, self.building, *self._door())))

    def _door(self) -> tuple[str, str]:
        """Floor and room; a room of three digits and more begins with its floor: `3202室` is `32-2`."""
        if len(self.room) < 3 or not self.room.isdigit() or self.floor not in {"", self.room[:-2]}:
            return self.floor, self.room
        return self.room[:-2], self.room[-2:].lstrip("0")


@lru_cache(maxsize=200_000)
def parse_address(text: str) -> AddressParts:
    """Take an address apart."""
    return parse_plain_address(plain(text))


def parse_plain_address(text: str) -> AddressParts:
    """The same for an address that is plain already (`matching.standardise.text.plain`)."""
    division, rest = split_division(text)
    for words, around in _AROUND:
        if any(word in rest for word in words):
            rest = around.sub("", rest)
    found = _ROAD.match(rest)
    road, behind = (found.group(), rest[found.end() :]) if found else ("", rest)
    numbered = _NUMBER.match(behind)
    number, behind = (numbered.group(1), behind[numbered.end() :]) if numbered else ("", behind)
    return AddressParts(division, road, number, **_parts_of(behind)) if behind else AddressParts(division, road, number)


def _parts_of(behind: str) -> dict[str, str]:
    """Annex, building, floor and room; numbers without a word are floor and room, as in `5-2`."""
    parts: dict[str, str] = {}
    loose: list[str] = []
    for annex, value, word in _PART.findall(behind.translate(_NUMERALS)):
        if annex:
            parts["annex"] = annex
        elif place := _PLACES.get(word):
            parts[place] = value
        elif word != "单元":
            loose.append(value)
    if loose:
        parts["room"] = loose.pop()
    if loose and "floor" not in parts:
        parts["floor"] = loose.pop()
    if loose and "building" not in parts:
        parts["building"] = loose.pop()
    return parts
