"""Addresses in parts: road and number, and the rest (building, floor, room)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from matching.standardise.text import plain
from matching.standardise.words import either

_ROAD = re.compile(r"([^\d省市区县()、,，]{1,10}?(?:大道|路|街|巷|村|社|组|园|苑|城|道|段|支路|正街|后街|广场|小区))")
_NUMBER = re.compile(r"(\d+)(?:号|#|-|附|$)")
_ROOM = re.compile(r"(?:号|附)(.*)$")


@dataclass(frozen=True)
class AddressParts:
    """`road`, `number` on it, and what stands behind the number."""

    road: str
    number: str
    rest: str


@lru_cache(maxsize=200_000)
def parse_address(text: str) -> AddressParts:
    """Road, number and rest; what cannot be made out stays empty."""
    address = re.sub(rf"^(?:(?:{either('divisions')}|重庆|江北)(?:市|区|县)?)+", "", plain(text))
    address = re.sub(r"^[^\d路]{1,8}?(?:街道(?:办事处)?|镇|乡)(?=.)", "", address)
    road = _ROAD.search(address)
    behind = address[road.end() :] if road else address
    number = _NUMBER.search(behind)
    rest = _ROOM.search(behind)
    return AddressParts(
        road.group(1) if road else "", number.group(1) if number else "", rest.group(1).lstrip("号") if rest else ""
    )
