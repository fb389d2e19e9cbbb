"""What people can do with change requests: propose, look, hand in, decide, take back, discuss, document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.audit.tags import Tag
from app.changes import (
    counting,
    looking,
    moving,
    proposing,
    queries,
    refreshing,
    scans,
    service,
    stopping,
    undoing,
    view,
    written,
)
from app.changes.errors import (
    BadChange,
    CannotBeWritten,
    ConsentMissing,
    DocumentNotFound,
    DocumentWaits,
    LeftArea,
    NeedRose,
    NoPolicy,
    NotAbove,
    NothingToAgreeTo,
    NothingToCountersign,
    NotTheAuthor,
    NotTheReceiver,
    NotTheRecorder,
    RequestNotFound,
    SelfApproval,
    StaleChange,
    StoppedAlready,
    TooLateToStop,
)
from app.changes.schemas import (
    Amendment,
    Approval,
    ChangeCounts,
    ChangeItems,
    Changes,
    ChangeShown,
    ChangeSummary,
    ChangesWanted,
    ChangeWanted,
    Comment,
    Consent,
    Countersignature,
    DocumentWanted,
    ItemsWanted,
    LookedOver,
    Looking,
    Proposal,
    ProposalForm,
    ProposalWanted,
    Verdict,
    WrittenDocument,
    WrittenRecorded,
)
from app.changes.whole import Looks, looked_at
from app.codelists.policies import BadPolicy
from app.core import kept
from app.core.errors import PermissionMissing, SecondPersonNeeded, VersionMoved, WrongState
from app.core.handed import new_file
from app.core.kept import FileAltered
from app.core.rights import OutOfArea, Reach
from app.domain.roles import Permission
from app.domain.words import RequestStatus
from app.jobs.schemas import JobShown
from app.models import ChangeRequest
from app.register.foreseen import GUARDS
from app.register.queries import UnitNotFound
from app.rules.counting import About, ask_count
from app.rules.schemas import RulesCounted
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Download, Nothing
from app.verbs.verb import Body, seen_by

_FOUND = (RequestNotFound, WrongState)
_WRITTEN = (StaleChange, CannotBeWritten, BadChange, *GUARDS, LeftArea)
_HANDED_IN = (NoPolicy, BadPolicy, *_WRITTEN)
PROPOSED = (BadChange, *_HANDED_IN)
"""What else a proposal can be refused for, whoever puts it together."""
_DECIDED = (*_FOUND, PermissionMissing, OutOfArea, SelfApproval, NotAbove, NoPolicy, BadPolicy)
_SEES = Permission.VIEW_UNITS
"""Requests hold values of units: administrators see none."""
_DECIDERS = (Permission.APPROVE, Permission.PROPOSE)
"""Who proposes and presses “approve” is told that nobody decides on their own; the policy says who decides."""


@verb(
    "change.propose",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(BadChange, UnitNotFound, OutOfArea, *_HANDED_IN),
    route="POST /changes/requests",
    status=201,
    reach=Reach.AREA,
    sees=True,
)
def propose(call: Call, wish: Proposal) -> ChangeShown:
    """Propose a change to one unit, or a new unit, and submit it unless it shall stay a draft."""
    return view.detail(call, proposing.propose(call, wish))


@verb(
    "change.look_over",
    Permission.PROPOSE,
    errors=(UnitNotFound,),
    route="POST /changes/requests/findings",
    reach=Reach.AREA,
    sees=True,
)
def look_over(call: Call, wish: Looking) -> LookedOver:
    """What would stop a proposal as it is filled in, and what the rules would say of the unit; nothing is kept."""
    return proposing.look_over(call, wish)


@verb(
    "change.form",
    Permission.PROPOSE,
    errors=(UnitNotFound,),
    route="GET /changes/requests/form",
    reach=Reach.AREA,
    sees=True,
)
def form(call: Call, wish: ProposalWanted) -> ProposalForm:
    """What a proposal may set, with what the unit says now and the choices of the short code lists."""
    return proposing.form(call, wish.unit_id)


@verb("change.list", _SEES, route="GET /changes/requests", reach=Reach.OFFICE, sees=True)
def list_(call: Call, wish: ChangesWanted) -> Changes:
    """Requests of one's office and those below it, oldest first unless the newest are wanted."""
    found = queries.list_requests(
        call.session,
        call.actor,
        status=[str(status) for status in wish.status],
        after=wish.after,
        limit=wish.limit,
        proposer_id=call.actor.user_id if wish.mine else 0,
        newest_first=wish.newest_first,
        only=moving.to_agree_to(call.actor) if wish.asked else None,
    )
    further = found[-1].request_id if len(found) == wish.limit else None
    # a request about one unit, or a few, is called by a name of theirs; a batch by its file
    units = queries.units_of(call.session, [request for request in found if not request.is_batch])
    call.saw(Tag.UNITS_SEEN, "change.list", seen_by(wish), units=units)
    return Changes(items=view.summaries(call, found), next=further)


