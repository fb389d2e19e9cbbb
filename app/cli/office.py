"""`minglu office …`: offices in a tree."""

from __future__ import annotations

from app.accounts import verbs
from app.cli.command import Option, command, noun

app = noun("office", "Offices in a tree.", verbs)

command(app, verbs.create_office, arguments={"code": "code"}, options={"area_prefix": Option("--area")})
command(app, verbs.list_offices, columns=("code", "level", "name", "area", "path"))
