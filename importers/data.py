"""What is known of sources, labels and words, as data in `sources/data`."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache
def data(name: str) -> dict[str, Any]:
    """One of the files, by its name."""
    text = resources.files("importers.sources").joinpath(f"data/{name}.json").read_text("utf-8")
    result: dict[str, Any] = json.loads(text)
    return result
