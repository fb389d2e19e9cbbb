"""A written approval carries its document, names an office above, and two others stand behind it (D11).

It needed no paper: a digest of noughts, a day to come and an office that does not exist were taken, from the proposer
himself, and whoever may propose countersigned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.audit.proof import Difference, prove
from app.core.db import Database
from app.models import OfficeArea, WrittenApproval
from tests.changes.test_verbs import Person, unit_in
from tests.factories.http import serving
from tests.factories.scans import JPEG, PDF, PNG, TIFF, ofd
from tests.factories.world import TODAY, user_named


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[TestClient]:
    """With a folder of its own for what is kept, which one of these tests alters."""
    with serving(database) as client:
        app: Any = client.app
        app.state.house = replace(app.state.house, files_dir=tmp_path / "files")
        yield client


@pytest.fixture
def request_id(site: TestClient, database: Database) -> int:
    return int(Person(site, database, "post").propose(unit_in(database)).json()["request_id"])


def codes(refused: object) -> list[str]:
    return [fault["code"] for fault in refused.json()["details"]["faults"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (TIFF, "image/tiff"),
        (ofd(), "application/ofd"),
    ],
)
def test_the_document_is_kept_sealed_and_comes_back_as_it_was(
    site: TestClient, database: Database, request_id: int, data: bytes, kind: str
) -> None:
    approval_id = Person(site, database, "maintainer").record(request_id, data).json()["approval_id"]
    answer = Person(site, database, "district_approver").get(f"/{request_id}/documents/{approval_id}")
    assert (answer.content, answer.headers["content-type"]) == (data, kind)
    assert answer.headers["cache-control"] == "no-store"
    with database.read() as session:
        digest = session.execute(select(WrittenApproval.document_sha256)).scalar_one()
    kept = (site.app.state.house.files_dir / digest).read_bytes()  # type: ignore[attr-defined]
    assert data not in kept


@pytest.mark.parametrize(
    ("data", "about", "wrong"),
    [
        (b"", {}, ["scan_empty"]),
        (b"MZ\x90\0 not a scan", {}, ["no_scan"]),
        (b"<html>%PD</html>", {}, ["no_scan"]),
        (b"PK\x03\x04 a workbook", {}, ["no_scan"]),
        (PDF, {"approved_on": "2031-01-01"}, ["document_ahead"]),
        (PDF, {"office": "district2"}, ["office_not_above"]),
        (PDF, {"office": "post"}, ["office_not_above"]),
        (PDF, {"why": ""}, ["office_decides_here"]),
        (PDF, {"why": "…"}, ["office_decides_here"]),
        (PDF, {"office": "不存在的局", "approved_on": "2031-01-01", "number": " "}, [
            "document_incomplete", "document_ahead", "office_not_above",
        ]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_document_is_said_all_at_once(
    site: TestClient, database: Database, request_id: int, data: bytes, about: dict[str, str], wrong: list[str]
) -> None:
    refused = Person(site, database, "maintainer").record(request_id, data, **about)
    assert (refused.status_code, codes(refused)) == (422, wrong)
    assert Person(site, database, "maintainer").get(f"/{request_id}").json()["documents"] == []


def test_neither_author_nor_recorder_nor_who_may_not_approve_brings_it_in(
    site: TestClient, database: Database, request_id: int
) -> None:
    author, recorder = Person(site, database, "post"), Person(site, database, "maintainer")
    assert author.record(request_id).json()["code"] == "own_proposal"
    recorder.record(request_id)
    assert recorder.countersign(request_id).json()["code"] == "permission_missing"
    assert Person(site, database, "maintainer2").countersign(request_id).json()["code"] == "permission_missing"
    stranger = Person(site, database, "neighbour_approver")
    assert stranger.post(f"/{request_id}/countersign", version=2).status_code == 404
    assert author.get(f"/{request_id}").json()["status"] == "in_review"


def test_who_keeps_no_such_area_any_more_neither_records_nor_countersigns(
    site: TestClient, database: Database, request_id: int
) -> None:
    """Approving asked where the units lie, a document did not; what one may do says the same."""
    recorder, second = Person(site, database, "maintainer"), Person(site, database, "district_approver")
    recorder.record(request_id)
    assert recorder.get(f"/{request_id}").json()["may"]["record_written"]
    assert second.get(f"/{request_id}").json()["may"]["countersign"]
    with database.write() as session:
        for area in session.execute(select(OfficeArea)).scalars():
            area.valid_until = TODAY
    assert not recorder.get(f"/{request_id}").json()["may"]["record_written"]
    assert not second.get(f"/{request_id}").json()["may"]["countersign"]
    assert recorder.record(request_id).json()["code"] == "out_of_area"
    assert second.countersign(request_id).json()["code"] == "out_of_area"
    assert second.get(f"/{request_id}").json()["status"] == "in_review"


def test_a_decision_that_has_not_seen_the_document_is_about_another_version(
    site: TestClient, database: Database, request_id: int
) -> None:
    approver = Person(site, database, "approver")
    looked_at = approver.get(f"/{request_id}").json()["version"]
    Person(site, database, "maintainer").record(request_id)
    late = approver.post(f"/{request_id}/approve", version=looked_at)
    assert (late.status_code, late.json()["code"]) == (409, "version_moved")
    second = Person(site, database, "district_approver")
    assert second.post(f"/{request_id}/countersign", version=looked_at).json()["code"] == "version_moved"
    assert second.post(f"/{request_id}/countersign").status_code == 422


def test_a_document_is_about_the_request_as_it_stood(site: TestClient, database: Database, request_id: int) -> None:
    author, recorder = Person(site, database, "post"), Person(site, database, "maintainer")
    approver, second = Person(site, database, "approver"), Person(site, database, "district_approver")
    recorder.record(request_id)
    assert approver.post(
        f"/{request_id}/return", comment="门牌号请再核实", version=_version(author, request_id)
    ).is_success
    edited = site.patch(
        f"/api/v1/changes/requests/{request_id}",
        json={"version": _version(author, request_id), "changes": {"address": "另一条路9号"}},
        headers=author._headers,
    )
    assert edited.is_success
    author.post(f"/{request_id}/submit", comment="改了门牌号")
    assert second.countersign(request_id).json()["code"] == "nothing_to_countersign"
    assert Person(site, database, "maintainer2").record(request_id).is_success  # the other's waits no longer
    assert second.countersign(request_id).json()["status"] == "applied"
    signed = [bool(d["countersigned_by"]) for d in author.get(f"/{request_id}").json()["documents"]]
    assert signed == [False, True]


def _version(person: Person, request_id: int) -> int:
    return int(person.get(f"/{request_id}").json()["version"])


def test_a_document_altered_on_the_disk_is_not_shown(site: TestClient, database: Database, request_id: int) -> None:
    person = Person(site, database, "maintainer")
    approval_id = person.record(request_id).json()["approval_id"]
    other = person.record(request_id, PNG).json()["approval_id"]
    folder: Path = site.app.state.house.files_dir  # type: ignore[attr-defined]
    with database.read() as session:
        digests = dict(session.execute(select(WrittenApproval.approval_id, WrittenApproval.document_sha256)).all())
    (folder / digests[approval_id]).write_bytes((folder / digests[other]).read_bytes())
    refused = person.get(f"/{request_id}/documents/{approval_id}")
    assert refused.status_code == 409
    assert refused.json()["code"] == "file_altered"
    assert {(one.what, one.id) for one in proved(database, folder)} == {("file_altered", approval_id)}
    assert person.get(f"/{request_id}/documents/999").json()["code"] == "document_not_found"


def test_a_document_that_is_gone_is_not_countersigned_and_one_handed_in_again_is_whole(
    site: TestClient, database: Database, request_id: int
) -> None:
    """It closed a unit without a paper, and the register verified as intact."""
    recorder, second = Person(site, database, "maintainer"), Person(site, database, "district_approver")
    recorder.record(request_id)
    folder: Path = site.app.state.house.files_dir  # type: ignore[attr-defined]
    (kept,) = folder.iterdir()
    kept.unlink()
    assert second.countersign(request_id).json()["code"] == "file_altered"
    assert [one.what for one in proved(database, folder)] == ["file_missing"]
    kept.write_bytes(b"x")
    approval_id = recorder.record(request_id).json()["approval_id"]
    assert recorder.get(f"/{request_id}/documents/{approval_id}").content == PDF
    assert second.countersign(request_id).json()["status"] == "applied"
    assert proved(database, folder) == ()


def proved(database: Database, folder: Path) -> tuple[Difference, ...]:
    with database.read() as session:
        return prove(session, every=True, files=folder).differences


def test_of_several_documents_one_counts_and_the_others_are_told_so(
    site: TestClient, database: Database, request_id: int
) -> None:
    """Several stood on one request alike, of which the last counted without a word."""
    recorder, second = Person(site, database, "maintainer"), Person(site, database, "district_approver")
    recorder.record(request_id)
    recorder.record(request_id, number="渝统函〔2024〕2号")
    assert standings(second, request_id) == ["superseded", "waiting"]
    second.countersign(request_id)
    assert standings(second, request_id) == ["superseded", "countersigned"]


def standings(person: Person, request_id: int) -> list[str]:
    return [document["standing"] for document in person.get(f"/{request_id}").json()["documents"]]


def test_who_recorded_a_document_takes_it_back_before_it_is_countersigned(
    site: TestClient, database: Database, request_id: int
) -> None:
    recorder, second = Person(site, database, "maintainer"), Person(site, database, "district_approver")
    recorder.record(request_id)
    seen = second.get(f"/{request_id}").json()["version"]
    other = Person(site, database, "maintainer2")
    assert other.take_back(request_id).json()["code"] == "not_the_recorder"
    assert [person.get(f"/{request_id}").json()["may"]["take_back_written"] for person in (recorder, other)] == [
        True,
        False,
    ]
    assert recorder.take_back(request_id, comment="登记错了申请").status_code == 200
    assert standings(second, request_id) == ["lapsed"]
    said = second.get(f"/{request_id}").json()["opinions"][-1]
    assert (said["verb"], said["comment"]) == ("written_back", "渝统函〔2024〕1号 登记错了申请")
    late = second.post(f"/{request_id}/countersign", version=seen)
    assert late.json()["code"] == "nothing_to_countersign"
    assert recorder.take_back(request_id).json()["code"] == "nothing_to_countersign"
    recorder.record(request_id)
    assert second.countersign(request_id).json()["status"] == "applied"
    assert recorder.take_back(request_id).json()["code"] == "wrong_state"
    assert proved(database, site.app.state.house.files_dir) == ()  # type: ignore[attr-defined]


def test_paper_of_an_office_that_decides_here_says_why_to_all_who_decide(
    site: TestClient, database: Database, request_id: int
) -> None:
    """The paper of an office with approvers at work in the system passed them by in silence."""
    recorder = Person(site, database, "maintainer")
    assert recorder.get(f"/{request_id}").json()["above"] == [
        {"code": "municipal", "name": "测试市统计局", "decides_here": True},
        {"code": "district", "name": "测试区统计局", "decides_here": True},
    ]
    recorder.record(request_id, why="市局当日停电，电话已核实")
    said = recorder.get(f"/{request_id}").json()["opinions"][-1]
    assert (said["verb"], said["comment"]) == ("record_written", "渝统函〔2024〕1号 市局当日停电，电话已核实")


def test_an_office_without_approvers_here_is_asked_for_no_reason(
    site: TestClient, database: Database, request_id: int
) -> None:
    with database.write() as session:
        user_named(session, "approver").is_active = False
    recorder = Person(site, database, "maintainer")
    assert not recorder.get(f"/{request_id}").json()["above"][0]["decides_here"]
    assert recorder.record(request_id, why="").status_code in {200, 201}
