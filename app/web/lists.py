"""Code lists as pages need them."""

from __future__ import annotations

from app.codelists.choices import below, items

__all__ = ["below", "items"]
