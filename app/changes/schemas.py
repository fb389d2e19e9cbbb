"""What goes into the verbs of change requests and comes out."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.core.said import Said
from app.domain.lives import ItemStatus
from app.domain.words import DocumentStanding, Reason, RequestStatus
from app.rules.schemas import RulesCounted, Spoken
from app.verbs.schemas import MAX_ID, After, Answer, Day, FilePath, Id, Line, Moment, SaidAnswer, Text, Wish, Word

_Given = Annotated[str, Field(max_length=4000)] | Annotated[int, Field(ge=-(2**63), lt=2**63)] | None


MOST_BESIDE = 50
"""Units that are merged into one, or go on from one, by one request; codes beside the fields."""
MOST_TAKEN = 500
"""Records, codes or children that one unit takes along."""


class CodeBeside(Wish):
    """A code that a unit bears beside those in its fields, such as a second tax number."""

    scheme: Annotated[Word, Field(description="kind of the code, named as its field is")]
    value: Annotated[Line, Field(min_length=1, description="the code")]
    gone: Annotated[bool, Field(description="it is borne no more, from the first day on")] = False


class PartOfUnit(Wish):
    """A unit that goes on from one which is split: one that is held, or `new` by its fields; with what it takes along."""

    unit_id: Annotated[Id | None, Field(description="our id of a unit that is held")] = None
    new: Annotated[
        dict[Word, _Given], Field(max_length=200, description="field to value of a unit that is still to come")
    ] = {}
    records: Annotated[list[Id], Field(max_length=MOST_TAKEN, description="source records that go along")] = []
    codes: Annotated[list[Line], Field(max_length=MOST_BESIDE, description="codes that go along")] = []
    children: Annotated[list[Id], Field(max_length=MOST_TAKEN, description="establishments that go along")] = []


class Looking(Wish):
    """A change to one unit as a person fills it in, or a merger or split of several."""

    reason: Reason
    valid_from: Annotated[Day, Field(description="the day from which it holds")]
    changes: Annotated[dict[Word, _Given], Field(max_length=200, description="field to value; empty clears it")] = {}
    unit_id: Annotated[Id | None, Field(description="our id of the unit; none for a new one")] = None
    valid_until: Annotated[Day | None, Field(description="end of a correction, excluded")] = None
    successor_id: Annotated[Id | None, Field(description="the unit that follows a merged or converted one")] = None
    base_revision: Annotated[
        After, Field(description="the revision of the unit that was looked at; 0, the present")
    ] = 0
    codes: Annotated[
        list[CodeBeside], Field(max_length=MOST_BESIDE, description="codes beside those in the fields")
    ] = []
    absorbed: Annotated[
        list[Id], Field(max_length=MOST_BESIDE, description="units that are merged into the one of `unit_id`")
    ] = []
    fields: Annotated[
        dict[Word, Id], Field(max_length=200, description="field to the unit of the merger whose value it shall have")
    ] = {}
    into: Annotated[
        list[PartOfUnit], Field(max_length=MOST_BESIDE, description="units that go on from the one which is split")
    ] = []


class Proposal(Looking):
    """One unit's change as a person proposes it; `evidence` says on what ground."""

    title: Line = ""
    evidence: Annotated[Text, Field(description="what the others shall know")] = ""
    effective_on: Annotated[
        Day | None, Field(description="write it on this day, not before; a later `valid_from` says so too")
    ] = None
    submit: Annotated[bool, Field(description="hand it in at once; else it stays a draft")] = True


class Concerned(Answer):
    """A unit, a request or a list that a change would concern, by its number, and what it is called."""

    unit_id: int | None = None
    request_id: int | None = None
    frame_id: int | None = None
    name: str


class Consequence(Answer):
    """A sort of things that a change would concern: how many of them are seen, and the first."""

    said: SaidAnswer
    count: int
    first: list[Concerned]


class LookedOver(Answer):
    """What would stop a proposal; what the rules say of the unit as it would be, and whom and what it would concern: these
    stop nothing."""

    stops: list[SaidAnswer]
    findings: list[Spoken]
    consequences: list[Consequence] = []


class ProposalWanted(Wish):
    """The form of a proposal: for a unit, or for a new one."""

    unit_id: Annotated[Id | None, Field(description="our id of the unit; none for a new one")] = None


class ChangesWanted(Wish):
    """Requests in some states, or all; from behind `after` on."""

    status: Annotated[list[RequestStatus], Field(max_length=20, description="only requests in these states")] = []
    mine: Annotated[bool, Field(description="only those that one proposed oneself")] = False
    asked: Annotated[bool, Field(description="only those that wait for one's office to take a unit over")] = False
    newest_first: bool = False
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class ChangeWanted(Wish):
    """One request by its number."""

    request_id: Id


