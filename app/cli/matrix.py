"""`minglu matrix …`: who may do what."""

from __future__ import annotations

from app.api import routes  # noqa: F401  # whose rooms' verbs the matrix is of
from app.cli.command import command, noun
from app.verbs import matrix

app = noun("matrix", "Who may do what.", matrix)

command(app, matrix.show, columns=("verb", "reach", "roles"))
