"""Lines of one chunk into canonical columns: what each column says, then what the row as a whole says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import orjson
import pandas as pd

from importers.convert import days
from importers.convert.columns import MONEY, Column, Oddity, convert
from importers.events import change, events_of
from importers.problems import STOPPING, problem_table
from importers.recognise import Fit
from importers.spec import Layout
from importers.table import Table, column, merged
from importers.titles import Title
from importers.words import code_of, currency_of
from matching.standardise.codes import check_uscc

_BRANCH = re.compile(r"分公司|分支|分店|分厂|营业部|门市部|办事处|分部")
_BRANCH_ENDS = ("分公司", "分店", "分厂", "分部")
_A_TYPE = re.compile(
    r"(?:其他)?(?:(?:有限责任公司|股份有限公司|合伙企业)(?:[(（][^)）]*[)）])?(?:分公司)?|有限合伙|普通合伙|个人独资企业|个体工商户|个体户"
    r"|农民专业合作社|全民所有制|集体所有制|个人经营|家庭经营)"
)
RMB = "人民币"


@dataclass(frozen=True)
class Line:
    """A record of the file that holds a row; `broken` when a quote in it was never closed."""

    number: int
    cells: list[str]
    broken: bool = False


@dataclass(frozen=True)
class Sheet:
    """How the rows of one part are understood: its labels, what each known column says, its layout, what its title says."""

    name: str
    labels: list[str]
    columns: list[Column]
    layout: Layout
    title: Title
    as_of: date

    @property
    def width(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, name: str, labels: list[str], fit: Fit, title: Title, as_of: date, *, epoch_1904: bool) -> Sheet:
        layout, columns = fit.layout, []
        for place, label in enumerate(labels):
            known = fit.columns.get(label)
            if known is None:
                continue
            said = known.unit or title.money_unit
            unit = (said or layout.money_unit) if known.kind == MONEY else ""
            assumed = known.kind == MONEY and not said and bool(layout.money_unit)
            codes = layout.codes.get(known.field, {})
            days_ = (epoch_1904, layout.day_first)
            columns.append(Column(place, label, known.field, known.kind, unit, assumed, *days_, codes))
        return cls(name, labels, columns, layout, title, as_of)


def understand(lines: list[Line], sheet: Sheet) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows and problems of a chunk (columns: importers/README.md)."""
    table, odd = _convert_columns(lines, sheet)
    size = len(lines)
    odd = _kinds(odd)
    _unit_types(table, size)
    odd += _misfits(lines, table, sheet)
    odd += _names(table, size)
    odd += _moved_parent_codes(table, size)
    odd += _currencies(table)
    odd += _future_dates(table, sheet.as_of)
    _years(table)
    reported = events_of(table, size, sheet.layout, sheet.title.event)
    odd += reported.odd + change(table, reported.events, size, sheet.layout.money_unit)
    odd += [Oddity(place, "identity_missing", "", "name", "") for place in _nameless(table, size)]
    bad = {oddity.place for oddity in odd if oddity.code in STOPPING}
    rows = pd.DataFrame(
        {
            "row_no": [line.number for line in lines],
            "sheet": [sheet.name] * size,
            "raw": [_verbatim(line, sheet.labels) for line in lines],
            "event": reported.events,
            "event_on": reported.event_on,
            "change_item": reported.items,
            "ok": [place not in bad for place in range(size)],
            **{name: values for name, values in table.items() if not name.startswith("_")},
        }
    )
    return rows, _problems(lines, sheet.name, odd)


def _verbatim(line: Line, labels: list[str]) -> str:
    cells = dict(zip(labels, line.cells, strict=False))
    if len(line.cells) > len(labels):
        cells["…"] = " | ".join(line.cells[len(labels) :])
    return orjson.dumps(cells).decode()


def _convert_columns(lines: list[Line], sheet: Sheet) -> tuple[Table, list[Oddity]]:
    """Each known column converted; of two columns for one field the first that is filled counts."""
    table: Table = {}
    odd: list[Oddity] = []
    by_column = _by_column(lines, sheet)
    for one in sheet.columns:
        converted, found = convert(one, by_column[one.place])
        odd += found
        for field, values in converted.items():
            merged(table, field, values)
    for field, value in sheet.layout.set.items():
        table.setdefault(field, [value] * len(lines))
    for field, source in sheet.layout.words.items():
        said = [code_of(field, text) or "" for text in column(table, source, len(lines))]
        merged(table, field, said)
    return table, odd


