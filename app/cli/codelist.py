"""`minglu codelist …`: code lists with editions."""

from __future__ import annotations

from pathlib import Path

from app.cli.command import Option, command, noun
from app.cli.common import Format, show
from app.codelists import verbs
from app.codelists.schemas import Loaded

app = noun("codelist", "Code lists with editions.", verbs)


def _loaded(answer: Loaded, form: Format) -> None:
    if form is Format.JSON:
        show(answer.model_dump(), form)
    else:
        print(answer.codes)


command(
    app,
    verbs.load,
    arguments={"path": "file"},
    options={"path": Option(kind=Path, reads=str)},
    told={"origin": ""},
    shows=_loaded,
)
command(app, verbs.show, arguments=("name",), columns=("code", "name", "parent"))
