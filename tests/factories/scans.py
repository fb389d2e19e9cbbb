"""Scanned documents, no larger than what they are told by."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)
JPEG, TIFF = b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"II*\0\x08\0\0\0"


def ofd() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Doc_0/Document.xml", "<ofd:Document/>")
        archive.writestr("OFD.xml", "<ofd:OFD/>")
    return packed.getvalue()


def laid(folder: Path, data: bytes = PDF, name: str = "批复.pdf") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


ABOUT = {"number": "渝统函〔2024〕1号", "approved_on": "2024-12-30", "office": "municipal", "why": "市局当日停电"}
"""What stands on a document of the test world's upper office, which has an approver in the system."""
