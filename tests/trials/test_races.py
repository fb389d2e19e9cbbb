"""Many at once, held between what they read and what they write until all are there: one wins, the others hear why.

1,000 racing calls of each kind on each database in `make trials`, and a handful in the gate.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, or_, select
from sqlmodel import col

from app.accounts import verbs as accounts
from app.changes import verbs as changes
from app.core import moves
from app.core.db import Database
from app.core.errors import AppError, Fault
from app.frames import verbs as frames
from app.intake import verbs as intake
from app.jobs import service as jobs
from app.match import verbs as matching
from app.models import (
    ApiKey,
    ChangeRequest,
    Decision,
    ImportBatch,
    Job,
    MatchRun,
    RequestItem,
    RightGrant,
    Unit,
    UserRole,
    WrittenApproval,
)
from app.review import verbs as review
from app.verbs import House
from app.worker import run_all
from matching.standardise.codes import org_check_character, uscc_check_character
from tests.factories.files import CENSUS, CENSUS_HEADER, CLOCK, DOUBTFUL, MARKET_HEADER, taken
from tests.factories.frames import confirm
from tests.factories.house import do, housing
from tests.factories.races import at_once
from tests.factories.scans import ABOUT, laid
from tests.factories.units import make_unit
from tests.factories.world import NOW, TODAY
from tests.frames.world import TRADE

ROUNDS = pytest.mark.parametrize("calls", [24, pytest.param(1000, marks=pytest.mark.long)])
LONG_ROUNDS = pytest.mark.parametrize("calls", [8, pytest.param(100, marks=pytest.mark.long)])
"""For what takes a second a time."""

_TOGETHER = 0.01
"""Seconds one waits for the others. On SQLite, where one writes at a time, nobody comes; on PostgreSQL they do."""


class Meeting:
    """Holds whoever is about to take a step until the others are as far, or a moment has gone by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._barrier = threading.Barrier(1)
        guarded = moves._guarded

        def met(*given: Any) -> Any:
            with suppress(threading.BrokenBarrierError):
                self._barrier.wait(_TOGETHER)
            return guarded(*given)

        monkeypatch.setattr(moves, "_guarded", met)

    def race(self, *calls: Callable[[], Any]) -> list[Any]:
        """What came of the calls. Raises AssertionError where one ended otherwise than done or refused."""
        self._barrier = threading.Barrier(len(calls))
        answers = at_once(*calls)
        self._barrier = threading.Barrier(1)
        broken = [one for one in answers if isinstance(one, Exception) and not _refused(one)]
        assert broken == [], answers
        return answers


def _refused(answer: Any) -> bool:
    return isinstance(answer, AppError) and not isinstance(answer, Fault)


def won(answers: Sequence[Any]) -> int:
    return sum(not isinstance(answer, Exception) for answer in answers)


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    return Meeting(monkeypatch)


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as house:
        yield house


def proposed(house: House, unit_id: int, name: str) -> int:
    """A request that waits for the office above."""
    told = {
        "reason": "correction",
        "valid_from": TODAY,
        "unit_id": unit_id,
        "changes": {"name": name, "legal_rep": name},
    }
    return int(do(house, changes.propose, "maintainer", **told, submit=True).request_id)


def counted(house: House, statement: Any) -> int:
    with house.database.read() as session:
        return int(session.execute(statement).scalar_one())


