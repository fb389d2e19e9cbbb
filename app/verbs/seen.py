"""Which units a verb showed: those that its answer names by their numbers, unless the verb itself said which.

So a verb that is new, or shows more than it did, tells the access log whom it showed without anybody thinking of it;
one whose answer names no numbers (a file, titles alone) says them: `call.saw(…, units=…)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

NAMED_BY = frozenset({"unit_id", "target_unit_id"})
"""Parts of answers that are the number of a unit whose values stand beside it."""


def units_in(answer: Any) -> Iterator[int]:
    """Numbers of the units that an answer shows, as a model or as the JSON it was sent as."""
    if isinstance(answer, BaseModel):
        yield from _of_parts(answer)
    elif isinstance(answer, Mapping):
        yield from _of_parts(answer.items())
    elif isinstance(answer, list | tuple):
        for one in answer:
            yield from units_in(one)


def _of_parts(parts: Any) -> Iterator[int]:
    for name, value in parts:
        if name in NAMED_BY:
            if isinstance(value, int):
                yield value
        elif not isinstance(value, str | int | float | None):
            yield from units_in(value)
