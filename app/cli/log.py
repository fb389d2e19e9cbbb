"""`minglu log …`: the two logs, for whoever audits. The operator has `minglu audit`."""

from __future__ import annotations

from app.cli.command import command, noun
from app.cli.common import Format, show
from app.trail import verbs
from app.trail.schemas import HeadShown, Verified

app = noun("log", "The two logs.", verbs)


def _verified(answer: Verified, form: Format) -> None:
    show(answer.model_dump(mode="json"), form)
    answer.raise_if_broken()


def _head(answer: HeadShown, form: Format) -> None:
    if form is Format.JSON:
        show(answer.model_dump(mode="json"), form)
    else:
        print(answer.head)


command(app, verbs.list_, columns=("seq", "at", "actor", "event", "subject"))
command(app, verbs.access, columns=("seq", "at", "actor", "event", "subject", "units"), whole=True)
command(app, verbs.verify, shows=_verified)
command(app, verbs.head, shows=_head)
