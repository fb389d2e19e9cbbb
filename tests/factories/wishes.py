"""A wish that each verb understands, made of its own schema, and a world in which there is what it speaks of."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

from app.changes import verbs as changes
from app.core.db import Database
from app.domain.words import LostWhy
from app.layouts import verbs as layouts
from app.match import verbs as matching
from app.models import Finding
from app.quality import verbs as quality
from app.register.losing import Claim, keep
from app.register.queries import latest_versions_of
from app.register.sources import Origin
from app.rules.service import load_standard_rules
from app.verbs import House, Verb
from app.worker import run_all
from tests.factories.files import CENSUS, CLOCK, DOUBTFUL, taken
from tests.factories.house import do
from tests.factories.people import confirmed_key
from tests.factories.world import NOW, PASSWORD
from tests.frames.world import TRADE, make_frame
from tests.quality.world import NEW, freeze

DAY, GROUND = "2024-12-31", "核对底册"
SHA256 = "0" * 64

SAID: dict[str, Any] = {
    "approval_id": 1, "approved_on": DAY, "area_prefix": "500105006002", "areas": ["500105"], "as_of": DAY, "batch_id": 1, "chain": "audit", "check_id": 1,
    "draft_id": 1, "finding_id": 1, "from": DAY, "note": GROUND, "until": DAY, "checker": "checker", "client": "直报平台", "code": "nowhere", "comment": GROUND, "definition": TRADE,
    "document_no": "1", "edition": "2017", "frame": "框", "job_id": 1, "layout_id": 1, "key_id": 1, "language": "zh",
    "level": "post", "login": "nowhere", "name": "新的", "new": "Another-one-2024!", "number": "渝统1号",
    "office": "district", "old": PASSWORD, "pair_id": 1, "path": "FILE", "parent": "district", "password": PASSWORD, "period": "2025",
    "presence": "found", "purpose": "年报核对", "reason": GROUND, "receipt": "x", "recipient": "贸易投资科",
    "reference": "框", "reference_date": DAY, "request_id": 1, "right_id": 1, "role": "checker", "roles": ["checker"],
    "section": "trade", "seed": "2024", "seq": 1, "session_id": 1, "sha256": SHA256, "side": "section", "size": 2,
    "source": "census", "survey": "retail", "valid_from": DAY, "verdict": "unsure", "version": 1,
}  # fmt: skip
"""What a part of a wish says, by its name; parts that need not be told are left out."""

ASKS = [{"holds": [{"field": "employees", "op": "ge", "value": 5000}]}]

MORE: dict[str, dict[str, Any]] = {
    "change.look_over": {"reason": "change", "unit_id": 1, "changes": {"address": "新址3号"}},
    "change.propose": {"reason": "change", "unit_id": 1, "changes": {"address": "新址1号"}},
    "check.ask": {"items": [{"code": "91500105MA60X0016Y"}]},
    "codelist.code": {"name": "industry", "code": "5165"},
    "codelist.drop": {"name": "industry"},
    "codelist.load": {"name": "industry"},
    "codelist.show": {"name": "industry"},
    "office.create": {"code": "street"},
    "layout.look": {"source": "market"},
    "layout.teach": {
        "source": "market",
        "name": "街道名单",
        "like": "market_list",
        "labels": {"店": "name", "号": "uscc"},
    },
    "me.token": {"login": "maintainer"},
    "review.undo": {"pair_id": 1},
    "rule.end": {"code": "A10"},
    "rule.propose": {
        "code": "B01",
        "zh": "请再核对一次",
        "en": "look at it again",
        "fields": ["employees"],
        "asks": ASKS,
    },
    "rule.try": {"asks": ASKS},
    "section.create": {"section": "novel"},
    "spotcheck.draw": {"frame": "框"},
    "survey.add": {"code": "novel"},
    "tempcode.issue": {"area": "500105"},
    "survey.change": {"code": "retail", "name": "批零"},
    "survey.confirm_owner": {"code": "retail"},
    "survey.refuse_owner": {"code": "retail"},
    "survey.show": {"code": "retail"},
    "unit.merge-preview": {"unit_id": 1, "absorbed": [2]},
    "unit.show": {"code": "#1"},
    "value.fill": {"field": "mobile", "source": "market", "kind": "stale"},
    "value.fillable": {"field": "mobile", "source": "market", "kind": "stale"},
    "value.unlock": {"unit_id": 1, "fields": ["mobile"], "reason": GROUND},
    "value.lock": {"unit_id": 1, "fields": ["mobile"], "until": "2025-12-31", "reason": GROUND},
    "unit.trail": {"code": "#1"},
    "unit.unmask": {"code": "#1"},
    "user.create": {"login": "novel"},
}
"""Where the name alone would hit nothing, or more has to be told."""


def told(verb: Verb[Any, Any]) -> dict[str, Any]:
    """The wish as it would be sent."""
    more = MORE.get(verb.name, {})
    parts = {field.alias or name: field for name, field in verb.takes.model_fields.items()}
    needed = {name: field for name, field in parts.items() if field.is_required() and name not in more}
    return {name: SAID.get(name, _of_kind(field.annotation)) for name, field in needed.items()} | more


def _of_kind(kind: Any) -> Any:
    """What a part that nobody thought of may well say."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    return 1 if kind is int else "1"


def furnish(house: House, folder: Path) -> None:
    """One of each: a unit, a file, a pair, a request that waits, a frame, a spot check, a key, jobs, a finding, a losing value."""
    database = house.database
    freeze(database)
    with database.write() as session:
        make_frame(session, "草稿")
        confirmed_key(session, client="collector")
    _one_pair(house, database, folder)
    do(house, layouts.teach, "maintainer", **MORE["layout.teach"])
    do(house, changes.propose, "maintainer", **MORE["change.propose"], valid_from=DAY)
    do(house, quality.draw, "survey", **NEW)
    with database.write() as session:
        load_standard_rules(session, actor="test", now=NOW)
        session.add(Finding(rule="A10", unit_id=1, status="open", found_at=NOW))
        said = Claim(1, "mobile", Origin("market", 0, DAY), "13900001234", LostWhy.WEAKER)
        keep(session, [said], latest_versions_of(session, [1]), NOW)


def _one_pair(house: House, database: Database, folder: Path) -> None:
    taken(database, folder, CENSUS)
    first = do(house, matching.run, "maintainer").requests[0]
    version = do(house, changes.show, "approver", request_id=first).version
    do(house, changes.approve, "approver", request_id=first, version=version, comment=GROUND)
    run_all(database, CLOCK)
    taken(database, folder, DOUBTFUL, source="market", name="doubtful.csv")
    do(house, matching.run, "maintainer")
