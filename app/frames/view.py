"""Frames as people look at them."""

from __future__ import annotations

from typing import Any

from app.frames.queries import Count


def counted(count: Count) -> dict[str, Any]:
    """A condition with the units it holds alone and together with those before it."""
    return {**count.condition.as_json(), "alone": count.alone, "remaining": count.remaining}
