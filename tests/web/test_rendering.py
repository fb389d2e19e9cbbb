"""Every template is rendered by a page that somebody can reach, with a title of its own."""

from __future__ import annotations

import re

import httpx
import pytest

from app.demo.people import PASSWORD
from app.web.render import TEMPLATES, environment
from tests.web.conftest import PATIENCE
from tests.web.test_browser import MARKET_FILE, ROOMS

ADDRESSES = {
    "maintainer": [
        "/units/5", "/units/5/propose", "/units/5/merge?absorbed=6", "/units/new", "/imports/1", "/imports/1?outcome=to_review", "/review/1", "/changes/1",
        "/changes/1/items", "/frames/new", "/surveys", "/surveys/E204", "/codelists/industry", "/jobs", "/jobs/1", "/me", "/docs",
        "/no/such/page", "/units?q=没有这个名称",
        "/case", "/matrix", "/rules", "/changes/1/rules", "/temporary-codes", "/layouts", "/demography", "/demography?by=street",
        "/values/gaps", "/values/gaps/units?field=tel&source=market", "/values/locks", "/units/5/lock", "/values?status=proposed",
    ],
    "secadmin": ["/people/section", "/keys"],
    "audadmin": ["/log/audit/1", "/log/access?unit=1"],
}  # fmt: skip


@pytest.fixture
def rendered(monkeypatch):
    """Names of the templates that are asked for while the test runs."""
    names = set()
    known = environment().get_template

    def remember(name, *rest, **named):
        names.add(name)
        return known(name, *rest, **named)

    monkeypatch.setattr(environment(), "get_template", remember)
    return names


def test_every_template_is_rendered_and_every_page_has_its_title(district, rendered):
    titles = {}
    for login in ("maintainer", "approver", "secadmin", "audadmin", "sysadmin"):
        with httpx.Client(base_url=district, follow_redirects=True, timeout=PATIENCE) as client:
            client.get("/login")
            client.post("/login", data={"login": login, "password": PASSWORD})
            for address in [*sorted(ROOMS[login]), *ADDRESSES.get(login, [])]:
                titles[address] = title_of(client.get(address))
            if login == "maintainer":
                make_the_rest(client)
            if login == "approver":
                waiting = client.get("/changes?status=in_review").text
                batch = re.search(r'data-href="(/changes/\d+)"', waiting).group(1)
                assert "批准全部" in client.get(f"{batch}/approve").text
                look_at_returned(client)
    assert all(titles.values()), [address for address, title in titles.items() if not title]
    # What is shown when the last pair is decided, which no test does to the demo's hundreds.
    assert "都判定完了" in environment().get_template("_pair_none.html").render(csrf="")
    environment().get_template(
        "own_password.html"
    )  # what a password of another leads to: tests/web/test_admin_pages.py
    environment().get_template("second_factor.html")  # where one is asked for: tests/web/test_second_factor_pages.py
    assert {path.name for path in TEMPLATES.glob("*.html")} - rendered == set()


def title_of(answer: httpx.Response) -> str:
    found = re.search(r"<title>(.*?) · 名录</title>", answer.text, re.S)
    return found.group(1).strip() if found else ""