@verb("change.count", _SEES, route="GET /changes/requests/count", command="change count", reach=Reach.OFFICE)
def count(call: Call, wish: Nothing) -> ChangeCounts:  # noqa: ARG001
    """Requests of one's office and those below it, by state."""
    counts = queries.count_requests(call.session, call.actor)
    return ChangeCounts(counts={RequestStatus(status): n for status, n in counts.items()})


@verb(
    "change.show",
    _SEES,
    errors=(RequestNotFound,),
    route="GET /changes/requests/{request_id}",
    command="change show {request_id:request}",
    reach=Reach.OFFICE,
    sees=True,
)
def show(call: Call, wish: ChangeWanted) -> ChangeShown:
    """A request: counts, a sample with old and new values, what was said, what one may do with it."""
    return view.detail(call, queries.get_visible_request(call.session, wish.request_id, call.actor))


@verb(
    "change.items",
    _SEES,
    errors=(RequestNotFound,),
    route="GET /changes/requests/{request_id}/items",
    reach=Reach.OFFICE,
    sees=True,
)
def items(call: Call, wish: ItemsWanted) -> ChangeItems:
    """Every item of a request, page by page, or those of a sort, a name or code, a problem."""
    queries.get_visible_request(call.session, wish.request_id, call.actor)
    by = {"kind": wish.kind, "street": wish.street, "industry": wish.industry}
    looked = looking.Looked(by, wish.q, wish.problem, wish.only)
    found, more = looking.find_items(call.session, wish.request_id, looked, after=wish.after, limit=wish.limit)
    return ChangeItems(items=view.items(call, found), next=more)


@verb(
    "change.rules",
    _SEES,
    errors=(RequestNotFound,),
    route="GET /changes/requests/{request_id}/rules",
    command="change rules {request_id:request}",
    reach=Reach.OFFICE,
    sees=True,
)
def rules(call: Call, wish: ChangeWanted) -> RulesCounted:
    """What the rules say of all open items of a request: by rule how many break it, how many of these bring that in, and the
    first. Of a large one as it was counted when it was handed in, or since (`change.count_rules`)."""
    return counting.counted(call, queries.get_visible_request(call.session, wish.request_id, call.actor))


@verb(
    "change.count_rules",
    *_DECIDERS,
    opens=Opens.WRITE,
    errors=(RequestNotFound,),
    route="POST /changes/requests/{request_id}/rules",
    status=202,
    command="change count-rules {request_id:request}",
    reach=Reach.OFFICE,
)
def count_rules(call: Call, wish: ChangeWanted) -> JobShown:
    """Have the worker count anew what the rules say of all open items of a request, as the register stands now."""
    request = queries.get_visible_request(call.session, wish.request_id, call.actor)
    told: dict[str, Any] = {"by": call.actor.login, "now": call.now, "office_id": request.office_id}
    return JobShown.of(ask_count(call.session, About.REQUEST, request.request_id, **told), call.language)


@verb(
    "change.submit",
    Permission.PROPOSE,
    opens=Opens.OWN,
    errors=(*_FOUND, NotTheAuthor, OutOfArea, *_HANDED_IN),
    route="POST /changes/requests/{request_id}/submit",
    command="change submit {request_id:request}",
    reach=Reach.OFFICE,
)
def submit(call: Call, wish: Comment) -> ChangeSummary:
    """Hand a draft or returned request to those who decide."""
    return _looked_at(call, wish.request_id, service.submit, comment=wish.comment)


@verb(
    "change.approve",
    *_DECIDERS,
    opens=Opens.OWN,
    errors=(*_DECIDED, ConsentMissing, SecondPersonNeeded, NeedRose, VersionMoved, BadChange, *_WRITTEN),
    route="POST /changes/requests/{request_id}/approve",
    reach=Reach.OFFICE,
)
def approve(call: Call, wish: Approval) -> ChangeSummary:
    """Approve the version that was looked at, but for single items of a batch.

    A single request is in the register when this answers, a batch is applied by the worker.
    """
    told = {"comment": wish.comment, "version": wish.version, "excluded": wish.excluded}
    return _settled(call, wish.request_id, service.approve, **told)


@verb(
    "change.return",
    *_DECIDERS,
    opens=Opens.WRITE,
    errors=(*_DECIDED, VersionMoved, BadChange),
    route="POST /changes/requests/{request_id}/return",
    command="change return {request_id:request}",
    reach=Reach.OFFICE,
)
def return_(call: Call, wish: Verdict) -> ChangeSummary:
    """Send a request back to its author."""
    return _done(call, wish.request_id, service.return_, comment=wish.comment, version=wish.version)


