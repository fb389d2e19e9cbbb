"""`minglu rule …`: what is asked of every unit."""

from __future__ import annotations

from app.cli.command import command, noun
from app.rules import verbs

app = noun("rule", "Rules over the register.", verbs)

command(app, verbs.list_rules, columns=("code", "level", "open", "explained", "text"))
