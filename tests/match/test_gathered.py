"""What a run reads: of the register only what is compared, part by part; decisions of before are known again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.changes import service as changes
from app.core.db import Database
from app.core.personal import Personal
from app.core.types import use_keys
from app.domain.words import Standing
from app.match import kept
from app.match import run as matching_run
from app.match.tables import Digests, Row, rows_of_units, split_key
from app.models import CandidatePair
from app.worker import run_all
from tests.factories.files import CENSUS, CLOCK, DOUBTFUL, person, taken
from tests.factories.world import TEST_KEYS

UNIT = {
    "unit_id": 7, "standing": Standing.LIVE, "name": "重庆鑫源商贸有限公司", "uscc": "91500105MA60X0016Y",
    "legal_rep": Personal("张三丰"), "mobile": None, "tel": Personal("67001234"), "unit_type": "1",
    "area_code": "500105006001", "reg_area_code": "500105", "established_on": "2019-01-02", "operating_status": "1",
    "parent_uscc": "", "former_names": "甲公司;乙公司",
}  # fmt: skip


def digests_of(*rows: Row) -> Digests:
    use_keys(TEST_KEYS)
    found = Digests()
    for row in rows:
        found.add([row])
    return found


def test_facts_have_the_digests_that_they_had_when_decisions_on_them_were_taken() -> None:
    """Another digest, and every pair ever decided would be asked about again."""
    assert digests_of(*rows_of_units([UNIT])).of(["u7"]) == {"u7": "2b800d1f5b63717abd54b6a4d6715493"}


def test_equal_facts_have_one_digest_whoever_brings_them() -> None:
    one, other, another = (
        Row(key, source, "live", (name,))
        for key, source, name in (("r1", "tax", "甲"), ("u2", "x", "甲"), ("r3", "tax", "乙"))
    )
    found = digests_of(one, other, another)
    by_key = found.of(["r1", "u2", "r3"])
    assert by_key["r1"] == by_key["u2"] != by_key["r3"]
    assert found.bearers([by_key["r1"], "00" * 16]) == {by_key["r1"]: ["r1", "u2"]}


def test_a_run_finds_the_same_however_small_the_parts_in_which_it_reads(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maintainer = person(database, "maintainer")
    taken(database, tmp_path, CENSUS)
    (request,) = matching_run.run(database, actor=maintainer, clock=CLOCK).requests
    with database.write() as session:
        changes.approve(session, request, actor=person(database, "approver"), now=CLOCK.now(), comment="整批")
    run_all(database, CLOCK)
    taken(database, tmp_path, DOUBTFUL, source="market", name="doubtful.csv")
    with database.read() as session:
        whole = matching_run.gather(session, maintainer.office_id, CLOCK.now())
    monkeypatch.setattr(matching_run, "PART", 1)
    monkeypatch.setattr(kept, "PART", 1)
    with database.read() as session:
        parts = matching_run.gather(session, maintainer.office_id, CLOCK.now())
    assert [split_key(key)[0] for key in whole.held.ids.to_pylist()] == ["unit"]
    assert (len(whole.kept.units), len(parts.kept.fresh)) == (3, 3)
    assert parts.held.ids.equals(whole.held.ids)
    assert all((keys == whole.held.keys[name]).all() for name, keys in parts.held.keys.items())
    assert matching_run.run(database, actor=maintainer, clock=CLOCK).ways["ask"] == 1
    with database.read() as session:
        ((model, weight),) = session.execute(select(col(CandidatePair.levels), col(CandidatePair.match_weight)))
    assert (model["name"], weight > 0) == (7, True)
