"""What reviewers can do: go through the queue, look at a pair, decide it, take a decision back."""

from __future__ import annotations

from collections.abc import Mapping

from app.audit.tags import Tag
from app.changes.errors import NotTheAuthor
from app.core.rights import OutOfArea, Reach
from app.domain.lives import PairStatus
from app.domain.roles import Permission
from app.models import CandidatePair
from app.records.queries import units_of_records
from app.review import queries, service
from app.review.errors import (
    AlreadyApplied,
    ContradictoryDecision,
    OtherSideBeyond,
    PairNotFound,
    PairNotOpen,
    RecordMovedOn,
    UnsureWithoutReason,
)
from app.review.schemas import (
    DecidedShown,
    DecisionShown,
    NextShown,
    NextWanted,
    PairDecided,
    PairListed,
    Pairs,
    PairShown,
    PairState,
    PairsWanted,
    PairWanted,
    UnitSide,
)
from app.review.view import alike, pair_view
from app.verbs import Call, Opens, verb
from app.verbs.verb import seen_by


@verb("review.list", Permission.REVIEW, route="GET /pairs", reach=Reach.OFFICE, sees=True)
def list_(call: Call, wish: PairsWanted) -> Pairs:
    """The queue; of a pair whose other side is of another office only that it waits for the office above."""
    found = queries.list_pairs(call.session, call.actor, status=wish.status, after=wish.after, limit=wish.limit)
    names = queries.names_of_pairs(call.session, found)
    whole = queries.seen_whole(call.session, found, call.actor, call.today)
    said = queries.standing_on(call.session, [pair.pair_id for pair in found])
    items = [_listed(pair, names, said.get(pair.pair_id), whole=pair.pair_id in whole) for pair in found]
    units = sorted({pair.other_id for pair in found if pair.pair_id in whole and pair.other_kind == "unit"})
    records = units_of_records(call.session, [pair.record_id for pair in found])
    call.saw(Tag.UNITS_SEEN, "review.list", {**seen_by(wish), "units": units}, units=[*units, *records])
    more = found[-1].pair_id if len(found) == wish.limit else None
    return Pairs(counts=queries.count_pairs(call.session, call.actor), items=items, next=more)


def _listed(
    pair: CandidatePair, names: Mapping[tuple[str, int], str], said: DecisionShown | None, *, whole: bool
) -> PairListed:
    return PairListed(
        decision=said if whole else None,
        **pair.model_dump(include={"pair_id", "record_id", "other_kind", "status"}),
        **alike(pair, whole=whole),
        record_name=names.get(("record", pair.record_id), ""),
        other_id=pair.other_id if whole else None,
        other_name=names.get((pair.other_kind, pair.other_id), "") if whole else "",
        waits_above=not whole,
    )


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
    """Both sides, their differences, and the score by comparison; of a unit or record of another office nothing."""
    shown = pair_view(call.session, wish.pair_id, call.actor, call.today, language=call.language)
    if isinstance(shown.other, UnitSide):
        units = [shown.other.unit_id, *units_of_records(call.session, [shown.record.record_id])]
        call.saw(Tag.UNIT_VIEW, f"unit {shown.other.unit_id}", {"pair_id": shown.pair_id}, units=units)
    else:
        records = [side.record_id for side in (shown.record, shown.other) if side is not None]
        told = {"pair_id": shown.pair_id, "records": records}
        call.saw(Tag.UNITS_SEEN, "review.show", told, units=units_of_records(call.session, records))
    return shown


@verb(
    "review.next",
    Permission.REVIEW,
    route="GET /pairs/{pair_id}/next",
    command="review next {pair_id:pair}",
    reach=Reach.OFFICE,
)
def next_(call: Call, wish: NextWanted) -> NextShown:
    """The pair behind one in its queue that the caller may decide: the open one, or where one goes through those that
    somebody was unsure of, the next of these."""
    return NextShown(next=queries.next_in(call.session, wish.pair_id, wish.queue, call.actor, call.today))


@verb(
    "review.decide",
    Permission.REVIEW,
    opens=Opens.WRITE,
    errors=(
        PairNotFound,
        OtherSideBeyond,
        PairNotOpen,
        UnsureWithoutReason,
        ContradictoryDecision,
        RecordMovedOn,
        OutOfArea,
    ),
    route="POST /pairs/{pair_id}/decision",
    command="review decide {pair_id:pair} {verdict}",
    reach=Reach.OFFICE,
)
def decide(call: Call, wish: PairDecided) -> DecidedShown:
    """Say same, different or unsure; a clear answer becomes a change request, unsure asks for a reason and a second look."""
    decided = service.decide(
        call.session, wish.pair_id, wish.verdict, actor=call.actor, now=call.now, comment=wish.comment
    )
    return DecidedShown.model_validate(decided)


@verb(
    "review.undo",
    Permission.REVIEW,
    opens=Opens.WRITE,
    errors=(PairNotFound, OtherSideBeyond, PairNotOpen, AlreadyApplied, RecordMovedOn, NotTheAuthor),
    route="DELETE /pairs/{pair_id}/decision",
    reach=Reach.OFFICE,
)
def undo(call: Call, wish: PairWanted) -> PairState:
    """Take a decision back while what followed from it is not in the register."""
    pair = service.undo(call.session, wish.pair_id, actor=call.actor, now=call.now)
    return PairState(pair_id=pair.pair_id, status=PairStatus(pair.status))
