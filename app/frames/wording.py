"""A definition in words, for people who confirm it and for the cover sheet."""

from __future__ import annotations

from typing import Any

from app.domain.labels import label
from app.register.conditions import Condition, Group, Other

_OPS = {
    "zh": {
        "eq": "等于",
        "in": "为下列之一",
        "prefix": "开头为",
        "ge": "不小于",
        "le": "不大于",
        "between": "介于",
        "empty": "为空",
    },
    "en": {
        "eq": "is",
        "in": "is one of",
        "prefix": "begins with",
        "ge": "is at least",
        "le": "is at most",
        "between": "lies between",
        "empty": "is empty",
    },
}
_DATE_OPS = {"zh": {"ge": "不早于", "le": "不晚于"}, "en": {"ge": "is not before", "le": "is not after"}}
_NOT = {"zh": "(否)", "en": "not: "}
_JOIN = {"any": {"zh": " 或 ", "en": " or "}, "all": {"zh": " 且 ", "en": " and "}}
_SHOWN = 12


def in_words(condition: Condition | Group, language: str = "zh") -> str:
    """One condition as a sentence part."""
    if isinstance(condition, Group):
        return "(" + _JOIN[condition.word][language].join(in_words(m, language) for m in condition.members) + ")"
    ops = _OPS[language] | (_DATE_OPS[language] if condition.kind == "partial_date" else {})
    words = f"{label('field', condition.field, language)} {ops[condition.op]}"
    negation = _NOT[language] if condition.negated else ""
    return f"{negation}{words} {_value_words(condition.value, language)}".rstrip()


def _value_words(value: Any, language: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Other):
        return label("field", value.field, language)
    if not isinstance(value, tuple):
        return str(value)
    shown = "、".join(str(item) for item in value[:_SHOWN])
    return shown if len(value) <= _SHOWN else f"{shown} …({len(value)})"
