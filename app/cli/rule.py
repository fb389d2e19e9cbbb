"""`minglu rule …`: what is asked of every unit."""

from __future__ import annotations

from pathlib import Path

from app.cli.command import Option, command, noun
from app.cli.common import read_json
from app.rules import verbs, writing

app = noun("rule", "Rules over the register.", verbs, writing)

_ASKS = {"asks": Option(help="JSON file with the list of what it asks (docs/rules.md)", kind=Path, reads=read_json)}
_WRITTEN = _ASKS | {
    "fields": Option("--field", "field beside which it speaks; may be given again"),
    "valid_from": Option("--from"),
}

command(app, verbs.list_rules, columns=("code", "level", "open", "explained", "text"))
command(app, writing.try_, options=_ASKS)
command(app, writing.propose, arguments=("code",), options=_WRITTEN)
command(app, writing.end, arguments=("code",))
command(app, writing.list_drafts, columns=("draft_id", "code", "ends", "valid_from", "status", "by", "zh"))
