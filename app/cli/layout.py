"""`minglu layout …`: layouts of files that people taught."""

from __future__ import annotations

from pathlib import Path

from app.cli.command import Option, command, noun
from app.cli.common import read_json
from app.layouts import verbs

app = noun("layout", "Layouts of files that people taught.", verbs)

command(app, verbs.list_, columns=("layout_id", "source", "name", "version", "like", "taught_at"))
command(app, verbs.look, arguments={"source": "source", "path": "file"})
_JSON = Option(help="file with the labels and their fields (JSON)", kind=Path, reads=read_json)
_CODES = Option(help="file with what is written for codes, by field (JSON)", kind=Path, reads=read_json)
command(app, verbs.teach, arguments=("source", "name"), options={"labels": _JSON, "codes": _CODES})
