"""A disk that fills while a form is laid down is the operator's to clear, not the form's fault."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest
from starlette.datastructures import UploadFile

from app.core.db import Database
from tests.factories.http import as_person, serving


def test_a_form_that_finds_no_room_is_told_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was answered as a body that cannot be read."""

    async def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(UploadFile, "write", full)
    with serving(database) as http:
        head = as_person(database, "maintainer")
        answer = http.post("/api/v1/imports", files={"file": ("a.csv", b"x" * 100)}, headers=head)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")
