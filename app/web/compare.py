"""Two texts with their differences marked at the character."""

from __future__ import annotations

from markupsafe import Markup
from rapidfuzz.distance import Levenshtein

from app.web.render import marked


def differences(left: str, right: str) -> tuple[Markup, Markup]:
    """Both texts, what the other one lacks marked."""
    ours: list[tuple[bool, str]] = []
    theirs: list[tuple[bool, str]] = []
    for step in Levenshtein.opcodes(left, right):
        ours.append((step.tag != "equal", left[step.src_start : step.src_end]))
        theirs.append((step.tag != "equal", right[step.dest_start : step.dest_end]))
    return marked(part for part in ours if part[1]), marked(part for part in theirs if part[1])
