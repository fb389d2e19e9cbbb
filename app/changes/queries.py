"""Reading change requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased
from sqlmodel import col

from app.changes.errors import RequestNotFound
from app.core.actor import Actor
from app.core.dialect import chunked, locked
from app.core.rights import keeps, kept
from app.domain.lives import ItemStatus
from app.domain.roles import PERMISSIONS, Permission
from app.domain.words import NOT_SETTLED, FrameStatus, RequestStatus
from app.models import (
    ChangeRequest,
    Frame,
    FrameUnit,
    ImportBatch,
    ImportProblem,
    Office,
    RequestItem,
    RequestOpinion,
    SourceRecord,
    UserAccount,
    UserRole,
    WrittenApproval,
)

_WHOLE = col(ChangeRequest.made_by_run).is_(None)
"""One that a match run is still putting together is there for nobody."""


def get_request(session: Session, request_id: int, *, lock: bool = False) -> ChangeRequest:
    """A request, held until the transaction ends when `lock`. Raises RequestNotFound."""
    statement = select(ChangeRequest).where(col(ChangeRequest.request_id) == request_id, _WHOLE)
    if lock:
        statement = locked(statement)
    request: ChangeRequest | None = session.execute(
        statement, execution_options={"populate_existing": True}
    ).scalar_one_or_none()
    if request is None:
        raise RequestNotFound(request_id=request_id)
    return request


def get_visible_request(session: Session, request_id: int, actor: Actor) -> ChangeRequest:
    """A request of the actor's office or of one below it, or one that asks such an office to take a unit over; others are as
    if they were not there."""
    request = get_request(session, request_id)
    offices = [number for number in (request.office_id, request.asks_office_id) if number is not None]
    if not any(keeps(actor, office_path(session, number)) for number in offices):
        raise RequestNotFound(request_id=request_id)
    return request


def of_receiver(actor: Actor) -> ColumnElement[bool]:
    """The condition on requests that ask the actor's office, or one below it, to take a unit over."""
    receiver = aliased(Office)
    own = select(col(receiver.office_id)).where(kept(actor, col(receiver.path)))
    return col(ChangeRequest.asks_office_id).in_(own)


def office_path(session: Session, office_id: int) -> str:
    return session.execute(select(col(Office.path)).where(col(Office.office_id) == office_id)).scalar_one()


def offices_above(session: Session, request: ChangeRequest) -> list[Office]:
    """The offices above the one that a request comes from, the highest first."""
    path = office_path(session, request.office_id)
    above = [int(part) for part in path.strip("/").split("/")[:-1]]
    statement = select(Office).where(col(Office.office_id).in_(above)).order_by(col(Office.path))
    return list(session.execute(statement).scalars())


def with_somebody_who(session: Session, may: Permission, offices: Sequence[Office]) -> set[int]:
    """Those of the offices that have somebody in the system who may do something."""
    roles = [str(role) for role, held in PERMISSIONS.items() if may in held]
    statement = (
        select(col(UserAccount.office_id))
        .join(UserRole, col(UserRole.user_id) == col(UserAccount.user_id))
        .where(col(UserAccount.office_id).in_([office.office_id for office in offices]))
        .where(col(UserAccount.is_active), col(UserAccount.is_system).is_(False), col(UserRole.role).in_(roles))
    )
    return set(session.execute(statement.distinct()).scalars())


def list_requests(
    session: Session,
    actor: Actor,
    *,
    status: Sequence[str] = (),
    limit: int = 100,
    after: int = 0,
    proposer_id: int = 0,
    newest_first: bool = False,
    only: ColumnElement[bool] | None = None,
) -> list[ChangeRequest]:
    """Requests of the actor's office and those below, of one person when named, from behind `after` on."""
    number = col(ChangeRequest.request_id)
    statement = (
        select(ChangeRequest)
        .join(Office, col(Office.office_id) == col(ChangeRequest.office_id))
        .where(or_(kept(actor, col(Office.path)), of_receiver(actor)), _WHOLE)
    )
    if only is not None:
        statement = statement.where(only)
    if after:
        statement = statement.where(number < after if newest_first else number > after)
    if status:
        statement = statement.where(col(ChangeRequest.status).in_(status))
    if proposer_id:
        statement = statement.where(col(ChangeRequest.proposer_id) == proposer_id)
    order = number.desc() if newest_first else number
    return list(session.execute(statement.order_by(order).limit(limit)).scalars())


