"""Keys of units beside the register: they say which units a run reads, never what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import delete, select, update

import matching
from app.core.db import Database
from app.core.turns import Own
from app.match import kept
from app.match import run as matching_run
from app.models import MatchKeys, table_of
from matching.linkage.cleaning import Records
from matching.linkage.columns import keys_of
from matching.linkage.hidden import COLUMNS_KEPT, packed, without_texts
from tests.factories.files import CLOCK, DOUBTFUL, person, taken
from tests.factories.writes import change_unit, make_unit

KEYS = table_of(MatchKeys)
NAMED = "重庆宏泰建材有限公司"


@pytest.fixture
def register(database: Database) -> Iterator[Database]:
    """A register of 30 units, of which one is like the record that waits; three units a part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "PART", 3)
        with database.write() as session:
            make_unit(session, uscc="", name=NAMED, legal_rep="李四光", address="演江路2号", mobile="13800002222")
            for number in range(29):
                make_unit(session, uscc="", name=f"四川第{number}农场", legal_rep=f"某{number}")
        yield database


def known(database: Database) -> dict[int, bytes]:
    """Units with all that is kept of them."""
    with database.read() as session:
        found = kept.look(session)
        assert found.columns is not None
        records = found.columns
        columns = [
            *(records.keys[name] for name in sorted(records.keys)),
            *(records.numbers[name] for name in COLUMNS_KEPT),
        ]
        columns += [*found.facts.T]
        return {
            int(unit): b"".join(column[row].tobytes() for column in columns) for row, unit in enumerate(found.units)
        }


def store(database: Database) -> None:
    with database.read() as session:
        found = kept.look(session)
    kept.store(Own(database), found)


def test_what_is_kept_and_brought_on_equals_what_is_made_anew(register: Database) -> None:
    store(register)
    with register.write() as session:
        change_unit(session, 1, date(2024, 5, 6), name="重庆宏泰新建材有限公司")
        make_unit(session, uscc="", name="重庆新来商店")
    brought_on = known(register)
    store(register)
    assert known(register) == brought_on
    with register.write() as session:
        session.execute(delete(KEYS))
    assert known(register) == brought_on
    assert len(brought_on) == 31


def test_nothing_is_read_of_units_that_cannot_matter(register: Database, tmp_path: Path) -> None:
    store(register)
    taken(register, tmp_path, DOUBTFUL, source="market", name="doubtful.csv")
    with register.read() as session:
        gathered = matching_run.gather(session, person(register, "maintainer").office_id, CLOCK.now())
    assert gathered.held.ids.to_pylist() == ["u1"]
    assert gathered.kept.fresh == []
    assert matching_run.run(register, actor=person(register, "maintainer"), clock=CLOCK).ways["ask"] == 1


def test_keys_made_in_another_way_or_by_a_run_that_died_are_made_anew(register: Database) -> None:
    store(register)
    whole = known(register)
    for wrong in ({"made": "otherwise"}, {"seq": 0}):
        with register.write() as session:
            session.execute(update(KEYS).values(wrong))
        assert known(register) == whole
        store(register)
        with register.read() as session:
            rows = session.execute(select(KEYS.c.made, KEYS.c.seq)).all()
        assert {row.made for row in rows} == {kept.made_by()}
        assert max(row.seq for row in rows) > 0


def test_of_two_runs_one_keeps_what_both_made(register: Database) -> None:
    with register.read() as session:
        one, other = kept.look(session), kept.look(session)
    for found in (one, other):
        kept.store(Own(register), found)
    with register.read() as session:
        assert len(session.execute(select(KEYS.c.part)).all()) == 10
        assert kept.look(session).fresh == []


def clear() -> Records:
    """The unit as hashes that are not enciphered."""
    row = {"record_id": "u1", "name": NAMED, "legal_rep": "李四光", "phone": "13800002222"}
    return matching.columns_of(pa.table({name: [value] for name, value in row.items()}))


def test_no_name_no_person_and_no_telephone_lies_in_what_is_kept(register: Database) -> None:
    """Nor a hash that anybody can make of one."""
    store(register)
    with register.read() as session:
        rows = session.execute(select(KEYS.c.units, KEYS.c.columns)).all()
    held = b"".join(row.units + row.columns for row in rows)
    values = ("宏泰建材", "李四光", "13800002222")
    hashes = [key.tobytes() for key in keys_of(pa.array(values, pa.large_string()))]
    assert all(text.encode() not in held for text in values)
    assert all(key not in held for key in hashes)
    assert all(key in packed(without_texts([in_clear])) for key in hashes for in_clear in [clear()])
