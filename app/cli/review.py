"""`minglu review …`: pairs that need a person."""

from __future__ import annotations

from app.cli.command import command, noun, silent
from app.cli.common import Format, show
from app.review import verbs
from app.review.schemas import Pairs

app = noun("review", "Decide pairs that the match run asks about.", verbs)


def _queue(answer: Pairs, form: Format) -> None:
    lines = [
        {
            **pair.model_dump(mode="json"),
            "weight": pair.match_weight,
            "probability": pair.match_probability and round(pair.match_probability, 4),
            "other": f"{pair.other_kind} {pair.other_id or '(another office)'}",
        }
        for pair in answer.items
    ]
    show(lines, form, columns=("pair_id", "weight", "probability", "rule", "record_id", "other"))


command(app, verbs.list_, shows=_queue)
command(app, verbs.undo, arguments={"pair_id": "pair"}, shows=silent)
