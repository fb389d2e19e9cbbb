"""Installations of the trials: each a folder and a database of its own, copied from one that was brought so far."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, func, select
from sqlalchemy.orm import Session

from app.audit.access import AccessLog
from app.audit.proof import prove
from app.core.clock import Clock
from app.core.crypto import load_keys
from app.core.db import open_database
from app.core.said import Said
from app.core.types import Moment
from app.models import metadata
from app.verbs import House, Verb
from app.worker import run_all
from tests.conftest import Databases
from tests.factories.house import do
from tests.factories.http import MORNING
from tests.factories.people import token_of
from tests.factories.world import TEST_KEYS
from tests.trials.dying import PATIENCE, Death, Ended, Living

PEOPLE = ("maintainer", "maintainer2", "approver", "section", "survey", "sysadmin", "secadmin")


@dataclass(frozen=True)
class Place:
    """One installation and the tokens of its people. `told` is what its makers noted of it: numbers of batches and such."""

    folder: Path
    url: str
    tokens: Mapping[str, str] = field(default_factory=dict)
    clock: str = MORNING
    told: dict[str, Any] = field(default_factory=dict)
    new_url: Callable[[], str] = str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def begin(self, *words: str, login: str = "", death: Death | None = None) -> Living:
        env = {**os.environ, "MINGLU_DATABASE_URL": self.url, "MINGLU_DATA_DIR": str(self.data)}
        env |= {"MINGLU_CLOCK": self.clock, "MINGLU_TOKEN": self.tokens[login] if login else "", "LANG": "C"}
        env |= {f"MINGLU_{name}_SECONDS": str(PATIENCE) for name in ("CHECK", "WRITE", "STATEMENT")}
        return Living(words, env, self.folder, death)

    def go(self, *words: str, login: str = "", death: Death | None = None) -> Ended:
        return self.begin(*words, login=login, death=death).ended()

    def done(self, *words: str, login: str = "", told: tuple[str, ...] = ()) -> bool:
        """Give a command; it was done, else refused for one of these reasons: then False."""
        ended = self.go(*words, login=login)
        if ended.code == 0:
            return True
        assert ended.code == 1, (words, ended)
        assert ended.said.partition(":")[0] in told, (words, ended.said)
        return False

    def work(self) -> None:
        """Let a worker do what is in the queue."""
        with self.house() as house:
            run_all(house.database, house.clock)

    @contextmanager
    def house(self) -> Iterator[House]:
        database = open_database(self.url, load_keys(self.data / "keys.json"))
        access = AccessLog(database)
        try:
            yield House(database, Clock(self.clock), access, self.data / "files")
        finally:
            access.close()
            database.engine.dispose()

    def ask(self, verb: Verb[Any, Any], login: str, **told: Any) -> Any:
        with self.house() as house:
            return do(house, verb, login, **told)

    def later(self, clock: str) -> Place:
        return replace(self, clock=clock)

    def beside(self) -> Place:
        """Another installation on the same machine, with nothing in it at first."""
        url = self.told.setdefault("beside", "") or self.new_url()
        self.told["beside"] = url
        other = replace(self, folder=self.folder / "beside", url=url, told={})
        other.data.mkdir(parents=True, exist_ok=True)
        return other


Base = Callable[[House, Place], None]
"""Brings an installation one stage further."""


class Bases:
    """Installations at each stage, brought there once and copied for whoever goes on from there."""

    def __init__(self, databases: Databases, folder: Path, stages: Mapping[str, tuple[str, Base]]) -> None:
        self._databases, self._folder, self._stages = databases, folder, stages
        self._ready: dict[str, Place] = {}
        self._count = 0

    def copy(self, stage: str) -> Place:
        """An installation at this stage, of one's own."""
        return self._copied(self._at(stage))

    def drop(self, place: Place) -> None:
        for url in filter(None, (place.url, place.told.get("beside"))):
            self._databases.drop_url(url)
        shutil.rmtree(place.folder)

    def _at(self, stage: str) -> Place:
        if stage not in self._ready:
            before, bring = self._stages.get(stage, ("", None))
            place = self._copied(self._at(before)) if before else self._new()
            if bring is not None:
                with place.house() as house:
                    bring(house, place)
            self._ready[stage] = place
        return self._ready[stage]

    def _new(self) -> Place:
        place = Place(self._own_folder(), self._databases.fresh_url(), new_url=self._databases.empty_url)
        place.data.mkdir(parents=True)
        (place.data / "keys.json").write_text(json.dumps({"master": bytes(range(32)).hex()}))
        database = open_database(place.url, TEST_KEYS)
        tokens = {login: token_of(database, login) for login in PEOPLE}
        database.engine.dispose()
        return replace(place, tokens=tokens)

    def _copied(self, held: Place) -> Place:
        folder = self._own_folder()
        shutil.copytree(held.folder, folder)
        return replace(held, folder=folder, url=self._databases.copy_of(held.url), told=dict(held.told))

    def _own_folder(self) -> Path:
        self._count += 1
        return self._folder / f"place-{self._count}"


# ------------------------------------------------------------------------------------------------ what is there

TOLD_APART = {
    "audit_event", "audit_rows", "audit_payload", "access_event", "access_payload", "access_units", "chain_head", "row_layout",
    "job", "keyed_call", "match_run", "match_keys", "match_way", "export_package", "personal_token", "web_session", "register_head",
    "alembic_version",
}  # fmt: skip
"""What tells how the end was reached, or is looked at by itself: the logs, the queue, runs, calls, packages."""

