"""What is wrong with a body that cannot even be taken apart. The parser says it in English prose; here it becomes a code."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.said import Said, said, word

Place = tuple[str, ...]

_BODY: Place = ("body",)
_UNREADABLE = word("body_unreadable", "请求内容无法解析", "the body cannot be taken apart")
_BROKEN = word(
    "form_broken",
    "表单的各部分没有按 Content-Type 所说的分隔符分开，或其标头不合格式",
    "the parts of the form are not parted by the boundary that Content-Type names, or their headers are malformed",
)
_KNOWN: dict[str, tuple[Place, str]] = {
    "Missing boundary": (
        ("header", "content-type"),
        word("form_without_boundary", "Content-Type 没有写明分隔符（boundary）", "Content-Type names no boundary"),
    ),
    "Maximum header": (
        _BODY,
        word(
            "form_part_head_too_long",
            "表单某一部分的标头太长（例如文件名太长）",
            "the headers of a part of the form are too long (the name of a file, say)",
        ),
    ),
    "Part exceeded": (_BODY, word("form_part_too_long", "表单某一部分太长", "a part of the form is too long")),
    "Too many": (_BODY, word("form_parts_too_many", "表单的部分太多", "the form has too many parts")),
    "The Content-Disposition": (
        _BODY,
        word("form_part_unnamed", "表单某一部分没有名称", "a part of the form has no name"),
    ),
    "Invalid multipart": (_BODY, _BROKEN),
}
"""By how the parser's sentence begins; what lies deepest, and says most, counts."""


def unreadable(error: BaseException) -> tuple[Place, Said]:
    """Where, and what is wrong there, of the refusal of a body that could not be parsed."""
    told = (known for text in _sentences(error) for start, known in _KNOWN.items() if text.startswith(start))
    where, code = next(told, (_BODY, _UNREADABLE))
    return where, said(code)


def _sentences(error: BaseException | None) -> Iterator[str]:
    """What was said along the way to an error, what came first before the rest."""
    if error is not None:
        yield from _sentences(error.__cause__ or error.__context__)
        yield str(getattr(error, "detail", error))
