"""One tree for both databases: up, equal to the models, one step down and up again."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.db import Database
from app.core.said import Said
from app.core.schema import current_revision, differences, downgrade, head_revision, upgrade
from app.domain.period import STILL_KNOWN
from app.domain.words import Reason
from app.models import Decision, ImportBatch, Job, identifier, metadata, relation
from app.worker import tasks  # noqa: F401  # has the words of what tasks say
from tests.factories.writes import change_unit, make_unit

VERSIONS = Path("migrations/versions")


def test_the_head_schema_equals_the_models(database: Database) -> None:
    assert current_revision(database.engine) == head_revision()
    assert differences(database.engine, metadata) == []


def test_one_step_down_and_up_again(database: Database) -> None:
    downgrade(database.engine, "-1")
    assert current_revision(database.engine) != head_revision()
    upgrade(database.engine)
    assert differences(database.engine, metadata) == []


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("*.py")), ids=lambda path: path.stem)
def test_a_column_added_has_a_value_for_the_rows_that_are_there(path: Path) -> None:
    """On empty tables a column that may not be NULL is added without one, and an installation stops at it."""
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".add_column"):
            column = ast.unparse(call)
            assert "nullable=False" not in column or "server_default=" in column, (
                f"{column} needs a server_default (CONTRIBUTING.md, A migration)"
            )


NOTES_BEFORE = "c5d1a7f0b3e2"
"""The revision before reasons became codes."""


def test_sentences_of_earlier_versions_become_codes_and_others_stay(database: Database) -> None:
    downgrade(database.engine, NOTES_BEFORE)
    with database.write() as session:
        session.execute(text(_JOBS), [{"id": n, "message": message} for n, message in enumerate(MESSAGES, 1)])
        session.execute(text(_BATCH), {"held": "5 rows, far fewer than the 20 of the last file of this kind"})
    upgrade(database.engine)
    with database.read() as session:
        found = [job.message.text("zh") for job in session.execute(select(Job).order_by(Job.job_id)).scalars()]
        held = session.execute(select(ImportBatch)).scalar_one().held_reason
    assert found == [
        "批次 3，10 行，看上去不寻常，等您确认",
        "批次 3，10 行",
        "申请 #4，5 个单位",
        "第 1 次比对，5 对待判定",
        "a message nobody knows",
    ]
    assert held == Said("held_few_rows", {"rows": 5, "last": 20})
    downgrade(database.engine, NOTES_BEFORE)
    with database.read() as session:
        assert (
            session.execute(text("SELECT held_reason FROM import_batch")).scalar_one().startswith("5 rows, far fewer")
        )


MESSAGES = (
    "batch 3: held, 10 rows",
    "batch 3: staged, 10 rows",
    "request 4: 5 items",
    "run 1: 3 new, 2 ask, 5 questions",
    "a message nobody knows",
)
_JOBS = (
    "INSERT INTO job (job_id, task, key, args, status, attempts, done, total, message, created_at, created_by) "
    "VALUES (:id, 'x', 'x', '{}', 'succeeded', 1, 0, 0, :message, '2024-12-31 00:00:00', 'x')"
)
_BATCH = (
    "INSERT INTO import_batch (batch_id, source, file_name, file_sha256, file_size, sheet, layout, mapping_version, "
    "encoding, as_of, status, rows, skipped_lines, held_reason, created_by, created_at) VALUES (1, 'market', 'a', 'b', 1, "
    "'', '', '', '', '2024-12-31', 'held', 5, '{}', :held, 1, '2024-12-31 00:00:00')"
)


def test_of_several_decisions_that_stood_on_a_pair_the_last_one_stands(database: Database) -> None:
    downgrade(database.engine, NOTES_BEFORE)
    with database.write() as session:
        session.execute(text(_BATCH), {"held": ""})
        for statement in _TWO_DECISIONS:
            session.execute(text(statement), {"bytes": b"x"} if ":bytes" in statement else {})
    upgrade(database.engine)
    with database.read() as session:
        decisions = session.execute(select(Decision).order_by(Decision.decision_id)).scalars()
        found = [(one.stands_on, one.superseded_at == STILL_KNOWN) for one in decisions]
        assert session.execute(text("SELECT status FROM match_run")).scalar_one() == "stored"
    assert found == [(None, False), (1, True)]


_TWO_DECISIONS = (
    "INSERT INTO match_run (run_id, model, model_version, thresholds, report, actor_id, at) "
    "VALUES (1, 'm', '1', '{}', '{}', 1, '2024-12-31 00:00:00')",
    "INSERT INTO source_record (record_id, batch_id, sheet, row_no, row_hash, raw, clean, event, event_on, outcome, "
    "outcome_reason) VALUES (1, 1, '', 1, :bytes, :bytes, :bytes, 'new', '', 'to_review', '')",
    "INSERT INTO candidate_pair (pair_id, run_id, record_id, other_kind, other_id, match_weight, match_probability, rule, "
    "veto, levels, facts, status) VALUES (1, 1, 1, 'unit', 1, 1, 0.5, '', '', '{}', '', 'decided')",
    *(
        "INSERT INTO decision (decision_id, pair_id, verdict, comment, actor_id, at, superseded_at) "
        f"VALUES ({n}, 1, 'same', '', 1, '2024-12-31 00:00:00', '9999-12-31 00:00:00.000000')"
        for n in (1, 2)
    ),
)


LINKS_BEFORE = "7d20f4b8a1c6"
"""The revision before identifiers and relations stood by themselves."""


def test_links_of_earlier_versions_come_to_say_what_the_writer_says_now(database: Database) -> None:
    with database.write() as session:
        parent = make_unit(session, uscc="91500105MA5U8K3N95")
        make_unit(session, parent_uscc="91500105MA5U8K3N95", uscc="", unit_type="2")
        make_unit(session, parent_org_code="MA5U8K3N9", uscc="91500105MA5U8K3N95", unit_type="2")
        make_unit(session, uscc="91500105MA60X0016Y", org_code="MA60X0016", superior_uscc="11500105009281232H")
        change_unit(session, parent, date(2024, 5, 1), reason=Reason.CODE_CHANGE, uscc="91500105MA5XY00A38")
    written = _links(database)
    downgrade(database.engine, LINKS_BEFORE)
    upgrade(database.engine)
    assert differences(database.engine, metadata) == []
    assert _links(database) == written
    assert [row for row in written if row[2] == "MA5U8K3N9"], "the test would see nothing"


def _links(database: Database) -> list[tuple[Any, ...]]:
    """What identifiers and relations say, as believed now."""
    codes = (identifier.c.unit_id, identifier.c.scheme, identifier.c.value, identifier.c.within, identifier.c.verified)
    others = (relation.c.unit_id, relation.c.kind, relation.c.target_code, relation.c.target_unit_id)
    with database.read() as session:
        found = [
            tuple(row)
            for table, wanted in ((identifier, codes), (relation, others))
            for row in session.execute(
                select(*wanted, table.c.valid_from, table.c.valid_until).where(table.c.superseded_at == STILL_KNOWN)
            )
        ]
    return sorted(found, key=str)
