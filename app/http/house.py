"""The house that routes and pages work in."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from app.verbs import House


def house_of(request: Request) -> House:
    return cast(House, request.app.state.house)
