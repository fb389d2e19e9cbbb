"""What goes into the verbs of files and batches and comes out."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.core.persons import NAMING
from app.core.said import worded
from app.domain.fields import PERSONAL
from app.domain.lives import BatchStatus
from app.domain.words import Level, RequestStatus, RowOutcome, Source
from app.models import ChangeRequest, ImportBatch, ImportProblem, SourceRecord
from app.verbs.schemas import MAX_ID, After, Answer, Day, FilePath, Ground, Id, Line, Moment, SaidAnswer, Wish
from matching.standardise.codes import is_citizen_number

Limit = Annotated[int, Field(ge=1, le=5000)]
Sheet = Annotated[str, Field(max_length=128, description="sheet of a workbook; the first one when not given")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class FileGiven(Wish):
    """A file that lies on this machine, and what it is."""

    path: FilePath
    source: Source = Field(description="what the file is")
    as_of: Day = Field(description="the day the file speaks of")
    sheet: Sheet = ""
    mapping: FilePath | None = Field(None, description="an operator's own labels (JSON)")


class Preview(FileGiven):
    """With `most`, reading stops behind so many rows. With `keep`, the original is kept for `import.start`."""

    most: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None
    keep: bool = False


class PartShown(Answer):
    """The account of one part of a file: a sheet, a table, or a file of a package (`name`, empty for a file of one table).

    `unread` says why it was not read: `not_asked`, `empty`, `no_header`, `other_source`, `unknown_layout`, `unsupported`,
    `locked`. `certainty` of its layout is `sure`, `ask` or `unknown`, `share` the columns known, of a hundred; `looks_like`
    another source. `guesses` are fields that columns nobody read may mean. `rows` and `skipped` are all of its lines; what is
    hidden is read.
    """

    name: str
    encoding: str
    layout: str
    certainty: str
    share: int
    looks_like: str
    unread: str
    columns: dict[str, str]
    unread_columns: list[str]
    guesses: dict[str, str]
    rows: int
    skipped: dict[str, int]
    hidden: bool
    hidden_rows: list[int]
    hidden_row_count: int
    hidden_columns: list[str]


class PreviewShown(Answer):
    """A file as it is understood. `sample` are its first rows, personal values masked; `sha256` where it was kept."""

    file: str
    encoding: str
    layout: str
    columns: dict[str, str]
    unread: list[str]
    rows: int
    stopped: int
    skipped_lines: dict[str, int]
    problems: dict[str, int]
    sample: list[dict[str, Any]]
    parts: list[PartShown]
    whole: bool
    sha256: str = ""


class FileHanded(FileGiven):
    """A file to be taken in: one that lies here, or by `sha256` one that was looked at before and is kept.

    With `match`, what it brings is matched as soon as it is read.
    """

    path: FilePath | None = None  # type: ignore[assignment]  # one that is kept has none
    name: Line = ""
    sha256: Sha256 | None = None
    match: bool = Field(False, description="have what waits matched once the file is read")


class ReadingStarted(Answer):
    """A file on its way in. A file that was taken in before has a batch that says so, and no job."""

    batch_id: int
    job_id: int | None


class HandedInAgain(Wish):
    """Rows of a batch that were refused or stopped, all or one, to be matched anew; with the reason why."""

    batch_id: Id
    row_no: Annotated[int | None, Field(ge=1, le=10**9, description="one row by its number in the file")] = None
    reason: Annotated[Ground, Field(max_length=500, description="why they come again")]


class BatchWanted(Wish):
    """One batch by its number."""

    batch_id: Id


class BatchAnswered(Wish):
    """A batch that asks; with `match`, what waits is matched once it goes on."""

    batch_id: Id
    match: bool = Field(False, description="have what waits matched by the worker")


class BatchesWanted(Wish):
    """The newest batches, on from behind one."""

    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class RequestOfBatch(Answer):
    """A change request that a batch led to."""

    request_id: int
    title: str
    item_count: int
    status: RequestStatus

    @classmethod
    def told(cls, request: ChangeRequest, language: str) -> RequestOfBatch:
        return cls(
            request_id=request.request_id,
            title=worded(request.title, language),
            item_count=request.item_count,
            status=RequestStatus(request.status),
        )


class BatchShown(Answer):
    """A batch: its rows by outcome, its problems by code. `held_reason` says why it asks, `held` the same as a code.

    `columns` maps each label of the file to the field it was read as, or to nothing; `parts` accounts for each sheet, those not
    read too (none in batches of earlier versions), `sheets` counts their rows; `refused` says why a file could
    not be read, `job_id` is what reads it, `again` how many rows can be handed in again.
    """

    batch_id: int
    source: Source
    file: str
    status: BatchStatus
    as_of: date
    layout: str
    encoding: str
    rows: int
    skipped_lines: dict[str, int]
    outcomes: dict[str, int]
    problems: dict[str, int]
    held_reason: str
    held: SaidAnswer | None
    refused: SaidAnswer | None
    repeat_of: int | None
    sheets: dict[str, int]
    columns: dict[str, str]
    parts: list[PartShown]
    confirmed_by: str
    created_at: Moment
    job_id: int | None
    stalled: bool

    @classmethod
    def told(
        cls, batch: ImportBatch, outcomes: dict[str, int], problems: dict[str, int], language: str, **more: Any
    ) -> BatchShown:
        return cls(
            batch_id=batch.batch_id,
            source=Source(batch.source),
            file=batch.file_name,
            status=BatchStatus(batch.status),
            as_of=batch.as_of,
            layout=batch.layout,
            encoding=batch.encoding,
            rows=batch.rows,
            skipped_lines=batch.skipped_lines,
            outcomes=_outcomes_of(batch, outcomes),
            problems=problems,
            held_reason=worded(batch.held_reason, language),
            held=SaidAnswer.of(batch.held_reason) if batch.held_reason else None,
            refused=SaidAnswer.of(batch.refused_reason) if batch.refused_reason else None,
            repeat_of=batch.repeat_of,
            sheets={part["name"]: part["rows"] for part in batch.parts} or {batch.sheet: batch.rows},
            columns=batch.columns,
            parts=[PartShown(**part) for part in batch.parts],
            created_at=batch.created_at,
            **more,
        )


def _outcomes_of(batch: ImportBatch, counted: dict[str, int]) -> dict[str, int]:
    """Rows by outcome; of a file not read to its end there are none, whatever a broken reading left."""
    if batch.repeat_of:
        return {"skipped": batch.rows}
    return {} if batch.status in (BatchStatus.READING, BatchStatus.REFUSED) else counted


class BatchWhole(BatchShown):
    """A batch with the change requests it led to; `again` counts the rows that can be handed in again."""

    requests: list[RequestOfBatch]
    again: int


class Batches(Answer):
    items: list[BatchShown]
    next: int | None = None


def _nothing(value: Any) -> Any:
    return value or None


class RowsWanted(Wish):
    """Rows of a batch in the order of the file, on from behind one."""

    batch_id: Id
    outcome: Annotated[RowOutcome | None, BeforeValidator(_nothing)] = Field(
        None, description="only rows with this outcome"
    )
    after: After = 0
    limit: Limit = 1000


class RowShown(Answer):
    """Where a row ended. `reason` says why in the caller's language, `said` the same as a code."""

    record_id: int
    sheet: str
    row_no: int
    name: str
    outcome: RowOutcome
    reason: str
    said: SaidAnswer | None
    unit_id: int | None

    @classmethod
    def told(cls, row: SourceRecord, language: str, *, going: bool = False) -> RowShown:
        """`going`: a match run is still moving it on, so it waits as before."""
        reason = None if going else row.outcome_reason
        return cls(
            record_id=row.record_id,
            sheet=row.sheet,
            row_no=row.row_no,
            name=row.clean.get("name", ""),
            outcome=RowOutcome.PENDING if going else RowOutcome(row.outcome),
            reason=worded(reason, language),
            said=SaidAnswer.of(reason) if reason else None,
            unit_id=None if going else row.unit_id,
        )


