"""How questions about units refuse."""

from __future__ import annotations

from app.core.errors import Invalid


class TooLong(Invalid):
    """Entries and exits are counted over days in their order, and not over a century."""

    code = "stretch_of_days"
    zh = "起始日不能晚于终止日，且最多 {most} 天。"
    en = "the first day is not behind the last, and there are at most {most} days between them"
