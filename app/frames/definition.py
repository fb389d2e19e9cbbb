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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.rights import Territory
from app.core.said import said, word
from app.domain.fields import BY_NAME, FIELDS, PERSONAL, Kind
from app.domain.partial_date import is_partial_date
from app.domain.words import Standing, UnitType
from app.frames.errors import InvalidDefinition

STANDING = "standing"
MAX_VALUES = 2000
MAX_DEPTH = 4
MAX_CONDITIONS = 200

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

_EVERYWHERE = frozenset({"eq", "in", "empty"})
_TEXT = _EVERYWHERE | {"prefix"}
_ORDERED = frozenset({"ge", "le", "between"})
OPERATORS: dict[Kind, frozenset[str]] = {
    Kind.TEXT: _TEXT,
    Kind.FLAG: _EVERYWHERE,
    Kind.CODE: _TEXT | _ORDERED,
    Kind.PARTIAL_DATE: _TEXT | _ORDERED,
    Kind.NUMBER: _EVERYWHERE | _ORDERED,
    Kind.LIST: frozenset({"empty"}),
}
_CLOSED = {STANDING: frozenset(Standing), "unit_type": frozenset(UnitType)}
"""Words that are ours: any other value is a slip. Codes of code lists change with their editions."""

_STORABLE = re.compile("[^\x00\ud800-\udfff]{1,512}")

SELECTABLE = (STANDING, *(field.name for field in FIELDS if not field.personal and field.kind is not Kind.LIST))
"""Fields that a form offers for conditions."""

OFFERED_OPERATORS = ("eq", "not_eq", "prefix", "not_prefix", "ge", "le", "empty", "not_empty")
"""Operators that a form offers; several values of `eq` make an `in`."""

NO_OBJECT = word("definition_no_object", "须为含 {keys} 的对象", "must be an object with {keys}")
NO_LIST = word("definition_no_list", "须为列表", "must be a list")
TOO_DEEP = word("definition_too_deep", "条件组最多嵌套 {most} 层", "groups may be nested {most} deep")
TOO_MANY = word("definition_too_many", "条件最多 {most} 个", "there may be {most} conditions")
EMPTY_GROUP = word("definition_empty_group", "条件组里至少要有一个条件", "a group holds at least one condition")
UNFIT_OPERATOR = word(
    "definition_unfit_operator",
    "“{field:field}”没有这种比较；可用 {offered}，或在前面加 not_",
    "this does not go with {field}; use {offered}, or not_ before it",
)
VALUE_OF_EMPTY = word("definition_value_of_empty", "“为空”不带值", "`empty` takes no value")
NOT_TWO = word("definition_not_two", "“介于”要两个值，小的在前", "`between` takes two values, the lower first")
NOTHING_BETWEEN = word(
    "definition_nothing_between", "{low} 和 {high} 之间没有值", "nothing lies between {low} and {high}"
)
LIST_SIZE = word("definition_list_size", "须为 1 到 {most} 个值的列表", "must be a list of 1 to {most} values")
NO_NUMBER = word("definition_no_number", "“{field:field}”须为整数", "{field} is a whole number")
NO_TEXT = word(
    "definition_no_text",
    "须为不空的文字；没有值请用“为空”比较",
    "must be text that is not empty; use `empty` for no value",
)
NO_DATE = word(
    "definition_no_date", "不是日期；请写 YYYY、YYYY-MM 或 YYYY-MM-DD", "is no date; write YYYY, YYYY-MM or YYYY-MM-DD"
)
NOT_AMONG = word("definition_not_among", "只能是下列之一：{words}", "is none of {words}")
NO_FIELD = word("definition_no_field", "单位没有这个栏目", "is no attribute of a unit")
PERSONAL_FIELD = word(
    "definition_personal_field",
    "“{field:field}”属个人信息，抽样框既不按它选，也不含它",
    "{field} is a personal field: a frame neither selects by it nor holds it",
)
UNKNOWN_KEYS = word("definition_unknown_keys", "不认识：{keys}", "unknown: {keys}")
NO_SCOPE = word("definition_no_scope", "须为区划代码的前几位", "must be the leading digits of an area code")
SCOPE_OUTSIDE = word(
    "definition_scope_outside", "{scope} 不在您的辖区 {area} 以内", "{scope} lies outside your area {area}"
)