def make_the_rest(client: httpx.Client) -> None:
    """Pages that only something done leads to: a file looked at, one refused, a frame, a spot check."""
    token = {"csrf": re.search(r'name="csrf" content="([0-9a-f]+)"', client.get("/").text).group(1)}
    about = {**token, "source": "market", "as_of": "2024-12-31"}
    assert title_of(client.post("/imports/preview", data=about, files={"file": ("a.csv", MARKET_FILE.encode())}))
    assert title_of(client.post("/imports/preview", data=about, files={"file": ("b.csv", b"")}))
    unknown = {"file": ("c.csv", "甲,乙\n1,2\n".encode())}
    assert title_of(client.post("/layouts/look", data={**token, "source": "market"}, files=unknown))
    filled = {
        "unit_id": "5",
        "reason": "change",
        "valid_from": "2024-12-01",
        "activity_1": "",
        "employees": "0",
        "revenue": "5",
    }
    spoken = client.post("/units/propose/findings", data={**token, **filled}, headers={"HX-Request": "true"})
    assert "A10" in spoken.text
    stopped = client.post("/units/propose/findings", data={**token, **filled, "employees": "-3"})
    assert "须改" in stopped.text
    assert "facts=" not in stopped.text
    rows = {"field": ["unit_type"], "op": ["eq"], "value": ["1"]}
    assert "2,3" in client.post("/frames/preview", data={**token, **rows}, headers={"HX-Request": "true"}).text
    asked = {"asks": '[{"holds": [{"field": "unit_type", "op": "eq", "value": "1"}]}]'}
    assert "个单位不合这条规则" in client.post("/rules/try", data={**token, **asked}).text
    assert "alert-x" in client.post("/rules/try", data={**token, "asks": "很多"}).text
    said = {"name": "框", "survey": "E204", "period": "2025", "reference_date": "2024-12-31"}
    frame = client.post("/frames", data={**token, **rows, **said}).url.path
    assert title_of(client.get(f"{frame}/units"))
    freeze(client, frame)
    with httpx.Client(base_url=client.base_url, follow_redirects=True, timeout=PATIENCE) as survey:
        survey.post("/login", data={"login": "survey", "password": PASSWORD})
        make_check(survey, frame.rpartition("/")[2])


def look_at_returned(client: httpx.Client) -> None:
    """The approver returns what a clerk proposed, who finds it open to be edited."""
    with httpx.Client(base_url=client.base_url, follow_redirects=True, timeout=PATIENCE) as clerk:
        clerk.post("/login", data={"login": "maintainer2", "password": PASSWORD})
        token = {"csrf": re.search(r'name="csrf" content="([0-9a-f]+)"', clerk.get("/").text).group(1)}
        told = {"unit_id": "5", "reason": "change", "valid_from": "2024-12-01", "base_revision": "1"}
        typed = {"evidence": "电话核实，已搬迁", "address": "新华路8号", "was_address": ""}
        request = clerk.post("/units/propose", data={**token, **told, **typed}).url.path
        own = {"csrf": re.search(r'name="csrf" content="([0-9a-f]+)"', client.get("/").text).group(1)}
        client.post(f"{request}/return", data={**own, "comment": "门牌号请再核实", "version": "1"})
        assert f'action="{request}/edit"' in clerk.get(request).text


def make_check(client: httpx.Client, frame: str) -> None:
    """The survey team draws, starts and looks at a unit."""
    token = {"csrf": re.search(r'name="csrf" content="([0-9a-f]+)"', client.get("/").text).group(1)}
    assert title_of(client.get("/spotchecks/new"))
    drawn = {"name": "抽查", "frame": frame, "seed": "1", "size": "3", "fields": ["name", "address"]}
    check = client.post("/spotchecks", data={**token, **drawn}).url.path
    assert title_of(client.post(f"{check}/start", data=token | {"checkers": ["survey"]}))
    assert title_of(client.get(f"{check}/close"))
    assert title_of(client.get(f"{check}/items/1"))
    assert client.get(f"{check}/results.csv").content.startswith(b"\xef\xbb\xbf")


def freeze(client: httpx.Client, frame: str) -> None:
    """Two others confirm, each from a browser of their own: who drew the list speaks for neither side."""
    for login, side in (("section", "section"), ("maintainer2", "register")):
        with httpx.Client(base_url=client.base_url, follow_redirects=True, timeout=PATIENCE) as other:
            other.post("/login", data={"login": login, "password": PASSWORD})
            confirm(other, frame, side)
    token = re.search(r'name="csrf" content="([0-9a-f]+)"', client.get("/").text).group(1)
    assert "已冻结" in client.post(f"{frame}/freeze", data={"csrf": token}).text


def confirm(client: httpx.Client, frame: str, side: str) -> None:
    shown = client.get(frame).text
    token = re.search(r'name="csrf" content="([0-9a-f]+)"', shown).group(1)
    version = re.search(r'name="version" value="(\d+)"', shown).group(1)
    client.post(f"{frame}/confirm", data={"csrf": token, "side": side, "version": version})
