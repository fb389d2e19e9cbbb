"""`minglu survey …`: what lists are for, and whose they are."""

from __future__ import annotations

from app.cli.command import command, noun
from app.surveys import verbs

app = noun("survey", "Surveys, each a section's own.", verbs)

command(app, verbs.list_, columns=("code", "name", "section_name", "valid_from", "valid_until", "proposed"))
