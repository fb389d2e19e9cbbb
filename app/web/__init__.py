"""The workplace: pages over the same functions that routes and commands call."""

from app.web.site import create_web

__all__ = ["create_web"]