@dataclass(frozen=True)
class Condition:
    """One comparison. `op` is the plain operator; `negated` holds where it does not."""

    field: str
    op: str
    value: Any = None
    negated: bool = False

    @property
    def kind(self) -> Kind:
        return Kind.CODE if self.field == STANDING else BY_NAME[self.field].kind

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"field": self.field, "op": f"not_{self.op}" if self.negated else self.op}
        if self.op != "empty":
            said["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return said


@dataclass(frozen=True)
class Group:
    """`any` of the members, or `all` of them."""

    word: str
    members: tuple[Condition | Group, ...]

    def as_json(self) -> dict[str, Any]:
        return {self.word: [member.as_json() for member in self.members]}


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
        raise _wrong("definition", NO_OBJECT, keys="conditions")
    _refuse_unknown(raw, {"conditions", "columns", "scope"}, "definition")
    conditions = _members(raw.get("conditions", []), "conditions", 1)
    fields = [condition.field for condition in leaves(conditions)]
    if len(fields) > MAX_CONDITIONS:
        raise _wrong("conditions", TOO_MANY, most=MAX_CONDITIONS)
    if STANDING not in fields:
        conditions = (*conditions, Condition(STANDING, "eq", str(Standing.LIVE)))
    return Definition(conditions, _columns(raw.get("columns") or DEFAULT_COLUMNS), _scope(raw.get("scope", ""), within))


def leaves(conditions: Sequence[Condition | Group]) -> Iterator[Condition]:
    """Every comparison, groups opened."""
    for condition in conditions:
        if isinstance(condition, Group):
            yield from leaves(condition.members)
        else:
            yield condition


def _scope(asked: Any, within: Territory | None) -> str:
    """The areas asked for, or all that lies within; of an area that reaches further, the part within."""
    if not isinstance(asked, str) or not re.fullmatch(r"([0-9]{1,12}(,[0-9]{1,12}){0,99})?", asked):
        raise _wrong("scope", NO_SCOPE)
    if within is None:
        return asked
    narrowed = [part for area in asked.split(",") for part in _narrowed(area, within)]
    if not narrowed:
        raise _wrong("scope", SCOPE_OUTSIDE, scope=asked, area=str(within))
    return ",".join(dict.fromkeys(narrowed))


def _narrowed(area: str, within: Territory) -> list[str]:
    return [area] if within.holds_all_of(area) else [own for own in within.prefixes if own.startswith(area)]


def _columns(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise _wrong("columns", NO_LIST)
    for place, name in enumerate(raw):
        if name in ("unit_id", STANDING):
            continue
        _check_field(name, f"columns[{place}]")
    names = dict.fromkeys(["unit_id", *raw])
    return tuple(names)


def _members(raw: Any, where: str, depth: int) -> tuple[Condition | Group, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise _wrong(where, NO_LIST)
    if depth > MAX_DEPTH:
        raise _wrong(where, TOO_DEEP, most=MAX_DEPTH)
    return tuple(_member(item, f"{where}[{place}]", depth) for place, item in enumerate(raw))


def _member(raw: Any, where: str, depth: int) -> Condition | Group:
    if not isinstance(raw, Mapping):
        raise _wrong(where, NO_OBJECT, keys="field, op, value")
    for kind in ("any", "all"):
        if kind in raw:
            _refuse_unknown(raw, {kind}, where)
            members = _members(raw[kind], f"{where}.{kind}", depth + 1)
            if not members:
                raise _wrong(f"{where}.{kind}", EMPTY_GROUP)
            return Group(kind, members)
    return _condition(raw, where)


def _condition(raw: Mapping[str, Any], where: str) -> Condition:
    _refuse_unknown(raw, {"field", "op", "value"}, where)
    name, op = raw.get("field"), raw.get("op")
    if name != STANDING:
        _check_field(name, f"{where}.field")
    kind = Kind.CODE if name == STANDING else BY_NAME[str(name)].kind
    negated = isinstance(op, str) and op.startswith("not_")
    plain = str(op).removeprefix("not_")
    if not isinstance(op, str) or plain not in OPERATORS[kind]:
        raise _wrong(f"{where}.op", UNFIT_OPERATOR, field=name, offered=", ".join(sorted(OPERATORS[kind])))
    if plain == "empty":
        if raw.get("value") is not None:
            raise _wrong(f"{where}.value", VALUE_OF_EMPTY)
        return Condition(str(name), plain, None, negated)
    return Condition(str(name), plain, _value(str(name), kind, plain, raw.get("value"), f"{where}.value"), negated)


def _value(name: str, kind: Kind, op: str, raw: Any, where: str) -> Any:
    if op == "between":
        if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) != 2:
            raise _wrong(where, NOT_TWO)
        low, high = (_scalar(name, kind, op, item, where) for item in raw)
        if low > high:
            raise _wrong(where, NOTHING_BETWEEN, low=low, high=high)
        return (low, high)
    if op == "in" or (op == "prefix" and not isinstance(raw, str)):
        if not isinstance(raw, Sequence) or isinstance(raw, str) or not 1 <= len(raw) <= MAX_VALUES:
            raise _wrong(where, LIST_SIZE, most=MAX_VALUES)
        return tuple(sorted({_scalar(name, kind, op, item, where) for item in raw}))
    return _scalar(name, kind, op, raw, where)


def _scalar(name: str, kind: Kind, op: str, raw: Any, where: str) -> Any:
    if kind is Kind.NUMBER:
        if not isinstance(raw, int) or isinstance(raw, bool) or abs(raw) >= 1 << 62:
            raise _wrong(where, NO_NUMBER, field=name)
        return raw
    if not isinstance(raw, str) or not _STORABLE.fullmatch(raw):
        raise _wrong(where, NO_TEXT)
    if kind is Kind.PARTIAL_DATE and op != "prefix" and not is_partial_date(raw):
        raise _wrong(where, NO_DATE)
    if name in _CLOSED and op != "prefix" and raw not in _CLOSED[name]:
        raise _wrong(where, NOT_AMONG, words=", ".join(sorted(_CLOSED[name])))
    return raw


def _check_field(name: Any, where: str) -> None:
    if not isinstance(name, str) or name not in BY_NAME:
        raise _wrong(where, NO_FIELD)
    if name in PERSONAL:
        raise _wrong(where, PERSONAL_FIELD, field=name)


def _refuse_unknown(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(str(key) for key in raw if key not in known)
    if unknown:
        raise _wrong(where, UNKNOWN_KEYS, keys=", ".join(unknown)[:255])


def _wrong(where: str, code: str, **facts: Any) -> InvalidDefinition:
    return InvalidDefinition(where, said(code, **facts))
