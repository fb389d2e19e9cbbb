"""Record linkage for Chinese business records: standardise, block, compare, score, cluster. Needs no database."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matching.linkage.beside import Matched, Pair, columns_of, match, worth_reading
    from matching.linkage.cleaning import Records
    from matching.linkage.frequencies import Frequencies
    from matching.linkage.hidden import without_texts
    from matching.models.model import Model, Thresholds, explain_levels, load_model

_HOME = {
    "linkage.beside": ("Matched", "Pair", "columns_of", "match", "worth_reading"),
    "linkage.cleaning": ("Records",),
    "linkage.frequencies": ("Frequencies",),
    "linkage.hidden": ("without_texts",),
    "models.model": ("Model", "Thresholds", "explain_levels", "load_model"),
}
__all__ = [
    "Frequencies", "Matched", "Model", "Pair", "Records", "Thresholds", "columns_of", "explain_levels", "load_model", "match",
    "without_texts", "worth_reading",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Loaded when first asked for: who only checks a code need not wait a second for the engine's libraries."""
    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"matching.{module}"), name)
    raise AttributeError(f"module 'matching' has no attribute {name!r}")
