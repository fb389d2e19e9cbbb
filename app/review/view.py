"""A candidate pair as a reviewer looks at it: two sides, differences, the score by comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

import matching
from app.codelists.queries import called
from app.core.actor import Actor
from app.domain.fields import BY_NAME
from app.domain.labels import label
from app.domain.lives import UNDECIDED_PAIRS, PairStatus
from app.models import CandidatePair, MatchRun
from app.records.queries import clusters_of, get_record
from app.register.present import filled, plain
from app.register.queries import latest_versions_of
from app.review import queries
from app.review.schemas import Difference, PairShown, RecordSide, Step, UnitSide

UNTOLD: dict[str, Any] = {"match_weight": None, "match_probability": None, "rule": ""}
"""Instead of how alike two sides are, for who may not see one of them: it would tell what stands there."""


def pair_view(session: Session, pair_id: int, actor: Actor, on: date, *, language: str = "zh") -> PairShown:
    """A pair, of its other side only what the actor may see. Raises PairNotFound."""
    pair = queries.get_pair(session, pair_id, actor)
    whole = bool(queries.seen_whole(session, [pair], actor, on))
    record, other = _record_side(session, pair.record_id), _other_side(session, pair) if whole else None
    rivals = queries.pairs_of_record(session, pair.record_id, UNDECIDED_PAIRS)
    queue = PairStatus.UNSURE if pair.status == PairStatus.UNSURE else PairStatus.OPEN
    return PairShown(
        pair_id=pair_id,
        status=PairStatus(pair.status),
        **alike(pair, whole=whole),
        veto=pair.veto if whole else "",
        record=record,
        other_kind=pair.other_kind,
        other=other,
        waits_above=not whole,
        differences=_differences(session, record.values, other.values if other else {}, on, language),
        score=_score(session, pair, language) if whole else [],
        rivals=[rival.pair_id for rival in rivals if rival.pair_id != pair_id],
        decision=queries.standing_on(session, [pair_id]).get(pair_id) if whole else None,
        next=queries.next_in(session, pair_id, queue, actor, on),
        open=queries.count_in(session, queue, actor, on),
    )


def alike(pair: CandidatePair, *, whole: bool) -> dict[str, Any]:
    """How alike the sides of a pair are, for who may see it whole."""
    return {name: getattr(pair, name) for name in UNTOLD} if whole else UNTOLD


def _score(session: Session, pair: CandidatePair, language: str) -> list[Step]:
    run = session.get_one(MatchRun, pair.run_id)
    return [Step(**step) for step in matching.explain_levels(run.model, run.model_version, pair.levels, language)]


def _record_side(session: Session, record_id: int) -> RecordSide:
    record = get_record(session, record_id)
    values = {name: plain(name, record.clean[name]) for name in filled(record.clean)}
    unit_id = clusters_of(session, [record_id])[record_id][1]
    told = {"source": record.source, "on": record.on, "event": record.event, "values": values}
    return RecordSide(record_id=record_id, unit_id=unit_id, **told)


def _other_side(session: Session, pair: CandidatePair) -> RecordSide | UnitSide:
    if pair.other_kind == "record":
        return _record_side(session, pair.other_id)
    held = latest_versions_of(session, [pair.other_id])[pair.other_id]
    values = {name: plain(name, held[name]) for name in filled(held)}
    return UnitSide(unit_id=pair.other_id, standing=held["standing"], values=values)


def _differences(
    session: Session, left: Mapping[str, Any], right: Mapping[str, Any], on: date, language: str
) -> list[Difference]:
    """Fields in the order of the form; `same` where both sides say it alike."""
    names = [name for name in BY_NAME if name in left or name in right]
    meant = {name: _called(session, name, (left, right), on) for name in names}
    return [
        Difference(
            field=name,
            label=label("field", name, language),
            record=left.get(name, ""),
            other=right.get(name, ""),
            record_called=meant[name].get(str(left.get(name, "")), ""),
            other_called=meant[name].get(str(right.get(name, "")), ""),
            same=left.get(name) == right.get(name),
        )
        for name in names
    ]


def _called(session: Session, name: str, sides: Sequence[Mapping[str, Any]], on: date) -> dict[str, str]:
    """What the codes of a field mean; an area that is not listed is called by its street."""
    codes = {str(side[name]) for side in sides if side.get(name)}
    return called(session, BY_NAME[name].codelist, codes, on) if codes and BY_NAME[name].codelist else {}
