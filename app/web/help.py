"""Help beside a field: what it means, its code list, the rule it is held to ."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from app.domain.fields import BY_NAME
from app.web.i18n import _, language

_DATA = Path(__file__).parent / "data" / "field_help.csv"


@lru_cache
def _texts() -> dict[str, dict[str, str]]:
    with _DATA.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def help_for(name: str) -> str:
    """Meaning and rule of an attribute in the language spoken; empty for what is no attribute."""
    text = _texts().get(name, {}).get(language(), "")
    codelist = BY_NAME[name].codelist if name in BY_NAME else ""
    return text + (" " + _("代码表：%(name)s。", name=codelist) if codelist else "")
