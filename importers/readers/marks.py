"""Marks of state secrets: a file that bears one is not read, and nothing of it is kept (confidentiality.md §2)."""

from __future__ import annotations

import re

from importers.refusal import MARKED, FileProblem

_WORDS = ("绝密", "机密", "秘密")
_EVEN = tuple(word.encode() for word in _WORDS)
_WORD = "(?:绝密|机密|秘密)"
_OF_A_CELL = re.compile(
    rf"(?:^|[,;|，；\t\"'（(【\[>\r\n])[ \u3000]*(?:密级[:：]?[ \u3000]*)?{_WORD}(?:级|件)?[ \u3000]*"
    rf"(?:[★☆▲*][^,;\r\n<]{{0,20}})?(?=$|[,;|，；\t\"'）)】\]<\r\n])"
    rf"|{_WORD}[ \u3000]*[★☆▲]|密级[:：]?[ \u3000]*{_WORD}",
    re.MULTILINE,
)
_OF_XML = re.compile(
    rf">\s*(?:密级(?::|：)?\s*)?{_WORD}(?:级|件)?\s*(?:(?:★|☆|▲|\*)[^<]{{0,60}})?(?=<|$)"
    rf"|{_WORD}\s*(?:★|☆|▲)|密级(?::|：)?\s*{_WORD}|&amp;[LCR][^<]{{0,40}}{_WORD}".encode()
)
_IN_A_NAME = re.compile(rf"(?<![业家作保护]){_WORD}")
_WIDE = tuple((word + mark).encode("utf-16-le") for word in _WORDS for mark in "★☆▲")


def check_name(name: str) -> None:
    """Refuse a file or a sheet whose name bears a mark. Raises FileProblem."""
    if _IN_A_NAME.search(name):
        raise _marked()


def check_text(text: str) -> None:
    """Refuse text with a mark as a cell of its own, or one before a star. A word in a sentence is none. Raises FileProblem."""
    if any(word in text for word in _WORDS) and _OF_A_CELL.search(text):
        raise _marked()


def check_xml(block: bytes) -> None:
    """The same of a part of a workbook, page headers with it. Raises FileProblem."""
    if any(word in block for word in _EVEN) and _OF_XML.search(block):
        raise _marked()


def check_wide(block: bytes) -> None:
    """The same of the bytes of an old workbook, whose texts are two bytes a character. Raises FileProblem."""
    if any(word in block for word in _WIDE):
        raise _marked()


def _marked() -> FileProblem:
    return FileProblem(
        MARKED,
        "文件带有密级标志（绝密、机密或秘密），本系统不得处理；内容没有保存",
        "the file bears a mark of secrecy: it may not be brought here, and nothing of it was kept",
    )
