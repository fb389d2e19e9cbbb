"""`minglu me …`: one's own account."""

from __future__ import annotations

from app.accounts import myself
from app.cli.command import Option, command, noun
from app.cli.common import secret

app = noun("me", "One's own account.", myself)

command(app, myself.my_tokens, columns=("token_id", "label", "created_at", "expires_at"))
command(
    app,
    myself.issue_my_token,
    arguments={"login": "login"},
    options={"password": Option(help="one's password", asks=True)},
    shows=secret("token"),
)
command(
    app,
    myself.offer_second_factor,
    "second-factor",
    arguments={"login": "login"},
    options={"password": Option(help="one's password", asks=True)},
)
command(
    app,
    myself.confirm_second_factor,
    "second-factor-confirm",
    arguments={"login": "login"},
    options={"password": Option(help="one's password", asks=True), "new_code": Option(asks=True)},
    told={"keep": None},
)
command(
    app,
    myself.set_my_password,
    options={
        "login": Option(help="in place of a token: who has none yet sets his own password so"),
        "old": Option(help="the password until now", asks=True),
        "new": Option(prompt=True),
    },
    told={"keep": None},
)
command(app, myself.my_sessions, columns=("session_id", "agent", "created_at", "expires_at"))
command(app, myself.end_other_sessions, "end-other-sessions", options={"keep": Option(help="the sign-in to keep")})
