"""Building the demo: every step is the step a bureau would take."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts.actor import get_actor
from app.accounts.offices import list_offices
from app.audit.access import AccessLog
from app.audit.upgrade import upgrade
from app.changes import queries as change_queries
from app.changes import service as changes
from app.codelists.service import load_shipped, load_standard_policies
from app.core.actor import Actor
from app.core.clock import Clock, iso_moment
from app.core.db import Database
from app.core.rights import territory
from app.core.said import worded
from app.demo import people
from app.domain.lives import BatchStatus
from app.domain.words import RequestStatus
from app.intake import queries as intake_queries
from app.intake.reading import import_file
from app.intake.service import confirm as vouch
from app.match import run as matching_run
from app.models import ImportBatch
from app.review import queries as review_queries
from app.rules.service import load_standard_rules
from app.verbs import House
from app.worker import run_all

Say = Callable[[str], None]


def build(database: Database, clock: Clock, samples: Path, *, keep_in: Path, say: Say) -> dict[str, Any]:
    """Schema, lists, people; census in, matched, approved as one batch; then the other files into the queues."""
    upgrade(database, keep_in, actor="operator", now=clock.now())
    with database.write() as session:
        load_shipped(session, actor="demo", now=clock.now())
        load_standard_policies(session, actor="demo", now=clock.now())
        load_standard_rules(session, actor="demo", now=clock.now())
    with house_of_demo(database, clock, keep_in) as house:
        tokens, key = people.settle(house)
        surveys = people.register_surveys(house)
    with database.read() as session:
        maintainer, approver = get_actor(session, "maintainer"), get_actor(session, "approver")
    files = json.loads((samples / "expected.json").read_text("utf-8"))["files"]
    for first in (True, False):
        for name, facts in files.items():
            if (facts["source"] == "census") is first:
                _take_in(database, clock, samples / name, facts, maintainer, keep_in, say)
        matching_run.run(database, actor=maintainer, clock=clock)
        if first:
            _approve_base_list(database, clock, approver, say)
        run_all(database, clock)
    with database.read() as session:
        told = counts(session, maintainer, clock.today())
        offices = [{"code": one.code, "name": one.name, "level": one.level} for one in list_offices(session)]
    return {
        "counts": told,
        "tokens": tokens,
        "api_key": key,
        "clock": iso_moment(clock.now()),
        "offices": offices,
        "surveys": surveys,
    }


@contextmanager
def house_of_demo(database: Database, clock: Clock, files: Path) -> Iterator[House]:
    """The house in which the demo's people do what they do."""
    access = AccessLog(database)
    try:
        yield House(database, clock, access, files)
    finally:
        access.close()


def _take_in(
    database: Database, clock: Clock, path: Path, facts: dict[str, Any], actor: Actor, keep_in: Path, say: Say
) -> None:
    as_of = date.fromisoformat(facts["as_of"])
    batch = import_file(database, path, facts["source"], actor=actor, clock=clock, as_of=as_of, keep_in=keep_in)
    if batch.status == BatchStatus.STAGED:
        with database.write() as session:
            vouch(session, batch.batch_id, actor=get_actor(session, "maintainer2"), now=clock.now())
    say(f"read {path.name}: {batch.rows} rows, {batch.encoding}, {batch.layout} {worded(batch.held_reason)}")


def _approve_base_list(database: Database, clock: Clock, approver: Actor, say: Say) -> None:
    """The opening base list of the census, approved as one batch by the municipal office."""
    with database.write() as session:
        waiting = change_queries.list_requests(session, approver, status=[str(RequestStatus.IN_REVIEW)])
        for request in waiting:
            changes.approve(session, request.request_id, actor=approver, now=clock.now(), comment="开库底册，整批批准")
            say(f"approved as one batch: {request.title}")


def counts(session: Session, actor: Actor, on: date) -> dict[str, Any]:
    """What was read, matched, queued and awaits approval."""
    batches = session.execute(select(ImportBatch).order_by(col(ImportBatch.batch_id))).scalars()
    files = {
        batch.file_name: {
            "rows": batch.rows,
            "skipped_lines": batch.skipped_lines,
            "outcomes": intake_queries.counts_of(session, batch.batch_id),
            "problems": intake_queries.problem_counts(session, batch.batch_id),
        }
        for batch in batches
    }
    awaiting: Counter[str] = Counter()
    for request in change_queries.list_requests(session, actor, status=[str(RequestStatus.IN_REVIEW)], limit=1000):
        awaiting[request.need] += request.item_count
    return {
        "files": files,
        "live_units": intake_queries.live_units(session, territory(actor, on)),
        "pairs": dict(sorted(review_queries.count_pairs(session, actor).items())),
        "awaiting_approval": dict(sorted(awaiting.items())),
    }
