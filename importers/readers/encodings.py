"""Which encoding a file of text is in: by strict decoding of the whole file, never by guessing errors away."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from importers.readers.marks import check_text
from importers.refusal import FileProblem

_BLOCK = 1 << 20
_LOOKED_AT = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODECS = {"big5": "cp950"}
_USUAL = 0.6
"""Of the Chinese characters of a text, the share that is usual where the encoding is right; of mojibake it is a third."""


_READABLE = 0.9
_TOO_FEW = 8
"""Characters by which nothing can be told."""


def codec_of(encoding: str) -> str:
    """The name by which Python knows an encoding that we name."""
    return _CODECS.get(encoding, encoding)


def encoding_of(file: BinaryIO) -> str:
    """`utf-8-sig`, `utf-8`, `utf-16…`, `gb18030` or `big5`. Raises FileProblem: binary, cut off, in no encoding (with the byte
    where it ends to fit), or marked secret."""
    file.seek(0)
    start = file.read(_LOOKED_AT)
    marked = next((name for bom, name in _BOMS if start.startswith(bom)), "") or _without_mark(start)
    if marked:
        return _require(file, marked)
    wrong = _decodes(file, "utf-8")
    if wrong is None:
        return "utf-8"
    size = file.seek(0, 2)
    if wrong[1] and wrong[0] >= size - 4:
        raise _cut_off()
    return _chinese(file, start)


def _without_mark(start: bytes) -> str:
    """UTF-16 without its mark: bytes that are nothing, and text that reads as such by two bytes a character."""
    head = start[:4096]
    if b"\0" not in head:
        return ""
    shares = {
        name: _readable(head[: len(head) // 2 * 2].decode(name, "replace")) for name in ("utf-16-le", "utf-16-be")
    }
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > _READABLE else ""


def _readable(text: str) -> float:
    """The share of characters that texts of offices consist of."""
    usual = sum(
        1
        for one in text
        if " " <= one <= "~" or one in "\r\n\t" or "\u3000" <= one <= "\u303f" or "\u4e00" <= one <= "\u9fff"
    )
    return usual / len(text) if text else 0.0


def _chinese(file: BinaryIO, start: bytes) -> str:
    """GB18030 accepts nearly any bytes: it is held against Big5, and by how usual the characters are that come out."""
    fits = {name: _decodes(file, codec_of(name)) is None for name in ("gb18030", "big5")}
    usual = {name: _usual(start, name) for name, fit in fits.items() if fit}
    best = max(usual, key=lambda name: usual[name], default="")
    if best and usual[best] >= _USUAL:
        return best
    if fits["gb18030"]:
        raise FileProblem(
            "wrong_encoding",
            "文件按GB18030解码后不像中文（多为生僻字），编码可能不对；请另存为CSV UTF-8",
            "decoded as GB18030 the file does not read as Chinese; save it as CSV UTF-8",
        )
    return _require(file, "gb18030")


def _usual(start: bytes, encoding: str) -> float:
    """The share of usual characters among those of two bytes: level one of GB 2312 and signs, or level one of Big5."""
    text = start.decode(codec_of(encoding), "replace")
    wide = [one for one in text if ord(one) > 0x7F]
    if len(wide) < _TOO_FEW:
        return 1.0
    return sum(map(_is_usual_gb if encoding == "gb18030" else _is_usual_big5, wide)) / len(wide)


def _is_usual_gb(character: str) -> bool:
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and (code[0] in (0xA1, 0xA3) or 0xB0 <= code[0] <= 0xD7)


def _is_usual_big5(character: str) -> bool:
    try:
        code = character.encode("cp950")
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and 0xA1 <= code[0] <= 0xC6


def _require(file: BinaryIO, encoding: str) -> str:
    wrong = _decodes(file, codec_of(encoding))
    if wrong is None:
        return encoding
    if encoding.startswith("utf-16") and wrong[1]:
        raise _cut_off()
    place = wrong[0]
    if encoding == "gb18030":
        zh, en = "既不是UTF-8也不是GB18030编码", "is neither UTF-8 nor GB18030"
    else:
        zh, en = f"标明是{encoding}编码，却解不开", f"says it is {encoding}, and is not"
    raise FileProblem(
        "wrong_encoding",
        f"文件{zh}（第{place}字节附近）；请另存为CSV UTF-8",
        f"the file {en} (near byte {place}); save it as CSV UTF-8",
    )


def _cut_off() -> FileProblem:
    return FileProblem(
        "truncated",
        "文件在一个字的中间断了，可能不完整；请重新导出",
        "the file ends within a character, it may be cut off; export it again",
    )


def _decodes(file: BinaryIO, codec: str) -> tuple[int, bool] | None:
    """None when the whole file decodes, else about where it does not, and whether for want of an end."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    place = 0
    try:
        for block in _blocks(file):
            if b"\0" in block and not codec.startswith(("utf-16", "utf-32")):
                return place + block.index(b"\0"), False
            check_text(decoder.decode(block))
            place += len(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as wrong:
        return place + wrong.start, "end" in wrong.reason or "truncated" in wrong.reason or "incomplete" in wrong.reason
    return None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block
