"""A change request as those who decide look at it: counts, sample, field by field what was and what shall be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.changes import queries
from app.core.clock import iso_moment
from app.core.personal import mask
from app.core.said import worded
from app.domain.fields import PERSONAL
from app.domain.labels import label
from app.domain.period import FOREVER
from app.models import ChangeRequest, RequestItem

SAMPLE = 12


def summary(request: ChangeRequest) -> dict[str, Any]:
    """One line of a list of requests."""
    return {
        "request_id": request.request_id,
        "title": worded(request.title),
        "need": request.need,
        "status": request.status,
        "step": request.step,
        "policy": request.policy_name,
        "is_batch": request.is_batch,
        "items": request.item_count,
        "applied_through": request.applied_through,
        "batch_id": request.batch_id,
        "submitted_at": iso_moment(request.submitted_at) if request.submitted_at else "",
    }


def detail(session: Session, request: ChangeRequest, *, language: str = "zh") -> dict[str, Any]:
    """Everything a person needs to decide: counts by reason, exceptions, a sample, opinions."""
    request_id = request.request_id
    return {
        **summary(request),
        "counts": {
            "reasons": queries.counts_by_reason(session, request_id),
            "status": queries.counts_by_status(session, request_id),
            "source": request.counts,
        },
        "sample": [item_view(item, language) for item in queries.sample_of(session, request_id, SAMPLE)],
        "opinions": [
            {**opinion, "at": iso_moment(opinion["at"])} for opinion in queries.opinions_of(session, request_id)
        ],
    }


def items(session: Session, request_id: int, *, after: int, limit: int, language: str = "zh") -> list[dict[str, Any]]:
    return [item_view(item, language) for item in queries.items_of(session, request_id, after=after, limit=limit)]


def item_view(item: RequestItem, language: str) -> dict[str, Any]:
    return {
        "seq": item.seq,
        "unit_id": item.unit_id,
        "reason": item.reason,
        "valid_from": item.valid_from.isoformat(),
        "valid_until": "" if item.valid_until == FOREVER else item.valid_until.isoformat(),
        "record_id": item.record_id,
        "status": item.status,
        "diff": _diff(item, language),
        "sources": item.origin["o"],
    }


def _diff(item: RequestItem, language: str) -> Sequence[dict[str, Any]]:
    expects = item.expects or {}
    return [
        {
            "field": name,
            "label": label("field", name, language),
            "old": _masked(name, expects.get(name)),
            "new": _masked(name, value),
        }
        for name, value in item.changes.items()
    ]


def _masked(name: str, value: Any) -> Any:
    if value in (None, ""):
        return ""
    return mask(str(value)) if name in PERSONAL else value
