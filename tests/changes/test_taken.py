"""A code that a live unit bears, on every road that a change takes (T1, T3; DESIGN.md, promise 14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from app.changes import verbs
from app.core.db import Database
from app.domain.lives import PairStatus
from app.match import run as matching_run
from app.models import CandidatePair, Decision, RequestItem, SourceRecord, Unit, notes
from app.register.taken import CodeTaken
from app.units import verbs as units
from app.verbs import House
from app.worker import run_all
from tests.factories.files import CLOCK, MARKET_HEADER, person, taken
from tests.factories.house import do, housing
from tests.factories.lives import lead
from tests.factories.world import TODAY
from tests.factories.writes import make_unit

USCC, OTHER = "91500105MA60X0016Y", "91500105MA5U8K3N95"
NEWCOMER: dict[str, Any] = {"name": "测试乙有限公司", "unit_type": "1", "area_code": "500105006001"}


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


@pytest.fixture
def holder(database: Database) -> int:
    with database.write() as session:
        return make_unit(session)


def proposed(house: House, login: str = "maintainer", **changes: Any) -> Any:
    told = {"reason": "found_missing", "valid_from": date(2024, 6, 1), "changes": {**NEWCOMER, **changes}}
    return do(house, verbs.propose, login, **told)


def approve(house: House, request_id: int) -> Any:
    version = do(house, verbs.show, "approver", request_id=request_id).version
    return do(house, verbs.approve, "approver", request_id=request_id, version=version, comment="核实")


@pytest.mark.parametrize(
    "typed", [USCC, " 91500105ma60x0016y", "９１５００１０５ＭＡ６０Ｘ００１６Ｙ", "91500105-MA60X0016-Y"]
)
def test_a_proposal_with_a_code_of_another_is_refused_however_it_is_typed(
    house: House, holder: int, typed: str
) -> None:
    with pytest.raises(CodeTaken) as refused:
        proposed(house, uscc=typed)
    assert (holder, refused.value.details["value"]) == (1, USCC)
    assert USCC in refused.value.said.text("zh")
    assert do(house, verbs.list_, "maintainer").items == []


def test_a_code_is_stored_in_one_form_and_found_however_it_is_asked_for(house: House) -> None:
    approve(house, proposed(house, uscc=" 91500105ma60x0016y ").request_id)
    for asked in (USCC, "91500105ma60x0016y", "9150 0105 MA60X0016Y", "MA60X001-6"):
        (found,) = do(house, units.show, "maintainer", code=asked, on=TODAY).items
        assert found.values["uscc"] == USCC, asked


def test_an_altered_draft_is_refused_as_a_proposal_is(house: House, holder: int) -> None:
    draft = do(
        house, verbs.propose, "maintainer", reason="found_missing", valid_from=TODAY, changes=NEWCOMER, submit=False
    )
    with pytest.raises(CodeTaken):
        do(house, verbs.edit, "maintainer", request_id=draft.request_id, version=draft.version, changes={"uscc": USCC})
    assert holder == 1


def test_of_two_that_propose_one_code_the_second_is_refused_at_the_approval_and_stays(house: House) -> None:
    first, second = (proposed(house, uscc=USCC, name=name).request_id for name in ("甲有限公司", "乙有限公司"))
    assert approve(house, first).status == "applied"
    with pytest.raises(CodeTaken):
        approve(house, second)
    assert do(house, verbs.show, "maintainer", request_id=second).status == "in_review"
    assert counted(house) == 1


def counted(house: House) -> int:
    with house.database.read() as session:
        return session.execute(select(func.count()).select_from(Unit)).scalar_one()


FILE = (
    f"{MARKET_HEADER}{USCC},甲商贸有限公司,有限责任公司,王五,2019-03-05,测云路1号,5165,存续,\n"
    f"{OTHER},乙商贸有限公司,有限责任公司,赵六,2019-03-05,测云路2号,5165,存续,\n"
)


def add_by_file(house: House, tmp_path: Path) -> int:
    """A file of two new units waits for its approval while somebody else brings the first in; the request."""
    taken(house.database, tmp_path, FILE, source="market")
    (request,) = matching_run.run(house.database, actor=person(house.database, "maintainer"), clock=CLOCK).requests
    with house.database.write() as session:
        make_unit(session, name="甲商贸有限责任公司")
    return int(request)


def rows_of(house: House) -> list[tuple[str, str]]:
    with house.database.read() as session:
        rows = session.execute(select(SourceRecord).order_by(col(SourceRecord.row_no))).scalars()
        return [(row.outcome, row.outcome_reason.code if row.outcome_reason else "") for row in rows]


def test_in_a_batch_it_is_an_exception_and_its_row_says_why(house: House, tmp_path: Path) -> None:
    request = add_by_file(house, tmp_path)
    approve(house, request)
    run_all(house.database, CLOCK)
    shown = do(house, verbs.show, "maintainer", request_id=request)
    assert (shown.status, shown.counts.status) == ("applied", {"applied": 1, "excluded": 1})
    assert rows_of(house)[0] == ("problem", notes.CODE_TAKEN)
    assert rows_of(house)[1][0] == "applied"
    assert counted(house) == 2


def test_what_people_decided_to_be_two_units_may_share_a_code(house: House, tmp_path: Path) -> None:
    request = add_by_file(house, tmp_path)
    decide_different(house)
    approve(house, request)
    run_all(house.database, CLOCK)
    assert do(house, verbs.show, "maintainer", request_id=request).counts.status == {"applied": 2}
    assert counted(house) == 3


def decide_different(house: House) -> None:
    """A person said that the first row is not unit 1: the exception that names both."""
    with house.database.write() as session:
        record = session.execute(select(func.min(SourceRecord.record_id))).scalar_one()
        run = session.execute(select(func.max(col(RequestItem.request_id)))).scalar_one()
        assert run
        about: dict[str, Any] = {"run_id": 1, "record_id": record, "other_kind": "unit", "other_id": 1}
        scored: dict[str, Any] = {"match_weight": 0, "match_probability": 0.5, "rule": "", "levels": {}, "facts": "x"}
        pair = CandidatePair(**about, **scored, status=str(PairStatus.OPEN))
        lead(session, pair, PairStatus.DECIDED)
        at: dict[str, Any] = {"at": CLOCK.now(), "superseded_at": CLOCK.now(), "stands_on": pair.pair_id}
        session.add(Decision(pair_id=pair.pair_id, verdict="different", actor_id=1, **at))
