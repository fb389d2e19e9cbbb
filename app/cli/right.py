"""`minglu right …`: rights that wait for the second hand."""

from __future__ import annotations

from app.accounts import verbs
from app.cli.command import command, noun

app = noun("right", "Rights: given by one administrator, confirmed by another.", verbs)

command(
    app,
    verbs.list_rights,
    columns=(
        "right_id",
        "status",
        "kind",
        "whose",
        "what",
        "valid_from",
        "valid_until",
        "given_by",
        "given_at",
        "decided_by",
    ),
    whole=True,
)
