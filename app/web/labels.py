"""How the closed words of the product are coloured."""

from __future__ import annotations

TONES = {
    "live": "green",
    "closed": "secondary",
    "merged": "secondary",
    "converted": "secondary",
    "moved_out": "secondary",
    "void": "secondary",
    "in_review": "azure",
    "approved": "blue",
    "scheduled": "blue",
    "applying": "blue",
    "applied": "green",
    "returned": "orange",
    "rejected": "red",
    "stale": "orange",
    "to_review": "orange",
    "proposed": "azure",
    "problem": "red",
    "held": "orange",
    "error": "red",
    "warning": "orange",
    "failed": "red",
    "doing": "blue",
    "succeeded": "green",
    "frozen": "green",
    "confirmed": "blue",
    "built": "azure",
    "same": "green",
    "different": "red",
    "unsure": "orange",
    "right": "green",
    "wrong": "red",
    "open": "azure",
}
"""How a word is coloured; the word itself always stands beside the colour."""
