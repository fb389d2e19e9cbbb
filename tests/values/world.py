"""A unit of the census of 2023, and files of the registrar that say otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.changes import verbs as changes
from app.core.db import Database
from app.intake import verbs as imports
from app.intake.reading import import_file
from app.match import verbs as matching
from app.register.queries import latest_versions_of
from app.register.rules import plain
from app.verbs import House
from app.worker import run_all
from tests.factories.files import CENSUS, CLOCK, MARKET_HEADER, person
from tests.factories.house import do, housing

USCC = "91500105MA60X0016Y"
UNIT = 1
"""鑫源 of the census, the first of its three units."""


def market_row(
    *, phone: str = "13800001111", rep: str = "张三丰", industry: str = "5199", road: str = "测云路1号"
) -> str:
    """The registrar on 鑫源: as the census has it, but for what is told."""
    return f"{MARKET_HEADER}{USCC},重庆鑫源商贸有限公司,有限责任公司,{rep},2019-03-05,{road},{industry},存续,{phone}\n"


class Office:
    """The district's office at work: files in, matched, requests decided."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self._folder, self._files = house, folder, 0

    @property
    def database(self) -> Database:
        return self.house.database

    def do(self, verb: Any, login: str = "maintainer", /, **told: Any) -> Any:
        return do(self.house, verb, login, **told)

    def bring(self, rows: str, as_of: str, *, source: str = "market", vouched: bool = False) -> list[int]:
        """A file is taken in and matched; returns the requests that came of it."""
        self.stage(rows, as_of, source=source, vouched=vouched)
        requests: list[int] = self.do(matching.run).requests
        run_all(self.database, CLOCK)
        return requests

    def stage(self, rows: str, as_of: str, *, source: str, vouched: bool = False) -> None:
        """A file is taken in, and waits."""
        self._files += 1
        path = self._folder / f"{source}{self._files}.csv"
        path.write_text(rows, "utf-8")
        day, who = date.fromisoformat(as_of), person(self.database, "maintainer")
        batch = import_file(self.database, path, source, actor=who, clock=CLOCK, as_of=day)
        if vouched:
            self.do(imports.confirm, "maintainer2", batch_id=batch.batch_id)

    def approve(self, request_id: int, login: str = "approver", **told: Any) -> None:
        version = self.do(changes.show, login, request_id=request_id).version
        self.do(changes.approve, login, request_id=request_id, version=version, comment="核对无误", **told)
        run_all(self.database, CLOCK)

    def reject(self, request_id: int) -> None:
        self.do(changes.reject, "approver", request_id=request_id, comment="与现场不符")
        run_all(self.database, CLOCK)

    def losing(self) -> dict[tuple[str, str], tuple[str, str, str, str]]:
        """Field and source to why, state, and against whose value of which day, of 鑫源."""
        sql = "SELECT field, source, why, status, over, over_on FROM losing_value WHERE unit_id = 1 ORDER BY 1, 2"
        with self.database.read() as session:
            return {(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in session.execute(text(sql))}

    def says(self, field: str, unit_id: int = UNIT) -> Any:
        """What is in force in a field, in clear."""

        with self.database.read() as session:
            return plain(latest_versions_of(session, [unit_id])[unit_id][field])

    def outcomes(self) -> dict[str, int]:
        with self.database.read() as session:
            rows = session.execute(text("SELECT outcome, count(*) FROM source_record GROUP BY outcome"))
            return {row[0]: row[1] for row in rows}


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Iterator[Office]:
    """Three units of the census of 2023 are in the register, and the registrar said the same of one of them in March."""
    with housing(database) as house:
        found = Office(house, tmp_path)
        for rows, as_of, source in ((CENSUS, "2023-12-31", "census"), (market_row(), "2024-03-31", "market")):
            [request] = found.bring(rows, as_of, source=source)
            found.approve(request)
        yield found