NUMBERED = {
    "batch_id": "import_batch", "repeat_of": "import_batch", "record_id": "source_record", "cluster_id": "source_record",
    "request_id": "change_request", "pair_id": "candidate_pair", "frame_id": "frame", "check_id": "spot_check",
    "batch": "import_batch", "request": "change_request",
}  # fmt: skip
"""Columns and facts that hold a number which the database gave out: on PostgreSQL a death leaves gaps in them. So do those that
refer to such a number (`_given_out`)."""

NOT_TOLD = {"run_id", "made_by_run", "password_hash", "office_id", "definition", "building", "frame.version"}
"""How often a list was begun is its version: whoever builds it anew behind a death looks at another."""


def what_is_there(house: House) -> dict[str, Counter[str]]:
    """Every row of every table that says what the house knows, numbers as places in their order; and the kept files."""
    with house.database.read() as session:
        given_out = {target for table in metadata.tables.values() for target in _given_out(table).values()}
        places = {name: _places(session, metadata.tables[name]) for name in given_out | set(NUMBERED.values())}
        found = {
            name: _rows(session, table, places)
            for name, table in sorted(metadata.tables.items())
            if name not in TOLD_APART
        }
    found["files"] = Counter(path.name for path in house.files_dir.rglob("*"))
    return found


@cache
def _given_out(table: Table) -> dict[str, str]:
    """Column to the table whose number it holds."""
    keys = {column.name: key.column.table for column in table.c for key in column.foreign_keys}
    return {name: target.name for name, target in keys.items() if len(target.primary_key) == 1}


def _places(session: Session, table: Table) -> dict[int, int]:
    key = next(iter(table.primary_key))
    counts = (table.c.status != "repeated",) if table.name == "import_batch" else ()
    numbers = session.execute(select(key).where(*counts).order_by(key)).scalars()
    return {number: place for place, number in enumerate(numbers, 1)}


def _rows(session: Session, table: Table, places: Mapping[str, Mapping[int, int]]) -> Counter[str]:
    own = [column for column in table.c if _is_told(column)]
    wanted = select(*own)
    if table.name == "import_batch":  # a person who was left without an answer may hand a file up once more
        wanted = wanted.where(table.c.status != "repeated")
    return Counter(
        repr([_told(column, value, row, places) for column, value in zip(own, row, strict=True)])
        for row in session.execute(wanted)
    )


def _told(column: Column[Any], value: Any, row: Any, places: Mapping[str, Mapping[int, int]]) -> Any:
    target = _given_out(column.table).get(column.name)
    if target is not None and isinstance(value, int):
        return places[target].get(value, "gone")
    return _plain(column.name, value, row, places)


def _is_told(column: Column[Any]) -> bool:
    given = column.primary_key and column.autoincrement is not False and column.name not in NUMBERED
    if isinstance(column.type, Moment | LargeBinary):  # digests go by keys, and those are drawn
        return False
    told = not {column.name, f"{column.table.name}.{column.name}"} & NOT_TOLD
    return told and not (given and len(column.table.primary_key) == 1)


def _plain(name: str, value: Any, row: Any, places: Mapping[str, Mapping[int, int]]) -> Any:
    if isinstance(value, Said):
        return value.code, sorted((fact, _plain(fact, told, row, places)) for fact, told in value.facts.items())
    if name in NUMBERED and isinstance(value, int):
        return places[NUMBERED[name]].get(value, "gone")
    if name == "other_id" and row.other_kind == "record":
        return places["source_record"].get(value, "gone")
    if name in ("sources", "origin") and isinstance(value, dict):
        return {**value, "o": [_origin(origin, places) for origin in value["o"]]}
    return str(value)


def _origin(origin: list[Any], places: Mapping[str, Mapping[int, int]]) -> list[Any]:
    source, record_id, on, request_id = origin
    records, requests = places["source_record"], places["change_request"]
    return [source, records.get(record_id, record_id and "gone"), on, requests.get(request_id, request_id and "gone")]


def require_equal(found: Mapping[str, Counter[str]], wanted: Mapping[str, Counter[str]]) -> None:
    """Raises AssertionError with the first rows that differ."""
    differ = {
        name: {"more": list(rows - wanted[name])[:3], "less": list(wanted[name] - rows)[:3]}
        for name, rows in found.items()
        if rows != wanted[name]
    }
    assert not differ, json.dumps(differ, ensure_ascii=False, indent=1)


def require_proof(house: House) -> None:
    """Both logs hold, and all rows are as they say; nothing is left half done."""
    with house.database.read() as session:
        proof = prove(session)
        assert proof.intact, proof
        for what, statement in LEFT.items():
            assert session.execute(statement).scalar_one() == 0, what


def _count(table: str, *words: str) -> Any:
    rows = metadata.tables[table]
    return select(func.count()).select_from(rows).where(rows.c.status.in_(words))


LEFT = {
    "jobs that wait, go on or failed": _count("job", "todo", "doing", "failed"),
    "runs that are on": _count("match_run", "running", "settling"),
    "ways of runs": select(func.count()).select_from(metadata.tables["match_way"]),
    "batches that are being read": _count("import_batch", "reading"),
    "requests that are being applied": _count("change_request", "approved", "applying"),
}
