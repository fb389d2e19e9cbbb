"""Who I am, people, offices, tokens and keys over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from app.accounts import verbs
from app.api.mount import Route, mount

router = mount(
    APIRouter(prefix="/api/v1", tags=["people"]),
    (
        Route("GET", "/me", verbs.show_me),
        Route("GET", "/me/tokens", verbs.my_tokens),
        Route("POST", "/me/tokens", verbs.issue_my_token, 201),
        Route("DELETE", "/me/tokens", verbs.revoke_my_tokens),
        Route("PUT", "/me/password", verbs.set_my_password),
        Route("PUT", "/me/language", verbs.set_my_language),
        Route("GET", "/me/sessions", verbs.my_sessions),
        Route("DELETE", "/me/sessions", verbs.end_other_sessions),
        Route("DELETE", "/me/sessions/{session_id}", verbs.end_session),
        Route("GET", "/offices", verbs.list_offices),
        Route("POST", "/offices", verbs.create_office, 201),
        Route("GET", "/users", verbs.list_users),
        Route("POST", "/users", verbs.create_user, 201),
        Route("GET", "/users/{login}", verbs.show_user),
        Route("DELETE", "/users/{login}", verbs.deactivate),
        Route("PUT", "/users/{login}/roles", verbs.set_roles),
        Route("PUT", "/users/{login}/password", verbs.set_password),
        Route("POST", "/users/{login}/tokens", verbs.issue_token, 201),
        Route("POST", "/users/{login}/unlock", verbs.unlock),
        Route("GET", "/keys", verbs.list_keys),
        Route("POST", "/keys", verbs.issue_key, 201),
        Route("DELETE", "/keys/{key_id}", verbs.revoke_key),
    ),
)
