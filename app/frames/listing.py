"""Where the list export was before; gone when the pages of units ask `app.exports` itself."""

from typing import Any

from app.exports.listing import ListOrder
from app.exports.listing import export_list as write_list

__all__ = ["ListOrder", "export_list"]


def export_list(*given: Any, **named: Any) -> int:
    return write_list(*given, **named).export_id
