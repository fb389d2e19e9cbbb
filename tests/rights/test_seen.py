"""Whatever shows units leaves an entry with the address, whoever asks and by whatever road; so does whoever is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.audit.queries import get_entry
from app.core.db import Database
from app.core.rights import Reach
from app.main import create_app
from app.models import AccessEvent
from app.trail.schemas import Chain
from app.verbs import VERBS
from tests.factories.files import CENSUS, DOUBTFUL, taken
from tests.factories.http import as_person, as_system, serving
from tests.factories.units import USCC, make_unit
from tests.house.parity import load_all

load_all()
NOTHING_OF_UNITS = {
    "change.approve", "change.comment", "change.consent", "change.count", "change.count_rules", "change.countersign", "change.decline", "change.record-written", "change.refresh",
    "change.reject", "change.return", "change.stop", "change.submit", "change.take-back-written", "change.withdraw", "frame.build", "frame.confirm", "frame.create",
    "frame.discard", "frame.exports", "frame.freeze", "frame.list", "frame.options", "frame.preview", "frame.redefine",
    "frame.show", "frame.verify", "home.figures", "import.confirm", "import.discard", "import.hand-in-again",
    "import.count_rules", "import.list", "import.resume", "import.show", "job.cancel", "job.list", "job.restart", "job.show", "layout.end", "layout.list", "review.decide",
    "review.next", "review.undo", "spotcheck.assign", "spotcheck.close", "spotcheck.correct", "spotcheck.draw", "spotcheck.list",
    "spotcheck.options", "spotcheck.record", "spotcheck.start", "survey.add", "survey.change",
    "rule.list", "survey.confirm_owner", "survey.refuse_owner", "tempcode.issue", "tempcode.list", "unit.count", "unit.demography", "unit.filters",
    "value.fill", "value.gaps", "value.lock", "value.locks", "value.take", "value.unlock",
}  # fmt: skip
"""Verbs about units, files, requests and lists whose answers hold states and figures, but no values of a unit."""


def test_every_verb_about_units_says_whether_it_shows_them() -> None:
    about = {v.name for v in VERBS.values() if v.reach in (Reach.AREA, Reach.OFFICE, Reach.SECTION)}
    assert about - NOTHING_OF_UNITS - {v.name for v in VERBS.values() if v.sees} == set()
    assert {name for name in NOTHING_OF_UNITS if name in VERBS and VERBS[name].sees} == set()


@pytest.fixture
def served(database: Database) -> Iterator[TestClient]:
    with serving(database) as client:
        yield client


def entries(served: TestClient, database: Database) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Who, what, about what and the payload of each entry of the access log."""
    served.app.state.access.flush()  # type: ignore[attr-defined]
    with database.read() as session:
        held = session.execute(select(AccessEvent).order_by(AccessEvent.seq)).scalars()
        told = [(one.seq, one.actor, one.event, one.subject) for one in held]
        return [(who, event, what, get_entry(session, Chain.ACCESS, seq)[1]) for seq, who, event, what in told]


SHOWN = [
    ("GET", "/pairs", None), ("GET", "/pairs/1", None), ("GET", "/imports/1/rows", None), ("GET", "/imports/1/problems", None),
    ("GET", "/imports/1/problems.csv", None), ("GET", "/changes/requests", None), ("GET", "/changes/requests/1", None),
    ("GET", "/changes/requests/1/items", None), ("GET", "/changes/requests/form?unit_id=1", None), ("GET", "/units", None),
    ("GET", f"/units/{USCC}", None), ("GET", f"/units/{USCC}/trail", None),
    (
        "POST", "/changes/requests",
        {"reason": "change", "valid_from": "2024-12-31", "unit_id": 1, "changes": {"name": "甲"}, "submit": False},
    ),
]  # fmt: skip


def test_all_that_shows_units_is_logged_with_the_address(served: TestClient, database: Database, tmp_path: Any) -> None:
    """D31: thirteen roads left nothing, and no entry said from where."""
    with database.write() as session:
        make_unit(session, name="重庆宏泰建材有限公司", uscc=USCC, address="江北区演江路2号", mobile="13800002222")
    taken(database, tmp_path, CENSUS, name="a.csv")
    taken(database, tmp_path, DOUBTFUL, source="market", name="b.csv")
    head = as_person(database, "maintainer")
    assert served.post("/api/v1/match-runs", headers=head, json={}).status_code == 201
    before = len(entries(served, database))
    for method, path, body in SHOWN:
        told = {"json": body} if body else {}
        answer = served.request(method, f"/api/v1{path}", headers=head, **told)
        assert answer.status_code < 300, (path, answer.text)
        now = entries(served, database)
        assert len(now) > before, path
        assert {(who, payload["address"]) for who, _, _, payload in now[before:]} == {("maintainer", "testclient")}, (
            path
        )
        assert answer.headers["cache-control"] == "no-store", path
        before = len(now)


def test_a_proxy_that_is_trusted_is_believed_and_nobody_else(database: Database) -> None:
    from app.core.clock import Clock
    from app.core.settings import Settings

    for proxies, address in (([], "testclient"), (["testclient"], "10.1.2.3")):
        app = create_app(database, Clock("2024-12-31T10:00:00+08:00"), Settings(proxies=proxies))
        with TestClient(app) as client:
            client.get("/api/v1/units", headers={"X-Forwarded-For": "6.6.6.6, 10.1.2.3"})
            told = [payload for _, event, _, payload in entries(client, database) if event == "access:refused"][-1]
        assert told["address"] == address


def test_who_is_refused_is_logged_and_fills_no_disk(served: TestClient, database: Database) -> None:
    """D31: failed sign-ins before the fifth, 403s and refused tokens were nowhere."""
    for _ in range(20):
        served.get("/api/v1/units", headers={"Authorization": "Bearer mlp_false"})
    served.get("/api/v1/log", headers=as_person(database, "maintainer"))
    served.post("/login", data={"login": "maintainer", "password": "wrong"})
    found = [
        (who, subject, told["code"], told["times"])
        for who, event, subject, told in entries(served, database)
        if event == "access:refused"
    ]
    assert sum(times for _, what, code, times in found if code == "bad_credentials" and "units" in what) == 20
    assert ("maintainer", "GET /api/v1/log", "permission_missing", 1) in found
    assert any(subject == "sign-in maintainer" for _, subject, _, _ in found)
    assert len(found) < 20


def test_a_key_reads_the_feed_for_which_it_was_given_and_it_is_logged(served: TestClient, database: Database) -> None:
    """D9: one key for checks copied the register by the feed, unlogged."""
    with database.write() as session:
        make_unit(session)
    refused = served.get("/api/v1/changes?after=0", headers=as_system(database, scopes="check"))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    told = served.get("/api/v1/changes?after=0", headers=as_system(database, scopes="check feed"))
    assert told.status_code == 200
    assert ("client:直报平台", "feed:read", 1) in [
        (who, event, p.get("rows")) for who, event, _, p in entries(served, database)
    ]
