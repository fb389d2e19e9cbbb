"""Functions that speak of verbs in the ways that edges do: what `parity.verbs_in` has to see through."""

from __future__ import annotations

from app.jobs import verbs

_TABLE = {"restart": verbs.restart, "cancel": verbs.cancel}


def by_function() -> object:
    return _helper()


def _helper() -> object:
    from app.jobs.verbs import show

    return show


def by_table(name: str) -> object:
    return _TABLE[name]
