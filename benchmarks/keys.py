"""Fifty pairs decided by the keyboard in a real browser: keys pressed, and the wait from the key to the next pair.

Yardstick: what the workplace promises, 3 keys and 200 ms a pair. Needs Chromium.

    python -m benchmarks.keys
"""

from __future__ import annotations

import shutil
import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright

from app.core.clock import Clock
from app.core.db import connect
from app.core.settings import Settings
from app.demo import people
from app.demo.folder import CLOCK
from app.main import create_app
from benchmarks.screens import fill, p95

PAIRS = 50
KEYS, WAIT = 3, 0.200
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def decide(page: Page) -> tuple[int, list[float]]:
    """Keys pressed, and the wait of each pair until the next one stands there."""
    pressed, waits = 0, []
    for n in range(PAIRS):
        before = page.locator("#pair [data-pair]").get_attribute("data-pair")
        page.wait_for_timeout(150)  # a person looks; the next pair is fetched meanwhile
        started = time.perf_counter()
        page.keyboard.press("2" if n % 3 else "1")
        pressed += 1
        page.wait_for_function(
            "before => document.querySelector('#pair [data-pair]')?.dataset.pair !== before", arg=before, polling=5
        )
        waits.append(time.perf_counter() - started)
    return pressed, waits


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="minglu-bench-") as folder, sync_playwright() as playwright:
        settings = Settings(data_dir=Path(folder), database_url="", clock=CLOCK, token="")
        database, clock = connect(settings), Clock(CLOCK)
        fill(database, clock, 20_000, 5_000)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(create_app(database, clock, settings), port=port, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/login?next=/review/1")
        page.fill("#login", "maintainer")
        page.fill("#password", people.PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_function("document.body.dataset.ready && document.querySelector('[data-pair]')")
        pressed, waits = decide(page)
        print(f"{pressed / PAIRS:.1f} keys a pair, of {KEYS}: ratio {pressed / PAIRS / KEYS:.2f}")
        print(
            f"wait to the next pair: median {1000 * statistics.median(waits):.0f} ms, p95 {1000 * p95(waits):.0f} ms, "
            f"of {1000 * WAIT:.0f} ms: ratio {p95(waits) / WAIT:.2f}"
        )
        browser.close()
        server.should_exit = True
        thread.join()
        database.engine.dispose()


if __name__ == "__main__":
    main()
