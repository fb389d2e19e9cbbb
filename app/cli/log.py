"""`minglu log …`: the two logs, for whoever audits. The operator has `minglu audit`."""

from __future__ import annotations

from app.cli.command import command, noun
from app.cli.common import Format, show
from app.core.errors import Conflict
from app.trail import verbs
from app.trail.schemas import HeadShown, Sights, Verified


class EntriesAltered(Conflict):
    """Entries of the access log that may have been about the unit are not as they were written."""

    code = "entries_altered"
    zh = "访问日志第 {numbers} 条被动过，可能与该单位有关；其中所写一概不采信。请立即报告并保全数据库。"
    en = (
        "entries {numbers} of the access log were altered and may have been about the unit; nothing of them is believed"
    )


app = noun("log", "The two logs.", verbs)


def _verified(answer: Verified, form: Format) -> None:
    show(answer.model_dump(mode="json"), form)
    answer.raise_if_broken()


def _sights(answer: Sights, form: Format) -> None:
    """Who saw it; and where entries were altered, which, as a script notices."""
    items = answer.model_dump(mode="json")["items"]
    show(items, form, columns=("seq", "at", "actor", "event", "subject", "units"))
    if answer.altered:
        raise EntriesAltered(numbers=", ".join(map(str, answer.altered)))


def _head(answer: HeadShown, form: Format) -> None:
    if form is Format.JSON:
        show(answer.model_dump(mode="json"), form)
    else:
        print(answer.head)


command(app, verbs.list_, columns=("seq", "at", "actor", "event", "subject"))
command(app, verbs.access, shows=_sights, whole=True)
command(app, verbs.verify, shows=_verified)
command(app, verbs.head, shows=_head)
