"""The name of a household that is made up from its operator's: nobody meets the person in it, on whatever road (T5)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlmodel import col

from app.audit.proof import prove
from app.audit.queries import get_entry
from app.audit.upgrade import upgrade
from app.changes import verbs as changes
from app.changes.errors import BadChange
from app.checks import verbs as checks
from app.core import persons
from app.core.db import Database
from app.core.schema import downgrade
from app.frames import verbs as frames
from app.intake import verbs as imports
from app.intake.run import Given, preview
from app.match import verbs as matching
from app.models import AccessEvent, AuditEvent, RequestItem, SourceRecord
from app.rules import writing as rules
from app.rules.service import load_standard_rules
from app.units import verbs as units
from app.values import verbs as values
from app.verbs import House
from app.worker import run_all
from tests.factories.files import CENSUS_HEADER, CLOCK, taken
from tests.factories.house import do, housing
from tests.factories.http import serving
from tests.factories.people import own_secret, signed_in, token_of
from tests.factories.wishes import DAY, GROUND, furnish
from tests.factories.world import NOW, TODAY
from tests.frames.world import make_frozen
from tests.house.parity import edges

HEADER = "统一社会信用代码,注册号,字号名称,经营者姓名,组成形式,成立日期,经营场所,经营范围,行业代码,登记机关,登记状态,联系电话,资金数额（万元）\n"
FILED, TYPED, LATER = "仉海棠", "亓官雯", "逄锦程"
PERSONS = (FILED, TYPED, LATER)
CODE = "92500105MA4A4GYB5W"
NAMELESS = f"{HEADER}{CODE},,,{FILED},个人经营,2022-04-19,重庆市江北区样桥支路183号,零售鞋帽；箱包,5233,江北区市场监督管理局,存续,13800008961,1.5\n"
NAMED = f"{HEADER}{CODE},,{FILED}（鞋帽箱包）,{FILED},个人经营,2022-04-19,重庆市江北区样桥支路183号,零售鞋帽；箱包,5233,江北区市场监督管理局,存续,13800008961,1.5\n"
BORN = {"unit_type": "3", "area_code": "500105006001", "industry_code": "8192", "operating_status": "1"}


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with housing(database) as opened:
        yield opened


def approved(house: House, request_id: int) -> int:
    """The unit of a request that is approved and applied."""
    told = do(house, changes.show, "approver", request_id=request_id)
    do(house, changes.approve, "approver", request_id=request_id, version=told.version, comment=GROUND)
    run_all(house.database, CLOCK)
    unit = do(house, changes.items, "maintainer", request_id=request_id).items[0].unit_id
    assert unit is not None
    return int(unit)


def proposed(house: House, unit_id: int | None = None, reason: str = "new", **told: Any) -> int:
    wish = {"reason": reason, "unit_id": unit_id, "valid_from": DAY, "changes": told}
    return int(do(house, changes.propose, "maintainer", **wish).request_id)


def filed(house: House, folder: Path) -> int:
    taken(house.database, folder, NAMELESS, source="household", name="households.csv")
    return approved(house, do(house, matching.run, "maintainer").requests[0])


def typed(house: House) -> int:
    unit = approved(house, proposed(house, name=f"{TYPED}（修鞋）", operator=TYPED, **BORN))
    approved(house, proposed(house, unit, "change", name=f"{TYPED}(修鞋配钥匙)", short_name=TYPED))
    return unit


def name_of(house: House, unit_id: int, login: str = "section") -> str:
    return str(do(house, units.show, login, code=f"#{unit_id}").items[0].values["name"])


def test_a_file_and_a_person_bring_a_name_that_names_nobody(house: House, tmp_path: Path) -> None:
    one, other = filed(house, tmp_path), typed(house)
    assert (name_of(house, one), name_of(house, other)) == ("仉**（零售鞋帽）", "亓**(修鞋配钥匙)")
    late = approved(house, proposed(house, name=f"{LATER}理发", **BORN))
    assert name_of(house, late) == f"{LATER}理发"
    approved(house, proposed(house, late, "change", operator=LATER))
    assert name_of(house, late) == "逄**理发"


def test_who_may_unmask_sees_it_in_full_for_a_reason(house: House, tmp_path: Path) -> None:
    unit = filed(house, tmp_path)
    told = do(house, units.unmask, "maintainer", code=f"#{unit}", reason=GROUND).items[0]
    assert (told.values["name"], told.values["operator"]) == (f"{FILED}（零售鞋帽）", FILED)
    assert set(told.personal) == {"name", "operator", "tel", "mobile"} & {*told.values}
    asked = do(house, units.show, "maintainer", code=f"#{unit}", reveal=["name"], reason=GROUND).items[0]
    assert (asked.values["name"], asked.values["operator"]) == (f"{FILED}（零售鞋帽）", "仉**")


def test_it_is_found_by_the_whole_name_by_who_may_unmask_and_by_its_trade_by_all(house: House, tmp_path: Path) -> None:
    one, other = filed(house, tmp_path), typed(house)

    def found(login: str, q: str) -> list[int]:
        return [row.unit_id for row in do(house, units.list_, login, q=q).items]

    assert found("maintainer", FILED) == [one]
    assert found("maintainer", f"{FILED}（零售") == [one]
    assert found("maintainer", f"{FILED} 鞋帽") == [one]
    assert found("maintainer", TYPED) == [other]
    assert found("maintainer", f"{FILED}（理发") == []
    assert found("maintainer", FILED[:2]) == []
    assert found("section", FILED) == []
    assert found("section", "零售鞋帽") == [one]
    assert do(house, units.count, "maintainer", q=FILED).total == 1


def test_a_split_tells_children_of_a_household_no_person(house: House) -> None:
    """What a part is called goes into what its children say of their parent."""
    unit = approved(house, proposed(house, name="红星商行", uscc="91500105MA60X0016Y", **{**BORN, "unit_type": "1"}))
    child = approved(
        house, proposed(house, name="红星商行分店", parent_uscc="91500105MA60X0016Y", **{**BORN, "unit_type": "2"})
    )
    new = {**BORN, "name": f"{TYPED}（修鞋）", "operator": TYPED}
    part = {"new": new, "codes": ["91500105MA60X0016Y"], "children": [child]}
    wish = {"reason": "split", "unit_id": unit, "valid_from": DAY, "into": [part]}
    request = do(house, changes.propose, "maintainer", **wish).request_id
    assert TYPED not in str(do(house, changes.items, "maintainer", request_id=request))


def test_a_change_of_the_operator_leaves_the_name_his_who_it_was(house: House) -> None:
    unit = typed(house)
    approved(house, proposed(house, unit, "change", operator=LATER))
    assert name_of(house, unit) == "亓**(修鞋配钥匙)"
    told = do(house, units.unmask, "maintainer", code=f"#{unit}", reason=GROUND).items[0]
    assert (told.values["name"], told.values["operator"]) == (f"{TYPED}(修鞋配钥匙)", LATER)
    assert [row.unit_id for row in do(house, units.list_, "maintainer", q=TYPED).items] == [unit]
    approved(house, proposed(house, unit, "change", name="老街修鞋店", short_name=""))
    assert [row.unit_id for row in do(house, units.list_, "maintainer", q=TYPED).items] == []


ASKS = [{"shared": {"field": "name", "more_than": 1, "same": {"area_code": 6}}}]


def test_two_who_are_masked_alike_do_not_share_a_name(house: House) -> None:
    """Both as they stand, and as one would come in."""
    for operator in ("冯海", "冯涛"):
        approved(house, proposed(house, name=f"{operator}（理发）", operator=operator, **BORN))
    with house.database.write() as session:
        load_standard_rules(session, actor="test", now=NOW)

    def met(operator: str) -> bool:
        wish = {
            "reason": "new",
            "valid_from": DAY,
            "changes": {**BORN, "name": f"{operator}（理发）", "operator": operator},
        }
        return "A03" in [one.rule for one in do(house, changes.look_over, "maintainer", **wish).findings]

    assert (met("冯波"), met("冯 涛")) == (False, True)
    assert do(house, rules.try_, "maintainer", asks=ASKS).found == 0
    approved(house, proposed(house, name="冯 涛(理发)", operator="冯涛", **BORN))
    assert do(house, rules.try_, "maintainer", asks=ASKS).found == 2


def test_the_check_takes_the_name_however_it_is_masked(house: House, tmp_path: Path) -> None:
    filed(house, tmp_path)

    def result(name: str) -> str:
        return str(do(house, checks.ask, "maintainer", items=[{"code": CODE, "name": name}]).items[0]["result"])

    assert [result(name) for name in (f"{FILED}（零售鞋帽）", "仉**(零售鞋帽)")] == ["registered"] * 2
    assert result("红星鞋店") == "name_mismatch"


@pytest.fixture
def full(house: House, tmp_path: Path) -> House:
    """A register in which all has happened to such units that can."""
    furnish(house, tmp_path)
    one, other = filed(house, tmp_path), typed(house)
    taken(house.database, tmp_path, NAMED, source="household", name="again.csv")
    do(house, matching.run, "maintainer")
    proposed(house, other, "correction", name=f"{TYPED}（修鞋）")
    wish = {"reason": "change", "unit_id": other, "valid_from": DAY, "title": f"给{TYPED}改名"}
    do(house, changes.propose, "maintainer", **wish, changes={"name": f"{TYPED}（配钥匙）"}, submit=False)
    do(house, changes.look_over, "maintainer", reason="change", unit_id=one, valid_from=DAY, changes={"name": FILED})
    do(house, values.lock, "maintainer", unit_id=one, fields=["name"], until="2025-12-31", reason=GROUND)
    do(house, units.list_, "maintainer", q=FILED)
    do(house, units.list_, "section", q=TYPED)
    with house.database.write() as session:
        made = {"conditions": [{"field": "unit_type", "op": "eq", "value": "3"}]}
        make_frozen(session, "个体", definition=made, survey="hotel")
    return house


SENT = {
    "GET /api/v1/changes/requests/form": {"unit_id": 1},
    "GET /api/v1/values/fillable": {"field": "name", "source": "household", "kind": "stale"},
    "GET /api/v1/units/export": {"purpose": GROUND, "recipient": "贸易科", "unit_type": "3"},
    "GET /api/v1/demography": {"since": DAY, "until": DAY},
}
FILLS = {"code": "%23{}", "chain": "audit", "name": "industry", "login": "maintainer", "office": "district"}
AFTER = {"unit": 6, "code": 6, "request": 3, "batch": 2, "frame": 1, "reference": 1}
"""Of what a world is furnished with anyhow, by parts of a name in an address: as many are passed over."""
MOST = {"unit": 8, "code": 8, "request": 8, "batch": 4, "frame": 3, "reference": 3, "seq": 2, "job": 3}
"""The last of what there is."""
LONG = "GET /api/v1/log/verify"
"""Names rows by their keys, and takes its time."""


def addresses() -> list[tuple[str, dict[str, Any]]]:
    """Every address that is read, with the numbers of what there is."""
    told = {one for reached in edges().values() for road in ("route", "page") for one in reached.get(road, ())}
    found = []
    for address in sorted(one for one in told if one.startswith("GET ") and one != LONG):
        parts = re.findall(r"{(\w+?)(?:_id)?}", address)
        for number in range(AFTER.get(parts[0], 0) + 1, MOST.get(parts[0], 1) + 1) if parts else (1,):
            filled = re.sub(r"{(\w+)}", lambda one, n=number: FILLS.get(one[1], "{}").format(n), address)
            found.append((filled.removeprefix("GET "), SENT.get(address, {})))
    return found


def test_whoever_reads_all_there_is_meets_no_person(full: House, tmp_path: Path) -> None:
    """Every address, previews and answers, a frame's package, and whatever is kept: one world, for it takes long to furnish."""
    require_nobody_at_addresses(full)
    require_nobody_beforehand(full, tmp_path)
    require_nobody_in_packages(full)
    require_nobody_kept(full)


