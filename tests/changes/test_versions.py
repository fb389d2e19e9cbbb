"""A decision is about the version that was looked at; single items of a batch are refused while the rest is approved.

D12: `approve` carried no version, `refresh` altered what was looked at, the key that approved stayed live on the next
request, and no item of a batch could be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.changes import verbs
from app.changes.schemas import Approval
from app.core.db import Database
from app.core.errors import AppError, BadPayload
from app.intake import verbs as intake
from app.match import verbs as matching
from app.models import SourceRecord
from app.verbs import House
from app.verbs.faults import wish_from
from app.worker import run_all
from tests.factories.files import CLOCK, taken
from tests.factories.house import do, housing
from tests.factories.writes import make_unit

CENSUS = (
    "单位类型,单位详细名称,统一社会信用代码,单位所在地区划代码,运营状态,行业代码\n"
    "1,重庆鑫源商贸有限公司,91500105MA60X0016Y,500105006001,1,5199\n"
    "1,重庆宏达建材有限公司,91500105MA5U8K3N95,500105006002,1,5165\n"
    "2,重庆百家药房,,500105007001,1,5251\n"
)


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


@pytest.fixture
def unit(database: Database) -> int:
    with database.write() as session:
        return make_unit(session)


@pytest.fixture
def batch(house: House, tmp_path: Path) -> int:
    """A request of three additions, handed in by a match run."""
    taken(house.database, tmp_path, CENSUS)
    run = do(house, matching.run, "maintainer")
    return int(run.requests[0])


def code_of(house: House, verb: Any, login: str, **told: Any) -> str:
    with pytest.raises(AppError) as refused:
        do(house, verb, login, **told)
    return refused.value.code


def proposed(house: House, unit: int) -> int:
    about = {"reason": "change", "valid_from": "2024-12-01", "unit_id": unit, "changes": {"address": "新路2号"}}
    return int(do(house, verbs.propose, "maintainer", **about).request_id)


def version_of(house: House, request_id: int) -> int:
    return int(do(house, verbs.show, "approver", request_id=request_id).version)


def outcomes(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        found = select(col(SourceRecord.outcome), col(SourceRecord.outcome_reason)).order_by(col(SourceRecord.row_no))
        return [(outcome, reason.code if reason else "") for outcome, reason in session.execute(found)]


def test_who_approves_says_which_version_he_looked_at() -> None:
    """D12: it went without."""
    with pytest.raises(BadPayload):
        wish_from(Approval, {"request_id": 1})
    assert wish_from(Approval, {"request_id": 1, "version": 2, "except": [3]}).excluded == [3]


def test_what_was_refreshed_in_review_is_looked_at_again_before_it_is_approved(house: House, unit: int) -> None:
    """D12: `refresh` altered what was looked at."""
    request = proposed(house, unit)
    looked_at = version_of(house, request)
    do(house, verbs.refresh, "maintainer", request_id=request)
    assert code_of(house, verbs.approve, "approver", request_id=request, version=looked_at) == "version_moved"
    now = version_of(house, request)
    assert now > looked_at
    assert do(house, verbs.approve, "approver", request_id=request, version=now).status == "applied"


def test_a_request_that_was_handed_in_again_is_another_version(house: House, unit: int) -> None:
    request = proposed(house, unit)
    looked_at = version_of(house, request)
    do(house, verbs.return_, "approver", request_id=request, version=looked_at, comment="补材料")
    do(house, verbs.submit, "maintainer", request_id=request, comment="已补")
    for verb in (verbs.return_, verbs.reject):
        told = {"request_id": request, "version": looked_at, "comment": "看的是旧的"}
        assert code_of(house, verb, "approver", **told) == "version_moved"
    assert code_of(house, verbs.approve, "approver", request_id=request, version=looked_at) == "version_moved"


def test_talk_moves_no_version(house: House, unit: int) -> None:
    request = proposed(house, unit)
    looked_at = version_of(house, request)
    do(house, verbs.comment, "maintainer", request_id=request, comment="请看")
    assert do(house, verbs.approve, "approver", request_id=request, version=looked_at).status == "applied"


def test_a_late_approval_marks_the_request_stale_and_says_so_by_that_code(house: House, unit: int) -> None:
    """D21: over API and command it stayed in review."""
    first, second = proposed(house, unit), proposed(house, unit)
    do(house, verbs.approve, "approver", request_id=first, version=version_of(house, first))
    assert code_of(house, verbs.approve, "approver", request_id=second, version=version_of(house, second)) == "stale"
    assert do(house, verbs.show, "approver", request_id=second).status == "stale"


def test_items_of_a_batch_are_refused_and_the_rest_comes_in(house: House, batch: int) -> None:
    """D12: items could not be excluded, and the state `excluded` was reached by nobody's will."""
    told = {"request_id": batch, "version": version_of(house, batch), "excluded": [2], "comment": "第二个是假的"}
    do(house, verbs.approve, "approver", **told)
    assert outcomes(house.database)[1] == ("skipped", "row_item_refused")
    run_all(house.database, CLOCK)
    shown = do(house, verbs.show, "approver", request_id=batch)
    assert (shown.status, shown.counts.status) == ("applied", {"applied": 2, "excluded": 1})
    assert [outcome for outcome, _ in outcomes(house.database)] == ["applied", "skipped", "applied"]