MOST_LEFT_OUT = 500
"""Items of a batch that are refused one by one; more is another request."""


class ItemsWanted(Wish):
    """Items of a request, from behind `after` on: all, or those of a sort, a name or code, a problem in their rows.

    Items are looked through ten thousand at a time; `next` says where to go on, also where none was found so far.
    """

    request_id: Id
    kind: Annotated[Word, Field(description="type of the unit as it would stand; “-”, none")] = ""
    street: Annotated[Word, Field(description="first 9 digits of its area; “-”, none")] = ""
    industry: Annotated[Word, Field(description="first 2 digits of its industry; “-”, none")] = ""
    q: Annotated[Line, Field(description="part of its name or of a code")] = ""
    problem: Annotated[Word, Field(description="code of a problem in the rows it comes of")] = ""
    only: Annotated[list[Id], Field(max_length=MOST_LEFT_OUT, description="number of an item; may be repeated")] = []
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class Comment(Wish):
    """A request, and what the person has to say."""

    request_id: Id
    comment: Annotated[Text, Field(description="what the others shall know")] = ""


Version = Annotated[
    int, Field(ge=0, le=MAX_ID, description="the version of the request that was looked at; refused when it has moved")
]


class Approval(Wish):
    """Approve what was looked at, all of it or but for some items of a batch."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    request_id: Id
    version: Version
    excluded: Annotated[
        list[Id],
        Field(
            alias="except", max_length=MOST_LEFT_OUT, description="numbers of items that are refused; may be repeated"
        ),
    ] = []
    comment: Annotated[Text, Field(description="what the others shall know")] = ""


class Amendment(Wish):
    """What a draft or returned request shall say instead; what is left out stays. `drop` leaves fields alone again."""

    request_id: Id
    version: Version
    reason: Reason | None = None
    valid_from: Annotated[Day | None, Field(description="the day from which it holds")] = None
    valid_until: Annotated[Day | None, Field(description="end of a correction, excluded")] = None
    changes: Annotated[dict[Word, _Given], Field(max_length=200, description="field to value; empty clears it")] = {}
    drop: Annotated[list[Word], Field(max_length=200, description="fields that are not to be changed after all")] = []
    successor_id: Annotated[Id | None, Field(description="the unit that follows a merged or converted one")] = None
    title: Annotated[Line | None, Field(description="what it is called in lists")] = None
    effective_on: Annotated[Day | None, Field(description="write it on this day, not before")] = None
    comment: Annotated[Text, Field(description="what the others shall know")] = ""


class Consent(Comment):
    """The word of the office that is asked to take a unit over, about the request as it was looked at."""

    version: Version | None = None


class Verdict(Comment):
    """A decision against a request, with the reason."""

    version: Version | None = None


WhyOnPaper = Annotated[
    Line, Field(description="why on paper, where that office has approvers in the system; said to all who decide")
]


class WrittenDocument(Wish):
    """The document of an upper office that does not use the system, as a scan that is kept."""

    request_id: Id
    path: FilePath = Field(description="the scanned document: PDF, OFD, JPEG, PNG or TIFF")
    number: Annotated[Line, Field(max_length=128, description="number of the document")]
    approved_on: Annotated[Day, Field(description="day of the document, not after today")]
    office: Annotated[Word, Field(description="code of the office that approved, above the proposer's")]
    why: WhyOnPaper = ""


class Countersignature(Wish):
    """The second person's word on a document, about the request as it was looked at."""

    request_id: Id
    version: Version


class DocumentWanted(Wish):
    """The document of a written approval, by the number it has on its request."""

    request_id: Id
    approval_id: Id


class ChangeSummary(Answer):
    """One line of a list of requests. `items` counts its units."""

    request_id: int
    title: str
    need: str
    status: RequestStatus
    step: str
    policy: str
    is_batch: bool
    items: int
    version: int
    applied_through: int
    batch_id: int | None
    submitted_at: Moment | None
    effective_on: Day | None
    undoes: int | None
    stopped: bool
    proposer: str


class Changes(Answer):
    items: list[ChangeSummary]
    next: int | None = None


class ChangeCounts(Answer):
    """Requests by state."""

    counts: dict[RequestStatus, int]


class Difference(Answer):
    """What was, and what shall be; personal values masked. Of codes also what they are called. Of a field that a person
    locked, until when and why: who approves goes over the lock."""

    field: str
    label: str
    old: str | int | None
    new: str | int | None
    old_name: str
    new_name: str
    locked_until: Day | None = None
    locked_why: str = ""


class ItemProblem(Answer):
    """What is wrong in a row that an item comes of."""

    level: str
    code: str
    text: str


class CodeShown(Answer):
    """A code that comes to a unit beside its fields, or goes."""

    scheme: str
    value: str
    source: str


