"""Why a layout is refused."""

from __future__ import annotations

from app.core.errors import Invalid, NotFound
from importers.refusal import FileProblem


class LayoutNotFound(NotFound):
    code = "layout_not_found"
    zh = "没有自定格式 {layout_id}，或它已停用；请刷新清单。"
    en = "there is no layout {layout_id} that is in use: look at the list anew"


class LayoutUnusable(Invalid):
    """No file could be read by it."""

    code = "layout_unusable"
    zh = "这样的格式读不了文件：{message_zh}。"
    en = "no file could be read by this layout: {message_en}"


def unusable(problem: FileProblem) -> LayoutUnusable:
    return LayoutUnusable(message_zh=problem.message_zh, message_en=problem.message_en)