def units_of(session: Session, requests: Sequence[ChangeRequest]) -> set[int]:
    """The units that some requests are about."""
    found: set[int] = set()
    for part in chunked([request.request_id for request in requests], 500):
        own = select(col(RequestItem.unit_id)).where(col(RequestItem.request_id).in_(part))
        found.update(unit_id for unit_id in session.execute(own).scalars() if unit_id is not None)
    return found


def items_of(session: Session, request_id: int, *, after: int = 0, limit: int | None = None) -> list[RequestItem]:
    """Items of a request in order, from behind `after` on."""
    return items_where(session, request_id, after=after, limit=limit)


def items_where(
    session: Session, request_id: int, *where: ColumnElement[bool], after: int = 0, limit: int | None = None
) -> list[RequestItem]:
    """The same of those for which something holds."""
    statement = (
        select(RequestItem)
        .where(col(RequestItem.request_id) == request_id, col(RequestItem.seq) > after, *where)
        .order_by(col(RequestItem.seq))
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def says_wrong(items: Select[Any], code: str) -> Select[Any]:
    """Of a selection of items those whose rows have a problem of this kind."""
    return (
        items.join(SourceRecord, col(SourceRecord.cluster_id) == col(RequestItem.record_id))
        .join(ImportProblem, _OF_ROW)
        .where(col(ImportProblem.code) == code)
    )


_OF_ROW = and_(
    col(ImportProblem.batch_id) == col(SourceRecord.batch_id),
    col(ImportProblem.sheet) == col(SourceRecord.sheet),
    col(ImportProblem.row_no) == col(SourceRecord.row_no),
)
"""That a problem is one of this row."""


def problems_behind(session: Session, record_ids: Sequence[int]) -> dict[int, list[ImportProblem]]:
    """What is wrong in the rows that these records carry, by the record; errors first."""
    found: dict[int, list[ImportProblem]] = {}
    for part in chunked(record_ids, 400):
        statement = (
            select(col(SourceRecord.cluster_id), ImportProblem)
            .join(ImportProblem, _OF_ROW)
            .where(col(SourceRecord.cluster_id).in_(part))
            .order_by(col(ImportProblem.level), col(ImportProblem.problem_id))
        )
        for record_id, problem in session.execute(statement):
            found.setdefault(int(record_id or 0), []).append(problem)
    return found


def sample_of(session: Session, request_id: int, size: int) -> list[RequestItem]:
    """Evenly spaced items of a batch for the approver to look at: the same ones at every look."""
    total = count_items(session, request_id)
    step = max(1, total // max(1, size))
    statement = (
        select(RequestItem)
        .where(col(RequestItem.request_id) == request_id, (col(RequestItem.seq) - 1) % step == 0)
        .order_by(col(RequestItem.seq))
        .limit(size)
    )
    return list(session.execute(statement).scalars())


def count_items(session: Session, request_id: int) -> int:
    statement = select(func.count()).select_from(RequestItem).where(col(RequestItem.request_id) == request_id)
    return session.execute(statement).scalar_one()


def count_open_items(session: Session, request_id: int) -> int:
    open_ = (col(RequestItem.request_id) == request_id, col(RequestItem.status) == ItemStatus.OPEN)
    return session.execute(select(func.count()).select_from(RequestItem).where(*open_)).scalar_one()


def problems_of(session: Session, batch_id: int, *, limit: int = 20) -> list[dict[str, Any]]:
    """What is wrong in the file that a request comes of, and how often; errors first, then the most frequent."""
    code, level, count = col(ImportProblem.code), col(ImportProblem.level), func.count()
    words = (func.min(col(ImportProblem.message_zh)), func.min(col(ImportProblem.message_en)))
    statement = select(level, code, *words, count).where(col(ImportProblem.batch_id) == batch_id)
    found = session.execute(statement.group_by(level, code).order_by(level, count.desc(), code).limit(limit))
    return [dict(zip(("level", "code", "zh", "en", "count"), row, strict=True)) for row in found]


def find_last_like(session: Session, request: ChangeRequest) -> ChangeRequest | None:
    """The office's request before this one that did the same with a file of the same source, to compare counts with."""
    own, other = aliased(ImportBatch), aliased(ImportBatch)
    statement = (
        select(ChangeRequest)
        .join(other, col(other.batch_id) == col(ChangeRequest.batch_id))
        .join(own, col(own.batch_id) == (request.batch_id or 0))
        .where(col(other.source) == col(own.source), col(ChangeRequest.need) == request.need)
        .where(col(ChangeRequest.office_id) == request.office_id, col(ChangeRequest.request_id) < request.request_id)
        .where(col(ChangeRequest.is_batch), col(ChangeRequest.batch_id) != request.batch_id, _WHOLE)
        .where(col(ChangeRequest.status).in_((RequestStatus.APPLIED, RequestStatus.APPLYING, RequestStatus.APPROVED)))
    )
    found: ChangeRequest | None = session.execute(
        statement.order_by(col(ChangeRequest.request_id).desc()).limit(1)
    ).scalar_one_or_none()
    return found


def counts_by_reason(session: Session, request_id: int) -> dict[str, int]:
    statement = (
        select(col(RequestItem.reason), func.count())
        .where(col(RequestItem.request_id) == request_id)
        .group_by(col(RequestItem.reason))
        .order_by(col(RequestItem.reason))
    )
    return dict(session.execute(statement).all())


def counts_by_status(session: Session, request_id: int) -> dict[str, int]:
    statement = (
        select(col(RequestItem.status), func.count())
        .where(col(RequestItem.request_id) == request_id)
        .group_by(col(RequestItem.status))
    )
    return dict(sorted(Counter(dict(session.execute(statement).all())).items()))


def opinions_of(session: Session, request_id: int) -> list[dict[str, Any]]:
    """What each person said at each step, in order."""
    statement = (
        select(RequestOpinion, col(UserAccount.login), col(UserAccount.name))
        .join(UserAccount, col(UserAccount.user_id) == col(RequestOpinion.actor_id))
        .where(col(RequestOpinion.request_id) == request_id)
        .order_by(col(RequestOpinion.opinion_id))
    )
    return [
        {"verb": opinion.verb, "by": login, "name": name, "comment": opinion.comment, "at": opinion.at}
        for opinion, login, name in session.execute(statement)
    ]


def documents_of(session: Session, request_id: int) -> list[dict[str, Any]]:
    """The written approvals of a request, in order, with who recorded and who countersigned each."""
    recorder, second = aliased(UserAccount), aliased(UserAccount)
    statement = (
        select(WrittenApproval, col(recorder.name), col(second.name))
        .join(recorder, col(recorder.user_id) == col(WrittenApproval.recorded_by))
        .outerjoin(second, col(second.user_id) == col(WrittenApproval.countersigned_by))
        .where(col(WrittenApproval.request_id) == request_id)
        .order_by(col(WrittenApproval.approval_id))
    )
    return [
        {
            "approval_id": row.approval_id,
            "number": row.document_no,
            "approved_on": row.approved_on,
            "office": row.approving_office,
            "file_name": row.file_name,
            "media_type": row.media_type,
            "size": row.size,
            "sha256": row.document_sha256,
            "version": row.version,
            "waits": row.waits_on is not None,
            "recorded_by": recorded_by,
            "countersigned_by": countersigned_by or "",
            "countersigned_at": row.countersigned_at,
        }
        for row, recorded_by, countersigned_by in session.execute(statement)
    ]


def count_requests(session: Session, actor: Actor) -> dict[str, int]:
    """Requests by status, of the actor's office and those below."""
    statement = (
        select(col(ChangeRequest.status), func.count())
        .join(Office, col(Office.office_id) == col(ChangeRequest.office_id))
        .where(or_(kept(actor, col(Office.path)), of_receiver(actor)), _WHOLE)
        .group_by(col(ChangeRequest.status))
    )
    return dict(session.execute(statement).all())


def count_in_review(session: Session, actor: Actor, only: ColumnElement[bool]) -> int:
    """Requests that wait for a decision, of the actor's office and those below, for which something holds."""
    statement = (
        select(func.count())
        .select_from(ChangeRequest)
        .join(Office, col(Office.office_id) == col(ChangeRequest.office_id))
        .where(kept(actor, col(Office.path)), col(ChangeRequest.status) == RequestStatus.IN_REVIEW, only, _WHOLE)
    )
    return session.execute(statement).scalar_one()


def count_own(session: Session, actor: Actor, statuses: Sequence[str]) -> int:
    """The actor's own requests with one of the statuses."""
    statement = (
        select(func.count())
        .select_from(ChangeRequest)
        .where(col(ChangeRequest.proposer_id) == actor.user_id, col(ChangeRequest.status).in_(statuses), _WHOLE)
    )
    return session.execute(statement).scalar_one()


def requests_of_unit(
    session: Session, unit_id: int, actor: Actor, *, limit: int = 50
) -> list[tuple[ChangeRequest, bool]]:
    """Requests that speak of a unit, the newest first, each with whether the actor may open it."""
    opens = or_(kept(actor, col(Office.path)), func.coalesce(of_receiver(actor), false()))
    statement = (
        select(ChangeRequest, opens)
        .join(RequestItem, col(RequestItem.request_id) == col(ChangeRequest.request_id))
        .join(Office, col(Office.office_id) == col(ChangeRequest.office_id))
        .where(col(RequestItem.unit_id) == unit_id, _WHOLE)
        .order_by(col(ChangeRequest.request_id).desc())
        .limit(limit)
    )
    return [(request, bool(may_open)) for request, may_open in session.execute(statement)]


def open_requests_about(
    session: Session, unit_ids: Sequence[int], actor: Actor, *, but: int
) -> list[tuple[int, int, Any]]:
    """Unit, number and title of requests that are not settled, of the actor's office and those below it; but for one."""
    found: list[tuple[int, int, Any]] = []
    for part in chunked(sorted(set(unit_ids)), 400):
        statement = (
            select(col(RequestItem.unit_id), col(ChangeRequest.request_id), col(ChangeRequest.title))
            .join(ChangeRequest, col(ChangeRequest.request_id) == col(RequestItem.request_id))
            .join(Office, col(Office.office_id) == col(ChangeRequest.office_id))
            .where(col(RequestItem.unit_id).in_(part), col(RequestItem.status) == ItemStatus.OPEN, _WHOLE)
            .where(col(ChangeRequest.status).in_(sorted(NOT_SETTLED)), col(ChangeRequest.request_id) != but)
            .where(kept(actor, col(Office.path)))
            .distinct()
        )
        found += [(unit or 0, number, title) for unit, number, title in session.execute(statement)]
    return sorted(found, key=lambda one: one[:2])


_TO_COME = (str(FrameStatus.DRAFT), str(FrameStatus.BUILT), str(FrameStatus.CONFIRMED))


def frames_to_come(session: Session, unit_ids: Sequence[int]) -> list[tuple[int, int, str, str]]:
    """Unit, number, name and area of lists that hold it and are not frozen yet."""
    found: list[tuple[int, int, str, str]] = []
    for part in chunked(sorted(set(unit_ids)), 400):
        statement = (
            select(col(FrameUnit.unit_id), col(Frame.frame_id), col(Frame.name), col(Frame.definition))
            .join(Frame, col(Frame.frame_id) == col(FrameUnit.frame_id))
            .where(col(FrameUnit.unit_id).in_(part), col(Frame.status).in_(_TO_COME))
            .order_by(col(FrameUnit.unit_id), col(Frame.frame_id))
        )
        found += [(unit, number, name, told["scope"]) for unit, number, name, told in session.execute(statement)]
    return found


def people_of(session: Session, user_ids: Sequence[int]) -> dict[int, str]:
    """User to name and office, for people to read."""
    statement = (
        select(col(UserAccount.user_id), col(UserAccount.name), col(Office.name))
        .join(Office, col(Office.office_id) == col(UserAccount.office_id))
        .where(col(UserAccount.user_id).in_(set(user_ids)))
    )
    return {user_id: f"{name}（{office}）" for user_id, name, office in session.execute(statement)}


def requests_of_batch(session: Session, batch_id: int) -> list[ChangeRequest]:
    """Requests that an import batch led to, oldest first."""
    statement = select(ChangeRequest).where(col(ChangeRequest.batch_id) == batch_id, _WHOLE)
    return list(session.execute(statement.order_by(col(ChangeRequest.request_id)).limit(100)).scalars())
