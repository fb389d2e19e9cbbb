"""`minglu log …`: the two logs, for whoever audits. The operator has `minglu audit`."""

from __future__ import annotations

from app.audit.queries import ChainBroken
from app.cli.command import command, noun
from app.cli.common import Format, show
from app.core.said import Said
from app.trail import verbs
from app.trail.schemas import HeadShown, Verified

app = noun("log", "The two logs.", verbs)


def _verified(answer: Verified, form: Format) -> None:
    show(answer.model_dump(mode="json"), form)
    if answer.broken:
        raise ChainBroken(seq=answer.broken.seq, what=Said(answer.broken.reason.code, answer.broken.reason.facts))


def _head(answer: HeadShown, form: Format) -> None:
    if form is Format.JSON:
        show(answer.model_dump(mode="json"), form)
    else:
        print(answer.head)


command(app, verbs.list_, columns=("seq", "at", "actor", "event", "subject"))
command(app, verbs.verify, shows=_verified)
command(app, verbs.head, shows=_head)
