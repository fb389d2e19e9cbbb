"""Conditions on the attributes of a unit, as data and as SQL: what frames and samples are made of, and rules too.

    [{"field": "unit_type", "op": "eq", "value": "1"},
     {"field": "industry_code", "op": "prefix", "value": ["51", "52"]},
     {"any": [{"field": "revenue", "op": "ge", "value": 20000}, …]},

     {"field": "employees_female", "op": "not_le", "value": {"field": "employees"}}]

All conditions have to hold; `any` and `all` group them. A value may be what the unit says in another field, or its first
characters (`"first": 6` compares so many of both). Every operator has its `not_` form, which holds exactly
where the plain one does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, false, func, not_, or_

from app.core.errors import Invalid
from app.core.said import Said, said, word
from app.domain.fields import BY_NAME, FIELDS, PERSONAL, Kind
from app.domain.partial_date import first_day, is_partial_date, precision_of
from app.domain.words import Standing, UnitType

STANDING = "standing"
MAX_VALUES = 2000
MAX_DEPTH = 4
MAX_CONDITIONS = 200
MAX_FIRST = 64

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
NOT_COMPARED = word(
    "definition_not_compared",
    "“{field:field}”不能这样与“{other:field}”比较",
    "{field} cannot be compared so with {other}",
)
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


class InvalidDefinition(Invalid):
    """A condition says something no register can answer; `where` names the place, e.g. `conditions[2].value`."""

    code = "invalid_definition"
    zh = "条件有误，{where}：{fault}。请改正后再试。"
    en = "{where}: {fault}"

    def __init__(self, where: str, fault: Said) -> None:
        super().__init__(where=where, fault=fault)


@dataclass(frozen=True)
class Other:
    """What the unit says in another field; with `first`, so many characters of both are compared."""

    field: str
    first: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, **({"first": self.first} if self.first else {})}


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

    @property
    def other(self) -> str:
        """The field that it is compared with; empty where a value is named."""
        return self.value.field if isinstance(self.value, Other) else ""

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"field": self.field, "op": f"not_{self.op}" if self.negated else self.op}
        if self.op != "empty":
            plain = self.value.as_json() if isinstance(self.value, Other) else self.value
            said["value"] = list(plain) if isinstance(plain, tuple) else plain
        return said


@dataclass(frozen=True)
class Group:
    """`any` of the members, or `all` of them."""

    word: str
    members: tuple[Condition | Group, ...]

    def as_json(self) -> dict[str, Any]:
        return {self.word: [member.as_json() for member in self.members]}


def parse_conditions(raw: Any, where: str = "conditions") -> tuple[Condition | Group, ...]:
    """The conditions that a JSON value states. Raises InvalidDefinition naming the place."""
    conditions = _members(raw, where, 1)
    if sum(1 for _ in leaves(conditions)) > MAX_CONDITIONS:
        raise wrong(where, TOO_MANY, most=MAX_CONDITIONS)
    return conditions


def leaves(conditions: Sequence[Condition | Group]) -> Iterator[Condition]:
    """Every comparison, groups opened."""
    for condition in conditions:
        if isinstance(condition, Group):
            yield from leaves(condition.members)
        else:
            yield condition


def _members(raw: Any, where: str, depth: int) -> tuple[Condition | Group, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise wrong(where, NO_LIST)
    if depth > MAX_DEPTH:
        raise wrong(where, TOO_DEEP, most=MAX_DEPTH)
    return tuple(_member(item, f"{where}[{place}]", depth) for place, item in enumerate(raw))


def _member(raw: Any, where: str, depth: int) -> Condition | Group:
    if not isinstance(raw, Mapping):
        raise wrong(where, NO_OBJECT, keys="field, op, value")
    for kind in ("any", "all"):
        if kind in raw:
            refuse_unknown(raw, {kind}, where)
            members = _members(raw[kind], f"{where}.{kind}", depth + 1)
            if not members:
                raise wrong(f"{where}.{kind}", EMPTY_GROUP)
            return Group(kind, members)
    return _condition(raw, where)


def _condition(raw: Mapping[str, Any], where: str) -> Condition:
    refuse_unknown(raw, {"field", "op", "value"}, where)
    name, op = raw.get("field"), raw.get("op")
    if name != STANDING:
        check_field(name, f"{where}.field")
    kind = Kind.CODE if name == STANDING else BY_NAME[str(name)].kind
    negated = isinstance(op, str) and op.startswith("not_")
    plain = str(op).removeprefix("not_")
    if not isinstance(op, str) or plain not in OPERATORS[kind]:
        raise wrong(f"{where}.op", UNFIT_OPERATOR, field=name, offered=", ".join(sorted(OPERATORS[kind])))
    if plain == "empty":
        if raw.get("value") is not None:
            raise wrong(f"{where}.value", VALUE_OF_EMPTY)
        return Condition(str(name), plain, None, negated)
    return Condition(str(name), plain, _value(str(name), kind, plain, raw.get("value"), f"{where}.value"), negated)


def _other(name: str, kind: Kind, op: str, raw: Mapping[str, Any], where: str) -> Other:
    refuse_unknown(raw, {"field", "first"}, where)
    other, first = raw.get("field"), raw.get("first", 0)
    check_field(other, f"{where}.field")
    numbers = kind is Kind.NUMBER
    if (BY_NAME[str(other)].kind is Kind.NUMBER) is not numbers or op not in (
        ("eq", "ge", "le") if numbers else ("eq",)
    ):
        raise wrong(where, NOT_COMPARED, field=name, other=other)
    if isinstance(first, bool) or not isinstance(first, int) or not 0 <= first <= (0 if numbers else MAX_FIRST):
        raise wrong(f"{where}.first", NO_NUMBER, field=name)
    return Other(str(other), first)


def _value(name: str, kind: Kind, op: str, raw: Any, where: str) -> Any:
    if isinstance(raw, Mapping):
        return _other(name, kind, op, raw, where)
    if op == "between":
        if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) != 2:
            raise wrong(where, NOT_TWO)
        low, high = (_scalar(name, kind, op, item, where) for item in raw)
        if low > high:
            raise wrong(where, NOTHING_BETWEEN, low=low, high=high)
        return (low, high)
    if op == "in" or (op == "prefix" and not isinstance(raw, str)):
        if not isinstance(raw, Sequence) or isinstance(raw, str) or not 1 <= len(raw) <= MAX_VALUES:
            raise wrong(where, LIST_SIZE, most=MAX_VALUES)
        return tuple(sorted({_scalar(name, kind, op, item, where) for item in raw}))
    return _scalar(name, kind, op, raw, where)


def _scalar(name: str, kind: Kind, op: str, raw: Any, where: str) -> Any:
    if kind is Kind.NUMBER:
        if not isinstance(raw, int) or isinstance(raw, bool) or abs(raw) >= 1 << 62:
            raise wrong(where, NO_NUMBER, field=name)
        return raw
    if not isinstance(raw, str) or not _STORABLE.fullmatch(raw):
        raise wrong(where, NO_TEXT)
    if kind is Kind.PARTIAL_DATE and op != "prefix" and not is_partial_date(raw):
        raise wrong(where, NO_DATE)
    if name in _CLOSED and op != "prefix" and raw not in _CLOSED[name]:
        raise wrong(where, NOT_AMONG, words=", ".join(sorted(_CLOSED[name])))
    return raw


def check_field(name: Any, where: str) -> None:
    if not isinstance(name, str) or name not in BY_NAME:
        raise wrong(where, NO_FIELD)
    if name in PERSONAL:
        raise wrong(where, PERSONAL_FIELD, field=name)


def refuse_unknown(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(str(key) for key in raw if key not in known)
    if unknown:
        raise wrong(where, UNKNOWN_KEYS, keys=", ".join(unknown)[:255])


def wrong(where: str, code: str, **facts: Any) -> InvalidDefinition:
    return InvalidDefinition(where, said(code, **facts))


def as_sql(condition: Condition | Group, table: FromClause) -> ColumnElement[bool]:
    """One condition. The negated form holds exactly where the plain one does not, empty values included."""
    if isinstance(condition, Group):
        return (or_ if condition.word == "any" else and_)(*(as_sql(member, table) for member in condition.members))
    column = table.c[condition.field]
    plain = _comparison(column, condition, table)
    if not condition.negated:
        return plain
    nullable = condition.kind is Kind.NUMBER and condition.op != "empty"
    return or_(column.is_(None), not_(plain)) if nullable else not_(plain)


def _comparison(column: ColumnElement[Any], condition: Condition, table: FromClause) -> ColumnElement[bool]:
    op, value = condition.op, condition.value
    if isinstance(value, Other):
        return _beside(column, op, table.c[value.field], value.first)
    if op in ("empty", "eq"):
        wanted = value if op == "eq" else None if condition.kind is Kind.NUMBER else ""
        return _equals(column, wanted)
    if op == "in":
        return column.in_(value)
    if op == "prefix":
        return begins(column, value if isinstance(value, tuple) else (value,))
    low, high = {"ge": (value, None), "le": (None, value), "between": value}[op]
    bounds = [_at_least(column, condition.kind, low)] if low is not None else []
    bounds += [_at_most(column, condition.kind, high)] if high is not None else []
    return and_(*bounds) if condition.kind is Kind.NUMBER else and_(column != "", *bounds)


def _beside(column: ColumnElement[Any], op: str, other: ColumnElement[Any], first: int) -> ColumnElement[bool]:
    """Compared with what stands in another field; nothing is compared with an empty one."""
    if op != "eq":
        return column.__ge__(other) if op == "ge" else column.__le__(other)
    return func.substr(column, 1, first) == func.substr(other, 1, first) if first else column == other


def _equals(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column.in_((value,))


def begins(column: ColumnElement[Any], prefixes: Sequence[str]) -> ColumnElement[bool]:
    """Not LIKE, which folds the case on SQLite and not on PostgreSQL; one test for each length of prefix."""
    by_length: dict[int, list[str]] = {}
    for prefix in prefixes:
        by_length.setdefault(len(prefix), []).append(prefix)
    return or_(false(), *(func.substr(column, 1, size).in_(same) for size, same in sorted(by_length.items())))


def _at_least(column: ColumnElement[Any], kind: Kind, low: Any) -> ColumnElement[bool]:
    """A date known to the month or year counts from its first day, which text comparison alone gets wrong."""
    if kind is not Kind.PARTIAL_DATE:
        return column.__ge__(low)
    day = first_day(low).isoformat()
    shorter = [day[:size] for size, rest in ((7, "-01"), (4, "-01-01")) if day.endswith(rest)]
    return or_(column.__ge__(day), column.in_(shorter))


def _at_most(column: ColumnElement[Any], kind: Kind, high: Any) -> ColumnElement[bool]:
    """Up to the end of the day, month or year named."""
    if kind is Kind.PARTIAL_DATE:
        high += {"year": "-12-31", "month": "-31", "day": ""}[precision_of(high)]
    return column.__le__(high)
