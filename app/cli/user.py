"""`minglu user …`: people."""

from __future__ import annotations

from app.accounts import verbs
from app.cli.command import Option, command, noun

app = noun("user", "People and their roles.", verbs)

_ROLES = {"roles": Option("--role")}
_LOGIN = {"login": "login"}

command(app, verbs.create_user, arguments=_LOGIN)
command(app, verbs.list_users, columns=("login", "name", "office", "active", "system", "roles"))
command(app, verbs.set_roles, arguments=_LOGIN, options=_ROLES)
command(app, verbs.set_section, arguments={"login": "login", "section": "section"})
command(app, verbs.set_password, arguments=_LOGIN, options={"new": Option(prompt=True)})
