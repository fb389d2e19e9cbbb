"""The roads on which people come to a verb, a route, a page, a command, and what each hears there."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import typer
from fastapi.testclient import TestClient

from app.cli import main
from app.core.db import Database
from app.core.settings import Settings
from app.verbs import Verb
from app.web.visitor import csrf_for
from tests.factories.files import CENSUS, CLOCK
from tests.factories.people import own_secret, signed_in, token_of
from tests.factories.scans import PDF
from tests.factories.wishes import ASKS, DAY, GROUND, SHA256, told
from tests.factories.world import PASSWORD
from tests.house.parity import edges

ROADS = ("route", "page", "command")
Said = dict[str, Any]


@dataclass(frozen=True)
class Heard:
    """How somebody was answered: a status (of a command 200 when it was done, 400 when it was not), the refusal's code."""

    status: int
    code: str = ""
    text: str = ""


def roads_to(verb: Verb[Any, Any]) -> Iterator[tuple[str, str]]:
    """Each road to a verb, with its address there."""
    for road in ROADS:
        for address in edges()[verb.name].get(road, ()):
            yield road, address


def verbs_at(road: str, address: str) -> list[str]:
    """All the verbs that are called at an address: a page shows answers of several."""
    return [name for name, reached in edges().items() if address in reached.get(road, ())]


@dataclass
class Traveller:
    """Goes to verbs as people of the test world; what they show at the door is made once for each."""

    database: Database
    client: TestClient
    folder: Path
    _tokens: dict[str, str] = field(default_factory=dict)
    _cookies: dict[str, tuple[str, str]] = field(default_factory=dict)

    def go(self, road: str, address: str, verb: Verb[Any, Any], login: str) -> Heard:
        if verb.name.startswith("me."):  # these end what is shown at the door
            self._tokens.pop(login, None)
            self._cookies.pop(login, None)
        by = {"route": self._by_route, "page": self._by_page, "command": self._by_command}
        return by[road](address, verb, login)

    def _by_route(self, address: str, verb: Verb[Any, Any], login: str) -> Heard:
        method, path = address.split(" ")
        left = dict(_ASKED.get(address) or told(verb))
        sent: Said = {"headers": {"Authorization": f"Bearer {self._token(login)}"}, "url": _filled(path, left)}
        if verb.name in UPLOADS:
            left.pop("path", None)
            name = "document" if verb.name == "change.record-written" else "file"
            sent |= {"data": left | UPLOADS[verb.name], "files": {name: _FILE[name]}}
        else:
            sent |= {"params": left} if method in ("GET", "DELETE") else {"json": left}
        answer = self.client.request(method, **sent)
        return Heard(answer.status_code, answer.json()["code"] if answer.status_code >= 400 else "", answer.text)

    def _by_page(self, address: str, verb: Verb[Any, Any], login: str) -> Heard:
        method, path = address.split(" ")
        left = told(verb) | _AS_TYPED.get(address, {})
        cookie, csrf = self._cookie(login)
        sent: Said = {"headers": {"Cookie": cookie}, "url": _filled(path, left, word=verb.name.rpartition(".")[2])}
        if method == "GET":
            sent |= {"params": left}
        else:
            sent |= {"data": {**left, "csrf": csrf}}
            sent |= {"files": _FILE} if path in _WITH_FILE else {}
        answer = self.client.request(method, **sent, follow_redirects=False)
        code = re.search(r"<code>(\w+)</code> \(\d+\)", answer.text)
        return Heard(answer.status_code, code[1] if code else "", answer.text)

    def _by_command(self, address: str, verb: Verb[Any, Any], login: str) -> Heard:
        command = _command(address)
        given = told(verb) | _COMMANDED.get(verb.name, {})
        words = [*self._words(command, given), "--token", self._token(login)]
        said = io.StringIO()
        with redirect_stdout(io.StringIO()), redirect_stderr(said):
            try:
                command.main(words, prog_name=address)
            except SystemExit as left:
                status = {0: 200, None: 200, 1: 400}.get(left.code, 500)  # type: ignore[arg-type]
            except Exception as fault:  # a person would see it whole
                return Heard(500, text=repr(fault))
        code, _, text = said.getvalue().partition(":")
        return Heard(status, code if status >= 400 else "", text)

    def _token(self, login: str) -> str:
        if login not in self._tokens:
            self._tokens[login] = token_of(self.database, login)
        return self._tokens[login]

    def _cookie(self, login: str) -> tuple[str, str]:
        """The cookie of a person, and what his forms carry."""
        if login not in self._cookies:
            secret = own_secret(self.database, login)
            told = signed_in(self.database, login, secret=secret), csrf_for(self.database.keys, secret)
            self._cookies[login] = told
        return self._cookies[login]

    def _words(self, command: Any, given: Mapping[str, Any]) -> Iterator[str]:
        for one in command.params:
            value = self.folder / uuid4().hex if one.name == "out" else given.get(one.name)
            if value is None and getattr(one, "prompt", None):
                value = PASSWORD  # it would ask a person at his keyboard
            if value is None:
                continue
            if one.name in FILES:
                value = self._file(value)
            if isinstance(value, bool):
                yield one.opts[0]
            else:
                flag = [] if one.param_type_name == "argument" else [one.opts[0]]
                for part in _parts(value):
                    yield from (*flag, part)

    def _file(self, content: Any) -> str:
        path = self.folder / f"{uuid4().hex}.csv"
        path.write_text(json.dumps(content) if isinstance(content, dict | list) else CENSUS, "utf-8")
        return str(path)


