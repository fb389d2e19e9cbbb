"""Pure decisions at the door: which row repeats another, when a file must be asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from app.core.said import Said, said, word
from app.domain.words import RowOutcome

FEW_ROWS = word(
    "held_few_rows",
    "{rows} 行，远少于上一个同类文件的 {last} 行",
    "{rows} rows, far fewer than the {last} of the last file of this kind",
)
MANY_CLOSED = word(
    "held_many_closed",
    "将注销 {live} 个在库单位中的 {closing} 个",
    "would close {closing} of {live} live units",
)
LAYOUT_DOUBTED = word(
    "held_layout_doubted",
    "“{part}”按“{layout}”读取，但只认得其中一部分列（{share}%），请核对各列的对应",
    "{part} was read as {layout}, of whose columns only a part is known ({share} %): look at what each was taken for",
)
LOOKS_LIKE = word(
    "held_looks_like",
    "“{part}”按“{layout}”读取，但更像“{source:source}”来源的文件，请核对来源",
    "{part} was read as {layout}, yet looks more like a file of {source}: is that the source?",
)
CLOSING_EVENTS = frozenset({"deregistered", "revoked"})


@dataclass(frozen=True)
class Guards:
    """When a file stops and asks (DESIGN.md, promise 9); from the policy of kind `intake`."""

    least_share_of_last: float = 0.5
    most_closed_share: float = 0.2
    closes_from_units: int = 100

    @classmethod
    def from_rule(cls, rule: Mapping[str, Any]) -> Guards:
        """The guards that a policy names; what it does not name stays as it is."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in rule.items() if name in known})


def why_doubted(parts: Sequence[Mapping[str, Any]], file: str) -> Said | None:
    """Why what a file was recognised as needs a person's word, by its first part in doubt; None when it does not."""
    for part in parts:
        if part["certainty"] == "ask" and not part["unread"]:
            facts = {"part": part["name"] or file, "layout": part["layout"]}
            if part["looks_like"]:
                return said(LOOKS_LIKE, **facts, source=part["looks_like"])
            return said(LAYOUT_DOUBTED, **facts, share=part["share"])
    return None


def why_held(rows: int, last_rows: int | None, closing: int, live_units: int, guards: Guards) -> Said | None:
    """Why a file needs a person's word before it goes on; None when it does not."""
    if last_rows is not None and rows < last_rows * guards.least_share_of_last:
        return said(FEW_ROWS, rows=rows, last=last_rows)
    if live_units >= guards.closes_from_units and closing > live_units * guards.most_closed_share:
        return said(MANY_CLOSED, closing=closing, live=live_units)
    return None


def account(rows: int, outcomes: Mapping[str, int]) -> dict[str, int]:
    """Counts by outcome, all words present. Raises AssertionError when rows in are not rows accounted for."""
    counts = Counter({str(word): 0 for word in RowOutcome}) + Counter(outcomes)
    result = {str(word): counts.get(str(word), 0) for word in RowOutcome}
    total = sum(result.values())
    assert total == rows, f"{rows} rows came in, {total} are accounted for"
    return result
