"""`minglu user …`: people."""

from __future__ import annotations

from app.accounts import verbs
from app.cli.command import Option, command, noun
from app.cli.common import secret

app = noun("user", "People, their roles and tokens.", verbs)

_ROLES = {"roles": Option("--role")}
_LOGIN = {"login": "login"}

command(app, verbs.create_user, arguments=_LOGIN, options=_ROLES)
command(app, verbs.list_users, columns=("login", "name", "office", "active", "system", "roles"))
command(app, verbs.set_roles, arguments=_LOGIN, options=_ROLES)
command(app, verbs.set_password, arguments=_LOGIN, options={"new": Option(prompt=True)})
command(app, verbs.issue_token, arguments=_LOGIN, shows=secret("token"))
