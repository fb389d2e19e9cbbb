"""A candidate pair as a reviewer looks at it: two sides, differences, the score by comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

import matching
from app.core.personal import mask
from app.domain.fields import BY_NAME, NAMES, PERSONAL
from app.domain.labels import label
from app.models import CandidatePair, MatchRun
from app.records.queries import get_record
from app.register.queries import latest_versions_of
from app.register.view import shown
from app.review import queries


@dataclass
class PairView:
    """One pair. `score` lists each comparison with its level and weight (1/1000 bit); they add up to the weight."""

    pair_id: int
    status: str
    match_weight: int
    match_probability: float
    rule: str
    veto: str
    record: dict[str, Any]
    other_kind: str
    other: dict[str, Any]
    differences: list[dict[str, Any]]
    score: list[dict[str, Any]]
    rivals: list[int]
    decision: dict[str, Any] | None = None


def pair_view(session: Session, pair_id: int, *, language: str = "zh") -> PairView:
    """Raises PairNotFound."""
    pair = queries.get_pair(session, pair_id)
    run = session.get(MatchRun, pair.run_id)
    assert run is not None, "a pair comes from a run"
    record = _record_side(session, pair.record_id)
    other = _other_side(session, pair)
    open_pairs = queries.pairs_of_record(session, pair.record_id, ["open"])
    return PairView(
        pair_id=pair_id,
        status=pair.status,
        match_weight=pair.match_weight,
        match_probability=pair.match_probability,
        rule=pair.rule,
        veto=pair.veto,
        record=record,
        other_kind=pair.other_kind,
        other=other,
        differences=_differences(record["values"], other["values"], language),
        score=matching.explain_levels(run.model, run.model_version, pair.levels, language),
        rivals=[rival.pair_id for rival in open_pairs if rival.pair_id != pair_id],
        decision=_decision(session, pair_id),
    )


def _record_side(session: Session, record_id: int) -> dict[str, Any]:
    record = get_record(session, record_id)
    values = {name: _masked(name, record.clean[name]) for name in NAMES if record.clean.get(name) not in (None, "")}
    return {"record_id": record_id, "source": record.source, "on": record.on, "event": record.event, "values": values}


def _other_side(session: Session, pair: CandidatePair) -> dict[str, Any]:
    if pair.other_kind == "record":
        return _record_side(session, pair.other_id)
    held = latest_versions_of(session, [pair.other_id])[pair.other_id]
    values = {name: shown(held[name]) for name in NAMES if held[name] not in (None, "")}
    return {"unit_id": pair.other_id, "standing": held["standing"], "values": values}


def _masked(name: str, value: Any) -> Any:
    return mask(str(value)) if name in PERSONAL else value


def _differences(left: Mapping[str, Any], right: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """Fields in the order of the form; `same` where both sides say it alike."""
    names = [name for name in BY_NAME if name in left or name in right]
    return [
        {
            "field": name,
            "label": label("field", name, language),
            "record": left.get(name, ""),
            "other": right.get(name, ""),
            "same": left.get(name) == right.get(name),
        }
        for name in names
    ]


def _decision(session: Session, pair_id: int) -> dict[str, Any] | None:
    decision = queries.decision_on(session, pair_id)
    if decision is None:
        return None
    return {"verdict": decision.verdict, "comment": decision.comment, "request_id": decision.request_id}
