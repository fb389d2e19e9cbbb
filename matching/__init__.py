"""Record linkage for Chinese business records: standardise, block, compare, score, cluster. Needs no database."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matching.linkage.beside import Matched, Pair, columns_of, match
    from matching.linkage.cleaning import Records
    from matching.models.model import Model, Thresholds, explain_levels, load_model

__all__ = ["Matched", "Model", "Pair", "Records", "Thresholds", "columns_of", "explain_levels", "load_model", "match"]

_BESIDE = "matching.linkage.beside"
_HOME = dict.fromkeys(("Matched", "Pair", "columns_of", "match"), _BESIDE) | {"Records": "matching.linkage.cleaning"}


def __getattr__(name: str) -> Any:
    """Loaded when first asked for: who only checks a code need not wait a second for the engine's libraries."""
    if name not in __all__:
        raise AttributeError(f"module 'matching' has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "matching.models.model")), name)