def require_nobody_at_addresses(full: House) -> None:
    answered = 0
    with serving(full.database) as client:
        for login in ("maintainer", "approver"):
            secret = own_secret(full.database, login)
            heads = {
                "Cookie": signed_in(full.database, login, secret=secret),
                "Authorization": f"Bearer {token_of(full.database, login)}",
            }
            for path, sent in addresses():
                if login == "approver" and "changes" not in path:
                    continue  # what is approved looks otherwise to who approves
                kind = "Authorization" if path.startswith("/api/") else "Cookie"
                answer = client.get(path, params=sent, headers={kind: heads[kind]}, follow_redirects=False)
                said = answer.text + str(dict(answer.headers)) + unzipped(answer.content)
                assert not [person for person in PERSONS if person in said], (login, path)
                answered += answer.status_code == 200
    assert answered > 150


def unzipped(content: bytes) -> str:
    if not content.startswith(b"PK"):
        return ""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


def require_nobody_beforehand(full: House, tmp_path: Path) -> None:
    """A preview of a file, of a merger, of a proposal, a check that is given the name."""
    (tmp_path / "file.csv").write_text(NAMED, "utf-8")
    said = [preview(tmp_path / "file.csv", "household", Given(), as_of=TODAY)]
    said += [do(full, units.merge_preview, "maintainer", unit_id=7, absorbed=[8])]
    wish = {"reason": "change", "unit_id": 8, "valid_from": DAY, "changes": {"name": TYPED}}
    said += [do(full, changes.look_over, "maintainer", **wish)]
    said += [do(full, checks.ask, "maintainer", items=[{"code": CODE, "name": f"{FILED}（零售鞋帽）"}])]
    assert "仉**（鞋帽箱包）" in str(said[0])
    assert "仉**（零售鞋帽）" in str(said[1])
    assert not [person for person in PERSONS if person in str(said)]