def opened(database: Database, folder: Path) -> Any:
    """In place of `app.cli.common._opened`: commands find the test's database open, and leave it so."""

    @contextmanager
    def found() -> Iterator[tuple[Database, Any, Settings]]:
        yield database, CLOCK, Settings(data_dir=folder)

    return found


@lru_cache
def _command(address: str) -> Any:
    found: Any = typer.main.get_command(main)
    for word in address.split(" ")[1:]:
        found = found.get_command(typer.Context(found), word)
    return found


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{name}={said}" for name, said in value.items())
    else:
        yield from map(str, value if isinstance(value, list) else [value])


def _filled(path: str, left: Said, **more: str) -> str:
    """The address with what the wish says in its places; the rest is left."""
    return re.sub(r"{(\w+)}", lambda found: str(left.pop(found[1], more.get(found[1], 1))), path).replace("#", "%23")


_FILE = {"file": ("a.csv", CENSUS.encode()), "document": ("a.pdf", PDF)}
_WITH_FILE = frozenset({"/imports/preview", "/layouts/look", "/codelists", "/changes/{request_id}/written-approval"})
FILES = frozenset({"definition", "labels", "codes", "asks", "path", "sha256", "files"})
"""What a command is told by a file."""
UPLOADS: dict[str, Said] = {
    "import.start": {},
    "import.preview": {"dry_run": True},
    "codelist.load": {},
    "layout.look": {},
    "change.record-written": {},
}
"""Verbs whose route takes a file, and what else is said there."""
_ASKED: dict[str, Said] = {"GET /api/v1/check/{code}": {"code": "91500105MA60X0016Y"}}
"""What a route is told otherwise than the verb's wish says."""

_CONDITION = {"field": "industry_code", "op": "prefix", "value": "51"}
_DRAFT = {"frame_id": 2, **_CONDITION, "reference_date": DAY}
_ON_CASE = {"case": "渝统执2024-1", "reason": GROUND}
_AS_TYPED: dict[str, Said] = {
    "GET /frames/{frame_id}": {"verify": 1},
    "GET /frames/{frame_id}/redefine": _DRAFT,
    "GET /imports/{batch_id}": {"outcome": "pending"},
    "GET /log/{chain}/{seq}": _ON_CASE,
    "POST /case": {"code": "91500105MA60X0016Y", **_ON_CASE},
    "POST /frames": _CONDITION,
    "POST /frames/preview": _DRAFT,
    "POST /frames/{frame_id}/redefine": _DRAFT,
    "POST /imports": {"name": "a.csv", "sha256": SHA256, "source": "census", "as_of": DAY},
    "POST /imports/preview": {"source": "census", "as_of": DAY},
    "POST /keys": {"client": "直报平台", "areas": "500105", "per_minute": "60", "days": "30"},
    "POST /layouts": {"label": ["店", "号"], "field": ["name", "uscc"]},
    "POST /me/password": {"again": "Another-one-2024!"},
    "POST /offices/sections": {"code": "district"},
    "POST /people": {"login": "novel", "name": "新人", "office": "district"},
    "POST /review/{pair_id}/decision": {"verdict": "unsure", "comment": "地址待核"},
    "POST /rules": {"level": "warning", "fields": "employees", "asks": json.dumps(ASKS)},
    "POST /rules/try": {"asks": json.dumps(ASKS)},
    "POST /spotchecks": {"frame": "1", "size": "2", "fields": ["name"]},
    "POST /spotchecks/{check_id}/items/{seq}": {"version": "1", "presence": "found"},
    "POST /units/propose": {"unit_id": "1", "reason": "change", "address": "新址", "was_address": "旧址"},
    "POST /units/{unit_id}/unmask": {"reason": GROUND},
}
"""What the form at an address is filled in with, or the address says behind its question mark."""

_IMPORTED: Said = {"files": ["FILE"], "source": "census"}
_COMMANDED: dict[str, Said] = {
    "import.preview": {**_IMPORTED, "dry_run": True},
    "import.start": _IMPORTED,
    "import.show": _IMPORTED,
    "unit.demography": {"since": DAY},
}
"""What a command is told that the verb is not."""
