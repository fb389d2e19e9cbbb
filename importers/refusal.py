"""A file that is refused as a whole. Knows no table library: the process that reads cells starts in no time."""

from __future__ import annotations

UNSAFE, TOO_LARGE, MARKED = "unsafe_file", "too_large", "marked_secret"

LIMITS: dict[str, tuple[str, str]] = {
    "file_bytes": ("文件字节数", "bytes of the file"),
    "unpacked_bytes": ("解压后的字节数", "bytes when unpacked"),
    "entries": ("压缩包内的文件数", "files packed in it"),
    "rows": ("行数", "rows"),
    "columns": ("列数", "columns"),
    "workbook_cells": ("工作簿的单元格数", "cells of the workbook"),
    "cell_chars": ("一个单元格的字数", "characters of a cell"),
    "record_chars": ("一行的字数", "characters of a row"),
    "cpu_seconds": ("读取用时（秒）", "seconds of reading"),
    "silent_seconds": ("等待读取的时间（秒）", "seconds of silence while reading"),
    "memory_bytes": ("读取所用内存（字节）", "bytes of memory while reading"),
    "ratio": ("压缩比", "ratio of packing"),
}
"""What each limit bounds, in both languages."""


class FileProblem(Exception):
    """The file as a whole cannot be taken in; nothing of it is. `limit` names the limit that it broke, if any."""

    def __init__(self, code: str, message_zh: str, message_en: str, *, limit: str = "", most: int = 0) -> None:
        super().__init__(message_en)
        self.code, self.message_zh, self.message_en = code, message_zh, message_en
        self.limit, self.most = limit, most


def beyond(limit: str, most: int, *, code: str = TOO_LARGE) -> FileProblem:
    """The refusal of a file that breaks a limit."""
    zh, en = LIMITS[limit]
    return FileProblem(
        code,
        f"{zh}超过上限 {most}；请拆分文件，或检查表格是否有多余的内容",
        f"{en}: at most {most}; split the file, or look for content that strayed far away",
        limit=limit,
        most=most,
    )
