"""A client generated from the OpenAPI document walks the whole road: nothing but the document tells it how."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.codelists.service import load_shipped
from app.core.clock import Clock
from app.core.db import Database, open_database
from app.core.errors import ERRORS
from app.main import create_app
from app.worker import run_all
from tests.api.generated import Caller, Generated, generate
from tests.conftest import once
from tests.factories.files import CENSUS, CLOCK, DOUBTFUL
from tests.factories.http import serving
from tests.factories.people import key_of_client, token_of
from tests.factories.world import NOW, PASSWORD, TEST_KEYS

HELD, NEW = "91500105MA60X0016Y", "91500105MA5U8K3N95"
DEFINITION = {"conditions": [{"field": "industry_code", "op": "prefix", "value": "51"}]}
FRAME = {"name": "批发2025", "survey": "E204", "period": "2025", "reference_date": "2024-12-31"}
CHECK = {"name": "抽查", "frame": "批发2025", "seed": "2024", "size": 2, "fields": ["name", "address"]}
MET = {
    "version": 1,
    "presence": "found",
    "verdicts": {"name": "right", "address": "wrong"},
    "found": {"address": "新地址8号"},
}
As = Callable[[str], Caller]


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """The package, generated once in a run from the document that the application gives."""
    document = create_app(open_database("sqlite://", TEST_KEYS), Clock("")).openapi()

    def make(folder: Path) -> None:
        (folder / "said.txt").write_text(generate(document, folder), "utf-8")

    return Generated(once(tmp_path_factory, "client", make), document)


@pytest.fixture
def calling(database: Database, generated: Generated) -> Iterator[As]:
    """`calling("maintainer")` calls as that person, `calling("")` as nobody, and what begins with mlk_ is a key."""
    with serving(database) as http:

        def caller(who: str) -> Caller:
            if who.startswith("mlk_"):
                return Caller(generated, http._transport, who, "X-API-Key")
            return Caller(generated, http._transport, token_of(database, who) if who else "")

        yield caller


def upload(who: Caller, database: Database, source: str, text: str, **more: Any) -> Any:
    """Take in a file of a source, or look at it."""
    file = who.generated.module("types").File(io.BytesIO(text.encode("gb18030")), f"{source}.csv", "text/csv")
    models = who.generated.module("models")
    body = models.Upload(file=file, source=models.Source(source), as_of=date(2024, 12, 31), **more)
    started = who("import_start", body=body)
    if more:
        return started
    run_all(database, CLOCK)
    return who("import_show", started.batch_id)


@pytest.fixture
def register(calling: As, database: Database) -> None:
    """Three units from the census."""
    upload(calling("maintainer"), database, "census", CENSUS)
    run = calling("maintainer")("match_run")
    calling("approver")("change_approve", run.requests[0], body={"version": 1, "comment": "底册"})
    run_all(database, CLOCK)


def test_the_generator_leaves_nothing_out(generated: Generated) -> None:
    said = (generated.folder / "said.txt").read_text("utf-8")
    assert not {word for word in ("warning", "skipp", "omitted", "unable", "error") if word in said.lower()}, said
    operations = {name for name, *_ in generated.answers()}
    assert {path.stem for path in generated.folder.glob("minglu_client/api/*/[!_]*.py")} == operations


def test_every_example_of_an_answer_is_read(generated: Generated) -> None:
    """As the road does not meet every operation and code, each example stands for its answer."""
    read = 0
    for operation, status, kind, content in generated.answers():
        for example in _examples(kind, content):
            given = httpx.Response(status, json=example)
            found = generated.operation(operation)._parse_response(client=None, response=given)
            assert type(found).__name__ in generated.classes(operation, status)
            assert (found.to_dict().keys(), _unnamed(found)) == (example.keys(), {}), (operation, status)
            read += 1
    assert read > len(ERRORS)


def _unnamed(found: Any) -> dict[str, Any]:
    """What an answer holds that the document does not name; a kind that may hold nothing else cannot say."""
    return getattr(found, "additional_properties", {})


def _examples(kind: str, content: Any) -> list[Any]:
    if not kind.endswith("json"):
        return []
    return [one["value"] for one in content["examples"].values()] if "examples" in content else [content["example"]]


@pytest.mark.usefixtures("register")
def test_files_pairs_requests_and_units(calling: As, database: Database) -> None:
    maintainer, approver = calling("maintainer"), calling("approver")
    assert maintainer("me_show").login == "maintainer"
    assert upload(maintainer, database, "market", DOUBTFUL, dry_run=True).rows == 1
    batch = upload(maintainer, database, "market", DOUBTFUL)
    assert (batch.rows, maintainer("import_show", batch.batch_id).status) == (1, "staged")
    assert len(maintainer("import_rows", batch.batch_id).items) == 1
    assert maintainer("import_problems_file", batch.batch_id).count("\n") >= 1
    assert maintainer("import_problems", batch.batch_id).next_ is None
    assert maintainer("match_run").ways.to_dict() == {"same": 0, "new": 0, "ask": 1, "wait": 0}
    pair = maintainer("review_show", maintainer("review_list").items[0].pair_id)
    assert {one.field for one in pair.differences} >= {"name", "uscc"}
    decided = maintainer("review_decide", pair.pair_id, body={"verdict": "same"})
    listed = maintainer("change_list").items
    assert decided.request_id in {request.request_id for request in listed}
    assert maintainer("change_show", decided.request_id).sample[0].diff
    assert maintainer("change_items", decided.request_id).items[0].diff
    assert maintainer.refused("change_approve", decided.request_id, body={"version": 1}) == (403, "own_proposal")
    approver("change_approve", decided.request_id, body={"version": 1, "comment": "同意"})
    run_all(database, CLOCK)
    assert {job.status for job in maintainer("job_list").items} == {"succeeded"}
    assert maintainer("unit_list", q="宏泰").total == 1
    assert maintainer("unit_show", NEW).items[0].values["uscc"] == NEW
    assert maintainer("unit_trail", NEW).requests[0].request_id == decided.request_id
    assert maintainer("unit_count").total == 3
    assert maintainer("unit_filters").statuses == []
    assert maintainer("home_figures")
    package = maintainer("unit_export", purpose="核对", recipient="街道")
    assert zipfile.ZipFile(package.payload).testzip() is None


@pytest.mark.usefixtures("register")
def test_frames_and_spot_checks(calling: As) -> None:
    section, maintainer, survey = calling("section"), calling("maintainer"), calling("survey")
    assert section("frame_preview", body={"definition": DEFINITION}).conditions[0].alone == 2
    made = calling("maintainer2")("frame_create", body=FRAME | {"definition": DEFINITION})
    built = section("frame_build", made.name, body={})
    assert built.rows == 2
    assert section("frame_units", made.name).items[0]["uscc"] == HELD
    assert section.refused("frame_freeze", made.name) == (409, "frame_not_confirmed")
    section("frame_confirm", made.name, body={"side": "section", "version": built.version})
    maintainer("frame_confirm", made.name, body={"side": "register", "version": built.version})
    assert section("frame_freeze", made.name).status == "frozen"
    assert section("frame_verify", made.name).intact
    package = section("frame_export", made.name, body={"purpose": "限下批零调查", "recipient": "贸易科"})
    assert zipfile.ZipFile(package.payload).testzip() is None
    assert section("frame_exports", made.name).items[0].rows == 2
    check = survey("spotcheck_draw", body=CHECK).check_id
    assert survey("spotcheck_start", check, body={"checkers": ["survey"]}).status == "started"
    assert survey("spotcheck_item", check, 1).presence is None
    assert survey("spotcheck_record", check, 1, body=MET).following == 2
    assert survey("spotcheck_close", check, body={"unvisited": 1}).status == "closed"
    assert survey("spotcheck_show", check).visited == 1
    assert "1,1,重庆鑫源商贸有限公司,找到,正确,错误," in survey("spotcheck_results", check)


@pytest.mark.usefixtures("register")
def test_the_check_by_key(calling: As, database: Database) -> None:
    system, anybody = calling(key_of_client(database)), calling("")
    found = system("check_one", HELD)
    assert (found.result, found.may_report, found.unit.code, _unnamed(found)) == ("registered", True, HELD, {})
    assert system("check_verify", body={"receipt": found.receipt, "items": [found.to_dict()]}).valid
    answers = system("check_ask", body={"items": [{"code": HELD}, {"code": "x"}]})
    assert [one.result for one in answers.items] == ["registered", "invalid"]
    assert system("check_verify", body={"receipt": answers.receipt}).count == 2
    assert anybody("check_keys").public_key.startswith("-----BEGIN")
    feed = system("feed_list", after=1)
    assert (feed.register_version, len(feed.items), feed.items[0].recorded_at.tzname()) == (3, 2, "UTC")


def test_people_keys_logs_and_lists(calling: As, database: Database) -> None:
    with database.write() as session:
        load_shipped(session, actor="test", now=NOW)
    secadmin, sysadmin, audadmin = calling("secadmin"), calling("sysadmin"), calling("audadmin")
    office = {"code": "post2", "name": "测试二所", "level": "post", "parent": "district", "area_prefix": "500105007"}
    assert sysadmin("office_create", body=office).code in {one.code for one in sysadmin("office_list").items}
    someone = {"login": "newcomer", "name": "新人", "office": "post2"}
    sysadmin("user_create", body=someone)
    given = secadmin("user_roles", "newcomer", body={"roles": ["section"]})
    (role,) = [one for one in given.pending if one.kind == "role"]
    confirmed = sysadmin("right_confirm", role.right_id)
    assert confirmed.what == "section"
    secret = given.secret + confirmed.secret
    calling("")("me_password", body={"login": "newcomer", "old": secret, "new": PASSWORD})
    token = calling("")("me_token", body={"login": "newcomer", "password": PASSWORD}).token
    assert Caller(secadmin.generated, secadmin.transport, token)("me_show").name == "新人"
    issued = secadmin("key_issue", body={"client": "直报平台", "areas": ["50"]})
    confirmed = sysadmin("right_confirm", issued.pending[0].right_id)
    key = issued.key + confirmed.secret
    assert calling(key)("check_one", HELD).result == "not_registered"
    held = secadmin("key_list").items[0]
    assert secadmin("key_revoke", held.key_id).status == "revoked"
    assert calling(key).refused("check_one", HELD)[0] == 401
    entry = audadmin("log_list").items[0]
    chains = audadmin.generated.module("models").Chain
    assert audadmin("log_entry", chains.AUDIT, entry.seq).hash_ == entry.hash_
    assert audadmin("log_verify").intact
    assert {one.code for one in calling("")("error_list").items} == ERRORS.keys()
    assert "industry" in {one.name for one in secadmin("codelist_list").items}
    assert secadmin("codelist_code", "industry", "5165").name


def test_refusals_are_problems_with_their_codes(calling: As, database: Database) -> None:
    maintainer, slow = calling("maintainer"), calling(key_of_client(database, per_minute=1))
    assert calling("").refused("me_show") == (401, "unauthenticated")
    assert calling("section").refused("match_run") == (403, "permission_missing")
    assert maintainer.refused("unit_show", "none") == (404, "unit_not_found")
    assert slow.refused("check_one", "9150/0105") == (404, "not_found")
    assert maintainer.refused("unit_list", limit=0) == (422, "bad_payload")
    assert slow("check_one", HELD).result == "not_registered"
    assert slow.refused("check_one", HELD) == (429, "too_many")
    many = [{"code": HELD}] * 10_001
    assert calling(key_of_client(database)).refused("check_ask", body={"items": many}) == (413, "too_many_items")
