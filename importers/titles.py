"""What stands above a table and beside it tells of all its rows: the unit of money, the event."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from importers.words import event_in

_UNIT = re.compile(r"(?:计量|货币|金额)?单位[:：]?(?:人民币)?(亿元|百万元|万元|千元|元)")


class Title(NamedTuple):
    """The unit of money above a table, if any; the one event that the sheet, the title or the file speaks of, if any."""

    money_unit: str = ""
    event: str = ""


def title_of(rows: Sequence[Sequence[str]], sheet: str, file: str) -> Title:
    """Read the rows above a header; of events the nearest counts: the sheet's name, the title, the file's name."""
    lines = [unicodedata.normalize("NFKC", "".join(row)).replace(" ", "") for row in rows]
    units = [found.group(1) for line in lines if (found := _UNIT.search(line))]
    heading = next((line for line in lines if line), "")
    events = (event_in(text) for text in (sheet, heading[:60], file))
    return Title(units[-1] if units else "", next((event for event in events if event), ""))
