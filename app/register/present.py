"""Values of units as people see them: personal ones masked unless revealed, codes with their names, groups in order.

Everything that shows a unit takes them from here: lists, unit pages, frames, pairs, differences, spot checks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.codelists.queries import names_of
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.personal import Personal, mask
from app.core.persons import NAMING, PERSON, in_full
from app.domain.fields import BY_NAME, FIELDS, NAMES, PERSONAL, Group
from app.domain.ground import says_something
from app.domain.roles import Permission


class ReasonMissing(Invalid):
    """Personal values are shown, and lists taken out, for a stated reason alone."""

    code = "reason_missing"
    zh = "请写明理由：查看个人信息要写明为什么需要，导出要写明用途和接收方。"
    en = "say why: personal values are shown for a stated reason, an export names its purpose and its recipient"


class NotPersonal(Invalid):
    """Something is to be revealed that is never masked, or no field at all."""

    code = "unknown_field"
    zh = "这些不是个人信息字段：{fields}"
    en = "no personal fields: {fields}"


REVEALABLE = PERSONAL | {"name"}
"""What can be asked for in clear: personal fields, and the names of a unit where they are made up from a person's."""


@dataclass(frozen=True)
class Presented:
    """One unit's values by field; `names` holds what the codes among them mean."""

    values: dict[str, Any]
    names: dict[str, str]


def revealed(actor: Actor, fields: Iterable[str], reason: str) -> frozenset[str]:
    """What this person sees in clear of `REVEALABLE`, nothing when nothing is asked for.

    Raises PermissionMissing, ReasonMissing, NotPersonal.
    """
    wanted = frozenset(fields)
    if not wanted:
        return wanted
    actor.require(Permission.UNMASK)
    if not says_something(reason):
        raise ReasonMissing
    if unknown := sorted(wanted - REVEALABLE):
        raise NotPersonal(fields=", ".join(unknown))
    return wanted


def plain(name: str, value: Any, reveal: Collection[str] = ()) -> Any:
    """A value for people: of a personal field the mask, unless it is revealed."""
    if isinstance(value, Personal):
        return value.reveal() if name in reveal else str(value)
    return mask(str(value)) if value and name in PERSONAL and name not in reveal else value


def told(name: str, version: Mapping[str, Any], reveal: Collection[str] = ()) -> Any:
    """A value of a version for people: a name that shows a person masked in full, where names are revealed."""
    value = version.get(name)
    if name in NAMING and "name" in reveal:
        return in_full(str(value or ""), version.get(PERSON))
    return plain(name, value, reveal)


def personal_in(version: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Those fields of a version that hold something personal."""
    person = version.get(PERSON)
    return [
        name
        for name in names
        if name in PERSONAL or (name in NAMING and in_full(version[name], person) != version[name])
    ]


def filled(values: Mapping[str, Any], names: Iterable[str] = NAMES) -> list[str]:
    """Those fields that say something, in the order of the form."""
    return [name for name in names if values.get(name) not in (None, "")]


def present(
    session: Session,
    versions: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    on: date,
    reveal: Collection[str] = (),
) -> list[Presented]:
    """The columns of each version, its codes named as on a day."""
    names = code_names(session, versions, columns, on)
    return [
        Presented(
            {name: told(name, version, reveal) for name in columns},
            {name: called[str(version[name])] for name, called in names.items() if str(version.get(name)) in called},
        )
        for version in versions
    ]


def code_names(
    session: Session, versions: Iterable[Mapping[str, Any]], columns: Iterable[str], on: date
) -> dict[str, dict[str, str]]:
    """For each column with a code list, what the codes that occur mean."""
    held = list(versions)
    lists = {name: BY_NAME[name].codelist for name in columns if name in BY_NAME and BY_NAME[name].codelist}
    return {
        name: names_of(session, codelist, {str(row[name]) for row in held if row.get(name)}, on)
        for name, codelist in lists.items()
    }


def grouped(names: Collection[str] = NAMES) -> list[tuple[Group, list[str]]]:
    """Fields by group, in the order of the form; groups without any fall away."""
    found = [
        (group, [field.name for field in FIELDS if field.group is group and field.name in names]) for group in Group
    ]
    return [(group, inside) for group, inside in found if inside]