def require_nobody_kept(full: House) -> None:
    """Every cell of every table, every payload of both logs, every kept file."""
    found = []
    full.access.flush()
    with full.database.read() as session:
        for table in inspect(session.connection()).get_table_names():
            for row in session.connection().exec_driver_sql(f'SELECT * FROM "{table}"'):
                cells = b"|".join(bytes(c) if isinstance(c, bytes | memoryview) else str(c).encode() for c in row)
                found += [(table, person) for person in PERSONS if person.encode() in cells]
        for chain, log in (("audit", AuditEvent), ("access", AccessEvent)):
            for seq in session.execute(select(col(log.seq))).scalars():
                told = str(get_entry(session, chain, seq)[1])
                found += [(chain, seq, person) for person in PERSONS if person in told]
    kept = [file for file in full.files_dir.rglob("*") if file.is_file()]
    found += [(file.name, p) for file in kept for p in PERSONS if p.encode() in file.read_bytes()]
    assert found == []


def require_nobody_in_packages(full: House) -> None:
    """A frame says no more than what is shown, but where names are asked for with a reason."""
    told = {"reference": "个体", "purpose": GROUND, "recipient": "贸易科"}
    assert do(full, frames.verify, "maintainer", reference="个体").intact
    plain = do(full, frames.export, "maintainer", **told)
    whole = do(full, frames.export, "maintainer", **told, personal=["name"], reason=GROUND)
    texts = [unzipped(Path(one.path).read_bytes()) for one in (plain, whole)]
    assert (FILED in texts[0], "仉**（零售鞋帽）" in texts[0]) == (False, True)
    assert f"{FILED}（零售鞋帽）" in texts[1]
    assert re.search(r'"included":\s*\[\s*"name"\s*\]', texts[1])


