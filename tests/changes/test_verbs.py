"""Change requests through their verbs: every edge proposes, refuses and marks alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.accounts.actor import get_actor
from app.changes import drafting, service
from app.changes.apply import apply_chunk
from app.changes.rules import ItemDraft
from app.core.db import Database
from app.domain.words import Reason
from app.models import Unit
from app.register import sources
from tests.factories.http import as_person, serving
from tests.factories.races import at_once
from tests.factories.scans import ABOUT, PDF
from tests.factories.world import NOW, TODAY
from tests.factories.writes import HAND, change_unit, end_history, make_unit

REQUESTS = "/api/v1/changes/requests"


@pytest.fixture
def site(database: Database) -> Iterator[TestClient]:
    with serving(database) as client:
        yield client


def unit_in(database: Database, **changes: Any) -> int:
    with database.write() as session:
        return make_unit(session, **changes)


class Person:
    """Somebody with a token, over HTTP."""

    def __init__(self, site: TestClient, database: Database, login: str) -> None:
        self._site, self._headers = site, as_person(database, login)

    def get(self, path: str = "", **query: Any) -> Any:
        return self._site.get(REQUESTS + path, params=query, headers=self._headers)

    def post(self, path: str = "", **body: Any) -> Any:
        return self._site.post(REQUESTS + path, json=body, headers=self._headers)

    def record(self, request_id: int, data: bytes = PDF, **about: str) -> Any:
        """A written approval with its scan."""
        path, files = f"{REQUESTS}/{request_id}/written-approval", {"document": ("批复.pdf", data)}
        return self._site.post(path, data={**ABOUT, **about}, files=files, headers=self._headers)

    def take_back(self, request_id: int, **told: str) -> Any:
        """Take the written approval back that one recorded."""
        return self.post(f"/{request_id}/written-approval/take-back", **told)

    def countersign(self, request_id: int) -> Any:
        """Countersign what stands now, as somebody who has just looked."""
        return self.post(f"/{request_id}/countersign", version=self.get(f"/{request_id}").json()["version"])

    def approve(self, request_id: int, **body: Any) -> Any:
        """Approve what stands now, as somebody who has just looked."""
        looked_at = self.get(f"/{request_id}").json()["version"]
        return self.post(f"/{request_id}/approve", **{"version": looked_at, **body})

    def propose(self, unit_id: int | None, reason: str = "change", **rest: Any) -> Any:
        body = {"reason": reason, "valid_from": "2024-12-01", "unit_id": unit_id, **rest}
        return self.post("", **{"changes": {"address": "新路2号"}, **body})


def test_a_number_may_be_typed_or_counted_and_reads_the_same(site: TestClient, database: Database) -> None:
    unit_id, maintainer = unit_in(database), Person(site, database, "maintainer")
    for given in ("500", 500):
        answer = maintainer.propose(unit_id, changes={"reg_capital": given}).json()
        diff = answer["sample"][0]["diff"]
        assert [(one["field"], one["label"], one["old"], one["new"]) for one in diff] == [
            ("reg_capital", "注册资本(千元)", "", 500)
        ]


def test_all_faults_of_a_proposal_are_told_at_once_with_codes_and_both_languages(
    site: TestClient, database: Database
) -> None:
    changes = {"nonsense": "1", "employees": "twelve", "mobile": "1" * 65}
    refused = Person(site, database, "maintainer").propose(None, changes=changes).json()
    assert refused["code"] == "bad_change"
    faults = refused["details"]["faults"]
    assert [fault["code"] for fault in faults] == [
        "field_unknown",
        "text_too_long",
        "reason_needs_unit",
        "new_unit_without_name",
        "no_area",
        "no_kind",
        "not_whole_number",
    ]
    assert "“移动电话”不得超过 64 个字" in refused["zh"]
    assert "mobile is longer than 64 characters" in refused["en"]
    assert "twelve" not in str(refused)


@pytest.mark.parametrize("wrong", [{"employees": 2**63}, {"name": "x" * 4001}])
def test_what_no_database_keeps_is_refused_at_the_door(
    site: TestClient, database: Database, wrong: dict[str, Any]
) -> None:
    assert Person(site, database, "maintainer").propose(unit_in(database), changes=wrong).status_code == 422


def test_unknown_keys_and_states_are_refused(site: TestClient, database: Database) -> None:
    maintainer = Person(site, database, "maintainer")
    assert maintainer.propose(unit_in(database), valid_form="2024-01-01").status_code == 422
    assert maintainer.get(status="sleeping").status_code == 422
    assert maintainer.get("/99999999999999999999").status_code == 422


def test_a_title_is_the_units_name_unless_one_is_typed(site: TestClient, database: Database) -> None:
    unit_id, maintainer = unit_in(database), Person(site, database, "maintainer")
    assert maintainer.propose(unit_id).json()["title"] == "测试甲商贸有限公司"
    assert maintainer.propose(unit_id, changes={"name": "测试乙"}).json()["title"] == "测试乙"
    assert maintainer.propose(unit_id, title='{"code":"x"}').json()["title"] == '{"code":"x"}'


def test_a_successor_is_named_in_the_item(site: TestClient, database: Database) -> None:
    unit_id, other = unit_in(database), unit_in(database, uscc="91500105MA5U8K3N95")
    answer = Person(site, database, "maintainer").propose(unit_id, "merge", changes={}, successor_id=other).json()
    assert {item["unit_id"]: item["successor_id"] for item in answer["sample"]} == {other: None, unit_id: other}


def test_lists_go_on_behind_the_last_and_counts_agree(site: TestClient, database: Database) -> None:
    unit_id, maintainer = unit_in(database), Person(site, database, "maintainer")
    for _ in range(3):
        maintainer.propose(unit_id)
    maintainer.propose(unit_id, submit=False)
    first = maintainer.get(status="in_review", limit=2).json()
    rest = maintainer.get(status="in_review", limit=2, after=first["next"]).json()
    assert ([len(first["items"]), len(rest["items"])], rest["next"]) == ([2, 1], None)
    assert maintainer.get("/count").json()["counts"] == {"draft": 1, "in_review": 3}
    assert len(Person(site, database, "maintainer2").get(mine=True).json()["items"]) == 0


def test_what_one_may_do_is_part_of_the_answer(site: TestClient, database: Database) -> None:
    maintainer, approver = Person(site, database, "maintainer"), Person(site, database, "approver")
    request_id = maintainer.propose(unit_in(database)).json()["request_id"]
    mine, theirs = (person.get(f"/{request_id}").json()["may"] for person in (maintainer, approver))
    assert (mine["decide"], mine["withdraw"], mine["submit"]) == (False, True, False)
    assert (theirs["decide"], theirs["withdraw"]) == (True, False)


def test_a_comment_is_kept_beside_who_said_it(site: TestClient, database: Database) -> None:
    maintainer = Person(site, database, "maintainer")
    request_id = maintainer.propose(unit_in(database), evidence="电话核实").json()["request_id"]
    assert maintainer.post(f"/{request_id}/comment", comment="{请看附件").status_code == 200
    assert maintainer.post(f"/{request_id}/comment", comment=" ").json()["code"] == "bad_change"
    said = [opinion["comment"] for opinion in maintainer.get(f"/{request_id}").json()["opinions"]]
    assert said == ["电话核实", "{请看附件"]


def test_others_are_told_that_they_are_not_the_author(site: TestClient, database: Database) -> None:
    request_id = Person(site, database, "maintainer").propose(unit_in(database), submit=False).json()["request_id"]
    other = Person(site, database, "maintainer2")
    for done in ("submit", "refresh", "withdraw"):
        refused = other.post(f"/{request_id}/{done}")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_the_author")


def late_request(site: TestClient, database: Database) -> int:
    """A request in review whose unit was written since."""
    unit_id = unit_in(database)
    request_id = Person(site, database, "maintainer").propose(unit_id).json()["request_id"]
    with database.write() as session:
        change_unit(session, unit_id, TODAY, address="别路3号", now=NOW + timedelta(hours=1))
    return int(request_id)


def test_approving_late_marks_the_request_stale_on_every_edge(site: TestClient, database: Database) -> None:
    request_id = late_request(site, database)
    approver = Person(site, database, "approver")
    refused = approver.approve(request_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert approver.get(f"/{request_id}").json()["status"] == "stale"
    maintainer = Person(site, database, "maintainer")
    assert maintainer.post(f"/{request_id}/refresh").status_code == 200
    assert maintainer.post(f"/{request_id}/submit", comment="已核对").json()["status"] == "in_review"
    assert approver.approve(request_id).json()["status"] == "applied"


def test_countersigning_late_marks_the_request_stale_too(site: TestClient, database: Database) -> None:
    request_id = late_request(site, database)
    assert Person(site, database, "maintainer2").record(request_id).status_code == 200
    refused = Person(site, database, "district_approver").countersign(request_id)
    assert refused.json()["code"] == "stale"
    assert Person(site, database, "approver").get(f"/{request_id}").json()["status"] == "stale"


def test_a_written_approval_is_shown_with_both_who_signed(site: TestClient, database: Database) -> None:
    maintainer, second = Person(site, database, "maintainer"), Person(site, database, "district_approver")
    request_id = Person(site, database, "post").propose(unit_in(database)).json()["request_id"]
    assert second.countersign(request_id).json()["code"] == "nothing_to_countersign"
    maintainer.record(request_id)
    assert second.get(f"/{request_id}").json()["may"]["countersign"]
    assert second.countersign(request_id).json()["status"] == "applied"
    document = maintainer.get(f"/{request_id}").json()["documents"][0]
    assert (document["number"], document["recorded_by"], document["countersigned_by"]) == (
        ABOUT["number"],
        "maintainer",
        "district_approver",
    )


def test_a_change_that_does_not_fit_its_unit_is_refused_and_nothing_is_written(
    site: TestClient, database: Database
) -> None:
    """A unit whose one version ended: nothing later can be laid over it."""
    unit_id = unit_in(database)
    request_id = Person(site, database, "maintainer").propose(unit_id).json()["request_id"]
    with database.write() as session:
        end_history(session, unit_id, TODAY.replace(year=2022))
    approver = Person(site, database, "approver")
    refused = approver.approve(request_id)
    assert (refused.status_code, refused.json()["details"]["faults"][0]["code"]) == (422, "unit_not_then")
    assert approver.get(f"/{request_id}").json()["status"] == "in_review"


RACES = 12


def test_approving_against_countersigning_one_wins_and_the_other_hears_why(
    site: TestClient, database: Database
) -> None:
    """Locks were taken in opposite orders, and PostgreSQL answered 500 (D18)."""
    maintainer, recorder = Person(site, database, "maintainer"), Person(site, database, "maintainer2")
    second, approver = Person(site, database, "district_approver"), Person(site, database, "approver")
    for turn in range(RACES):
        unit_id = unit_in(database, uscc=f"TEST{turn:04}")
        request_id = maintainer.propose(unit_id).json()["request_id"]
        recorder.record(request_id)
        answers = at_once(
            lambda: approver.approve(request_id),  # noqa: B023  # called in this turn
            lambda: second.countersign(request_id),  # noqa: B023
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        with database.read() as session:
            assert session.get_one(Unit, unit_id).revision == 2


def test_two_documents_recorded_at_once_are_both_kept_and_one_countersignature_counts(
    site: TestClient, database: Database
) -> None:
    maintainer, second = Person(site, database, "maintainer"), Person(site, database, "district_approver")
    request_id = Person(site, database, "post").propose(unit_in(database)).json()["request_id"]
    at_once(*[lambda: maintainer.record(request_id)] * 2)
    signed = at_once(*[lambda: second.countersign(request_id)] * 2)
    assert sorted(answer.status_code for answer in signed) == [200, 409]
    documents = maintainer.get(f"/{request_id}").json()["documents"]
    assert [bool(document["countersigned_by"]) for document in documents].count(True) == 1


def handed_in(session: Session, unit_ids: list[int], *, is_batch: bool) -> int:
    """A request in review that gives these units another address."""
    actor = get_actor(session, "maintainer")
    items = [ItemDraft(Reason.CHANGE, TODAY, {"address": "新路"}, sources.pack(HAND), unit_id=n) for n in unit_ids]
    request = drafting.draft(session, items, actor=actor, now=NOW, title="新路", is_batch=is_batch)
    service.submit(session, request.request_id, actor=actor, now=NOW)
    return request.request_id


def test_single_requests_and_a_batch_applied_at_once_never_wait_for_one_another_in_a_ring(database: Database) -> None:
    """They took the writer's row and the log's head in opposite orders, and PostgreSQL broke one of the two off."""
    with database.write() as session:
        approver = get_actor(session, "approver")
        units = [make_unit(session, uscc=f"TEST{n:04}") for n in range(50)]
        batch_id = handed_in(session, units[10:], is_batch=True)
        service.approve(session, batch_id, actor=approver, now=NOW)
        singles = [handed_in(session, [unit_id], is_batch=False) for unit_id in units[:10]]

    def whole_batch() -> None:
        done = False
        while not done:
            with database.write() as session:
                done = apply_chunk(session, batch_id, actor="worker", now=NOW, size=2)

    def one_by_one() -> None:
        for request_id in singles:
            with database.write() as session:
                service.approve(session, request_id, actor=approver, now=NOW)

    assert at_once(whole_batch, one_by_one) == [None, None]
