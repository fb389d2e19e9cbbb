"""`minglu office …`: offices in a tree."""

from __future__ import annotations

from app.accounts import verbs
from app.cli.command import Option, command, noun

app = noun("office", "Offices in a tree.", verbs)

command(app, verbs.create_office, arguments={"code": "code"}, options={"area_prefix": Option("--area")})
command(app, verbs.give_area, "give-area", arguments={"code": "code", "area_prefix": "area"})
command(app, verbs.end_area, "end-area", arguments={"code": "code", "area_prefix": "area"})
command(app, verbs.create_section, "add-section", arguments={"office": "office", "section": "code"})
command(app, verbs.list_sections, "sections", columns=("office", "section", "name"))
command(app, verbs.list_offices, columns=("code", "level", "name", "area", "to_come", "path"))
