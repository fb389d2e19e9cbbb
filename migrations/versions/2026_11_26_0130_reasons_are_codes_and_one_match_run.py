"""Reasons are codes with facts; one match run at a time; at most one decision stands on a pair.

What the program noted stood as English sentences in the rows; those it is known to have written become codes. Other
text stays as it is. Two match runs at once put every new unit in twice; two people deciding one pair both won.

Revision ID: d2a8c4e6f107
Revises: c5d1a7f0b3e2
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "d2a8c4e6f107"
down_revision = "c5d1a7f0b3e2"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

SENTENCES = {
    "row_stopped": "stopped at intake: see the problems of the row",
    "row_repeated_here": "the same row stands earlier in this file",
    "row_repeated_open": "the same row of an earlier file still waits",
    "row_batch_discarded": "the batch was discarded",
    "row_request_rejected": "request {request} was rejected",
    "row_request_withdrawn": "request {request} was withdrawn",
    "row_taken_back": "a decision was taken back",
    "row_waits_for_unit": "waits for a unit that is proposed",
    "row_unit_not_here_yet": "its unit is not in the register (yet)",
    "row_asks": "a person decides whether it is a unit we hold",
    "row_nothing_new": "says nothing new",
    "row_unit_unknown": "speaks of a unit that is not in the register",
    "row_unit_moved_on": "the unit changed before this was applied",
    "held_few_rows": "{rows} rows, far fewer than the {last} of the last file of this kind",
    "held_many_closed": "would close {closing} of {live} live units",
    "title_add": "新增单位：批次 {batch}，{count} 个",
    "title_remove": "注销、吊销单位：批次 {batch}，{count} 个",
    "title_accept": "按规则变更：批次 {batch}，{count} 个",
    "title_change": "变更单位：批次 {batch}，{count} 个",
    "title_same_unit": "复核认定为同一单位 #{unit}",
    "title_new_unit": "复核认定为新单位：{name}",
}
"""Code to the sentence that stood in its place, facts named."""

JOBS = {
    "job_request_applied": "request {request}: {items} items",
    "job_file_held": "batch {batch}: held, {rows} rows",
    "job_file_read": "batch {batch}: {status}, {rows} rows",
    "job_matched": "run {run}: {ways}, {questions} questions",
}
"""The same for what ended jobs said; their words of today leave some of it out."""

_NUMBER = r"\d+"
_TEXTS = {"name": ".*", "ways": ".*", "status": r"\w+"}
"""What facts look like; all but these are numbers."""

_ROOM = 255
"""Characters of a title; one that would not fit as a code stays the sentence it is."""


_NOTED = (("source_record", "outcome_reason"), ("import_batch", "held_reason"), ("change_request", "title"))


def upgrade() -> None:
    # Columns and indexes one by one: to build the table anew would break what refers to its rows on SQLite.
    op.add_column("match_run", sa.Column("status", sa.String(length=16), nullable=False, server_default="stored"))
    op.add_column("match_run", sa.Column("open_key", sa.String(length=16), nullable=True))
    op.add_column("match_run", sa.Column("heard_at", sa.DateTime(), nullable=True))
    op.create_index(op.f("ix_match_run_open_key"), "match_run", ["open_key"], unique=True)
    op.add_column("decision", sa.Column("stands_on", BIG_ID, nullable=True))
    # Of several that stood on one pair the last one stands.
    op.execute(
        "UPDATE decision SET stands_on = pair_id WHERE decision_id IN "
        "(SELECT max(decision_id) FROM decision WHERE superseded_at > '9000-01-01' GROUP BY pair_id)"
    )
    op.execute("UPDATE decision SET superseded_at = at WHERE superseded_at > '9000-01-01' AND stands_on IS NULL")
    op.create_index(op.f("ix_decision_stands_on"), "decision", ["stands_on"], unique=True)
    for table, column in _NOTED:
        _rewrite(table, column, _coded(SENTENCES))
    _rewrite("job", "message", _coded(JOBS))


def downgrade() -> None:
    for table, column in _NOTED:
        _rewrite(table, column, _sentence)
    op.drop_index(op.f("ix_decision_stands_on"), "decision")
    op.drop_column("decision", "stands_on")
    op.execute("DELETE FROM match_run WHERE status <> 'stored'")
    op.drop_index(op.f("ix_match_run_open_key"), "match_run")
    for column in ("heard_at", "open_key", "status"):
        op.drop_column("match_run", column)


def _rewrite(table: str, column: str, rule: Callable[[str], str | None]) -> None:
    """Put every distinct text through the rule, and the rows that bear it in one statement each."""
    there = sa.table(table, sa.column(column, sa.String()))
    held = there.c[column]
    connection = op.get_bind()
    for (text,) in connection.execute(sa.select(held).distinct().where(held != "")).all():
        new = rule(text)
        if new is not None:
            connection.execute(sa.update(there).where(held == text).values({column: new}))


def _coded(sentences: dict[str, str]) -> Callable[[str], str | None]:
    patterns = [(code, re.compile(_pattern(sentence), re.DOTALL)) for code, sentence in sentences.items()]

    def rule(text: str) -> str | None:
        for code, pattern in patterns:
            found = pattern.fullmatch(text)
            if found:
                facts = {name: fact if name in _TEXTS else int(fact) for name, fact in found.groupdict().items()}
                packed = json.dumps({"code": code, **facts}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
                return packed if len(packed) <= _ROOM else None
        return None

    return rule


def _pattern(sentence: str) -> str:
    """The sentence with a group for each fact: a number, but for those named in `_TEXTS`."""
    parts = re.split(r"{(\w+)}", sentence)
    return "".join(
        f"(?P<{part}>{_TEXTS.get(part, _NUMBER)})" if n % 2 else re.escape(part) for n, part in enumerate(parts)
    )


def _sentence(text: str) -> str | None:
    if not text.startswith('{"'):
        return None
    facts = json.loads(text)
    code = facts.pop("code", "")
    if code == "noted":
        return str(facts["text"])
    return SENTENCES[code].format(**facts) if code in SENTENCES else None
