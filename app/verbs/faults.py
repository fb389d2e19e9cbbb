"""What is wrong with an input that has not the form it must have, said the same on a page, a route and a command.

pydantic tells it in English prose, with the value in it. Here each place becomes a code with facts: the name of the
field and the limit it broke, never the value, which may be personal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from app.core.errors import BadPayload
from app.core.said import Said, word

W = TypeVar("W", bound=BaseModel)

REFUSED = word("value_refused", "“{field:field}”的值不能用", "“{field:field}” has a value that cannot be taken")
_TOO_LONG = word(
    "part_too_long", "“{field:field}”最多 {max_length} 个字", "“{field:field}” takes at most {max_length} characters"
)
_TOO_SHORT = word(
    "part_too_short", "“{field:field}”至少 {min_length} 个字", "“{field:field}” takes at least {min_length} characters"
)
_TOO_MANY = word(
    "part_too_many", "“{field:field}”最多 {max_length} 项", "“{field:field}” takes at most {max_length} entries"
)
_TOO_FEW = word(
    "part_too_few", "“{field:field}”至少 {min_length} 项", "“{field:field}” takes at least {min_length} entries"
)
_NOT_AMONG = word("part_not_among", "“{field:field}”只能是：{expected}", "“{field:field}” must be one of: {expected}")
_NOT_A_DAY = word(
    "part_not_a_day", "“{field:field}”不是日期，应为 YYYY-MM-DD", "“{field:field}” is no day; write YYYY-MM-DD"
)
NOT_A_MOMENT = word(
    "part_not_a_moment",
    "“{field:field}”不是时刻，应为 YYYY-MM-DDThh:mm:ss",
    "“{field:field}” is no moment; write YYYY-MM-DDThh:mm:ss",
)

_CODES: dict[str, str] = {
    "missing": word("part_missing", "缺少“{field:field}”", "“{field:field}” is missing"),
    "extra_forbidden": word("part_unknown", "这里没有“{field:field}”这一项", "“{field:field}” is not known here"),
    "repeated": word("part_twice", "“{field:field}”只能给出一次", "“{field:field}” may be given once only"),
    "json_invalid": word("not_json", "“{field:field}”不是有效的 JSON", "“{field:field}” is no valid JSON"),
    "string_too_long": _TOO_LONG,
    "string_too_short": _TOO_SHORT,
    "string_pattern_mismatch": word(
        "part_malformed", "“{field:field}”的写法不对", "“{field:field}” is not written as it must be"
    ),
    "string_unicode": word(
        "part_unreadable", "“{field:field}”含有无法保存的字符", "“{field:field}” holds characters that cannot be kept"
    ),
    "too_long": _TOO_MANY,
    "too_short": _TOO_FEW,
    "greater_than_equal": word("part_below", "“{field:field}”不能小于 {ge}", "“{field:field}” must be at least {ge}"),
    "less_than_equal": word("part_above", "“{field:field}”不能大于 {le}", "“{field:field}” must be at most {le}"),
    "greater_than": word("part_not_above", "“{field:field}”须大于 {gt}", "“{field:field}” must be above {gt}"),
    "less_than": word("part_not_below", "“{field:field}”须小于 {lt}", "“{field:field}” must be below {lt}"),
    "enum": _NOT_AMONG,
    "literal_error": _NOT_AMONG,
}
"""Code by pydantic's kind of error."""
UNREADABLE = _CODES["string_unicode"]

_BY_FAMILY: dict[str, str] = {
    "datetime_": NOT_A_MOMENT,
    "date_": _NOT_A_DAY,
    "int_": word("part_not_whole", "“{field:field}”应为整数", "“{field:field}” must be a whole number"),
    "float_": word("part_not_number", "“{field:field}”应为数字", "“{field:field}” must be a number"),
    "bool_": word("part_not_yes_no", "“{field:field}”应为是或否", "“{field:field}” must be true or false"),
    "string_": word("part_not_text", "“{field:field}”应为文字", "“{field:field}” must be text"),
    "list_": word("part_not_list", "“{field:field}”应为列表", "“{field:field}” must be a list"),
    "dict_": word("part_not_object", "“{field:field}”应为一组名称和值", "“{field:field}” must be an object"),
}
"""Code by the beginning of pydantic's kind of error, where all of the family say the same to people."""
for _kind in ("tuple_", "set_", "frozen_set_"):
    _BY_FAMILY[_kind] = _BY_FAMILY["list_"]
for _kind in ("model_", "mapping_", "dataclass_"):
    _BY_FAMILY[_kind] = _BY_FAMILY["dict_"]

_OWN = {REFUSED, UNREADABLE, NOT_A_MOMENT}
_LIMITS = ("max_length", "min_length", "ge", "le", "gt", "lt")
_HEADS = frozenset({"body", "query", "path", "header", "cookie"})
_BRANCHES = frozenset({"int", "str", "float", "bool", "date", "datetime"})
_QUOTED = re.compile(r"'([^']*)'")
_NAME_LENGTH = 64


def fault(code: str) -> str:
    """Enter the code of a check of our own; its words take `{field:field}` and the facts of `refused`."""
    _OWN.add(code)
    return code


def refused(code: str, **facts: Any) -> PydanticCustomError:
    """What a check within a wish raises: a code entered by `fault`. The value is no fact."""
    return PydanticCustomError(code, "refused", facts)


def faults_of(errors: Iterable[Any]) -> list[Said]:
    """What is wrong, one for each place, of the errors of a ValidationError or a RequestValidationError."""
    return list(placed(errors).values())


def placed(errors: Iterable[Any]) -> dict[tuple[str, ...], Said]:
    """The same by the place. Of a place that may be of several kinds and is of none, what the first kind says."""
    found: dict[tuple[str, ...], Said] = {}
    for error in errors:
        where = _place(error["loc"])
        found.setdefault(tuple(map(str, where)), _said(error, _name(where)))
    return found


def _place(loc: Iterable[str | int]) -> list[str | int]:
    """Where it is, without the kinds that pydantic tried there."""
    first, *rest = [*loc] or [""]
    return [first, *(part for part in rest if not (isinstance(part, str) and (part in _BRANCHES or "[" in part)))]


def _name(where: list[str | int]) -> str:
    """The last name of a place; positions in a list are none."""
    names = [part for part in where if isinstance(part, str) and part]
    if len(names) > 1 and names[0] in _HEADS:
        names = names[1:]
    return names[-1][:_NAME_LENGTH] if names else "body"


def _said(error: Mapping[str, Any], field: str) -> Said:
    kind, told = error.get("type", ""), error.get("ctx") or {}
    if kind in _OWN:
        return Said(kind, {**told, "field": field})
    family = (code for start, code in _BY_FAMILY.items() if kind.startswith(start))
    facts = {name: told[name] for name in _LIMITS if name in told}
    if "expected" in told:
        facts["expected"] = " / ".join(_QUOTED.findall(str(told["expected"]))) or str(told["expected"])
    return Said(_CODES.get(kind) or next(family, REFUSED), {"field": field, **facts})


def wish_from(takes: type[W], told: Mapping[str, Any]) -> W:
    """A verb's wish from what a form, a command or an address says. Raises BadPayload with a fault for each place."""
    try:
        return takes(**told)
    except ValidationError as wrong:
        raise BadPayload(faults=faults_of(wrong.errors())) from wrong
