"""`minglu key …`: keys of collection systems that ask the check."""

from __future__ import annotations

from app.accounts import verbs
from app.cli.command import command, noun
from app.cli.common import secret

app = noun("key", "Keys of collection systems.", verbs)

command(app, verbs.issue_key, arguments={"client": "client"}, shows=secret("key"))
command(
    app, verbs.list_keys, columns=("key_id", "client", "scopes", "per_minute", "status", "expires_at", "revoked_at")
)
