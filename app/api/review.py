"""Match runs and the review queue over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.deps import CurrentActor, Now, ReadSession, TheClock, TheDatabase, WriteSession
from app.domain.roles import Permission
from app.domain.words import Verdict
from app.match import run as matching_run
from app.review import queries, service
from app.review.view import pair_view

router = APIRouter(prefix="/api/v1", tags=["review"])


class Answer(BaseModel):
    verdict: Verdict
    comment: str = Field("", max_length=1000)


@router.post("/match-runs", status_code=201)
def run(database: TheDatabase, clock: TheClock, actor: CurrentActor) -> dict[str, Any]:
    """Match every staged record that waits against the register and each other."""
    return asdict(matching_run.run(database, actor=actor, clock=clock))


@router.get("/pairs")
def pairs(
    session: ReadSession,
    actor: CurrentActor,
    status: str = "open",
    after: int = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """The review queue, with counts by status."""
    actor.require(Permission.REVIEW)
    found = queries.list_pairs(session, status=status, after=after, limit=limit)
    items = [
        {
            "pair_id": pair.pair_id,
            "record_id": pair.record_id,
            "other_kind": pair.other_kind,
            "other_id": pair.other_id,
            "match_weight": pair.match_weight,
            "match_probability": pair.match_probability,
            "rule": pair.rule,
        }
        for pair in found
    ]
    return {"counts": queries.count_pairs(session), "items": items}


@router.get("/pairs/{pair_id}")
def show(pair_id: int, session: ReadSession, actor: CurrentActor) -> dict[str, Any]:
    """Both sides, their differences, and the score by comparison."""
    actor.require(Permission.REVIEW)
    return asdict(pair_view(session, pair_id, language=actor.language))


@router.post("/pairs/{pair_id}/decision")
def decide(pair_id: int, body: Answer, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """Say same, different or unsure; a clear answer becomes a change request."""
    decided = service.decide(session, pair_id, body.verdict, actor=actor, now=now, comment=body.comment)
    return asdict(decided)


@router.delete("/pairs/{pair_id}/decision")
def undo(pair_id: int, session: WriteSession, actor: CurrentActor, now: Now) -> dict[str, Any]:
    """Take a decision back while what followed from it is not in the register."""
    pair = service.undo(session, pair_id, actor=actor, now=now)
    return {"pair_id": pair.pair_id, "status": pair.status}