def _by_column(lines: list[Line], sheet: Sheet) -> list[Sequence[str]]:
    """The cells of the chunk column by column; what a short row lacks is empty."""
    width = sheet.columns[-1].place + 1 if sheet.columns else 0
    full = [
        line.cells if len(line.cells) >= width else [*line.cells, *[""] * (width - len(line.cells))] for line in lines
    ]
    return list(zip(*full, strict=False)) or [()] * width


def _kinds(odd: list[Oddity]) -> list[Oddity]:
    """What a unit is decides over all else: a word for it that is not known stops the row."""
    for oddity in odd:
        if (oddity.field, oddity.code) == ("unit_type", "code_value_unknown"):
            oddity.code = "kind_unknown"
    return odd


def _unit_types(table: Table, size: int) -> None:
    """Households by code or type, branches by type or name, legal units the rest; the file's own word stands."""
    names, types = column(table, "name", size), table.get("registrar_type", [""] * size)
    codes = table.get("uscc", [""] * size)
    rows = zip(column(table, "unit_type", size), names, types, codes, strict=True)
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


def _currencies(table: Table) -> list[Oddity]:
    """The currency of the capital: the cell's before the column's; of money that is not ours the row says which it is."""
    if "reg_capital" not in table:
        return []
    size, odd = len(table["reg_capital"]), []
    own, said = column(table, "_cell_currency", size), column(table, "reg_capital_currency", size)
    for place, text in enumerate(said):
        name = own[place] or (currency_of(text) or text if text else "")
        foreign = name not in {"", RMB}
        if foreign and not own[place] and table["reg_capital"][place]:
            odd.append(Oddity(place, "money_foreign", "", "reg_capital", f"{table['reg_capital'][place]} {name}"))
        said[place] = name
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
    for name in ("opened", "established"):
        if f"_{name}_year" not in table:
            continue
        months = table.get(f"_{name}_month", [""] * len(table[f"_{name}_year"]))
        joined = [
            days.day(f"{year.removesuffix('年')}-{month.removesuffix('月')}" if month else year)[0] if year else ""
            for year, month in zip(table[f"_{name}_year"], months, strict=True)
        ]
        merged(table, f"{name}_on", joined)


def _misfits(lines: list[Line], table: Table, sheet: Sheet) -> list[Oddity]:
    """Rows that do not fit their header: too wide, cut off, with a broken quote, or shifted by a column."""
    odd, labels = [], sheet.labels
    filled = max((place for place, label in enumerate(labels) if not label.startswith("列")), default=0)
    for place, line in enumerate(lines):
        if line.broken:
            odd.append(Oddity(place, "row_quote", "", "", ""))
        elif len(line.cells) > len(labels) and any(cell.strip() for cell in line.cells[len(labels) :]):
            odd.append(Oddity(place, "row_unreadable", "", "", ""))
        elif len(line.cells) <= filled:
            odd.append(Oddity(place, "row_short", "", "", str(len(line.cells))))
    for place, name in enumerate(table["name"]):
        if name and (_A_TYPE.fullmatch(name) or (len(name) == 18 and check_uscc(name).ok)):
            odd.append(Oddity(place, "row_shifted", "", "name", name))
    return odd


def _nameless(table: Table, size: int) -> list[int]:
    names, codes = table["name"], table.get("uscc", [""] * size)
    others: Mapping[str, list[str]] = {name: table[name] for name in ("org_code", "reg_no", "tax_no") if name in table}
    return [
        place
        for place in range(size)
        if not names[place] and not codes[place] and not any(values[place] for values in others.values())
    ]


def _problems(lines: list[Line], sheet: str, odd: list[Oddity]) -> pd.DataFrame:
    return problem_table([(lines[o.place].number, sheet, o.code, o.label, o.field, o.value) for o in odd])
