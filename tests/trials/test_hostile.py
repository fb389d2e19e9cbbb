"""Broken and hostile files on every road, hostile requests at every address: refused, and the server stands as before.

300 files and 1 000 requests on each database in `make trials`, a handful in the gate; each made anew from its number.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.core.db import Database
from app.domain.lives import BatchStatus
from app.intake.errors import FILE_REFUSALS
from app.web.visitor import csrf_for
from importers import Limits
from tests.cli.ready import measured
from tests.factories import hostile_files as hostile
from tests.factories.attacks import Attacker, Doors
from tests.factories.house import housing
from tests.factories.http import as_person, as_system
from tests.factories.people import own_secret, signed_in, token_of
from tests.factories.wishes import DAY, furnish
from tests.trials.server import Server, serving_apart, until

MB = 1 << 20
WITHIN = 4
"""Seconds of the processor until something is refused, as a clock on the wall tells who else is at work: the two that are
promised, and as much again where others use the memory too (1.9 at most, with ten at work on each processor)."""
CHILD = Limits().memory_bytes
"""What the process may hold that reads a file."""
OWN = 300 * MB
"""What the server may grow by over all of it."""
REFUSED = frozenset(refusal.code for refusal in FILE_REFUSALS)
CALLERS = ("maintainer", "section", "approver", "survey", "sysadmin", "secadmin", "audadmin", "inspector")


@dataclass
class Trial:
    """What came of each, what should not have, and the processor's time that the slowest refusals took."""

    heard: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    took: list[tuple[float, str]] = field(default_factory=list)

    def note(self, outcome: str, what: str, seconds: float) -> None:
        self.heard[outcome] += 1
        self.took.append((seconds, f"{what}: {outcome}"))

    def slowest(self) -> list[tuple[float, str]]:
        return sorted(self.took, reverse=True)[:10]