@verb(
    "change.reject",
    *_DECIDERS,
    opens=Opens.WRITE,
    errors=(*_DECIDED, VersionMoved, BadChange),
    route="POST /changes/requests/{request_id}/reject",
    command="change reject {request_id:request}",
    reach=Reach.OFFICE,
)
def reject(call: Call, wish: Verdict) -> ChangeSummary:
    """Refuse a request for good."""
    return _done(call, wish.request_id, service.reject, comment=wish.comment, version=wish.version)


@verb(
    "change.stop",
    *_DECIDERS,
    opens=Opens.WRITE,
    errors=(*_DECIDED, StoppedAlready, TooLateToStop, BadChange),
    route="POST /changes/requests/{request_id}/stop",
    status=202,
    command="change stop {request_id:request}",
    reach=Reach.OFFICE,
)
def stop(call: Call, wish: Comment) -> ChangeSummary:
    """Stop a batch within an hour of its approval: it ends after its chunk, and the worker takes back what it applied."""
    return _done(call, wish.request_id, stopping.stop, comment=wish.comment)


@verb(
    "change.consent",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(*_FOUND, NothingToAgreeTo, NotTheReceiver, VersionMoved),
    route="POST /changes/requests/{request_id}/consent",
    command="change consent {request_id:request}",
    reach=Reach.OFFICE,
)
def consent(call: Call, wish: Consent) -> ChangeSummary:
    """Agree, for the office into whose area a unit would move, to take it over; the office above both decides then."""
    return _done(call, wish.request_id, moving.consent, comment=wish.comment, version=wish.version)


@verb(
    "change.decline",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(*_FOUND, NothingToAgreeTo, NotTheReceiver, VersionMoved, BadChange),
    route="POST /changes/requests/{request_id}/decline",
    command="change decline {request_id:request}",
    reach=Reach.OFFICE,
)
def decline(call: Call, wish: Verdict) -> ChangeSummary:
    """Refuse to take a unit over, with the reason; the request goes back to its author."""
    return _done(call, wish.request_id, moving.decline, comment=wish.comment, version=wish.version)


@verb(
    "change.withdraw",
    _SEES,
    opens=Opens.WRITE,
    errors=(*_FOUND, NotTheAuthor),
    route="POST /changes/requests/{request_id}/withdraw",
    command="change withdraw {request_id:request}",
    reach=Reach.OFFICE,
)
def withdraw(call: Call, wish: Comment) -> ChangeSummary:
    """Take one's own request back, or one of the office's whose author is gone."""
    return _done(call, wish.request_id, service.withdraw, comment=wish.comment)


@verb(
    "change.refresh",
    Permission.PROPOSE,
    opens=Opens.OWN,
    errors=(*_FOUND, NotTheAuthor, BadChange, OutOfArea, NoPolicy, BadPolicy),
    route="POST /changes/requests/{request_id}/refresh",
    command="change refresh {request_id:request}",
    reach=Reach.OFFICE,
)
def refresh(call: Call, wish: ChangeWanted) -> ChangeSummary:
    """Base a stale request on the unit as it is now."""
    with call.reading() as reading:
        queries.get_visible_request(reading.session, wish.request_id, call.actor)
    refreshing.refresh(call.house.turns, wish.request_id, actor=call.actor, now=call.now)
    with call.reading() as reading:
        return view.summary(reading, queries.get_request(reading.session, wish.request_id))


@verb(
    "change.edit",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(*_FOUND, NotTheAuthor, VersionMoved, BadChange, UnitNotFound, *GUARDS, OutOfArea, NoPolicy, BadPolicy),
    route="PATCH /changes/requests/{request_id}",
    reach=Reach.AREA,
    sees=True,
)
def edit(call: Call, wish: Amendment) -> ChangeShown:
    """Alter what one's own draft or returned request says; nobody looks at it before it is handed in again."""
    queries.get_visible_request(call.session, wish.request_id, call.actor)
    return view.detail(call, proposing.amend(call, wish))


@verb(
    "change.comment",
    _SEES,
    opens=Opens.WRITE,
    errors=(RequestNotFound, BadChange),
    route="POST /changes/requests/{request_id}/comment",
    command="change comment {request_id:request}",
    reach=Reach.OFFICE,
)
def comment(call: Call, wish: Comment) -> ChangeSummary:
    """Say something about a request without deciding on it."""
    return _done(call, wish.request_id, service.comment, comment=wish.comment)


@verb(
    "change.record-written",
    Permission.PROPOSE,
    opens=Opens.OWN,
    errors=(*_FOUND, SelfApproval, OutOfArea, BadChange, DocumentWaits),
    reach=Reach.OFFICE,
    body=Body.FILE,
)
def record_written(call: Call, wish: WrittenDocument) -> WrittenRecorded:
    """Record the written approval of an upper office that does not use the system, with the scanned document."""
    with call.reading() as reading:
        queries.get_visible_request(reading.session, wish.request_id, reading.actor)
    scan = scans.look_at(wish.path)
    kept.keep(wish.path, scan.sha256, call.house.files_dir)
    document = written.Document(wish.number, wish.approved_on, wish.office, scan, wish.why)
    return call.writing(lambda inside: _recorded(inside, wish.request_id, document))