class Rows(Answer):
    items: list[RowShown]
    next: int | None = None


class ProblemsWanted(Wish):
    """Problems of a batch by row, on from behind one."""

    batch_id: Id
    after: After = 0
    limit: Limit = 1000


class ProblemShown(Answer):
    """What is wrong with a row, and what to do: `message` in the caller's language, `zh` and `en` beside it.

    `value` is what was read, masked; `read` the same in clear where it surely is nothing personal.
    """

    problem_id: int
    sheet: str
    row_no: int
    code: str
    level: Level
    column: str
    field: str
    value: str
    read: str
    message: str
    zh: str
    en: str

    @classmethod
    def told(cls, problem: ImportProblem, language: str) -> ProblemShown:
        masked = str(problem.value or "")
        plain = problem.value is not None and problem.field and not _may_be_personal(problem)
        return cls(
            problem_id=problem.problem_id,
            sheet=problem.sheet,
            row_no=problem.row_no,
            code=problem.code,
            level=Level(problem.level),
            column=problem.column,
            field=problem.field,
            value=masked,
            read=problem.value.reveal() if plain else masked,
            message=problem.message_en if language == "en" else problem.message_zh,
            zh=problem.message_zh,
            en=problem.message_en,
        )


def _may_be_personal(problem: ImportProblem) -> bool:
    """Whether what was read may tell of a person: a name may be made up from one's, a code be a citizen's number."""
    return problem.field in {*PERSONAL, *NAMING} or is_citizen_number(problem.value.reveal())


class Problems(Answer):
    items: list[ProblemShown]
    next: int | None = None
