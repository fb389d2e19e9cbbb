"""What the form, the preview of an import, the approver and the register say of one example of each rule and of each guard.

`told.json` holds what came out; a test holds it equal, on both databases, and the printed page of rules tells it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.actor import get_actor
from app.changes import drafting, verbs
from app.changes.rules import ItemDraft, read_changes
from app.core.errors import AppError
from app.core.turns import Own
from app.domain.period import FOREVER, Period
from app.domain.words import Reason
from app.intake import verbs as imports
from app.models import Finding, ImportBatch, SourceRecord
from app.register import sources
from app.register.queries import revisions_of
from app.register.rules import Write
from app.register.writer import apply
from app.rules import standing
from app.verbs import House
from tests.factories.house import do
from tests.factories.rules import BREAKING, OWN
from tests.factories.units import UNIT, make_unit
from tests.factories.world import NOW

TOLD = Path(__file__).with_name("told.json")
PLACES = ("form", "import", "approver", "register")
DAY = date(2024, 12, 1)
BRANCH = {"unit_type": "2", "uscc": "", "mobile": "", "org_type": "", "revenue": 1, "parent_uscc": OWN}
NO_ROW = "no row says that"
PLAIN = {"uscc": "", "mobile": "", "revenue": 100, "opened_on": "2020-05"}


@dataclass(frozen=True)
class Case:
    """Units that are there, and what is told of a new one or of one of them (by its place): `says` for people to read."""

    says: str
    changes: dict[str, Any] = field(default_factory=dict)
    held: tuple[dict[str, Any], ...] = ()
    unit: int | None = None
    reason: str = "new"
    since: date = DAY
    until: date | None = None
    successor: int | None = None
    row: str = ""
    """Why no row of a file is judged so far."""


def _new(says: str, **changes: Any) -> Case:
    return Case(says, {**UNIT, **PLAIN, "name": "重庆样例建材有限公司", **changes})


def _example(breaking: dict[str, Any]) -> str:
    return ", ".join(f"`{name}` {value!r}" if value != "" else f"no `{name}`" for name, value in breaking.items())


RULES: dict[str, Case] = {
    **{rule: _new(_example(breaking), **breaking) for rule, breaking in BREAKING.items()},
    "A02": Case("a second live unit with a code of another", {**UNIT, **PLAIN, "name": "乙", "uscc": "99123"}, ({"uscc": "99123"},)),
    "A03": Case(
        "`甲（重庆）公司` and `甲(重庆) 公司` in one county", {**UNIT, **PLAIN, "name": "甲(重庆) 公司"}, ({"name": "甲（重庆）公司"},)
    ),
    "A16": Case(
        "12 employees, and two establishments with 7 each", {"employees": 12},
        ({"uscc": OWN, "employees": 20}, *({**BRANCH, "name": f"分店{n}号", "employees": 7} for n in range(2))), 1, "change",
    ),
    "A19": Case(
        "one mobile number at six units", {**UNIT, **PLAIN, "name": "第6家公司", "mobile": "13700001111"},
        tuple({"name": f"第{n}家公司", "mobile": "13700001111"} for n in range(5)),
    ),
    "U02": Case("a legal unit that closes while a branch lives on", {"closed_on": "2024-12-01"},
        ({"uscc": OWN}, {**BRANCH, "name": "留下的分店"}), 1, "deregistered"),
}  # fmt: skip
"""Rule to its example. A20 is told of the day from which the unit is known; an industry of no edition is stopped by a guard."""
RULES["A04"] = _new("`industry_code` '51'", industry_code="51")
RULES["A20"] = Case(RULES["A20"].says, RULES["A20"].changes, since=date(2020, 5, 1))

ONE, TWO = {"uscc": OWN}, {"name": "乙", "uscc": "91500105MA5U8K3N95"}
GUARDS: dict[str, Case] = {
    "code_taken": Case("a credit code that a live unit bears", {**UNIT, **PLAIN, "name": "乙", "uscc": OWN}, (ONE,)),
    "no_area": Case("an area that is emptied", {"area_code": ""}, (ONE,), 1, "change", row=NO_ROW),
    "no_kind": _new("a new unit without a kind", unit_type=""),
    "no_name": Case("a name that is taken away", {"name": "—"}, (ONE,), 1, "change"),
    "new_unit_without_name": replace(_new("a new unit without a name", name=""), row="stopped as it is read"),
    "code_not_listed": _new("an industry of no edition", industry_code="9999"),
    "number_too_small": _new("less than no employees", employees=-3),
    "day_beyond": _new("founded in 1500", opened_on="1500-01-01"),
    "days_beyond": Case("a change of the year 1500", {"address": "x"}, (ONE,), 1, "change", date(1500, 1, 1), row=NO_ROW),
    "only_corrections_end": Case("a change with an end", {"address": "x"}, (ONE,), 1, "change", until=date(2024, 12, 9), row=NO_ROW),
    "successor_not_meant": Case("a change that names who follows", {"address": "x"}, (ONE, TWO), 1, "change", successor=2, row=NO_ROW),
    "changes_nothing": Case("what the unit says already", {"employees": 12}, (ONE,), 1, "change"),
    "bad_step": Case("a closed unit that closes again", {}, ({**ONE, "operating_status": "4", "closed_on": "2024-01-01"},), 1, "closed", row=NO_ROW),
    "status_against_standing": Case(
        "a closed unit that is given the status of a live one",
        {"operating_status": "1"},
        ({**ONE, "operating_status": "4", "closed_on": "2024-01-01"},),
        1,
        "change",
    ),
    "bad_successor": Case("a merger into itself", {}, (ONE,), 1, "merge", successor=1, row=NO_ROW),
    "circle": Case("a superior whose superior it is", {"superior_uscc": "91500105MA5U8K3N95"}, (ONE, {**TWO, "superior_uscc": OWN}), 1, "change"),
}  # fmt: skip
"""Guard to an example that it stops."""


def told_of(house: House, case: Case) -> dict[str, list[str]]:
    """Place to the codes of what it says."""
    with house.database.write() as session:
        for told in case.held:
            make_unit(session, **{**PLAIN, **told})
    said = {"form": _form(house, case)}
    said["import"] = [case.row] if case.row else _import(house, case)
    said["approver"] = _approver(house, case)
    said["register"] = _register(house, case)
    return said


def _form(house: House, case: Case) -> list[str]:
    about = {"unit_id": case.unit, "valid_until": case.until, "successor_id": case.successor}
    typed = {name: value for name, value in case.changes.items() if case.unit or value != ""}
    found = do(house, verbs.look_over, "maintainer", reason=case.reason, valid_from=case.since, changes=typed, **about)
    return [stop.code for stop in found.stops] or sorted(one.rule for one in found.findings)


def _import(house: House, case: Case) -> list[str]:
    """The row as it was read, of a file of its own."""
    with house.database.write() as session:
        actor = get_actor(session, "maintainer")
        batch = ImportBatch(
            source="census", file_name="例", file_sha256="0", file_size=1, as_of=case.since, status="reading", rows=1, skipped_lines={},
            office_id=actor.office_id, created_by=actor.user_id, created_at=NOW,
        )  # fmt: skip
        session.add(batch)
        session.flush()
        own = OWN if case.unit else ""
        clean = {
            **({"uscc": own} if own else {}),
            **{name: value for name, value in case.changes.items() if value != ""},
        }
        event = case.reason if case.reason == "deregistered" else "state"
        session.add(
            SourceRecord(
                batch_id=batch.batch_id, row_no=2, row_hash=b"1", raw={}, clean=clean, code=clean.get("uscc"), event=event,
                event_on=case.since.isoformat(), outcome="pending",
            )
        )  # fmt: skip
        batch_id = batch.batch_id
    found = do(house, imports.rules, "maintainer", batch_id=batch_id)
    return [one.code for one in found.guards] or sorted(one.rule for one in found.rules)


def _approver(house: House, case: Case) -> list[str]:
    """Of an item of a batch, which is drawn up of rows as well as by hand."""
    with house.database.read() as session:
        actor, item = get_actor(session, "maintainer"), _item(session, case)
    try:
        with house.database.write() as session:
            request = drafting.draft(session, [item], actor=actor, now=NOW, title="例", is_batch=True).request_id
    except AppError as refused:
        faults = refused.details.get("faults", [refused])
        return [f"not drawn up: {fault.code}" for fault in faults]
    found = do(house, verbs.rules, "maintainer", request_id=request)
    return [one.code for one in found.guards] or sorted(one.rule for one in found.rules)


def _item(session: Session, case: Case) -> ItemDraft:
    changes = {name: value for name, value in case.changes.items() if case.unit or value != ""}
    return ItemDraft(
        Reason(case.reason), case.since, read_changes(changes), sources.pack(sources.Origin("hand", 0, "2024-12-01")),
        unit_id=case.unit, valid_until=case.until or FOREVER, successor_id=case.successor,
        base_revision=revisions_of(session, [case.unit])[case.unit] if case.unit else 0,
    )  # fmt: skip


def _register(house: House, case: Case) -> list[str]:
    """What the writer refuses; else what a look finds of the unit."""
    try:
        with house.database.write() as session:
            item = _item(session, case)
            write = Write(
                1, item.unit_id, item.base_revision, item.reason, Period(item.valid_from, item.valid_until), "day", item.changes,
                item.origin, item.successor_id,
            )  # fmt: skip
            unit = apply(session, [write], request_id=0, actor="test", now=NOW).units[1]
    except AppError as refused:
        return [f"not written: {refused.code}"]
    except IntegrityError:
        return ["not written: the database refuses it"]
    standing.look(Own(house.database), now=NOW)
    with house.database.read() as session:
        return sorted(
            session.execute(select(Finding.rule).where(Finding.unit_id == unit, Finding.status == "open")).scalars()
        )


def held() -> dict[str, dict[str, dict[str, list[str]]]]:
    found: dict[str, Any] = json.loads(TOLD.read_text("utf-8"))
    return found
