"""`minglu tempcode …`: temporary codes for units that no registrar gave one."""

from __future__ import annotations

from app.cli.command import command, noun
from app.pool import verbs

app = noun("tempcode", "Temporary codes.", verbs)

command(app, verbs.list_, columns=("code", "state", "issued_at"))
