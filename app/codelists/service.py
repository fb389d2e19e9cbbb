"""Loading code lists: those that ship, and those an operator brings. Editions are never changed, only added."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit.service import record_event
from app.audit.tags import Tag
from app.codelists import queries
from app.codelists.policies import check_policy
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.dialect import bulk_insert, insert_or_skip
from app.core.errors import Conflict, Invalid, TooLarge
from app.core.said import said, word
from app.domain.fields import Group
from app.domain.period import FOREVER
from app.domain.roles import Permission
from app.models import CodeItem, CodeList, Policy, SourcePriority, table_of

MAX_BYTES, MAX_COLUMNS = 64 << 20, 64
"""All villages of the country are some 40 MB."""
LIST_BYTES = word("limit_codelist", "代码表文件的字节数", "bytes of a code list")


class BadCodeList(Invalid):
    """The file is no list of codes; nothing of it was kept."""

    code = "bad_code_list"
    zh = "代码表文件须为UTF-8的CSV，并有 code 和 name 两列；代码为1至32个字符，level 为数字。没有装入任何内容。"
    en = (
        "a code list is a UTF-8 CSV with the columns code and name, codes of 1 to 32 characters, levels in digits; "
        "nothing was loaded"
    )


class EditionShipped(Conflict):
    """A shipped edition is what values, frames and packages cite; it is not an operator's to take away."""

    code = "edition_shipped"
    zh = "代码表 {name} 的 {edition} 版本随系统提供，单位和抽样框都引用它，不能撤除。"
    en = "edition {edition} of {name} is shipped; units and frames cite it, and it cannot be taken away"


class EditionExists(Conflict):
    """Editions are never changed; somebody else may have been quicker."""

    code = "edition_exists"
    zh = "代码表 {name} 的 {edition} 版本已经装载，已装载的版本不会改动；新的内容请用新的版本名装入。"
    en = "edition {edition} of {name} is loaded already; load what is new under a name of its own"


@lru_cache
def _data(name: str) -> str:
    return resources.files("app.codelists").joinpath(f"data/{name}").read_text("utf-8")


def load_shipped(session: Session, *, actor: str, now: datetime) -> int:
    """Load every shipped edition that is not there yet; returns how many were."""
    entries = json.loads(_data("index.json"))["lists"]
    return sum(_load(session, entry, _data(entry["file"]), actor, now) for entry in entries)


def import_list(
    session: Session,
    path: Path,
    *,
    name: str,
    edition: str,
    title: str,
    valid_from: date,
    actor: Actor,
    now: datetime,
    origin: str = "",
) -> int:
    """Load an operator's list from a UTF-8 CSV with the columns `code` and `name`; returns the number of codes.

    For lists whose licence forbids shipping, such as villages with their urban-rural class. Raises BadCodeList,
    EditionExists.
    """
    actor.require(Permission.MANAGE_CODELISTS)
    text, header = _read(path)
    entry = {
        "name": name,
        "edition": edition,
        "title": title,
        "origin": (origin or path.name)[:255],
        "valid_from": valid_from.isoformat(),
        "valid_until": FOREVER.isoformat(),
        "code": "code",
        "label": "name",
        "parent": "parent_code" if "parent_code" in header else "",
        "level": "level" if "level" in header else "",
        "extra": [column for column in header if column not in {"code", "name", "parent_code", "level"}],
    }
    if not _load(session, entry, text, actor.login, now):
        raise EditionExists(name=name, edition=edition)
    return sum(1 for _ in csv.DictReader(io.StringIO(text)))


