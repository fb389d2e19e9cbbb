"""What reviewers can do: go through the queue, look at a pair, decide it, take a decision back."""

from __future__ import annotations

from app.changes.errors import NotTheAuthor
from app.core.rights import Reach
from app.domain.lives import PairStatus
from app.domain.roles import Permission
from app.review import queries, service
from app.review.errors import AlreadyApplied, ContradictoryDecision, PairNotFound, PairNotOpen, RecordMovedOn
from app.review.schemas import (
    DecidedShown,
    NextShown,
    PairDecided,
    PairListed,
    Pairs,
    PairShown,
    PairState,
    PairsWanted,
    PairWanted,
)
from app.review.view import pair_view
from app.verbs import Call, Opens, verb


@verb("review.list", Permission.REVIEW, route="GET /pairs", reach=Reach.OFFICE, sees=True)
def list_(call: Call, wish: PairsWanted) -> Pairs:
    """The queue."""
    found = queries.list_pairs(call.session, call.actor, status=wish.status, after=wish.after, limit=wish.limit)
    names = queries.names_of_pairs(call.session, found)
    items = [
        PairListed(
            **pair.model_dump(include=set(PairListed.model_fields)),
            record_name=names.get(("record", pair.record_id), ""),
            other_name=names.get((pair.other_kind, pair.other_id), ""),
        )
        for pair in found
    ]
    more = found[-1].pair_id if len(found) == wish.limit else None
    return Pairs(counts=queries.count_pairs(call.session, call.actor), items=items, next=more)


@verb(
    "review.show",
    Permission.REVIEW,
    errors=(PairNotFound,),
    route="GET /pairs/{pair_id}",
    command="review show {pair_id:pair}",
    reach=Reach.OFFICE,
    sees=True,
)
def show(call: Call, wish: PairWanted) -> PairShown:
    """Both sides, their differences, and the score by comparison."""
    return pair_view(call.session, wish.pair_id, call.actor, language=call.language)


@verb(
    "review.next",
    Permission.REVIEW,
    route="GET /pairs/{pair_id}/next",
    command="review next {pair_id:pair}",
    reach=Reach.OFFICE,
)
def next_(call: Call, wish: PairWanted) -> NextShown:
    """The open pair behind one."""
    return NextShown(next=queries.next_open(call.session, wish.pair_id, call.actor))


@verb(
    "review.decide",
    Permission.REVIEW,
    opens=Opens.WRITE,
    errors=(PairNotFound, PairNotOpen, ContradictoryDecision, RecordMovedOn),
    route="POST /pairs/{pair_id}/decision",
    command="review decide {pair_id:pair} {verdict}",
    reach=Reach.OFFICE,
)
def decide(call: Call, wish: PairDecided) -> DecidedShown:
    """Say same, different or unsure; a clear answer becomes a change request."""
    decided = service.decide(
        call.session, wish.pair_id, wish.verdict, actor=call.actor, now=call.now, comment=wish.comment
    )
    return DecidedShown.model_validate(decided)


@verb(
    "review.undo",
    Permission.REVIEW,
    opens=Opens.WRITE,
    errors=(PairNotFound, PairNotOpen, AlreadyApplied, RecordMovedOn, NotTheAuthor),
    route="DELETE /pairs/{pair_id}/decision",
    reach=Reach.OFFICE,
)
def undo(call: Call, wish: PairWanted) -> PairState:
    """Take a decision back while what followed from it is not in the register."""
    pair = service.undo(call.session, wish.pair_id, actor=call.actor, now=call.now)
    return PairState(pair_id=pair.pair_id, status=PairStatus(pair.status))
