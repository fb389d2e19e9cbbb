"""Lines of one chunk into canonical columns: what each column says, then what the row as a whole says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import orjson
import pandas as pd

from importers.convert import values
from importers.convert.columns import Column, Oddity, convert, convert_phones, is_missing
from importers.header import normal_label, split_unit
from importers.problems import problem_table
from importers.spec import Layout, Spec, change_items

Table = dict[str, list[str]]
_BRANCH = re.compile(r"分公司|分支|分店|分厂|营业部|门市部|办事处|分部")
_BRANCH_ENDS = ("分公司", "分店", "分厂", "分部")


@dataclass(frozen=True)
class Line:
    """A record of the file that holds a row."""

    number: int
    cells: list[str]


def understand(
    lines: list[Line], labels: list[str], layout: Layout, spec: Spec, sheet: str, as_of: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows and problems of a chunk (columns: importers/README.md)."""
    table, odd = _convert_columns(lines, labels, layout, spec)
    size = len(lines)
    _unit_types(table, size)
    odd += _names(table, size)
    odd += _moved_parent_codes(table, size)
    odd += _future_dates(table, as_of)
    _years(table)
    events, event_on, items = _events(table, size, layout)
    odd += _apply_changes(table, items, events, size)
    too_long = [place for place, line in enumerate(lines) if _overflows(line, labels)]
    stopped = [Oddity(place, "row_unreadable", "", "", "") for place in too_long]
    stopped += [Oddity(place, "identity_missing", "", "name", "") for place in _nameless(table, size)]
    bad = {oddity.place for oddity in stopped}
    rows = pd.DataFrame(
        {
            "row_no": [line.number for line in lines],
            "sheet": [sheet] * size,
            "raw": [_verbatim(line, labels) for line in lines],
            "event": events,
            "event_on": event_on,
            "change_item": items,
            "ok": [place not in bad for place in range(size)],
            **{name: column for name, column in table.items() if not name.startswith("_")},
        }
    )
    return rows, _problems(lines, sheet, [*odd, *stopped])


def _verbatim(line: Line, labels: list[str]) -> str:
    cells = dict(zip(labels, line.cells, strict=False))
    if len(line.cells) > len(labels):
        cells["…"] = " | ".join(line.cells[len(labels) :])
    return orjson.dumps(cells).decode()


def _overflows(line: Line, labels: list[str]) -> bool:
    return any(cell.strip() for cell in line.cells[len(labels) :])


def _convert_columns(lines: list[Line], labels: list[str], layout: Layout, spec: Spec) -> tuple[Table, list[Oddity]]:
    """Each known column converted; of two columns for one field the first that is filled counts."""
    table: Table = {}
    odd: list[Oddity] = []
    for place, label in enumerate(labels):
        plain = normal_label(label.partition("#")[0])
        if plain not in spec.labels:
            continue
        field, kind = spec.labels[plain]
        unit = split_unit(label.partition("#")[0])[1] or layout.money_unit
        raw = [line.cells[place] if place < len(line.cells) else "" for line in lines]
        odd += _add_column(table, Column(label, field, kind, unit, raw))
    for field, value in layout.set.items():
        table.setdefault(field, [value] * len(lines))
    return table, odd


def _add_column(table: Table, column: Column) -> list[Oddity]:
    if column.kind != "phone":
        converted, odd = convert(column)
        _merge(table, column.field, converted)
        return odd
    landlines, mobiles, odd = convert_phones(column)
    _merge(table, "tel", landlines)
    _merge(table, "mobile", mobiles)
    return odd


def _merge(table: Table, field: str, converted: list[str]) -> None:
    held = table.get(field)
    table[field] = converted if held is None else [a or b for a, b in zip(held, converted, strict=True)]


def _column(table: Table, field: str, size: int) -> list[str]:
    return table.setdefault(field, [""] * size)


def _unit_types(table: Table, size: int) -> None:
    """Households by code or type, branches by type or name, legal units the rest; the file's own word stands."""
    names, types = _column(table, "name", size), table.get("registrar_type", [""] * size)
    codes = table.get("uscc", [""] * size)
    rows = zip(_column(table, "unit_type", size), names, types, codes, strict=True)
    table["unit_type"] = [given or _unit_type(name, kind, code) for given, name, kind, code in rows]


def _unit_type(name: str, kind: str, code: str) -> str:
    if code.startswith("92") or "个体" in kind:
        return "3"
    named_so = name.endswith(_BRANCH_ENDS) and "公司" in name[: name.rindex("分")]
    return "2" if named_so or _BRANCH.search(kind) else "1"


