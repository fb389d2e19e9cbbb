"""What stands twice in an address or a form and is no list: of two, one would be ignored without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, get_args, get_origin

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel


def refuse_twice(place: str, names: Iterable[str], lists: Collection[str] = ()) -> None:
    """Raises RequestValidationError naming what is given more than once, but for what may be."""
    twice = [name for name, count in Counter(names).items() if count > 1 and name not in lists]
    if twice:
        raise RequestValidationError([{"type": "repeated", "loc": (place, name)} for name in twice])


def lists_in(takes: type[BaseModel]) -> set[str]:
    """The parts of a model that are lists, by the names they are sent under."""
    return {field.alias or name for name, field in takes.model_fields.items() if is_list(field.annotation)}


def is_list(kind: Any) -> bool:
    """Whether a parameter of this kind, or of one of its kinds, may be given more than once."""
    return any(_lists(part) for part in (kind, *get_args(kind)))


def _lists(kind: Any) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, dict)
