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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.fields import BY_NAME, PERSONAL, Kind
from app.domain.partial_date import is_partial_date
from app.domain.words import Standing, UnitType
from app.frames.errors import InvalidDefinition

STANDING = "standing"
MAX_VALUES = 2000
MAX_DEPTH = 4

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


def parse(raw: Any, *, scope: str = "") -> Definition:
    """The definition that a JSON value states, within `scope` (leading digits of the area code).

    Raises InvalidDefinition naming the place.
    """
    if not isinstance(raw, Mapping):
        raise InvalidDefinition("definition", "must be an object with `conditions`")
    _refuse_unknown(raw, {"conditions", "columns", "scope"}, "definition")
    conditions = _members(raw.get("conditions", []), "conditions", 1)
    if STANDING not in {condition.field for condition in leaves(conditions)}:
        conditions = (*conditions, Condition(STANDING, "eq", str(Standing.LIVE)))
    return Definition(conditions, _columns(raw.get("columns") or DEFAULT_COLUMNS), _scope(raw.get("scope", ""), scope))


def leaves(conditions: Sequence[Condition | Group]) -> Iterator[Condition]:
    """Every comparison, groups opened."""
    for condition in conditions:
        if isinstance(condition, Group):
            yield from leaves(condition.members)
        else:
            yield condition


def _scope(asked: Any, allowed: str) -> str:
    """The narrower of the area asked for and the one allowed."""
    if not isinstance(asked, str) or not (asked.isdigit() or asked == "") or len(asked) > 12:
        raise InvalidDefinition("scope", "must be the leading digits of an area code")
    if asked.startswith(allowed):
        return asked
    if allowed.startswith(asked):
        return allowed
    raise InvalidDefinition("scope", f"{asked} lies outside your area {allowed}")


def _columns(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise InvalidDefinition("columns", "must be a list of fields")
    for place, name in enumerate(raw):
        if name in ("unit_id", STANDING):
            continue
        _check_field(name, f"columns[{place}]")
    names = dict.fromkeys(["unit_id", *raw])
    return tuple(names)


def _members(raw: Any, where: str, depth: int) -> tuple[Condition | Group, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise InvalidDefinition(where, "must be a list of conditions")
    if depth > MAX_DEPTH:
        raise InvalidDefinition(where, f"groups may be nested {MAX_DEPTH} deep")
    return tuple(_member(item, f"{where}[{place}]", depth) for place, item in enumerate(raw))


def _member(raw: Any, where: str, depth: int) -> Condition | Group:
    if not isinstance(raw, Mapping):
        raise InvalidDefinition(where, "must be an object with `field`, `op`, `value`")
    for word in ("any", "all"):
        if word in raw:
            _refuse_unknown(raw, {word}, where)
            members = _members(raw[word], f"{where}.{word}", depth + 1)
            if not members:
                raise InvalidDefinition(f"{where}.{word}", "a group holds at least one condition")
            return Group(word, members)
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
        offered = ", ".join(sorted(OPERATORS[kind]))
        raise InvalidDefinition(f"{where}.op", f"{op!r} does not go with {name}; use {offered}, or not_ before it")
    if plain == "empty":
        if raw.get("value") is not None:
            raise InvalidDefinition(f"{where}.value", "`empty` takes no value")
        return Condition(str(name), plain, None, negated)
    return Condition(str(name), plain, _value(str(name), kind, plain, raw.get("value"), f"{where}.value"), negated)


def _value(name: str, kind: Kind, op: str, raw: Any, where: str) -> Any:
    if op == "between":
        if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) != 2:
            raise InvalidDefinition(where, "`between` takes two values, the lower first")
        low, high = (_scalar(name, kind, op, item, where) for item in raw)
        if low > high:
            raise InvalidDefinition(where, f"nothing lies between {low} and {high}")
        return (low, high)
    if op == "in" or (op == "prefix" and not isinstance(raw, str)):
        if not isinstance(raw, Sequence) or isinstance(raw, str) or not 1 <= len(raw) <= MAX_VALUES:
            raise InvalidDefinition(where, f"must be a list of 1 to {MAX_VALUES} values")
        return tuple(sorted({_scalar(name, kind, op, item, where) for item in raw}))
    return _scalar(name, kind, op, raw, where)


def _scalar(name: str, kind: Kind, op: str, raw: Any, where: str) -> Any:
    if kind is Kind.NUMBER:
        if not isinstance(raw, int) or isinstance(raw, bool) or abs(raw) >= 1 << 62:
            raise InvalidDefinition(where, f"{name} is a whole number, not {raw!r}")
        return raw
    if not isinstance(raw, str) or not raw or len(raw) > 512:
        raise InvalidDefinition(where, f"must be text that is not empty, not {raw!r}; use `empty` for no value")
    if kind is Kind.PARTIAL_DATE and op != "prefix" and not is_partial_date(raw):
        raise InvalidDefinition(where, f"{raw!r} is no date; write YYYY, YYYY-MM or YYYY-MM-DD")
    if name in _CLOSED and op != "prefix" and raw not in _CLOSED[name]:
        raise InvalidDefinition(where, f"{raw!r} is none of {', '.join(sorted(_CLOSED[name]))}")
    return raw


def _check_field(name: Any, where: str) -> None:
    if not isinstance(name, str) or name not in BY_NAME:
        raise InvalidDefinition(where, f"{name!r} is no attribute of a unit")
    if name in PERSONAL:
        raise InvalidDefinition(where, f"{name} is a personal field: a frame neither selects by it nor holds it")


def _refuse_unknown(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(str(key) for key in raw if key not in known)
    if unknown:
        raise InvalidDefinition(where, f"unknown: {', '.join(unknown)}")