def _names(table: Table, size: int) -> list[Oddity]:
    """A household without a name gets one of operator and activity (identifiers.md §5; attributes.md short_name)."""
    names, odd = table["name"], []
    scopes = table.get("business_scope", [""] * size)
    for place in range(size):
        if names[place] or table["unit_type"][place] != "3":
            continue
        person = _first_of(table, place, "operator", "legal_rep")
        code = _first_of(table, place, "uscc", "reg_no")
        if not (person or code):
            continue
        activity = re.split(r"[，,;；。、(（]", scopes[place])[0][:12]
        names[place] = f"{person or '个体工商户'}（{activity or code or '个体'}）"
        odd.append(Oddity(place, "name_missing", "", "name", ""))
    return odd


def _first_of(table: Table, place: int, *names: str) -> str:
    return next((table[name][place] for name in names if name in table and table[name][place]), "")


def _moved_parent_codes(table: Table, size: int) -> list[Oddity]:
    """A branch that carries its parent's code gets it moved to the parent's column."""
    codes, parents = table.get("uscc"), table.get("parent_uscc")
    if codes is None or parents is None:
        return []
    odd = []
    for place in range(size):
        if codes[place] and codes[place] == parents[place] and table["unit_type"][place] == "2":
            odd.append(Oddity(place, "parent_code_on_branch", "", "uscc", codes[place]))
            codes[place] = ""
    return odd


def _future_dates(table: Table, as_of: date) -> list[Oddity]:
    last = as_of.isoformat()
    fields = [name for name in ("established_on", "opened_on", "closed_on", "approved_on") if name in table]
    return [
        Oddity(place, "date_future", "", name, value)
        for name in fields
        for place, value in enumerate(table[name])
        if value and value[: len(last)] > last[: len(value)]
    ]


def _years(table: Table) -> None:
    """Year and month of two columns into one partial date."""
    if "_opened_year" not in table:
        return
    months = table.get("_opened_month", [""] * len(table["_opened_year"]))
    joined = [
        values.day(f"{year}-{month}" if month else year)[0] if year else ""
        for year, month in zip(table["_opened_year"], months, strict=True)
    ]
    _merge(table, "opened_on", joined)


def _events(table: Table, size: int, layout: Layout) -> tuple[list[str], list[str], list[str]]:
    """What each row reports, since when, and the changed item."""
    events = [layout.event] * size
    for field, by_text in layout.events.items():
        events = [by_text.get(text, layout.event) for text in table.get(field, [""] * size)]
    event_on = list(table.get(layout.event_on, [""] * size)) if layout.event_on else [""] * size
    for place, event in enumerate(events):
        if event == "deregistered" and not table.get("closed_on", [""] * size)[place]:
            _column(table, "closed_on", size)[place] = event_on[place]
    return events, event_on, list(table.get("_item", [""] * size))


def _apply_changes(table: Table, items: list[str], events: list[str], size: int) -> list[Oddity]:
    """A change row names the item and its text before and after: the new value goes into the item's field."""
    if "_after" not in table:
        return []
    known, odd = change_items(), []
    for place in range(size):
        if events[place] != "change":
            continue
        field = known.get(items[place].strip())
        if field is None:
            odd.append(Oddity(place, "change_item_unknown", "变更事项", "", items[place]))
            continue
        _set_changed(table, place, field, table["_before"][place], table["_after"][place], size)
    return odd


def _set_changed(table: Table, place: int, field: str, before: str, after: str, size: int) -> None:
    if is_missing(after, "text"):
        return
    if field == "reg_capital":
        found = re.match(r"[\d.,]+", after)
        after = values.money(found.group(), "万元")[0] if found else ""
    _column(table, field, size)[place] = after
    if field == "name" and before:
        _column(table, "former_names", size)[place] = before


def _nameless(table: Table, size: int) -> list[int]:
    names, codes = table["name"], table.get("uscc", [""] * size)
    others: Mapping[str, list[str]] = {name: table[name] for name in ("org_code", "reg_no") if name in table}
    return [
        place
        for place in range(size)
        if not names[place] and not codes[place] and not any(column[place] for column in others.values())
    ]


def _problems(lines: list[Line], sheet: str, odd: list[Oddity]) -> pd.DataFrame:
    return problem_table([(lines[o.place].number, sheet, o.code, o.label, o.field, o.value) for o in odd])