class Beside(Answer):
    """What an item says beside the fields of its unit: codes that come and go, who goes on from it (a unit, or the item that
    adds one), and the source records that come to it."""

    bears: list[CodeShown]
    drops: list[CodeShown]
    follow: list[int]
    follow_items: list[int]
    records: list[int]


class ItemShown(Answer):
    """One unit's part of a request. `sources` are source, record, day and request of each origin.

    `problems` are what is wrong in the rows it comes of, `findings` what the rules would say of the unit, `consequences`
    whom and what it would concern beside the unit.
    """

    seq: int
    unit_id: int | None
    unit_name: str
    reason: Reason
    valid_from: Day
    valid_until: Day | None
    record_id: int | None
    status: ItemStatus
    successor_id: int | None
    beside: Beside
    diff: list[Difference]
    sources: list[list[Any]]
    problems: list[ItemProblem]
    findings: list[Spoken]
    consequences: list[Consequence]


class ChangeItems(Answer):
    items: list[ItemShown]
    next: int | None = None


class OpinionShown(Answer):
    """What a person said at a step; `said` where the program said it."""

    verb: str
    by: str
    name: str
    comment: str
    said: SaidAnswer | None
    at: Moment


class DocumentShown(Answer):
    """A written approval: who recorded it, and who countersigned it. `size` is in bytes; 0, and no document was kept.

    `version` is the request's that it is about; of several documents one counts at most, which `standing` says.
    """

    approval_id: int
    number: str
    approved_on: Day
    office: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    version: int
    standing: DocumentStanding
    recorded_by: str
    countersigned_by: str
    countersigned_at: Moment | None


class SpreadLine(Answer):
    """How many units there would be of one sort; `before`, how many the last such file brought."""

    code: str
    name: str
    count: int
    before: int


class ProblemCount(Answer):
    """What is wrong in the file that a batch comes of, and how often."""

    level: str
    code: str
    text: str
    count: int


class Counts(Answer):
    """Items by reason and by state, what the source of a batch counted, and how its units would be spread.

    `by` has kinds, streets and industries beside the last such request (`before_id`), the most frequent first;
    `problems` are those of its file.
    """

    reasons: dict[Reason, int]
    status: dict[ItemStatus, int]
    source: dict[str, Any]
    by: dict[str, list[SpreadLine]]
    before_id: int | None
    problems: list[ProblemCount]


class Allowed(Answer):
    """What the caller may do with the request now; `approve`: decide, and nobody's word is waited for first."""

    decide: bool
    approve: bool
    refresh: bool
    edit: bool
    submit: bool
    withdraw: bool
    send_back: bool
    record_written: bool
    take_back_written: bool
    countersign: bool
    consent: bool
    stop: bool
    undo: bool


class OfficeAbove(Answer):
    """An office above the proposer's; `decides_here` where it has approvers in the system."""

    code: str
    name: str
    decides_here: bool


class LedUnit(Answer):
    """A unit that would move, as it stands: what tells it from others, for who takes it over."""

    unit_id: int
    name: str
    code: str
    unit_type: str
    industry_code: str
    address: str


class Receiver(Answer):
    """The office into whose area units would move, whether it agreed to take them over, and which they are as long as they
    have not moved."""

    code: str
    name: str
    agreed: bool
    units: list[LedUnit]


class ChangeShown(ChangeSummary):
    """Everything a person needs to decide: counts, a sample with old and new values, what was said, documents.

    `above` are the offices whose written approval can be recorded; `rules`, of a batch, what the rules say of all its items,
    `kept`, of one that was stopped, how many of them a guard kept from being taken back.
    """

    counts: Counts
    sample: list[ItemShown]
    rules: RulesCounted | None
    opinions: list[OpinionShown]
    documents: list[DocumentShown]
    above: list[OfficeAbove]
    receiver: Receiver | None
    kept: int
    may: Allowed
    job_id: int | None


class WrittenRecorded(Answer):
    approval_id: int
    request_id: int


class Choice(Answer):
    code: str
    text: str


class FormField(Answer):
    """A field of the form: what the unit says, and what may be chosen where the list is short."""

    name: str
    label: str
    value: str | int | None
    choices: list[Choice]


class FormGroup(Answer):
    group: str
    fields: list[FormField]


class ProposalForm(Answer):
    """What a proposal may set, with what the unit says now; `base_revision` goes back with the proposal."""

    unit_id: int | None
    name: str
    base_revision: int
    today: Day
    reasons: list[Reason]
    groups: list[FormGroup]
    schemes: list[Choice]


def said_of(comment: str | Said) -> SaidAnswer | None:
    return SaidAnswer.of(comment) if isinstance(comment, Said) else None
