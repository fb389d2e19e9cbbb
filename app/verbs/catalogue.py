"""Every refusal by its code: for programs that branch on codes, and people who look one up."""

from __future__ import annotations

from app.core.errors import ERRORS
from app.verbs.call import Call
from app.verbs.schemas import Answer, Items, Nothing
from app.verbs.verb import Opens, verb


class ErrorShown(Answer):
    """A refusal. Names in braces in its words are facts of the case, found in `details` of the problem document."""

    code: str
    status: int
    zh: str
    en: str


@verb("error.list", opens=Opens.OWN, public=True, route="GET /errors", cached=True)
def list_(_call: Call, _wish: Nothing) -> Items[ErrorShown]:
    """Every code that can be refused with, its status and its words in both languages."""
    found = sorted(ERRORS.items())
    return Items(items=[ErrorShown(code=code, status=kind.status, zh=kind.zh, en=kind.en) for code, kind in found])
