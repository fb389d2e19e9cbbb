"""`minglu change …`: change requests, the one door to the register."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from app.changes import verbs
from app.cli.command import Option, command, noun
from app.core.errors import Invalid

app = noun("change", "Propose, submit and decide change requests.", verbs)


class BadAssignment(Invalid):
    """A value of a proposal is not written as a field, an equals sign and the value."""

    code = "bad_value"
    zh = "请写成 栏目=值，不能是“{given}”。"
    en = "write field=value, not {given}"


class BadPart(Invalid):
    """A unit that goes on from another is not told as JSON."""

    code = "bad_part"
    zh = "--into 须为 JSON，例如 {example}"
    en = "--into is JSON, such as {example}"

    def __init__(self) -> None:
        super().__init__(example='{"unit_id": 12, "codes": ["…"]}')


def values(pairs: list[str]) -> dict[str, str]:
    """`field=value` each. Raises BadAssignment, naming no value."""
    parted = [pair.partition("=") for pair in pairs]
    for name, equals, _ in parted:
        if not equals:
            raise BadAssignment(given=name)
    return {name: value for name, _, value in parted}


_COLUMNS = ("request_id", "status", "need", "items", "title", "policy")
_ONE = {"request_id": "request"}


def _codes(pairs: list[str]) -> list[dict[str, Any]]:
    """`scheme=code` each; with `-` before the scheme, one that is borne no more. Raises BadAssignment."""
    parted = [pair.partition("=") for pair in pairs if values([pair])]
    return [
        {"scheme": scheme.removeprefix("-"), "value": value, "gone": scheme.startswith("-")}
        for scheme, _, value in parted
    ]


def _part(told: list[str]) -> list[dict[str, Any]]:
    """Units that go on, each as JSON. Raises BadPart."""
    try:
        return [orjson.loads(one) for one in told]
    except orjson.JSONDecodeError:
        raise BadPart from None


_FILLED_IN = {
    "valid_from": Option("--from"),
    "changes": Option("--set", "field=value; may be given again", list[str], values),
    "unit_id": Option("--unit"),
    "valid_until": Option("--until"),
    "successor_id": Option("--successor"),
    "codes": Option(
        "--code",
        "scheme=code that it bears beside its fields, -scheme=code no more; may be given again",
        list[str],
        _codes,
    ),
    "absorbed": Option("--absorbed", "a unit that is merged into this one; may be given again"),
    "fields": Option("--winner", "field=unit of the merger whose value it shall have", list[str], values),
    "into": Option(
        "--into", "a unit that goes on, as JSON: unit_id or new, records, codes, children", list[str], _part
    ),
}

command(app, verbs.propose, arguments=["reason"], options=_FILLED_IN)
command(app, verbs.look_over, arguments=["reason"], options=_FILLED_IN)
command(
    app,
    verbs.approve,
    arguments=_ONE,
    options={
        "version": Option("--version", "the version that was looked at, as `change show` says it"),
        "excluded": Option("--except", "number of an item of a batch that is refused; may be given again"),
    },
)
command(
    app,
    verbs.edit,
    arguments=_ONE,
    options={
        "valid_from": Option("--from"),
        "changes": Option("--set", "field=value; may be given again", list[str], values),
        "valid_until": Option("--until"),
        "successor_id": Option("--successor"),
        "drop": Option("--drop", "a field that is not to be changed after all; may be given again"),
    },
)
command(app, verbs.form, options={"unit_id": Option("--unit")})
command(app, verbs.list_, columns=_COLUMNS)
command(app, verbs.items, arguments=_ONE, columns=("seq", "unit_id", "reason", "valid_from", "status"))
command(
    app,
    verbs.record_written,
    "written-approval",
    arguments=_ONE,
    options={"approved_on": Option("--on"), "path": Option("--document", kind=Path)},
)
command(
    app,
    verbs.countersign,
    arguments=_ONE,
    options={"version": Option("--version", "the version that was looked at, as `change show` says it")},
)
