"""Code lists with editions, on both databases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.accounts.actor import get_actor
from app.codelists import queries, service
from app.core.errors import Conflict, Forbidden
from tests.factories.world import NOW, TODAY


def test_the_shipped_lists_load_once(session: Session) -> None:
    assert service.load_shipped(session, actor="test", now=NOW) == 31
    assert service.load_shipped(session, actor="test", now=NOW) == 0


def test_divisions_go_down_to_the_village(session: Session) -> None:
    service.load_shipped(session, actor="test", now=NOW)
    assert queries.find_item(session, "division", "500105006000", TODAY).name == "观音桥街道"  # type: ignore[union-attr]
    villages = queries.children(session, "division", "500105006000", TODAY)
    assert len(villages) > 5
    assert all(village.level == 5 for village in villages)


def test_a_code_is_read_with_the_edition_in_force_on_the_day(session: Session) -> None:
    service.load_shipped(session, actor="test", now=NOW)
    assert queries.edition_on(session, "industry", date(2015, 1, 1)).edition == "GB/T 4754-2011"
    assert queries.edition_on(session, "industry", TODAY).edition == "GB/T 4754-2017"
    assert len([c for c in queries.codes(session, "industry", TODAY).values() if c.level == 4]) == 1381


def test_which_statuses_live_is_data(session: Session) -> None:
    service.load_shipped(session, actor="test", now=NOW)
    assert queries.live_statuses(session, TODAY) == {"1", "2", "3", "8", "9"}


def test_an_operator_loads_a_list_that_may_not_ship(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "villages.csv"
    path.write_text("code,name,urban_rural_code\n500105006001,某社区,111\n", "utf-8")
    admin = get_actor(session, "sysadmin")
    rest = {"name": "village_class", "edition": "2023", "title": "城乡分类", "valid_from": TODAY, "now": NOW}
    assert service.import_list(session, path, actor=admin, **rest) == 1  # type: ignore[arg-type]
    item = queries.find_item(session, "village_class", "500105006001", TODAY)
    assert item is not None
    assert item.extra == {"urban_rural_code": "111"}
    with pytest.raises(Conflict):
        service.import_list(session, path, actor=admin, **rest)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        service.import_list(session, path, actor=get_actor(session, "maintainer"), **rest)  # type: ignore[arg-type]


def test_lists_that_may_not_ship_are_not_in_the_package() -> None:
    names = {path.name for path in Path("app/codelists/data").iterdir()}
    assert not any(name.startswith(("division_urban_rural", "division_towns", "division_villages")) for name in names)
