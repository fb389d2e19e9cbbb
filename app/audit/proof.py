"""Proving the log and the register: both chains held, and every row the log vouches for is as the log says.

Both are read once, in pages, in one snapshot; what the log says of rows is kept in a file meanwhile (`sayings`), so
that memory stays the same whatever the size.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain as in_turn
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from sqlalchemy import exists, func, inspect, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.audit import chain as links
from app.audit.chain import GENESIS, HASHED, Break, Stored, Walk
from app.audit.sayings import Saying, Sayings, digest_in, key_in, ordered, rank
from app.audit.service import ACCESS, AUDIT
from app.audit.tags import Tag
from app.core.dialect import kinds_of, programs_within, rows_after, sure_cells, sure_rows
from app.core.errors import Conflict
from app.core.kept import is_name, is_whole
from app.core.rows import Cells, Key, Kinds, Layout, Said, checks, digests, odd_cells, unpack
from app.core.said import said
from app.core.types import current_keys, unseal
from app.core.vouched import layout_of, settle
from app.models import (
    AccessEvent,
    AccessPayload,
    AccessUnits,
    AuditEvent,
    AuditPayload,
    AuditRows,
    ChainHead,
    ImportBatch,
    RowLayout,
    WrittenApproval,
    metadata,
)

ENTRIES, ROWS = 500, 4000
"""Read at a time: entries may say much, rows are short."""


class ChainBroken(Conflict):
    """The log was changed behind our back."""

    code = "chain_broken"
    zh = "日志第 {seq} 条被动过：{what}。请立即报告并保全数据库。"
    en = "entry {seq}: {what}"


class RegisterAltered(Conflict):
    """Rows are not what the log says of them."""

    code = "register_altered"
    zh = "数据表 {table} 的第 {id} 行与日志不符。请立即报告并保全数据库。"
    en = "row {id} of {table} is not what the log says of it"


@dataclass(frozen=True)
class Verification:
    """Result of verifying one chain. `head` is its last hash, to be kept elsewhere: only that shows a cut tail."""

    chain: str
    entries: int
    head: str
    broken: Break | None
    destroyed: int = 0

    @property
    def intact(self) -> bool:
        return self.broken is None


@dataclass(frozen=True)
class Difference:
    """A row that is not as the log says: altered, missing, or extra, or its kept file (`file_missing`, `file_altered`);
    or a `program`, a trigger or view that is not ours. `columns` are those in which it differs."""

    table: str
    key: Key
    what: str
    columns: tuple[str, ...] = ()

    @property
    def id(self) -> int | str:
        """A number or text, whatever somebody put in a key."""
        (first, *others) = self.key
        return first if not others and type(first) in (int, str) else "/".join(map(str, self.key))


@dataclass(frozen=True)
class Proof:
    """Both chains, and the register held against what the log says; only the first difference unless all were asked for."""

    chains: tuple[Verification, ...]
    rows: int
    differences: tuple[Difference, ...]

    @property
    def intact(self) -> bool:
        return not self.differences and all(one.intact for one in self.chains)


def prove(
    session: Session,
    *,
    known_head: str = "",
    every: bool = False,
    layouts: Sequence[Layout] | None = None,
    files: Path | None = None,
) -> Proof:
    """Prove all there is; `known_head` is a hash of either chain exported earlier, which must still occur.

    `layouts` are how the tables are read, where they are not yet as the program wants them. Programs within the database
    are looked for as well; with `files`, the folder of the kept files, those too.
    """
    settle(session)
    with _gathered(session, known_head) as (chains, sayings):
        comparison = Comparison(session, sayings, vouched_layouts() if layouts is None else layouts)
        beside = in_turn(_programs(session), _files(session, files) if files else ())
        found = in_turn(comparison.differences(), beside)
        differences = tuple(found) if every else tuple(one for one, _ in zip(found, (1,), strict=False))
    return Proof(chains, comparison.rows, differences)


def _programs(session: Session) -> Iterator[Difference]:
    """What the database itself would do or show besides: a trigger can alter a row before the log is told of it."""
    for table, name in programs_within(session.connection(), metadata):
        yield Difference(table, (name,), "program")


_KEPT: dict[str, Sequence[str]] = {
    str(ImportBatch.__tablename__): ("batch_id", "file_sha256"),
    str(WrittenApproval.__tablename__): ("approval_id", "document_sha256", "size"),
}
"""Tables whose rows name a kept file: their key and its hash. A row of before documents were kept names none."""


def _files(session: Session, folder: Path) -> Iterator[Difference]:
    for table, columns in _KEPT.items():
        for key, sha256, *size in sure_cells(session, table, columns):
            if size == [0]:
                continue
            if not is_name(sha256) or not (folder / sha256).is_file():
                yield Difference(table, (key,), "file_missing")
            elif not is_whole(sha256, folder):
                yield Difference(table, (key,), "file_altered")


def verify(session: Session, chain: str = AUDIT, *, known_head: str = "") -> Verification:
    """Prove one chain and its payloads alone."""
    settle(session)
    walk = walked(session, chain, None)
    return _verified(session, chain, walk, known_head)


@contextmanager
def _gathered(session: Session, known_head: str) -> Iterator[tuple[tuple[Verification, ...], Sayings]]:
    """Both chains walked, and what the log says of rows."""
    folder = tempfile.TemporaryDirectory(prefix="minglu-proof-")
    with folder, Sayings(Path(folder.name) / "sayings", known_layouts(session)) as sayings:
        audit = walked(session, AUDIT, sayings)
        access = walked(session, ACCESS, None)
        elsewhere = _occurs(session, ACCESS, known_head)  # a head kept of the other chain is no fault of this one
        yield (
            (
                _verified(session, AUDIT, audit, "" if elsewhere else known_head),
                _verified(session, ACCESS, access, ""),
            ),
            sayings,
        )


def known_layouts(session: Session) -> dict[bytes, Layout]:
    """Every layout something was ever vouched for with; one whose id is not its digest is none."""
    kept = sure_cells(session, str(RowLayout.__tablename__), ["columns"])
    found = [layout for (columns,) in kept if (layout := _layout_in(columns)) is not None]
    return {layout.id: layout for layout in (*found, *vouched_layouts())}


def _layout_in(columns: Any) -> Layout | None:
    """The layout that these columns say; None where somebody altered them to what says none."""
    try:
        table, keys, names = orjson.loads(columns)
        layout = Layout(table, tuple(keys), tuple(names))
        return layout if isinstance(table, str) and layout.places and layout.id else None
    except (ValueError, TypeError):
        return None


def vouched_layouts() -> list[Layout]:
    """How each table is vouched for now."""
    return [layout for table in metadata.sorted_tables if (layout := layout_of(table))]


_TABLES: dict[str, tuple[Any, Any, Any]] = {
    AUDIT: (AuditEvent, AuditPayload, AuditRows),
    ACCESS: (AccessEvent, AccessPayload, AccessUnits),
}
"""The entries of each chain, their payloads, and what else they say: of rows, of units."""


def walked(session: Session, chain: str, sayings: Sayings | None) -> Walk:
    """A chain gone along to its end, what it says of rows taken in."""
    walk = Walk(_destroyed(session) if chain == AUDIT else frozenset())
    for entry in _entries(session, chain):
        walk.step(entry)
        if sayings is not None and entry.more is not None:
            for part in opened(entry.seq, entry.more):
                sayings.take(entry.seq, part)
    return walk


def opened(seq: int, body: bytes) -> Iterator[Said]:
    """What an entry says of rows. What does not open was not said by us: the chain tells that it was altered."""
    try:
        packed = unseal(body, AuditRows.__tablename__, "body", seq)
    except InvalidTag:
        return
    yield from unpack(packed)


def _entries(session: Session, chain: str) -> Iterator[Stored]:
    events, payloads, more = _TABLES[chain]
    columns = ", ".join((*(f"e.{name}" for name in (*HASHED, "prev_hash", "hash")), *_beside(session, events)))
    said, joined = "NULL", ""
    if _is_there(session, more):
        said, joined = "m.body", f"LEFT JOIN {more.__tablename__} m ON m.seq = e.seq"
    sql = (
        f"SELECT {columns}, p.body, {said} FROM {events.__tablename__} e "  # noqa: S608
        f"LEFT JOIN {payloads.__tablename__} p ON p.seq = e.seq {joined} WHERE e.seq > ? ORDER BY e.seq LIMIT {ENTRIES}"
    )
    last, hashed = -(2**63), len(HASHED)
    while page := sure_rows(session, sql, (last,)):
        for row in page:
            previous, own, *beside = row[hashed:-2]
            yield Stored(list(row[:hashed]), previous, own, beside, _bytes(row[-2]), _bytes(row[-1]))
        last = page[-1][0]


def _is_there(session: Session, table: Any) -> bool:
    """Whether the database has a table by now: an upgrade proves what there is before it alters anything."""
    return inspect(session.connection()).has_table(str(table.__tablename__))


def _beside(session: Session, events: Any) -> Iterator[str]:
    """The columns that came later; nothing in their place where the database has none yet."""
    there = {column["name"] for column in inspect(session.connection()).get_columns(str(events.__tablename__))}
    for name in events.BESIDE:
        yield f"e.{name}" if name in there else "''" if name == events.BESIDE[-1] else "NULL"


def _bytes(stored: Any) -> bytes | None:
    """SQLite lets text and numbers stand where bytes belong, and what is no bytes has the digest of none of ours."""
    return stored if stored is None or type(stored) is bytes else b""


def _destroyed(session: Session) -> frozenset[int]:
    """Numbers of the payloads whose destruction two people decided."""
    said = (
        subject
        for (subject,) in sure_cells(
            session, str(AuditEvent.__tablename__), ["subject"], event=str(Tag.PAYLOAD_DESTROY)
        )
        if isinstance(subject, str)
    )
    return frozenset(int(subject) for subject in said if subject.isdecimal())


def _verified(session: Session, chain: str, walk: Walk, known_head: str) -> Verification:
    broken = _earlier(walk.broken, _extra(session, chain))
    behind = walk.last_seq + 1
    heads = sure_cells(session, str(ChainHead.__tablename__), ["seq", "hash"], chain=chain)
    stored = (heads[0][0], heads[0][1] or GENESIS) if heads else (0, GENESIS)
    if broken is None and stored != (walk.last_seq, walk.head):
        broken = Break(behind, said(links.HEAD_WITHOUT_ENTRY))
    if broken is None and known_head and not _occurs(session, chain, known_head):
        broken = Break(behind, said(links.HEAD_GONE))
    return Verification(chain, walk.entries, str(walk.head), broken, len(walk.destroyed))


def _occurs(session: Session, chain: str, head: str) -> bool:
    events = _TABLES[chain][0]
    return bool(head) and bool(
        session.execute(select(exists().where(col(events.hash) == head).label("there"))).scalar()
    )


def _extra(session: Session, chain: str) -> Break | None:
    """Bytes beside an entry that is not there."""
    events, payloads, more = _TABLES[chain]
    for table in (payloads, more) if _is_there(session, more) else (payloads,):
        alone = ~exists().where(col(events.seq) == col(table.seq))
        seq = session.execute(select(func.min(col(table.seq))).where(alone)).scalar()
        if seq is not None:
            return Break(seq, said(links.PAYLOAD_EXTRA))
    return None


def _earlier(one: Break | None, other: Break | None) -> Break | None:
    found = [item for item in (one, other) if item]
    return min(found, key=lambda item: item.seq) if found else None


@dataclass
class Comparison:
    """Holds the register's rows against what the log says of them, table by table, in the order of their keys."""

    session: Session
    sayings: Sayings
    layouts: Sequence[Layout]
    rows: int = 0
    _secret: bytes = field(default_factory=lambda: current_keys().rows)

    def differences(self) -> Iterator[Difference]:
        for layout in self.layouts:
            for page, said_of in self._pages(layout):
                self.rows += len(page)
                yield from self._page_differences(layout, page, said_of)

    def outdated(self, layout: Layout) -> Iterator[list[Key]]:
        """Keys, a page at a time, of rows of which the log says nothing, something else, or only by an earlier layout."""
        for page, said_of in self._pages(layout):
            wrong = {one.key for one in self._page_differences(layout, page, said_of)}
            earlier = {key_in(one) for one in said_of if self._layout_of(one) != layout}
            yield sorted(wrong | earlier, key=rank)

    def wrong(self, layout: Layout, page: Sequence[tuple[Any, ...]]) -> set[Key]:
        """Those of these rows, in the order of their keys, of which the log says nothing, or something else."""
        if not page:
            return set()
        keys = [layout.key_of(row) for row in page]
        said_of = self.sayings.between(layout, None, keys[-1], first=keys[0])
        return {one.key for one in self._page_differences(layout, page, said_of)}

    def _pages(self, layout: Layout) -> Iterator[tuple[list[tuple[Any, ...]], list[Saying]]]:
        """Rows, and what is said of the rows of that stretch. Tables known by text are small, and read as a whole."""
        last: Key | None = None
        size = ROWS if layout.numbered else 2**31
        while True:
            page = rows_after(self.session, layout, last, size)
            upto = layout.key_of(page[-1]) if len(page) == size else None
            yield page if layout.numbered else ordered(layout, page), self.sayings.between(layout, last, upto)
            if upto is None:
                return
            last = upto

    def _page_differences(
        self, layout: Layout, page: Sequence[tuple[Any, ...]], said_of: Sequence[Saying]
    ) -> Iterator[Difference]:
        columns = list(zip(*page, strict=True))
        odd = odd_cells(columns, self._kinds(layout)) if page else {}
        found = digests(layout, page, self._secret)
        if not odd and self._as_said(layout, columns, found, said_of):
            return
        told = {key_in(saying): saying for saying in said_of}
        for at, (row, digest) in enumerate(zip(page, found, strict=True)):
            key = layout.key_of(row)
            saying = told.pop(key, None)
            if saying is None:
                yield Difference(layout.table, key, "extra")
            elif at in odd or not self._holds(layout, row, digest, saying):
                differ = {*self._columns(layout, row, saying), *(layout.columns[place] for place in odd.get(at, ()))}
                yield Difference(
                    layout.table,
                    key,
                    "altered",
                    tuple(one for one in layout.columns if one in differ) or layout.columns,
                )
        for key in told:
            yield Difference(layout.table, key, "missing")

    def _kinds(self, layout: Layout) -> Kinds:
        return kinds_of(self.session.connection(), metadata.tables[layout.table], layout)

    def _as_said(self, layout: Layout, columns: Sequence[Cells], found: list[bytes], said_of: Sequence[Saying]) -> bool:
        """Whether all of a page holds, which is nearly always so: compared as a whole."""
        if len(found) != len(said_of) or not found:
            return len(found) == len(said_of)
        *keys, told, layouts, _ = zip(*said_of, strict=True)
        return (
            list(told) == found
            and [columns[place] for place in layout.places] == keys
            and all(self.sayings.layouts[place] == layout for place in set(layouts))
        )

    def _layout_of(self, saying: Saying) -> Layout:
        place = saying[-2]
        assert isinstance(place, int)
        return self.sayings.layouts[place]

    def _holds(self, layout: Layout, row: tuple[Any, ...], digest: bytes, saying: Saying) -> bool:
        earlier = self._layout_of(saying)
        if earlier == layout:
            return digest == digest_in(saying)
        if set(earlier.columns) <= set(layout.columns):
            (digest,) = digests(earlier, [_by(earlier, layout, row)], self._secret)
            return digest == digest_in(saying)
        return not self._columns(layout, row, saying)  # a column is gone: the others hold by their checks

    def _columns(self, layout: Layout, row: tuple[Any, ...], saying: Saying) -> tuple[str, ...]:
        """The columns in which a row is not what was said of it."""
        earlier = self._layout_of(saying)
        seq = saying[-1]
        assert isinstance(seq, int)
        told = _checks_said(self.session, seq, earlier.id, key_in(saying))
        cells = [(name, row[layout.columns.index(name)]) for name in earlier.columns if name in layout.columns]
        now = checks(Layout(layout.table, (), ()), [[cell] for _, cell in cells])
        return tuple(
            name
            for (name, _), check in zip(cells, now, strict=True)
            if name not in earlier.keys and (told is None or told[earlier.columns.index(name)] != check[0])
        )


def _by(earlier: Layout, layout: Layout, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row in the order of another layout."""
    return tuple(row[layout.columns.index(name)] for name in earlier.columns)


def _checks_said(session: Session, seq: int, layout: bytes, key: Key) -> Any:
    """The checks of a row's columns as an entry said them; None where that entry can no more be read."""
    body = session.execute(select(col(AuditRows.body)).where(col(AuditRows.seq) == seq)).scalar()
    found = _read_entry(seq, bytes(body or b"")).get((layout, key))
    return None if found is None else found[0].checks[:, found[1]]


@lru_cache(maxsize=4)
def _read_entry(seq: int, body: bytes) -> dict[tuple[bytes, Key], tuple[Said, int]]:
    return {(part.layout, key): (part, at) for part in opened(seq, body) for at, key in enumerate(part.keys)}
