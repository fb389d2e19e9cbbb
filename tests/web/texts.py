"""All texts of the screens, as the catalogue has to hold them."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir

WEB = Path("app/web")
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}


def texts() -> list[str]:
    """Every text in `_(…)` and `N_(…)`, in the order of the files."""
    found = extract_from_dir(WEB, _METHODS, _OPTIONS, keywords={"_": None, "N_": None}, strip_comment_tags=True)
    return list(dict.fromkeys(str(message) for _file, _line, message, _comments, _context in found))
