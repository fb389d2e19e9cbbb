"""Who calls is known before a byte of what they send is read; what they send has an end."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from app.core.clock import Clock
from app.core.settings import Settings
from app.http.bodies import BodyTooLong, Patience, bounded
from app.main import create_app
from app.models import AccessEvent
from app.verbs import VERBS
from app.web.site import ANONYMOUS, UPLOADS, create_web
from tests.factories.http import MORNING, as_person, as_system, serving
from tests.factories.people import signed_in

MB = 1 << 20
SETTINGS = Settings(body_bytes=2048, batch_body_bytes=4096, upload_bytes=MB)


def run_apart(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run to its end in a thread of its own: a browser of another test may have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


class Call:
    """One request spoken as ASGI: how many bytes were taken of it, and what was answered."""

    def __init__(
        self, app: Any, method: str, path: str, *, headers: dict[str, str], chunk: bytes = b"", chunks: int = 0
    ):
        self.taken, self.answered, self.body, self.headers = 0, 0, b"", {}
        self._chunk, self._left = chunk, chunks
        told = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"test"), *told],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
            "state": {},
        }
        run_apart(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self._left <= 0:
            return (
                {"type": "http.request", "body": b"", "more_body": False}
                if not self.answered
                else {"type": "http.disconnect"}
            )
        self._left -= 1
        self.taken += len(self._chunk)
        return {"type": "http.request", "body": self._chunk, "more_body": True}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.answered = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


@pytest.fixture
def app(database) -> Any:
    return create_app(database, Clock(MORNING), SETTINGS)


JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=x"}


def routes_of(app: Any) -> list[tuple[str, str]]:
    """Every method and address of the API that takes a body."""
    paths = app.openapi()["paths"].items()
    found = [
        (method.upper(), path)
        for path, methods in paths
        for method, told in methods.items()
        if method in {"post", "put", "patch"}
        and not VERBS[told["x-verb"]].public
        and not VERBS[told["x-verb"]].by_password  # who signs in is not known yet; little is read of him
    ]
    return [(method, re.sub(r"{\w+}", "1", path)) for method, path in found]


def pages_of(app: Any) -> list[str]:
    """Every address of a page that takes a form from somebody signed in."""
    web = create_web(app.state)
    found = [route for route in _all_routes(web.router) if "POST" in (route.methods or ())]
    return [re.sub(r"{\w+}", "1", route.path) for route in found if route.path not in ANONYMOUS]


def _all_routes(router: Any) -> list[Any]:
    from fastapi.routing import APIRoute

    found: list[Any] = []
    for route in router.routes:
        if isinstance(route, APIRoute):
            found.append(route)
        else:
            inner = getattr(route, "original_router", None)
            found += [] if inner is None else _all_routes(inner)
    return found


def test_nothing_is_read_of_who_is_not_known(app):
    """D25: one anonymous body of 32 MB was parsed in full, on the event loop, before anybody asked who sent it."""
    asked = routes_of(app)
    assert len(asked) > 30
    for method, path in asked:
        call = Call(app, method, path, headers=JSON, chunk=b"[" * 1000, chunks=10**6)
        assert (call.answered, call.taken) == (401, 0), path


def test_nothing_is_read_of_who_may_not(app, database):
    headers = {**as_person(database, "audadmin"), **FORM}
    for path in ("/api/v1/imports", "/api/v1/codelists", "/api/v1/users"):
        call = Call(app, "POST", path, headers=headers, chunk=b"x" * 1000, chunks=10**6)
        assert (call.answered, call.code, call.taken) == (403, "permission_missing", 0), path


def test_no_form_is_read_of_who_is_not_signed_in(app):
    asked = pages_of(app)
    assert len(asked) > 20
    for path in asked:
        call = Call(app, "POST", path, headers=FORM, chunk=b"x" * 1000, chunks=10**6)
        assert (call.answered, call.headers["location"], call.taken) == (303, "/login", 0), path


def test_a_body_that_says_it_is_too_long_is_not_read(app, database):
    headers = {**as_person(database, "maintainer"), **JSON, "content-length": str(10**30)}
    call = Call(app, "POST", "/api/v1/changes/requests", headers=headers, chunk=b"x", chunks=10**6)
    assert (call.answered, call.code, call.taken) == (413, "too_large", 0)
    assert json.loads(call.body)["details"]["most"] == SETTINGS.body_bytes


@pytest.mark.parametrize(
    ("path", "more", "most"),
    [
        ("/api/v1/changes/requests", JSON, SETTINGS.body_bytes),
        ("/api/v1/check", JSON, SETTINGS.batch_body_bytes),
        ("/api/v1/imports", FORM, SETTINGS.upload_bytes),
    ],
)
def test_a_body_that_does_not_end_is_stopped_at_the_limit_of_its_address(app, database, path, more, most):
    chunk = (
        b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n" + b"x" * 1000
        if more is FORM
        else b"[" * 1000
    )
    call = Call(app, "POST", path, headers={**as_person(database, "maintainer"), **more}, chunk=chunk, chunks=10**6)
    assert (call.answered, call.code) == (413, "too_large")
    assert call.taken <= most + len(chunk)


def test_a_form_that_does_not_end_is_stopped_too(app, database):
    cookie = {"cookie": signed_in(database, "maintainer"), "content-type": "application/x-www-form-urlencoded"}
    for path, headers, most in (
        ("/login", {**cookie, "cookie": ""}, 16 << 10),
        ("/changes/1/approve", cookie, SETTINGS.body_bytes),
    ):
        call = Call(app, "POST", path, headers=headers, chunk=b"x" * 1000, chunks=10**6)
        assert (call.answered, call.taken <= most + 1000) == (413, True), path


def test_every_page_that_takes_a_file_is_listed_as_one(app):
    """A form with a file at an address that is not listed would stop at the length of a form without."""
    web = create_web(app.state)
    for route in _all_routes(web.router):
        takes_file = any(field.field_info.__class__.__name__ == "File" for field in route.dependant.body_params)
        listed = UPLOADS.fullmatch(re.sub(r"{\w+}", "1", route.path)) is not None
        assert not takes_file or listed, route.path


async def silence() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


def test_who_stops_in_the_middle_of_a_body_counts_as_gone():
    taking = bounded({"type": "http", "headers": []}, silence, 10, Patience(0.01, 1))  # type: ignore[arg-type]
    assert run_apart(taking()) == {"type": "http.disconnect"}


def test_the_limit_is_named_by_what_stops_there():
    async def much() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 11, "more_body": True}

    with pytest.raises(BodyTooLong) as stopped:
        run_apart(bounded({"type": "http", "headers": []}, much, 10, Patience(1, 1))())  # type: ignore[arg-type]
    assert stopped.value.refusal.text("en") == "this is larger than is taken: bytes of a body, at most 10"


class BrokenOff(Call):
    """One who is gone in the middle of what he sends."""

    async def _receive(self) -> dict[str, Any]:
        sooner, self.taken = self.taken, 1
        return {"type": "http.disconnect"} if sooner else {"type": "http.request", "body": b"{", "more_body": True}


def test_who_breaks_off_is_no_fault_of_ours(app, database):
    """Where no body is looked for, what came instead of its end was logged as a fault of the program."""
    for method, path in routes_of(app):
        call = BrokenOff(app, method, path, headers={**as_person(database, "maintainer"), **JSON})
        assert call.answered < 500, (method, path)
    cookie = {"cookie": signed_in(database, "maintainer")}
    for path in pages_of(app):
        call = BrokenOff(app, "POST", path, headers={**cookie, **FORM})
        assert call.answered < 500, path


def test_a_refusal_with_what_no_database_keeps_does_not_hold_up_the_access_log(database):
    """On PostgreSQL one refused address with a NUL kept every later entry out, for good; a login at the sign-in did."""
    with serving(database) as client:
        client.get("/api/v1/users/a%00b", headers=as_person(database, "maintainer"))
        client.post("/login", data={"login": "a\x00\u202e", "password": "x"})
        client.get("/api/v1/log", headers=as_person(database, "maintainer"))
    with database.read() as session:
        told = [one.subject for one in session.execute(select(AccessEvent)).scalars()]
    assert told == ["GET /api/v1/users/a\ufffdb", "sign-in a\ufffd\u202e", "GET /api/v1/log"]


NONSENSE = [
    b"[" * 5000,
    b'{"a":' * 2000 + b"1" + b"}" * 2000,
    b'{"reason": NaN}',
    b'{"valid_from": Infinity}',
    b'{"unit_id": ' + b"9" * 5000 + b"}",
    b'{"title": "\\ud800"}',
    b'{"title": "\xff\xfe"}',
    b'{"title": "\x00"}',
    b'{"title": "\\u0000", "reason": "change", "valid_from": "2024-12-31"}',
    b'{"reason": "change", "valid_from": "2024-12-31", "unit_id": 1e400}',
    b'{"reason": "change", "valid_from": "2024-12-31", "changes": {"employees": 9223372036854775808}}',
    b'{"reason": "change", "valid_from": "2024-12-31", "changes": {"name": "\\udfff"}}',
    b'{"reason": "change", "valid_from": "2024-12-31", "changes": {"name": 1e308}}',
    "{}".encode("utf-16"),
    b"null",
    b'"' + b"x" * 100,
    b"",
]


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
def test_a_body_that_is_no_json_or_holds_what_cannot_be_kept_is_refused(http_of_maintainer, body):
    refused = http_of_maintainer.post("/api/v1/changes/requests", content=body, headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_payload")


BROKEN_FORMS = {
    "a name of a file without end": (
        FORM,
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\na\r\n--x--\r\n' % (b"a" * 5000),
    ),
    "no boundary": ({"content-type": "multipart/form-data"}, b"--x\r\n"),
    "another boundary": (FORM, b"--y\r\n"),
    "a part without a name": (FORM, b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n"),
    "a part too long": (
        FORM,
        b'--x\r\nContent-Disposition: form-data; name="sheet"\r\n\r\n%b\r\n--x--\r\n' % (b"a" * (2 << 20)),
    ),
    "parts without end": (
        FORM,
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n' * 1100 + b"--x--\r\n",
    ),
    "nothing": (FORM, b""),
    "no form": ({"content-type": "text/plain"}, b"a"),
}


@pytest.mark.parametrize("what", BROKEN_FORMS)
def test_a_form_that_cannot_be_read_is_told_what_is_wrong(http_of_maintainer, what):
    headers, body = BROKEN_FORMS[what]
    refused = http_of_maintainer.post("/api/v1/imports", content=body, headers=headers)
    told = refused.json()
    assert (refused.status_code, told["code"]) == (422, "bad_payload")
    assert told["faults"]
    assert all(one["where"] and one["zh"] and one["en"] for one in told["faults"])
    assert told["faults"][0]["zh"] in told["zh"]


@pytest.fixture
def http_of_maintainer(database):
    with serving(database) as client:
        client.headers.update(as_person(database, "maintainer"))
        yield client


def test_no_answer_is_kept_on_the_way_but_those_without_unit_data(database):
    """D34: answers with personal values could be kept by whatever lay between."""
    with serving(database) as client:
        person, system = as_person(database, "maintainer"), as_system(database)
        for path, who in (("units", person), ("check/x", system), ("imports", person), ("nowhere", person)):
            answer = client.get(f"/api/v1/{path}", headers=who)
            assert answer.headers["cache-control"] == "no-store", path
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert "etag" not in answer.headers, path
        for path in ("/openapi.json", "/api/v1/codelists", "/api/v1/errors"):
            first = client.get(path, headers=person)
            again = client.get(path, headers={**person, "If-None-Match": first.headers["etag"]})
            assert (first.status_code, again.status_code, again.content) == (200, 304, b""), path


@pytest.mark.parametrize(
    ("settings", "address", "told"),
    [
        (Settings(), "http://test", False),
        (Settings(), "https://test", True),
        (Settings(hsts=True), "http://test", True),
    ],
)
def test_who_came_by_tls_is_told_to_come_so_again(database, settings, address, told):
    from fastapi.testclient import TestClient

    client = TestClient(create_app(database, Clock(MORNING), settings), base_url=address)
    for path in ("/api/v1/units", "/login"):
        assert ("strict-transport-security" in client.get(path).headers) is told


ENDS_OF_TIME = [
    "0001-01-01T00:00:00+23:59",
    "0001-01-01",
    "0999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59Z",
    "9999-12-31T00:00:00+14:00",
    "2024-12-31T00:00:00+99:99",
    "2024-02-30T00:00:00Z",
    "1e9",
]
BEYOND = [2**63, -(2**63) - 1, 10**20, "9" * 5000, "1e3", "NaN", "٣", "0x1", ""]


@pytest.mark.parametrize("moment", ENDS_OF_TIME)
def test_a_moment_at_the_ends_of_time_is_refused(http_of_maintainer, moment):
    """D26: one with an offset fell out of the calendar, and the answer was a fault of ours."""
    refused = http_of_maintainer.get("/api/v1/units", params={"known_at": moment})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_payload")


@pytest.mark.parametrize("number", BEYOND)
def test_a_number_that_no_database_holds_is_refused_in_path_query_and_page(http_of_maintainer, database, number):
    """D26: every integer from 2^63 on cut the connection."""
    cookie = {"Cookie": signed_in(database, "maintainer")}
    for path in ("changes/requests", "imports", "pairs", "jobs"):
        asked = f"/api/v1/{path}/{number}" if number != "" else f"/api/v1/{path}?after="
        assert http_of_maintainer.get(asked).status_code in {404, 422}, asked
    assert http_of_maintainer.get("/api/v1/changes/requests", params={"after": number}).status_code == 422
    for page in ("/imports/1?after=", "/imports/", "/changes/", "/jobs/", "/review/"):
        assert http_of_maintainer.get(f"{page}{number or 'x'}", headers=cookie).status_code in {404, 422}, page
