"""A file on its way out: whole, under its name, gone from here afterwards."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.http.files import send
from app.verbs.schemas import Download


def test_a_file_is_sent_under_its_name_and_then_gone(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(b"a,b\n")
    download = Download(path=str(path), file_name="名单.csv", media_type="text/csv", headers={"X-Rows": "1"})
    app = FastAPI()
    app.add_api_route("/file", lambda: send(download), response_model=None)
    answer = TestClient(app).get("/file")
    assert (answer.content, answer.headers["x-rows"]) == (b"a,b\n", "1")
    assert "filename*=utf-8''%E5%90%8D%E5%8D%95.csv" in answer.headers["content-disposition"]
    assert not path.exists()
