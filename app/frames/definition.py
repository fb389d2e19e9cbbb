"""What a frame holds, as data: conditions on the attributes of a unit, columns, area.

    {"conditions": [{"field": "unit_type", "op": "eq", "value": "1"},
                    {"field": "industry_code", "op": "prefix", "value": ["51", "52"]},
                    {"any": [{"field": "revenue", "op": "ge", "value": 20000}, …]}],
     "columns": ["unit_id", "uscc", "name", …],
     "scope": "500105"}

All conditions have to hold; `any` and `all` group them. Every operator has its `not_` form, which holds exactly
where the plain one does not. A definition that says nothing of `standing` means live units.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.rights import Territory
from app.core.said import word
from app.domain.words import Standing
from app.register.conditions import (
    NO_LIST,
    NO_OBJECT,
    STANDING,
    Condition,
    Group,
    check_field,
    leaves,
    parse_conditions,
    refuse_unknown,
    wrong,
)

DEFAULT_COLUMNS = (
    "unit_id",
    "uscc",
    "org_code",
    "name",
    "unit_type",
    "area_code",
    "address",
    "reg_area_code",
    "reg_address",
    "industry_code",
    "operating_status",
    "org_type",
    "reg_category",
    "size_class",
    "opened_on",
)
"""No personal field: who needs one asks for it at the export, with a reason."""

NO_SCOPE = word("definition_no_scope", "须为区划代码的前几位", "must be the leading digits of an area code")
SCOPE_OUTSIDE = word(
    "definition_scope_outside", "{scope} 不在您的辖区 {area} 以内", "{scope} lies outside your area {area}"
)


@dataclass(frozen=True)
class Definition:
    conditions: tuple[Condition | Group, ...]
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    scope: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "conditions": [condition.as_json() for condition in self.conditions],
            "columns": list(self.columns),
            "scope": self.scope,
        }


def parse(raw: Any, *, within: Territory | None = None) -> Definition:
    """The definition that a JSON value states, its scope cut to what lies within; one that is stored stays as it is.

    Raises InvalidDefinition naming the place.
    """
    if not isinstance(raw, Mapping):
        raise wrong("definition", NO_OBJECT, keys="conditions")
    refuse_unknown(raw, {"conditions", "columns", "scope"}, "definition")
    conditions = parse_conditions(raw.get("conditions", []))
    if STANDING not in {condition.field for condition in leaves(conditions)}:
        conditions = (*conditions, Condition(STANDING, "eq", str(Standing.LIVE)))
    return Definition(conditions, _columns(raw.get("columns") or DEFAULT_COLUMNS), _scope(raw.get("scope", ""), within))


def _scope(asked: Any, within: Territory | None) -> str:
    """The areas asked for, or all that lies within; of an area that reaches further, the part within."""
    if not isinstance(asked, str) or not re.fullmatch(r"([0-9]{1,12}(,[0-9]{1,12}){0,99})?", asked):
        raise wrong("scope", NO_SCOPE)
    if within is None:
        return asked
    narrowed = [part for area in asked.split(",") for part in _narrowed(area, within)]
    if not narrowed:
        raise wrong("scope", SCOPE_OUTSIDE, scope=asked, area=str(within))
    return ",".join(dict.fromkeys(narrowed))


def _narrowed(area: str, within: Territory) -> list[str]:
    return [area] if within.holds_all_of(area) else [own for own in within.prefixes if own.startswith(area)]


def _columns(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise wrong("columns", NO_LIST)
    for place, name in enumerate(raw):
        if name in ("unit_id", STANDING):
            continue
        check_field(name, f"columns[{place}]")
    names = dict.fromkeys(["unit_id", *raw])
    return tuple(names)
