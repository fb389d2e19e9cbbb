"""What is taken out as a file: laid down whole, then handed over; nothing is left where it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

from app.core.handed import new_file
from app.exports.rows import csv_bytes, safe_rows
from app.models import ExportPackage
from app.verbs.schemas import Download


def table_file(file_name: str, rows: Iterable[Sequence[Any]]) -> Download:
    """Rows for a spreadsheet, the first one the header."""
    with new_file(".csv") as file:
        file.write(csv_bytes(safe_rows(rows), "utf-8-sig"))
    return Download(path=file.name, file_name=file_name, media_type="text/csv; charset=utf-8")


def package_file(name: str, write: Callable[[IO[bytes]], ExportPackage]) -> Download:
    """A package, named `name` with its number behind, handed over once it is in the books."""
    with new_file(".zip") as file:
        package = write(file)
    headers = {"X-Export-Id": str(package.export_id), "X-Rows": str(package.rows)}
    file_name = f"{name}-{headers['X-Export-Id']}.zip"
    return Download(path=file.name, file_name=file_name, media_type="application/zip", headers=headers)