@contextmanager
def attacked(database: Database, folder: Path) -> Iterator[tuple[Server, Trial]]:
    """A server, and what is noted of it; when the block ends it still answers, and has said nothing of a fault."""
    with housing(database) as house:
        furnish(house, folder)
    trial, honest = Trial(), as_person(database, "maintainer")
    with serving_apart(database, folder) as server:
        assert _status(server.ask(_get("/api/v1/me", honest))) == 200
        before = server.memory()
        yield server, trial
        assert _status(server.ask(_get("/api/v1/me", as_person(database, "maintainer")))) == 200
    said = server.said.read_text("utf-8", "replace")
    assert "Traceback" not in said, said[-5000:]
    assert trial.wrong == []
    print(trial.heard, trial.slowest(), {who: most // MB for who, most in server.most.items()}, before // MB, sep="\n")
    assert server.most["self"] < before + OWN
    assert server.most["child"] < before + CHILD


def _get(path: str, headers: dict[str, str]) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: x",
        "Connection: close",
        *(f"{name}: {one}" for name, one in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    return int(found[1]) if found else 0


def doors(database: Database) -> Doors:
    """People at a browser and with a token, a collection system, and nobody."""
    found: dict[str, tuple[dict[str, str], str]] = {"nobody": ({}, ""), "a key": (as_system(database), "")}
    for login in CALLERS:
        secret = own_secret(database, login)
        cookie = {"Cookie": signed_in(database, login, secret=secret)}
        found[login] = ({**as_person(database, login), **cookie}, csrf_for(database.keys, secret))
    return found


def attack_all(database: Database, folder: Path, numbers: Iterable[int]) -> None:
    with attacked(database, folder) as (server, trial):
        attacker = Attacker(doors(database))
        for count, number in enumerate(numbers):
            if count % 100 == 99:  # some of the callers have ended what lets them in
                attacker = Attacker(doors(database))
            attack, before = attacker.attack(number), server.seconds()
            answer = server.ask(attack.sent, cut=attack.cut)
            status = _status(answer)
            trial.note(str(status), attack.name, server.seconds() - before)
            silent = b'"code":"bad_payload"' in answer and b'"faults":[]' in answer
            if status >= 500 or silent or (status == 0 and not attack.cut):
                trial.wrong.append(f"{attack.name}: {answer[:300]!r}")
    if len(trial.took) >= 1000:
        assert trial.slowest()[0][0] <= WITHIN


def test_hostile_requests_are_refused(database: Database, tmp_path: Path) -> None:
    attack_all(database, tmp_path, range(0, 60 * 17, 17))


@pytest.mark.long
def test_a_thousand_hostile_requests_are_refused(database: Database, tmp_path: Path) -> None:
    attack_all(database, tmp_path, range(1000))


@dataclass
class Roads:
    """The ways of a file into the house: each gives what came of it, a refusal's code or the state of a batch."""

    server: Server
    database: Database
    folder: Path

    def __post_init__(self) -> None:
        self._token = token_of(self.database, "maintainer")
        secret = own_secret(self.database, "maintainer")
        self._cookie = signed_in(self.database, "maintainer", secret=secret)
        self._csrf = csrf_for(self.database.keys, secret)
        self.all: tuple[Callable[[Path, bool], str], ...] = (self.by_command, self.by_route, self.by_page)

    def by_command(self, path: Path, dry: bool) -> str:
        url = self.database.engine.url.render_as_string(hide_password=False)
        env = {**os.environ, "MINGLU_DATABASE_URL": url, "MINGLU_DATA_DIR": str(self.folder), "LC_ALL": "C"}
        env |= {"MINGLU_CLOCK": "2024-12-31T10:00:00+08:00", "MINGLU_TOKEN": self._token}
        words = ("import", "run", "census", str(path), "--format", "json", *(("--dry-run",) if dry else ()))
        done, most = measured(words, env)
        assert most < 512 * MB + CHILD
        if done.returncode == 1:
            return done.stderr.partition(":")[0]
        return "seen" if dry else str(json.loads(done.stdout)["status"])

    def by_route(self, path: Path, dry: bool) -> str:
        told = {"source": "census", "as_of": DAY, "dry_run": str(dry).lower()}
        answer = self._send("/api/v1/imports", path, told, f"Authorization: Bearer {self._token}")
        status, body = _status(answer), answer.partition(b"\r\n\r\n")[2]
        if status == 202:
            return self._read(json.loads(body)["batch_id"])
        return "seen" if status == 200 else str(json.loads(body)["code"])

    def _read(self, batch_id: int) -> str:
        """The state of a batch once the worker of the server is done with it."""

        def state() -> str:
            asked = _get(f"/api/v1/imports/{batch_id}", {"Authorization": f"Bearer {self._token}"})
            told = json.loads(self.server.ask(asked).partition(b"\r\n\r\n")[2])
            return str(told["status"]) if told["status"] != BatchStatus.READING else ""

        return until(state)

    def by_page(self, path: Path, dry: bool) -> str:
        told = {"source": "census", "as_of": DAY, "sheet": "", "csrf": self._csrf}
        answer = self._send("/imports/preview", path, told, f"Cookie: {self._cookie}")
        found = re.search(r"<code>(\w+)</code>", answer.decode("utf-8", "replace"))
        return {200: "seen", 422: found[1] if found else "bad_file"}.get(_status(answer), answer[:200].decode())

    def _send(self, place: str, path: Path, told: dict[str, str], door: str) -> bytes:
        parts = [f'--e\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{one}\r\n' for name, one in told.items()]
        parts.append(f'--e\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n')
        body = "".join(parts).encode() + path.read_bytes() + b"\r\n--e--\r\n"
        head = f"POST {place} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{door}\r\nContent-Length: {len(body)}\r\n"
        return self.server.ask(f"{head}Content-Type: multipart/form-data; boundary=e\r\n\r\n".encode() + body)


OUTCOMES = frozenset({"seen", "bad_payload", *REFUSED, *(str(one) for one in BatchStatus)}) - {BatchStatus.READING}


def hand_in(database: Database, folder: Path, numbers: Iterable[int], *, every_road: bool) -> None:
    with attacked(database, folder) as (server, trial):
        roads = Roads(server, database, folder)
        for count, number in enumerate(numbers):
            path = hostile.hostile_file(number, folder)
            for road in roads.all if every_road else [roads.all[count % len(roads.all)]]:
                before = server.seconds()
                outcome = road(path, (number + (road == roads.by_route)) % 2 == 0)
                what = f"{number} {hostile.MAKERS[number % len(hostile.MAKERS)].__name__} {road.__name__}"
                trial.note(outcome, what, server.seconds() - before)
                if outcome not in OUTCOMES:
                    trial.wrong.append(f"{what}: {outcome}")
            path.unlink()
    if every_road:
        refused = [
            (seconds, what) for seconds, what in trial.took if not what.endswith((": seen", ": staged", ": held"))
        ]
        assert max(refused)[0] <= WITHIN


DEAR = {
    hostile.bomb_of_strings, hostile.bomb_of_cells, hostile.lying_directory, hostile.many_entries, hostile.deep_xml,
    hostile.record_over_lines, hostile.long_line, hostile.wide_line, hostile.empty_rows,
}  # fmt: skip
"""What takes long to make, or to read."""


def test_hostile_files_are_refused_or_read(database: Database, tmp_path: Path) -> None:
    numbers = [number for number, maker in enumerate(hostile.MAKERS) if maker not in DEAR]
    hand_in(database, tmp_path, numbers, every_road=False)


@pytest.mark.long
def test_three_hundred_hostile_files_on_every_road(database: Database, tmp_path: Path) -> None:
    hand_in(database, tmp_path, range(300), every_road=True)
