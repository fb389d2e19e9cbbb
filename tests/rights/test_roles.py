"""The roles of the bureau's rules: counts alone, units by case, no units; and what the logs show of values."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.core.case import CaseMissing
from app.core.db import Database
from app.core.errors import PermissionMissing
from app.domain.words import Reason
from app.home import verbs as home
from app.models import AccessEvent
from app.trail import verbs as logs
from app.trail.schemas import CLOSED
from app.units import verbs as units
from app.units.schemas import Counted
from app.verbs import House
from tests.factories.house import do, housing
from tests.factories.units import change_unit, make_unit
from tests.factories.world import TODAY


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as opened:
        yield opened


def test_small_figures_are_held_back_and_cannot_be_reckoned() -> None:
    many = [Counted(code=code, name="", count=n) for code, n in (("a", 9), ("b", 5), ("c", 1))]
    seen = units.as_seen(_Statistician(), many)  # type: ignore[arg-type]
    assert [(one.count, one.suppressed) for one in seen] == [(9, False), (0, True), (0, True)]


class _Statistician:
    def may(self, _permission: object) -> bool:
        return False


def made(database: Database, **fields: object) -> int:
    with database.write() as session:
        return make_unit(session, **fields)


def test_the_statistician_sees_counts_and_no_unit(house: House, database: Database) -> None:
    made(database, name="甲公司")
    assert do(house, units.count, "statistician").total == 1
    assert do(house, home.figures, "statistician").units.months == []
    for verb, told in ((units.list_, {}), (units.show, {"code": "#1"}), (units.count, {"q": "甲"})):
        with pytest.raises(PermissionMissing):
            do(house, verb, "statistician", **told)


def test_the_inspector_sees_a_unit_by_case_with_a_reason_and_it_is_logged(house: House, database: Database) -> None:
    unit = made(database, name="甲公司")
    with pytest.raises(CaseMissing):
        do(house, units.show, "inspector", code=f"#{unit}")
    shown = do(house, units.show, "inspector", code=f"#{unit}", case="渝统执〔2024〕1号", reason="核实虚报")
    assert shown.items[0].values["name"] == "甲公司"
    house.access.close()
    with database.read() as session:
        assert "inspector" in set(session.execute(select(AccessEvent.actor)).scalars())
    with pytest.raises(PermissionMissing):
        do(house, units.list_, "inspector")


def test_who_reads_the_log_sees_names_of_fields_and_the_inspector_values(house: House, database: Database) -> None:
    unit = made(database, name="甲公司")
    with database.write() as session:
        change_unit(session, unit, Reason.CHANGE, on=TODAY, name="乙公司")
    [entry, *_] = do(house, logs.list_, "audadmin", event="unit:write").items
    seen = do(house, logs.entry, "audadmin", chain="audit", seq=entry.seq)
    assert seen.closed
    assert "甲公司" not in str(seen.payload)
    assert "name" in str(seen.payload)
    assert CLOSED in str(seen.payload)
    told = {"chain": "audit", "seq": entry.seq}
    opened = do(house, logs.entry, "inspector", **told, case="1号", reason="核实")
    assert not opened.closed
    assert "甲公司" in str(opened.payload)
