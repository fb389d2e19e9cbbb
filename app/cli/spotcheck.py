"""`minglu spotcheck …`: how right the register is, by visits to a sample."""

from __future__ import annotations

from collections.abc import Sequence

from app.cli.command import Option, command, noun
from app.cli.frame import DEFINITION
from app.core.errors import Invalid
from app.quality import verbs

app = noun("spotcheck", "Spot checks: a sample of the register or of a frozen frame, visited.", verbs)


class NoPair(Invalid):
    """Something that is told of a field does not name the field."""

    code = "no_pair"
    zh = "请写成 栏目=内容。"
    en = "write FIELD=VALUE"


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """`FIELD=VALUE` as often as given."""
    if not all("=" in pair for pair in given):
        raise NoPair
    return {name: value for name, _, value in (pair.partition("=") for pair in given)}


CHECK = {"check_id": "check"}
ITEM = CHECK | {"seq": "seq"}
VERDICT = Option(
    flag="--verdict", help="FIELD=right, wrong, not_applicable or cannot_tell", kind=list[str], reads=_pairs
)
FOUND = Option(help="FIELD=VALUE as met, where the register is wrong", kind=list[str], reads=_pairs)

command(app, verbs.list_, columns=("check_id", "name", "frame_id", "size", "population", "status"))
DRAWN = {"fields": Option(flag="--field", help="field to compare")} | DEFINITION
command(app, verbs.draw, arguments=("name",), options=DRAWN)
command(app, verbs.start, arguments=CHECK, options={"checkers": Option(flag="--checker", help="login of a checker")})
ASSIGNED = Option(flag="--item", help="place in the draw; without any, all that have no checker")
command(app, verbs.assign, arguments=CHECK | {"checker": "checker"}, options={"items": ASSIGNED})
SINCE = Option(help="FIELD=DAY since when the register's value is wrong", kind=list[str], reads=_pairs)
command(app, verbs.record, arguments=ITEM, options={"verdicts": VERDICT, "found": FOUND, "since": SINCE})
