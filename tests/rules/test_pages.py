"""The pages of rules: what is counted over a file and a batch, and a rule that is tried, proposed, confirmed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete
from sqlmodel import col

from app.core.db import Database
from app.match import verbs as matching
from app.models import Policy
from app.web.pages import rules as pages
from tests.factories.files import taken
from tests.factories.house import do, housing
from tests.factories.http import serving
from tests.factories.people import signed_in
from tests.factories.units import make_unit
from tests.rules.test_counted import ROWS

ASKS = '[{"holds": [{"field": "employees", "op": "ge", "value": 5}]}]'
RULE = {
    "code": "B01", "level": "warning", "zh": "从业人员太多，请核对", "en": "too many employees", "source": "渝统函1号", "fields": "employees revenue",
    "asks": ASKS, "valid_from": "2024-12-31",
}  # fmt: skip


def seen(client: TestClient, address: str, cookie: str) -> str:
    answer = client.get(address, headers={"Cookie": cookie})
    assert answer.status_code == 200, (address, answer.text[:500])
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def sent(client: TestClient, address: str, cookie: str, **told: str) -> str:
    page = client.get("/rules", headers={"Cookie": cookie}).text
    csrf = re.search(r'name="csrf" content="([0-9a-f]+)"', page)
    assert csrf
    answer = client.post(address, data={**told, "csrf": csrf[1]}, headers={"Cookie": cookie}, follow_redirects=False)
    assert answer.status_code in (200, 303), answer.text[:500]
    return answer.text


def test_a_file_and_a_batch_show_what_the_rules_say_of_all_of_them(ruled: Database, tmp_path: Path) -> None:
    with ruled.write() as session:
        make_unit(session, employees=0, revenue=5)
        session.execute(delete(Policy).where(col(Policy.kind) == "acceptance"))
    batch_id = taken(ruled, tmp_path, ROWS).batch_id
    with serving(ruled) as client:
        cookie = signed_in(ruled, "maintainer")
        file = seen(client, f"/imports/{batch_id}", cookie)
        assert "按规则检查全部" in file
        assert re.search(r"A07 单位所在地区划代码.*? 3 3 第 3 行 重庆第二商贸有限公司", file)
        assert re.search(r"不在任何一版代码表中.*? 1 第 5 行", file)
        sent(client, f"/imports/{batch_id}/count-rules", cookie)
        assert "重新统计" not in file  # it is looked at anew each time
        with housing(ruled) as house:
            new = min(do(house, matching.run, "maintainer").requests)
        approver = signed_in(ruled, "district_approver")
        for address in (f"/changes/{new}", f"/changes/{new}/rules"):
            assert re.search(r"A07 单位所在地区划代码.*? 3 3 #2 重庆第二商贸有限公司", seen(client, address, approver))
        sent(client, f"/changes/{new}/count-rules", approver)


def test_a_rule_is_tried_and_proposed_on_its_page_and_confirmed_by_another(
    ruled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ruled.write() as session:
        make_unit(session)
    with serving(ruled) as client:
        maintainer, approver = signed_in(ruled, "maintainer"), signed_in(ruled, "approver")
        assert "1 个单位不合这条规则，共看了 1 个" in " ".join(
            re.sub(r"<[^>]+>", " ", sent(client, "/rules/try", maintainer, asks=ASKS)).split()
        )
        for nonsense in ("很多", "[" * 20_000, '[{"unlisted":' + "[" * 900 + "]" * 900 + "}]"):
            assert "alert-x" in sent(client, "/rules/try", maintainer, asks=nonsense)
        sent(client, "/rules", maintainer, **RULE)
        assert "待确认" in seen(client, "/rules", maintainer)
        assert "不予确认" in seen(client, "/rules", approver)
        sent(client, "/rules/drafts/1/confirm", approver)
        assert "从业人员太多，请核对 渝统函1号 停止检查" in seen(client, "/rules", maintainer)
        sent(client, "/rules/B01/end", maintainer, on="2025-01-02")
        sent(client, "/rules/drafts/2/withdraw", maintainer)
        assert "已撤回" in seen(client, "/rules", maintainer)
        assert "提出规则" not in seen(client, "/rules", approver)
        monkeypatch.setattr(pages, "DRAFTS", 1)
        assert "待确认" not in seen(client, "/rules", approver)
        sent(client, "/rules", maintainer, **RULE | {"code": "B02"})
        assert "待确认" in seen(client, "/rules", approver)  # the newest, however many were proposed before
