"""`minglu finding …`: units that break a rule."""

from __future__ import annotations

from app.cli.command import command, noun
from app.rules import verbs

app = noun("finding", "Units that break a rule.", verbs)

command(app, verbs.list_, columns=("finding_id", "rule", "level", "unit_id", "name", "status", "text"))