def _recorded(call: Call, request_id: int, document: written.Document) -> WrittenRecorded:
    row = written.record(call.session, request_id, document, actor=call.actor, now=call.now)
    return WrittenRecorded(approval_id=row.approval_id, request_id=request_id)


@verb(
    "change.take-back-written",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(*_FOUND, NothingToCountersign, NotTheRecorder),
    route="POST /changes/requests/{request_id}/written-approval/take-back",
    command="change take-back-written {request_id:request}",
    reach=Reach.OFFICE,
)
def take_back_written(call: Call, wish: Comment) -> ChangeSummary:
    """Take back the written approval that one recorded oneself, before it is countersigned."""
    return _done(call, wish.request_id, written.take_back, comment=wish.comment)


@verb(
    "change.document",
    _SEES,
    errors=(RequestNotFound, DocumentNotFound, FileAltered),
    route="GET /changes/requests/{request_id}/documents/{approval_id}",
    media=", ".join(scans.KINDS),
    command="change document {request_id:request} {approval_id:document}",
    reach=Reach.OFFICE,
    sees=True,
)
def document(call: Call, wish: DocumentWanted) -> Download:
    """The scanned document of a written approval, as it was handed in."""
    request = queries.get_visible_request(call.session, wish.request_id, call.actor)
    row = written.document_of(call.session, wish.request_id, wish.approval_id)
    call.saw(Tag.UNITS_SEEN, "change.document", seen_by(wish), units=queries.units_of(call.session, [request]))
    with new_file(".scan") as file:
        file.write(kept.read(row.document_sha256, call.house.files_dir))
    return Download(path=file.name, file_name=row.file_name, media_type=row.media_type)


@verb(
    "change.countersign",
    Permission.APPROVE,
    opens=Opens.OWN,
    errors=(
        *_FOUND,
        NothingToCountersign,
        SecondPersonNeeded,
        SelfApproval,
        OutOfArea,
        NoPolicy,
        BadPolicy,
        ConsentMissing,
        VersionMoved,
        FileAltered,
        *_WRITTEN,
    ),
    route="POST /changes/requests/{request_id}/countersign",
    reach=Reach.OFFICE,
)
def countersign(call: Call, wish: Countersignature) -> ChangeSummary:
    """Confirm a recorded document as a second person who may approve; this approves the request."""
    return _settled(call, wish.request_id, written.countersign, version=wish.version, folder=call.house.files_dir)


@verb(
    "change.undo",
    Permission.PROPOSE,
    opens=Opens.WRITE,
    errors=(*_FOUND, BadChange, OutOfArea, *_HANDED_IN),
    route="POST /changes/requests/{request_id}/undo",
    status=201,
    command="change undo {request_id:request}",
    reach=Reach.OFFICE,
    sees=True,
)
def undo(call: Call, wish: Comment) -> ChangeShown:
    """Propose to take back what an applied request wrote: all of it, as if it had never been; what came since stays."""
    queries.get_visible_request(call.session, wish.request_id, call.actor)
    found = undoing.propose(call.session, wish.request_id, actor=call.actor, now=call.now, comment=wish.comment)
    return view.detail(call, found)


def _done(call: Call, request_id: int, do: Callable[..., ChangeRequest], **rest: Any) -> ChangeSummary:
    """Do something with a request that the caller may see."""
    queries.get_visible_request(call.session, request_id, call.actor)
    return view.summary(call, do(call.session, request_id, actor=call.actor, now=call.now, **rest))


def _looked_at(call: Call, request_id: int, do: Callable[..., ChangeRequest], **rest: Any) -> ChangeSummary:
    """Do something in one transaction with a request that was looked at before, so that nobody waits for the look."""
    with call.reading() as reading:
        queries.get_visible_request(reading.session, request_id, reading.actor)

    def decide(looks: Looks) -> ChangeSummary:
        return call.writing(lambda inside: _done(inside, request_id, do, seen=looks.get(request_id), **rest))

    return looked_at(call.house.turns, [request_id], call.now, decide)


def _settled(call: Call, request_id: int, do: Callable[..., ChangeRequest], **rest: Any) -> ChangeSummary:
    """Approve in one transaction; a request that comes too late is marked so in another, for its author to refresh."""
    try:
        return _looked_at(call, request_id, do, **rest)
    except StaleChange:
        call.writing(lambda late: service.mark_stale(late.session, request_id, actor=late.actor, now=late.now))
        raise
