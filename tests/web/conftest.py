"""A served district and browsers that look at it."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from app.core.clock import Clock
from app.core.db import connect
from app.core.settings import Settings
from app.demo.folder import CLOCK
from app.demo.people import PASSWORD
from app.http.heads import bounded_heads
from app.main import create_app
from tests.conftest import missing

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATIENCE = 120
"""Seconds until something awaited counts as never coming. No test may need it: it only ends one that would hang."""
AXE = Path(sys.prefix) / "web" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def served(folder: Path, clock: Clock | None = None, **more: Any) -> Iterator[str]:
    """The district served on a free port, with its worker, until the block ends."""
    settings = Settings(data_dir=folder, database_url="", clock=CLOCK, token="", **more)
    database = connect(settings)
    door = socket.create_server(("127.0.0.1", 0))  # listens from now on: who calls early waits at the door
    app = create_app(database, clock or Clock(CLOCK), settings, work=True)
    server = uvicorn.Server(uvicorn.Config(app, **bounded_heads(settings)))
    thread = threading.Thread(target=server.run, args=([door],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        database.engine.dispose()


@pytest.fixture
def district(built_district: Path, tmp_path: Path) -> Iterator[str]:
    """A district of the test's own."""
    folder = tmp_path / "own"
    shutil.copytree(built_district, folder)
    with served(folder) as address:
        yield address


@pytest.fixture(scope="session")
def shared_district(built_district: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One district for all tests that only look."""
    folder = tmp_path_factory.mktemp("shared") / "own"
    shutil.copytree(built_district, folder)
    with served(folder) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the tests say so loudly, and in CI they fail."""
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        found = _launch(playwright)
        yield found
        found.close()


def _launch(playwright: Playwright) -> Browser:
    own = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        return playwright.chromium.launch(executable_path=own, args=FLAGS)
    except Exception as fault:
        missing(f"NO CHROMIUM: the browser tests did not run ({fault})")


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Signs somebody in at a new browser; a request to outside, or an error on the console, fails the test."""
    contexts, faults = [], []

    def sign_in(address: str, login: str, *, width: int = 1366, height: int = 768, touch: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, has_touch=touch, accept_downloads=True, locale="zh-CN"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("request", lambda sent: _inside(sent.url, address, faults))
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on(
            "console", lambda said: faults.append(f"console: {said.text}") if _is_fault(said.text, said.type) else None
        )
        page.goto(f"{address}/login")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url(f"{address}/")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert faults == []


def _inside(url: str, address: str, faults: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:")):
        faults.append(f"asked outside: {url}")


def _is_fault(text: str, kind: str) -> bool:
    return kind == "error" and "status of 4" not in text


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where pictures of pages go."""
    asked = request.config.getoption("--pictures")
    folder = Path(asked) if asked else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder
