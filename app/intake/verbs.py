"""What people can do with files: look at one, take it in, see where each row ended, answer a batch that asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from app.audit.tags import Tag
from app.changes.outcomes import ask_match
from app.changes.queries import requests_of_batch
from app.core import kept
from app.core.errors import SecondPersonNeeded, WrongState
from app.core.kept import FileAltered
from app.core.rights import Reach
from app.core.said import word, words_of
from app.domain.lives import BatchStatus
from app.domain.roles import Permission
from app.exports.files import table_file
from app.intake import again, counting, queries, reading, service
from app.intake import run as taking
from app.intake.errors import (
    FILE_REFUSALS,
    BatchHasNoFile,
    BatchNotFound,
    BeingRead,
    FileNotKept,
    MarkedSecret,
    NotHeld,
    NothingToHandIn,
)
from app.intake.run import Given
from app.intake.schemas import (
    BatchAnswered,
    Batches,
    BatchesWanted,
    BatchShown,
    BatchWanted,
    BatchWhole,
    FileHanded,
    HandedInAgain,
    Preview,
    PreviewShown,
    Problems,
    ProblemShown,
    ProblemsWanted,
    ReadingStarted,
    RequestOfBatch,
    Rows,
    RowShown,
    RowsWanted,
)
from app.intake.service import FileFacts
from app.jobs.schemas import JobShown
from app.jobs.service import OPEN, last_of
from app.layouts.queries import taught_for
from app.models import ImportBatch
from app.rules.counting import About, ask_count
from app.rules.schemas import RulesCounted
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Download
from app.verbs.verb import Body, seen_by
from importers.taught import Taught

_HEADS = (
    word("column_sheet", "工作表", "Sheet"),
    word("column_row", "行", "Row"),
    word("column_level", "级别", "Level"),
    word("column_problem", "问题", "Problem"),
    word("column_column", "列", "Column"),
    word("column_value_read", "读到的值", "Value read"),
    word("column_what_to_do", "说明", "What to do"),
)
_PART = 5000


@verb(
    "import.preview",
    Permission.IMPORT,
    opens=Opens.OWN,
    errors=FILE_REFUSALS,
    body=Body.FILE,
    reach=Reach.OWN,
    sees=True,
)
def preview(call: Call, wish: Preview) -> PreviewShown:
    """What a file would bring, as understood; nothing is taken in. A refusal of a file marked secret is logged."""
    with _marks_logged(call, wish.source):
        given = Given(wish.sheet, wish.mapping, _taught(call, wish.source))
        found = taking.preview(wish.path, wish.source, given, as_of=wish.as_of, most=wish.most)
    facts = taking.facts_of(wish.path)
    sha256 = kept.keep(facts.path, facts.sha256, call.house.files_dir).name if wish.keep else ""
    return PreviewShown(**asdict(found), sha256=sha256)


@verb(
    "import.start",
    Permission.IMPORT,
    opens=Opens.OWN,
    errors=(*FILE_REFUSALS, FileNotKept, FileAltered),
    body=Body.FILE,
    reach=Reach.OWN,
)
def start(call: Call, wish: FileHanded) -> ReadingStarted:
    """Have a file taken in by the worker, whole or not at all; one whose reading broke off is gone on with."""
    with _marks_logged(call, wish.source):
        facts, labels = _handed(call, wish)
    told: dict[str, Any] = {
        "folder": call.house.files_dir,
        "as_of": wish.as_of,
        "sheet": wish.sheet,
        "match": wish.match,
    }

    def begin(inside: Call) -> ReadingStarted:
        batch, job = reading.start(
            inside.session, wish.source, facts, actor=call.actor, now=inside.now, mapping=labels, **told
        )
        return ReadingStarted(batch_id=batch.batch_id, job_id=job.job_id if job else None)

    return call.writing(begin)


@contextmanager
def _marks_logged(call: Call, source: str) -> Iterator[None]:
    """Log the refusal of a file that is marked secret: who brought it, as what, its name; nothing of what it holds."""
    try:
        yield
    except MarkedSecret as refusal:
        payload = {"source": source, "file": refusal.details["file"]}
        call.writing(lambda inside: inside.log(Tag.IMPORT_REFUSE_MARKED, f"source {source}", payload))
        raise


def _taught(call: Call, source: str) -> tuple[Taught, ...]:
    """By which layouts that people taught a file of the caller's office is read."""
    with call.reading() as inside:
        return taught_for(inside.session, call.actor.office_id, source)


def _handed(call: Call, wish: FileHanded) -> tuple[FileFacts, str]:
    """What is known of a file: one that lies here is looked at and kept, another was before. Raises BadFile, FileNotKept."""
    if wish.path is not None:
        given = Given(wish.sheet, wish.mapping, _taught(call, wish.source))
        return reading.looked_at(wish.path, wish.source, wish.as_of, given, call.house.files_dir)
    path = call.house.files_dir / (wish.sha256 or "none")
    if not path.is_file():
        raise FileNotKept
    with kept.opened(path.name, wish.name, path.parent) as clear:
        return FileFacts(wish.name, path.name, clear.stat().st_size, path), ""


@verb("import.list", Permission.IMPORT, route="GET /imports", reach=Reach.OFFICE)
def list_(call: Call, wish: BatchesWanted) -> Batches:
    """The newest batches with their rows by outcome."""
    found = queries.list_batches(call.session, call.actor, after=wish.after, limit=wish.limit)
    more = found[-1].batch_id if len(found) == wish.limit else None
    return Batches(items=[_shown(call, batch) for batch in found], next=more)


@verb(
    "import.show",
    Permission.IMPORT,
    errors=(BatchNotFound,),
    route="GET /imports/{batch_id}",
    command="import show {batch_id:batch}",
    reach=Reach.OFFICE,
)
def show(call: Call, wish: BatchWanted) -> BatchWhole:
    """A batch with its rows by outcome, its problems by code and the change requests it led to."""
    shown = _shown(call, queries.get_visible_batch(call.session, wish.batch_id, call.actor))
    requests = requests_of_batch(call.session, wish.batch_id)
    return BatchWhole(
        **dict(shown),
        requests=[RequestOfBatch.told(request, call.language) for request in requests],
        again=again.count(call.session, wish.batch_id),
    )


@verb(
    "import.rows",
    Permission.IMPORT,
    errors=(BatchNotFound,),
    route="GET /imports/{batch_id}/rows",
    reach=Reach.OFFICE,
    sees=True,
)
def rows(call: Call, wish: RowsWanted) -> Rows:
    """Where each row of a batch ended."""
    queries.get_visible_batch(call.session, wish.batch_id, call.actor)
    found = queries.list_rows(call.session, wish.batch_id, outcome=wish.outcome, after=wish.after, limit=wish.limit)
    more = found[-1].record_id if len(found) == wish.limit else None
    going = queries.still_going(call.session, found)
    items = [RowShown.told(row, call.language, going=row.record_id in going) for row in found]
    return Rows(items=items, next=more)


@verb(
    "import.problems",
    Permission.IMPORT,
    errors=(BatchNotFound,),
    route="GET /imports/{batch_id}/problems",
    reach=Reach.OFFICE,
    sees=True,
)
def problems(call: Call, wish: ProblemsWanted) -> Problems:
    """Problems of a batch by row: what was read (personal values masked), what is wrong, what to do."""
    queries.get_visible_batch(call.session, wish.batch_id, call.actor)
    found = queries.list_problems(call.session, wish.batch_id, after=wish.after, limit=wish.limit)
    more = found[-1].problem_id if len(found) == wish.limit else None
    last = found[-1].problem_id if found else wish.after
    units = queries.units_with_problems(call.session, wish.batch_id, after=wish.after, until=last)
    call.saw(Tag.UNITS_SEEN, "import.problems", seen_by(wish), units=units)
    return Problems(items=[ProblemShown.told(problem, call.language) for problem in found], next=more)


@verb(
    "import.problems-file",
    Permission.IMPORT,
    errors=(BatchNotFound,),
    route="GET /imports/{batch_id}/problems.csv",
    media="text/csv",
    command="import problems-file {batch_id:batch}",
    reach=Reach.OFFICE,
    sees=True,
)
def problems_file(call: Call, wish: BatchWanted) -> Download:
    """All problems of a batch for a spreadsheet (CSV): sheet, row, column, what was read, what to do."""
    queries.get_visible_batch(call.session, wish.batch_id, call.actor)
    units = queries.units_with_problems(call.session, wish.batch_id)
    call.saw(Tag.UNITS_SEEN, "import.problems-file", seen_by(wish), units=units)
    return table_file(f"problems-{wish.batch_id}.csv", _problem_rows(call, wish.batch_id))


def _problem_rows(call: Call, batch_id: int) -> Iterator[tuple[Any, ...]]:
    yield tuple(words_of(head, {}, call.language) for head in _HEADS)
    after = 0
    while part := queries.list_problems(call.session, batch_id, after=after, limit=_PART):
        for problem in part:
            told = ProblemShown.told(problem, call.language)
            yield (told.sheet, told.row_no, str(told.level), told.code, told.column, told.read, told.message)
        after = part[-1].problem_id


@verb(
    "import.rules",
    Permission.IMPORT,
    errors=(BatchNotFound,),
    route="GET /imports/{batch_id}/rules",
    command="import rules {batch_id:batch}",
    reach=Reach.OFFICE,
    sees=True,
)
def rules(call: Call, wish: BatchWanted) -> RulesCounted:
    """What the rules would say of the rows of a batch: by rule how many break it, and the first; rules stop none. By guard how
    many rows would be stopped. Of a large file as it was counted once it was read, or since (`import.count_rules`)."""
    return counting.counted(call, queries.get_visible_batch(call.session, wish.batch_id, call.actor))


@verb(
    "import.count_rules",
    Permission.IMPORT,
    opens=Opens.WRITE,
    errors=(BatchNotFound,),
    route="POST /imports/{batch_id}/rules",
    status=202,
    command="import count-rules {batch_id:batch}",
    reach=Reach.OFFICE,
)
def count_rules(call: Call, wish: BatchWanted) -> JobShown:
    """Have the worker count anew what the rules would say of the rows of a batch, as the register stands now."""
    batch = queries.get_visible_batch(call.session, wish.batch_id, call.actor)
    told: dict[str, Any] = {"by": call.actor.login, "now": call.now, "office_id": batch.office_id}
    return JobShown.of(ask_count(call.session, About.BATCH, batch.batch_id, **told), call.language)


@verb(
    "import.confirm",
    Permission.IMPORT,
    opens=Opens.WRITE,
    errors=(BatchNotFound, NotHeld, SecondPersonNeeded),
    route="POST /imports/{batch_id}/confirm",
    reach=Reach.OFFICE,
)
def confirm(call: Call, wish: BatchAnswered) -> BatchShown:
    """Vouch for a file that another brought; one that asks goes on then. What nobody vouched for is only proposed."""
    batch = service.confirm(call.session, wish.batch_id, actor=call.actor, now=call.now)
    if wish.match:
        ask_match(call.session, batch.office_id, by=call.actor.login, now=call.now, again=True)
    return _shown(call, batch)


@verb(
    "import.discard",
    Permission.IMPORT,
    opens=Opens.WRITE,
    errors=(BatchNotFound, NotHeld, BeingRead, WrongState),
    route="POST /imports/{batch_id}/discard",
    reach=Reach.OFFICE,
)
def discard(call: Call, wish: BatchWanted) -> BatchShown:
    """Drop a batch that asks, that was refused, or whose reading broke off."""
    return _shown(call, reading.discard(call.session, wish.batch_id, actor=call.actor, now=call.now))


@verb(
    "import.resume",
    Permission.IMPORT,
    opens=Opens.WRITE,
    errors=(BatchNotFound, BatchHasNoFile, BeingRead, WrongState),
    route="POST /imports/{batch_id}/resume",
    status=202,
    command="import resume {batch_id:batch}",
    reach=Reach.OFFICE,
)
def resume(call: Call, wish: BatchWanted) -> ReadingStarted:
    """Read a file anew whose reading broke off or was refused; while somebody reads it, that is answered."""
    batch, job = reading.resume(call.session, wish.batch_id, actor=call.actor, now=call.now)
    return ReadingStarted(batch_id=batch.batch_id, job_id=job.job_id)


@verb(
    "import.hand-in-again",
    Permission.IMPORT,
    opens=Opens.OWN,
    errors=(BatchNotFound, NothingToHandIn),
    route="POST /imports/{batch_id}/hand-in-again",
    command="import hand-in-again {batch_id:batch}",
    reach=Reach.OFFICE,
)
def hand_in_again(call: Call, wish: HandedInAgain) -> BatchShown:
    """Have rows matched anew that were rejected, could not be written, or speak of a unit nobody knew."""
    turns = call.house.turns
    again.hand_in(turns, wish.batch_id, row_no=wish.row_no, reason=wish.reason, actor=call.actor, now=call.now)
    with call.reading() as inner:
        return _shown(inner, queries.get_batch(inner.session, wish.batch_id))


def _shown(call: Call, batch: ImportBatch) -> BatchShown:
    session, job = call.session, None
    if batch.status == BatchStatus.READING:
        job = last_of(session, reading.key_of(batch.batch_id))
    return BatchShown.told(
        batch,
        queries.counts_of(session, batch.batch_id),
        queries.problem_counts(session, batch.batch_id),
        call.language,
        confirmed_by=queries.login_of(session, batch.confirmed_by),
        job_id=job.job_id if job else None,
        stalled=batch.status == BatchStatus.READING and not (job and job.status in OPEN),
    )
