"""What each row reports: a unit as it stands, a new one, a changed item, figures, an end. What is not understood stops its row."""

from __future__ import annotations

from dataclasses import dataclass, field

from importers.convert import days, values
from importers.convert.columns import Oddity, is_missing
from importers.spec import Layout
from importers.table import Table, column, merged
from importers.words import ENDS, STOP, changed_field, event_of

_FIGURES, _CHANGE = "figures", "change"
_OPEN = frozenset({"new", "state"})


@dataclass
class Reported:
    """By row the event, its day, and the changed item; and what was not understood."""

    events: list[str]
    event_on: list[str]
    items: list[str]
    odd: list[Oddity] = field(default_factory=list)


def events_of(table: Table, size: int, layout: Layout, titled: str) -> Reported:
    """What each row reports by its own words, else by its dates, else by the title of the sheet, else by its layout.

    Figures speak of a unit that must be known, as a change does.
    """
    said, alive, odd = _said(table, size, layout)
    doubtful = titled == STOP or (titled in ENDS and not layout.titled)
    untold = doubtful and layout.event in _OPEN and not _tells(table, layout)
    titled = titled if layout.titled else ""
    ended = _ended(table, size) if layout.event in _OPEN | ENDS else [""] * size
    sheet_ends = layout.event in ENDS or titled in ENDS
    events = []
    for place in range(size):
        event = said[place]
        if untold:
            odd.append(Oddity(place, "event_unknown", "", "", ""))
        elif alive[place] and (ended[place] or sheet_ends):
            odd.append(Oddity(place, "event_conflict", "", "registrar_status", event))
        elif layout.event in _OPEN and ended[place] and event not in ENDS:
            event = ended[place]
        events.append(_chosen(event, layout, titled))
    event_on = list(table.get(layout.event_on, [""] * size)) if layout.event_on else [""] * size
    _close(table, events, event_on)
    return Reported(events, event_on, list(table.get("_item", [""] * size)), odd)


def _tells(table: Table, layout: Layout) -> bool:
    """Whether some column tells, row by row, who has ended."""
    return any(name in table for name in (*layout.events, "closed_on", "_revoked_on"))


def _chosen(said: str, layout: Layout, titled: str) -> str:
    if said:
        return said
    if layout.event in _OPEN and titled in ENDS:
        return titled
    if layout.event == "state" and titled == "new":
        return "new"
    return _CHANGE if layout.event == _FIGURES else layout.event


def _said(table: Table, size: int, layout: Layout) -> tuple[list[str], list[bool], list[Oddity]]:
    """The event that the words of a row say (an end before all else, "" for none), and whether they say that it lives."""
    events, alive, odd = [""] * size, [False] * size, []
    for name, listed in layout.events.items():
        known: dict[str, str | None] = {}
        for place, text in enumerate(table.get(name, ())):
            if text not in known:
                known[text] = event_of(listed, text)
            event = known[text]
            if event is None or event == STOP:
                odd.append(Oddity(place, "event_unknown" if event is None else "event_by_hand", "", name, text))
            else:
                events[place] = event if event in ENDS or not events[place] else events[place]
                alive[place] = bool(text) and events[place] not in ENDS
    return events, alive, odd


def _ended(table: Table, size: int) -> list[str]:
    """The end that the dates of a row tell: of 吊销日期 and 注销日期 the latter is the end of all."""
    revoked, closed = table.pop("_revoked_on", [""] * size), table.get("closed_on", [""] * size)
    if any(revoked):
        merged(table, "closed_on", revoked)
    return ["deregistered" if end else "revoked" if lost else "" for end, lost in zip(closed, revoked, strict=True)]


def _close(table: Table, events: list[str], event_on: list[str]) -> None:
    """The day of an end is the day on which the unit closed, and the other way round."""
    if not ENDS.intersection(events):
        return
    closed = column(table, "closed_on", len(events))
    for place, event in enumerate(events):
        if event in ENDS:
            closed[place] = closed[place] or event_on[place]
            event_on[place] = closed[place]


def change(table: Table, events: list[str], size: int, money_unit: str) -> list[Oddity]:
    """A change row names the item and its text before and after: the new value goes into the item's field."""
    if "_after" not in table or "_item" not in table:
        return []
    items, odd = table["_item"], []
    for place in range(size):
        if events[place] == _CHANGE and (why := _changed(table, place, size, money_unit)):
            odd.append(Oddity(place, why, "变更事项", "", items[place]))
    return odd


def _changed(table: Table, place: int, size: int, money_unit: str) -> str:
    """Put one change in; what keeps it from being understood, or nothing."""
    name, after = changed_field(table["_item"][place]), table["_after"][place]
    if name is None:
        return "change_item_unknown"
    if not name:
        return "change_item_aside"
    if is_missing(after, "text"):
        return "change_empty"
    before = column(table, "_before", size)[place]
    if name == "reg_capital":
        fields, why = values.capital(after, money_unit, assumed=True)
        if not fields:
            return "change_unreadable"
        column(table, "reg_capital", size)[place] = fields["reg_capital"]
        column(table, "reg_capital_currency", size)[place] = fields["_cell_currency"]
        return why
    column(table, name, size)[place] = days.day(after)[0] if name.endswith("_on") else values.text(after)[0]
    if name == "name" and not is_missing(before, "text"):
        column(table, "former_names", size)[place] = values.text(before)[0]
    return ""