@ROUNDS
def test_pairs(house: House, meeting: Meeting, tmp_path: Path, calls: int) -> None:
    pair = _one_question(house, tmp_path)
    standing = select(func.count()).select_from(Decision).where(col(Decision.stands_on).is_not(None))
    for _ in range(calls // 4):
        decided = meeting.race(
            *(
                lambda who=who, verdict=verdict: do(house, review.decide, who, pair_id=pair, verdict=verdict)
                for who, verdict in (("maintainer", "same"), ("maintainer2", "different"))
            )
        )
        assert (won(decided), counted(house, standing)) == (1, 1), decided
        author = "maintainer" if not isinstance(decided[0], Exception) else "maintainer2"
        undone = meeting.race(*[lambda who=author: do(house, review.undo, who, pair_id=pair)] * 2)
        assert (won(undone), counted(house, standing)) == (1, 0), undone


def _one_question(house: House, folder: Path) -> int:
    taken(house.database, folder, CENSUS)
    first = do(house, matching.run, "maintainer")
    _approve(house, first.requests[0])
    run_all(house.database, CLOCK)
    taken(house.database, folder, DOUBTFUL, source="market", name="doubtful.csv")
    do(house, matching.run, "maintainer")
    return int(do(house, review.list_, "maintainer").items[0].pair_id)


def _approve(house: House, request_id: int, who: str = "approver") -> Any:
    version = do(house, changes.show, who, request_id=request_id).version
    return do(house, changes.approve, who, request_id=request_id, version=version, comment="核对无误")


@ROUNDS
def test_requests(house: House, meeting: Meeting, calls: int) -> None:
    """Approved, rejected, returned and withdrawn at once: one of them, and the register has it once or not at all."""
    with house.database.write() as session:
        unit = make_unit(session)
    for number in range(calls // 4):
        request = proposed(house, unit, f"重庆第{number}商贸有限公司")
        told = {"request_id": request, "comment": "核对"}
        answers = meeting.race(
            lambda r=request: _approve(house, r),
            lambda t=told: do(house, changes.reject, "approver", **t),
            lambda t=told: do(house, changes.return_, "approver", **t),
            lambda r=request: do(house, changes.withdraw, "maintainer", request_id=r),
        )
        assert 1 <= won(answers) <= 2, answers  # what was returned may be withdrawn as well
    run_all(house.database, CLOCK)
    _each_applied_once(house)
    own = select(func.count()).select_from(ChangeRequest).where(ChangeRequest.decided_by == ChangeRequest.proposer_id)
    assert counted(house, own.where(ChangeRequest.status == "applied")) == 0


@ROUNDS
def test_countersignatures(house: House, meeting: Meeting, tmp_path: Path, calls: int) -> None:
    """A document recorded twice at once waits once; it is countersigned, or the request decided otherwise: one of them."""
    with house.database.write() as session:
        unit = make_unit(session)
    document = laid(tmp_path)
    for number in range(calls // 8):
        request = proposed(house, unit, f"重庆第{number}商贸有限公司")
        told = {"request_id": request, "path": document, **ABOUT}
        recorded = meeting.race(
            *[lambda t=told: do(house, changes.record_written, "maintainer2", **t)] * 2,
            lambda t=told: do(house, changes.record_written, "maintainer", **t),
        )
        assert 1 <= won(recorded) <= 2, recorded  # who mistyped enters it anew; the proposer never
        waits = select(func.count()).select_from(WrittenApproval).where(WrittenApproval.waits_on == request)
        assert (isinstance(recorded[2], Exception), counted(house, waits)) == (True, 1)
        one = {"request_id": request, "version": do(house, changes.show, "approver", request_id=request).version}
        answers = meeting.race(
            *[lambda o=one: do(house, changes.countersign, "district_approver", **o)] * 2,
            lambda o=one: do(house, changes.approve, "approver", **o, comment="核对"),
            lambda o=one: do(house, changes.reject, "approver", **o, comment="核对"),
            lambda o=one: do(house, changes.countersign, "maintainer2", **o),
        )
        assert won(answers) == 1, answers
        assert isinstance(answers[4], Exception), "who recorded it countersigned it"
    _each_applied_once(house)
    signed = select(func.count()).select_from(WrittenApproval).where(col(WrittenApproval.countersigned_by).is_not(None))
    about = signed.join(ChangeRequest, col(ChangeRequest.request_id) == col(WrittenApproval.request_id))
    assert counted(house, signed) == counted(house, about.where(ChangeRequest.status == "applied"))
    own = or_(
        WrittenApproval.countersigned_by == WrittenApproval.recorded_by,
        WrittenApproval.countersigned_by == ChangeRequest.proposer_id,
    )
    assert counted(house, about.where(own)) == 0


def _each_applied_once(house: House) -> None:
    applied = select(func.count()).select_from(ChangeRequest).where(ChangeRequest.status == "applied")
    items = select(func.count()).select_from(RequestItem).where(RequestItem.status == "applied")
    assert counted(house, applied) == counted(house, items)


@ROUNDS
def test_job_claims(house: House, meeting: Meeting, calls: int) -> None:
    def claim() -> int | None:
        with house.database.write() as session:
            job = jobs.claim(session, now=NOW)
            return job.job_id if job else None

    done: list[int] = []
    for number in range(calls // 4):
        with house.database.write() as session:
            jobs.enqueue(session, "match.run", args={}, key=f"race-{number}", by="maintainer", now=NOW)
        got = [one for one in meeting.race(*[claim] * 4) if one is not None]
        assert len(got) == 1, got
        done += got
    assert len(set(done)) == len(done)
    assert counted(house, select(func.count()).select_from(Job).where(Job.attempts != 1)) == 0


@ROUNDS
def test_confirm_and_discard(house: House, meeting: Meeting, tmp_path: Path, calls: int) -> None:
    for number in range(calls // 4):
        line = f",重庆第{number}宏泰有限公司,有限责任公司,李四,2019-03-05,重庆市江北区演江路{number}号,5165,存续,\n"
        batch = taken(house.database, tmp_path, MARKET_HEADER + line, source="market", name=f"{number}.csv").batch_id
        answers = meeting.race(
            lambda b=batch: do(house, intake.confirm, "maintainer2", batch_id=b),
            lambda b=batch: do(house, intake.discard, "maintainer2", batch_id=b),
            lambda b=batch: do(house, intake.discard, "maintainer", batch_id=b),
            lambda b=batch: do(house, intake.confirm, "maintainer2", batch_id=b),
        )
        assert won(answers) >= 1, answers
        shown = do(house, intake.show, "maintainer", batch_id=batch)
        run_all(house.database, CLOCK)
        kept = do(house, intake.show, "maintainer", batch_id=batch).outcomes
        assert (shown.status == "discarded") == (kept == {"skipped": 1}), (shown.status, kept)
    assert counted(house, select(func.count()).select_from(ImportBatch)) == calls // 4


@ROUNDS
def test_rights(house: House, meeting: Meeting, calls: int) -> None:
    """Confirmed, refused and withdrawn at once, by two administrators; taken away by both at once."""
    in_force = select(func.count()).select_from(UserRole).where(UserRole.role == "maintainer")
    before = counted(house, in_force)
    for _ in range(calls // 12):
        told = {"login": "post", "roles": ["post", "maintainer"]}
        both = meeting.race(*[lambda t=told: do(house, accounts.set_roles, "secadmin", **t)] * 2)
        assert won(both) == 2, both
        (waits,) = do(house, accounts.list_rights, "sysadmin", status="proposed").items
        status = _settled_once(house, meeting, waits.right_id)
        held = "maintainer" in do(house, accounts.show_user, "sysadmin", login="post").roles
        assert held == (status == "confirmed"), status
        role = {"login": "post", "role": "maintainer"}
        taken_away = meeting.race(
            *(lambda who=who, r=role: do(house, accounts.take_role, who, **r) for who in ("sysadmin", "secadmin"))
        )
        assert won(taken_away) == held, taken_away
        _key_race(house, meeting)
    assert counted(house, in_force) == before
    own = select(func.count()).select_from(RightGrant).where(RightGrant.status == "confirmed")
    assert counted(house, own.where(RightGrant.decided_by == RightGrant.given_by)) == 0


def _settled_once(house: House, meeting: Meeting, right: int) -> str:
    """How a right ended on which four decided at once."""
    answers = meeting.race(
        *[lambda: do(house, accounts.confirm_right, "sysadmin", right_id=right)] * 2,
        lambda: do(house, accounts.refuse_right, "sysadmin", right_id=right),
        lambda: do(house, accounts.withdraw_right, "secadmin", right_id=right),
    )
    (done,) = (one for one in answers if not isinstance(one, Exception))
    return str(done.status)


def _key_race(house: House, meeting: Meeting) -> None:
    """A key is confirmed, refused, withdrawn and revoked at once: it opens something or is revoked, never both."""
    (waits,) = do(house, accounts.issue_key, "secadmin", client="平台", areas=["50"]).pending
    with house.database.read() as session:
        key = session.get_one(RightGrant, waits.right_id).key_id
    answers = meeting.race(
        lambda: do(house, accounts.confirm_right, "sysadmin", right_id=waits.right_id),
        lambda: do(house, accounts.refuse_right, "sysadmin", right_id=waits.right_id),
        lambda: do(house, accounts.withdraw_right, "secadmin", right_id=waits.right_id),
        lambda: do(house, accounts.revoke_key, "secadmin", key_id=key),
    )
    with house.database.read() as session:
        ended = session.get_one(RightGrant, waits.right_id).status, session.get_one(ApiKey, key).status
    assert 1 <= won(answers) <= 2, answers  # what was confirmed may be revoked as well
    assert ended in {("confirmed", "issued"), ("refused", "revoked"), ("withdrawn", "revoked"), ("ended", "revoked")}


@LONG_ROUNDS
def test_match_runs(house: House, meeting: Meeting, tmp_path: Path, calls: int) -> None:
    for number in range(calls // 4):
        rows = "".join(
            f"1,重庆{number}号{n}建材有限公司,,李四光,,500105006001,演江路{number}{n}号,1,批发建材,5165\n"
            for n in range(3)
        )
        header = CENSUS.partition("\n")[0]
        taken(house.database, tmp_path, f"{header}\n{rows}", name=f"{number}.csv")
        answers = meeting.race(*[lambda: do(house, matching.run, "maintainer")] * 4)
        assert won(answers) >= 1, answers
        do(house, matching.run, "maintainer")
    _each_row_carried_once(house)


@pytest.mark.parametrize("rounds", [2, pytest.param(100, marks=pytest.mark.long)])
def test_match_runs_with_rows_that_wait(house: House, meeting: Meeting, tmp_path: Path, rounds: int) -> None:
    """A row waits for a unit on its way while runs race with each other and with the decision that lets the unit in: whoever
    is first, the row is written once, to that unit."""
    for number in range(rounds):
        code, name = _code(number), f"重庆{number}号建材有限公司"
        row = f"1,{name},{code},李四光,,500105006001,演江路{number}号,1,批发建材,5165\n"
        taken(house.database, tmp_path, CENSUS_HEADER + row, name=f"{number}.csv")
        (request,) = do(house, matching.run, "maintainer").requests
        later = f"{code},{name},有限责任公司,王五,2020-01-02,,5165,存续,\n"
        batch = taken(
            house.database, tmp_path, MARKET_HEADER + later, source="market", name=f"later{number}.csv"
        ).batch_id
        do(house, intake.confirm, "maintainer2", batch_id=batch)
        if number % 2:
            do(house, matching.run, "maintainer")
            assert _outcomes(house, batch) == {"pending": 1}
        answers = meeting.race(
            *[lambda who=who: do(house, matching.run, who) for who in ("maintainer", "maintainer2", "maintainer")],
            lambda r=request: _approve(house, r),
        )
        assert not isinstance(answers[3], Exception), answers
        run_all(house.database, CLOCK)
        assert _outcomes(house, batch) == {"applied": 1}, number
    _each_row_carried_once(house)
    _each_applied_once(house)
    assert counted(house, select(func.count()).select_from(Unit)) == rounds


def _code(number: int) -> str:
    front = f"91500105MA60{number:04}"
    front += org_check_character(front[8:])
    return front + uscc_check_character(front)


def _outcomes(house: House, batch: int) -> dict[str, int]:
    return dict(do(house, intake.show, "maintainer", batch_id=batch).outcomes)


def _each_row_carried_once(house: House) -> None:
    """A row may be parted among requests by what its fields need; none of its fields is in two."""
    with house.database.read() as session:
        items = session.execute(select(RequestItem.record_id, RequestItem.changes)).all()
        still_on = session.execute(select(MatchRun.run_id).where(col(MatchRun.open_key).is_not(None))).all()
    carried = Counter((record, field) for record, changes in items for field in changes)
    assert [one for one, times in carried.items() if times > 1] == [], "a row that two requests carry"
    assert still_on == []


@LONG_ROUNDS
def test_freezes(house: House, meeting: Meeting, calls: int) -> None:
    with house.database.write() as session:
        make_unit(session)
    for number in range(calls // 4):
        one = {"reference": f"限上{number}"}
        draft = {
            "name": one["reference"],
            "survey": "retail",
            "period": "2025",
            "definition": TRADE,
            "reference_date": TODAY,
        }
        do(house, frames.create, "maintainer2", **draft, build=True)
        confirm(house, "section", **one, side="section")
        confirm(house, "maintainer", **one, side="register")
        answers = meeting.race(
            *[lambda o=one: do(house, frames.freeze, "section", **o)] * 2,
            lambda o=one: do(house, frames.discard, "section", **o),
            lambda o=one: do(house, frames.redefine, "section", **o, definition=TRADE, reference_date=TODAY),
        )
        shown = do(house, frames.show, "section", **one)
        assert won(answers) >= 1, answers
        if shown.status == "frozen":
            assert do(house, frames.verify, "section", **one).intact
