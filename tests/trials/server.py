"""The application in a process of its own, as `minglu serve` runs it, that says at its end what it took."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from app.core.db import Database

T = TypeVar("T")
PATIENCE = 120
"""Seconds until an answer counts as one that never comes."""
_TICKS = os.sysconf("SC_CLK_TCK")

_PROGRAM = """
import json, resource, sys, threading
import uvicorn
from app.core.settings import Settings
from app.http.heads import bounded_heads
from app.main import create_app
settings = Settings()
app = create_app(None, settings.make_clock(), settings, work=True)
server = uvicorn.Server(uvicorn.Config(app, fd=int(sys.argv[1]), **bounded_heads(settings)))
def end():
    sys.stdin.read()  # as long as whoever tries it is there
    server.should_exit = True
threading.Thread(target=end, daemon=True).start()
server.run()
status = open("/proc/self/status").read()  # what getrusage says of oneself begins with the process one was forked from
most = {"self": int(status.partition("VmHWM:")[2].split()[0]) << 10,
        "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10}
print(json.dumps(most), flush=True)
"""


@dataclass
class Server:
    """A running server. `most` is known when it has ended: the largest memory of its own and of a child, in bytes."""

    address: tuple[str, int]
    process: subprocess.Popen[bytes]
    said: Path
    most: dict[str, int] = field(default_factory=dict)

    def ask(self, sent: bytes, *, cut: bool = False) -> bytes:
        """What is answered to these bytes, to the end of the connection; with `cut` nothing more is to come from us."""
        with socket.create_connection(self.address, timeout=PATIENCE) as line:
            answer = b""
            try:
                line.sendall(sent)
                if cut:
                    line.shutdown(socket.SHUT_WR)
                while part := line.recv(1 << 16):
                    answer += part
            except (ConnectionResetError, BrokenPipeError):
                pass  # refused before all was sent: what came until then counts
            return answer

    def seconds(self) -> float:
        """The processor's time that it and its children have taken."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, told[11:15])) / _TICKS

    def memory(self) -> int:
        """What it holds now, in bytes."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def until(found: Callable[[], T]) -> T:
    """What is found, as soon as it is something. Raises TimeoutError for what never comes."""
    end = time.monotonic() + PATIENCE
    while not (there := found()):
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)
    return there


@contextmanager
def serving_apart(database: Database, folder: Path) -> Iterator[Server]:
    """The application over the test's database, served until the block ends. Fails where it did not end as told."""
    (folder / "keys.json").write_text(json.dumps({"master": bytes(range(32)).hex()}))
    said = folder / "server.txt"
    with socket.create_server(("127.0.0.1", 0), backlog=100) as door, said.open("wb") as errors:
        env = {**os.environ, "MINGLU_DATA_DIR": str(folder), "MINGLU_CLOCK": "2024-12-31T10:00:00+08:00"}
        env |= {"MINGLU_DATABASE_URL": database.engine.url.render_as_string(hide_password=False)}
        told: dict[str, Any] = {
            "env": env,
            "pass_fds": [door.fileno()],
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": errors,
        }
        command = [sys.executable, "-c", _PROGRAM, str(door.fileno())]
        with subprocess.Popen(command, **told) as process:
            server = Server(door.getsockname(), process, said)
            try:
                yield server
            finally:
                out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said.read_text()[-3000:]
    server.most = json.loads(out.splitlines()[-1])