def test_an_earlier_register_is_masked_as_it_is_brought_on(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What versions before kept in clear, in every table; the log bears all of it out, and frames are what they were."""
    with monkeypatch.context() as before:
        before.setattr(persons, "shown", lambda name, _persons: name)
        unit = filed(house, tmp_path)
        other = typed(house)
        proposed(house, other, "correction", name=f"{TYPED}（修鞋）", short_name="")
        with house.database.write() as session:
            made = {"conditions": [{"field": "unit_type", "op": "eq", "value": "3"}]}
            make_frozen(session, "个体", definition=made)
    assert FILED in name_of(house, unit)
    downgrade(house.database.engine, BEFORE)
    done = upgrade(house.database, house.files_dir, actor="operator", now=NOW)
    assert done is not None
    assert done.left_out == frozenset()
    with house.database.read() as session:
        assert prove(session, every=True).differences == ()
        held = [row for table in MASKED for row in session.connection().exec_driver_sql(f"SELECT * FROM {table}")]
        assert not [row for row in held if any(person in str(row) for person in PERSONS)]
        opened = [str((item.changes, item.expects)) for item in session.execute(select(RequestItem)).scalars()]
        opened += [str(row.clean) for row in session.execute(select(SourceRecord)).scalars()]
    assert not [text for text in opened if f"{FILED}（" in text or f"{TYPED}（" in text or f"{TYPED}(" in text]
    assert name_of(house, unit) == "仉**（零售鞋帽）"
    assert [row.unit_id for row in do(house, units.list_, "maintainer", q=FILED).items] == [unit]
    assert do(house, frames.verify, "maintainer", reference="个体").intact


BEFORE = "5b1f0c3e9a27"
MASKED = ("unit_version", "change_request", "request_item", "source_record", "losing_value", "spot_check_item")


def test_a_citizens_number_is_masked_among_problems(house: House, tmp_path: Path) -> None:
    """F21 held in the register; who read the problems of the file met it in clear."""
    number = "500105190001010004"
    batch = taken(
        house.database, tmp_path, f"{CENSUS_HEADER}3,江北区老李面馆,{number},,,500105006001,测云路1号,1,面条,6210\n"
    )
    told = do(house, imports.problems, "maintainer", batch_id=batch.batch_id).items
    assert [one.code for one in told if one.field == "uscc"] == ["code_citizen_number"]
    assert number not in str(told)
    for door in ("uscc", "reg_no", "org_code", "tax_no", "parent_uscc"):
        with pytest.raises(BadChange):
            proposed(house, name="老李面馆", **{**BORN, door: number})