def _read(path: Path) -> tuple[str, list[str]]:
    """The text of an operator's list and its header. Raises BadCodeList, TooLarge."""
    if path.stat().st_size > MAX_BYTES:
        raise TooLarge(what=said(LIST_BYTES), most=MAX_BYTES)
    try:
        text = path.read_text("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(text))
    except (ValueError, csv.Error) as wrong:
        raise BadCodeList from wrong
    if not {"code", "name"} <= set(header) or len(header) > MAX_COLUMNS or "\x00" in text:
        raise BadCodeList
    code, level = header.index("code"), header.index("level") if "level" in header else None
    for row in filter(None, rows):
        if len(row) != len(header) or not 1 <= len(row[code]) <= 32:
            raise BadCodeList
        if level is not None and not (not row[level] or (row[level].isdecimal() and len(row[level]) < 6)):
            raise BadCodeList
    return text, header


def _load(session: Session, entry: Mapping[str, Any], text: str, actor: str, now: datetime) -> int:
    """Load an edition unless it is there; of two that come at once one loads it."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    edition = CodeList(
        name=entry["name"],
        edition=entry["edition"],
        title=entry["title"],
        valid_from=date.fromisoformat(entry["valid_from"]),
        valid_until=date.fromisoformat(entry["valid_until"]),
        origin=entry["origin"],
        digest=digest,
    )
    if not insert_or_skip(session, table_of(CodeList), [edition.model_dump(exclude={"list_id"})]):
        return 0
    held = queries.get_edition(session, edition.name, edition.edition)
    rows = list(csv.DictReader(io.StringIO(text)))
    _insert_items(session, held.list_id, rows, entry)
    payload = {"edition": entry["edition"], "codes": len(rows), "digest": digest}
    record_event(session, Tag.CODELIST_LOAD, actor=actor, at=now, subject=f"list {entry['name']}", payload=payload)
    return 1


def _insert_items(session: Session, list_id: int, rows: Sequence[Mapping[str, str]], entry: Mapping[str, Any]) -> None:
    columns: dict[str, Sequence[Any]] = {
        "list_id": [list_id] * len(rows),
        "code": _unique([row[entry["code"]] for row in rows]),
        "name": [row[entry["label"]][:255] for row in rows],
        "parent_code": [row[entry["parent"]] if entry["parent"] else "" for row in rows],
        "level": [int(row[entry["level"]] or 1) if entry["level"] else 1 for row in rows],
        "extra": [{name: row[name] for name in entry["extra"] if row.get(name)} for row in rows],
    }
    bulk_insert(session, table_of(CodeItem), columns)


def _unique(codes: Sequence[str]) -> list[str]:
    """Codes of lists that map one to many get a running number: `0111`, `0111#2`."""
    seen: dict[str, int] = {}
    result = []
    for code in codes:
        seen[code] = seen.get(code, 0) + 1
        result.append(code if seen[code] == 1 else f"{code}#{seen[code]}")
    return result


def drop_edition(session: Session, name: str, edition: str, *, actor: Actor, now: datetime) -> CodeList:
    """Take an edition away again that was loaded by mistake. Raises EditionNotFound, EditionShipped."""
    actor.require(Permission.MANAGE_CODELISTS)
    held = queries.get_edition(session, name, edition)
    if any((entry["name"], entry["edition"]) == (name, edition) for entry in json.loads(_data("index.json"))["lists"]):
        raise EditionShipped(name=name, edition=edition)
    session.execute(delete(CodeItem).where(col(CodeItem.list_id) == held.list_id))
    gone: Any = session.execute(delete(CodeList).where(col(CodeList.list_id) == held.list_id))
    if gone.rowcount != 1:
        raise queries.EditionNotFound(name=name, edition=edition)
    payload = {"edition": edition, "dropped": True}
    record_event(session, Tag.CODELIST_LOAD, actor=actor.login, at=now, subject=f"list {name}", payload=payload)
    return held


def load_standard_policies(session: Session, *, actor: str, now: datetime) -> int:
    """The shipped approval, acceptance and intake policies and the ranks of sources; those there stay as they are.

    Raises BadPolicy, and loads none of them.
    """
    data = json.loads(_data("standard_policies.json"))
    policies = [
        {**_shipped(entry), "valid_from": date.fromisoformat(entry["valid_from"]), "valid_until": FOREVER}
        for entry in data["policies"]
    ]
    for entry in policies:
        told = {part: entry[part] for part in ("name", "kind", "rule", "valid_from", "valid_until")}
        check_policy(**told)
    added = insert_or_skip(session, table_of(Policy), policies)
    added += insert_or_skip(session, table_of(SourcePriority), _ranks(data["source_priority"]))
    if added:
        record_event(session, Tag.POLICY_SET, actor=actor, at=now, subject="standard policies", payload=data)
    return added


@dataclass(frozen=True)
class Renewed:
    """Names of shipped policies: those that go on as this version ships them, and those that say something of their own."""

    renewed: list[str]
    own: list[str]


def renew_standard_policies(session: Session, *, actor: str, now: datetime) -> Renewed:
    """Have shipped policies that are in force as an earlier version shipped them go on, from today, as this one does.

    What a bureau wrote otherwise stays, and is told: what it decides by is its own.
    """
    today, found = day_of(now), Renewed([], [])
    for entry in json.loads(_data("standard_policies.json"))["policies"]:
        held = _in_force(session, entry["name"], today)
        if held is None or held.rule == entry["rule"]:
            continue
        if held.rule not in entry.get("earlier", ()) or held.valid_from >= today:
            found.own.append(held.name)
            continue
        until, held.valid_until = held.valid_until, today
        session.add(Policy(**_shipped(entry), valid_from=today, valid_until=until))
        found.renewed.append(held.name)
        told = {"from": str(today), "until": str(until), "rule": entry["rule"]}
        record_event(session, Tag.POLICY_SET, actor=actor, at=now, subject=f"policy {held.name}", payload=told)
    return found


def _shipped(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {part: entry[part] for part in ("name", "kind", "ground", "rule")}


def _in_force(session: Session, name: str, on: date) -> Policy | None:
    days = (col(Policy.valid_from) <= on, col(Policy.valid_until) > on)
    held: Policy | None = session.execute(select(Policy).where(col(Policy.name) == name, *days)).scalars().first()
    return held


def _ranks(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per source and field group; `*` stands for the groups not named."""
    return [
        {
            "source": source,
            "field_group": str(group),
            "rank": ranks.get(str(group), ranks["*"]),
            "valid_from": date.fromisoformat(data["valid_from"]),
            "valid_until": FOREVER,
        }
        for source, ranks in data["ranks"].items()
        for group in Group
    ]