def test_the_row_of_a_refused_item_is_handed_in_again_with_a_reason(house: House, batch: int) -> None:
    told = {"request_id": batch, "version": version_of(house, batch), "excluded": [2]}
    do(house, verbs.approve, "approver", **told)
    run_all(house.database, CLOCK)
    do(house, intake.hand_in_again, "maintainer", batch_id=1, reason="补交了营业执照")
    run_all(house.database, CLOCK)
    assert outcomes(house.database)[1] == ("proposed", "")
    do(house, matching.run, "maintainer")
    waiting = do(house, verbs.list_, "approver", status=["in_review"]).items
    assert [request.items for request in waiting] == [1]


def test_a_row_on_its_way_again_is_not_taken_by_the_end_of_the_request_that_refused_it(
    house: House, batch: int
) -> None:
    told = {"request_id": batch, "version": version_of(house, batch), "excluded": [2]}
    do(house, verbs.approve, "approver", **told)
    do(house, intake.hand_in_again, "maintainer", batch_id=1, reason="补交了营业执照")
    do(house, verbs.withdraw, "maintainer", request_id=batch)
    run_all(house.database, CLOCK)
    assert outcomes(house.database)[1] == ("proposed", "")


@pytest.mark.parametrize("left_out", [[1, 2, 3], [4], [2, 99]])
def test_what_is_left_out_is_part_of_the_batch_and_not_all_of_it(house: House, batch: int, left_out: list[int]) -> None:
    told = {"request_id": batch, "version": version_of(house, batch), "excluded": left_out}
    assert code_of(house, verbs.approve, "approver", **told) == "bad_change"
    assert do(house, verbs.show, "approver", request_id=batch).counts.status == {"open": 3}


def test_a_batch_shows_how_its_units_are_spread_beside_the_last_one(house: House, batch: int, tmp_path: Path) -> None:
    by = do(house, verbs.show, "approver", request_id=batch).counts.by
    assert {name: [(line.code, line.count) for line in lines] for name, lines in by.items()} == {
        "kind": [("1", 2), ("2", 1)],
        "street": [("500105006", 2), ("500105007", 1)],
        "industry": [("51", 2), ("52", 1)],
    }
    do(house, verbs.approve, "approver", request_id=batch, version=version_of(house, batch))
    run_all(house.database, CLOCK)
    more = CENSUS.splitlines()[0] + "".join(
        f"\n1,重庆{name}商贸有限公司,,500105006001,1,5199" for name in ("云岭", "海棠", "北极星")
    )
    taken(house.database, tmp_path, more, name="more.csv")
    later = do(house, matching.run, "maintainer").requests[0]
    counts = do(house, verbs.show, "approver", request_id=later).counts
    assert counts.before_id == batch
    assert [(line.code, line.count, line.before) for line in counts.by["industry"]] == [("51", 3, 2), ("52", 0, 1)]
