"""Column types: one meaning, one type, both databases."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Label,
    LargeBinary,
    String,
    Table,
    Text,
    event,
    or_,
    type_coerce,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from app.core.crypto import Keys
from app.core.personal import Personal
from app.core.said import Said

_keys: Keys | None = None


def use_keys(keys: Keys) -> None:
    """Tell the column types which installation's keys to use. Called once where the engine is made."""
    global _keys
    _keys = keys


def current_keys() -> Keys:
    if _keys is None:
        raise RuntimeError("no keys: open the database with app.core.db.connect()")
    return _keys


def place_of(*parts: Any) -> bytes:
    """The place that a seal is bound to: table, column, and what the row is known by."""
    return orjson.dumps([str(part) for part in parts])


def seal(data: bytes, *place: Any) -> bytes:
    return current_keys().seal(data, place_of(*place))


def unseal(data: bytes, *place: Any) -> bytes:
    return current_keys().unseal(data, place_of(*place))


def unseal_vouched(data: bytes, *place: Any) -> bytes:
    """Open what something else proves to be the bytes of this place, so that it may be of a version before seals were bound."""
    try:
        return unseal(data, *place)
    except InvalidTag:
        return current_keys().unbound.decrypt(data, None)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, stored naive. Moments with an offset are refused: convert at the edge."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is not None:
            raise ValueError("moments are stored as naive UTC; convert with app.core.clock first")
        return value


class InPlace:
    """A value with what its row is known by: how a sealed column is written, since a seal is bound to its place."""

    __slots__ = ("key", "value")

    def __init__(self, value: Any, key: Sequence[Any]) -> None:
        self.value, self.key = value, key


SEALED_BY: dict[str, tuple[str, ...]] = {}
"""Table to the columns that its sealed values are bound to; `app.models.sealed` names them."""

PART, END = "\x1f", "\x1e"
"""Between the parts of a row's place, and behind it, where the database hands both over in one (`placed`)."""


class placed(FunctionElement[bytes]):  # noqa: N801 - reads as a function of SQL
    """A sealed value behind its row's place, so that it can be opened wherever it was selected."""

    inherit_cache = True
    name = "placed"

    def __init__(self, value: Any, *key: Any, type_: Any) -> None:
        super().__init__(value, *key)
        self.type = type_


class Sealed(TypeDecorator[Any]):
    """Sealed at rest, bound to table, column and row: brought into another place, it does not open.

    Reading brings the row's place along by itself. Writing needs to be told it: objects, `bulk_insert` and `insert_or_skip`
    do; another statement is refused, as is looking for a sealed value by equality (there are digests for that).
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, table: str = "", column: str = "") -> None:
        super().__init__()
        self.table, self.column = table, column

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        if value is None:
            return None
        if not isinstance(value, InPlace):
            raise TypeError(f"{self.table}.{self.column} is sealed to its row: write it by an object or bulk_insert")
        packed = self.pack(value.value)
        return None if packed is None else seal(packed, self.table, self.column, *value.key)

    def column_expression(self, column: Any) -> Any:
        inner = column
        while isinstance(inner, Label):
            inner = inner.element
        return placed(column, *(inner.table.c[name] for name in SEALED_BY[self.table]), type_=self)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ARG002
        if value is None:
            return None
        place, _, sealed = bytes(value).partition(END.encode())
        return self.unpack(unseal(sealed, self.table, self.column, *place.decode().split(PART)))

    def pack(self, value: Any) -> bytes | None:
        raise NotImplementedError

    def unpack(self, data: bytes) -> Any:
        raise NotImplementedError


@event.listens_for(Column, "after_parent_attach")
def _tell_its_place(column: Column[Any], parent: Any) -> None:
    if isinstance(column.type, Sealed) and isinstance(parent, Table):
        column.type = type(column.type)(str(parent.name), str(column.name))


class PersonalText(Sealed):
    """The one column type of personal fields: `Personal` in Python; within one unit equal values have equal bytes."""

    cache_ok = True

    def pack(self, value: Personal | str | None) -> bytes | None:
        clear = value.reveal() if isinstance(value, Personal) else value
        return clear.encode() if clear else None

    def unpack(self, data: bytes) -> Personal:
        return Personal(data.decode())


class SealedJson(Sealed):
    """JSON that may hold personal values (source rows, proposals): compressed, then sealed."""

    cache_ok = True

    def pack(self, value: Any) -> bytes | None:
        return None if value is None else zlib.compress(orjson.dumps(value), 1)

    def unpack(self, data: bytes) -> Any:
        return orjson.loads(zlib.decompress(data))


def sealed_columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, Sealed)]


class PackedJson(TypeDecorator[Any]):
    """JSON as text with sorted keys, so that equal values are equal bytes on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else orjson.loads(value)


class SaidText(TypeDecorator[Said]):
    """A reason as code and facts, in one text; nothing said is empty. A sentence of an earlier version stays as it is."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Said | None, dialect: Dialect) -> str:  # noqa: ARG002
        return "" if value is None else _packed(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Said | None:  # noqa: ARG002
        if not value:
            return None
        if not value.startswith("{"):
            return Said("noted", {"text": value})
        return _unpacked(value)


class TitleText(TypeDecorator[Any]):
    """A title that the program gave, as code and facts, or the text that a person typed."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Said | str | None, dialect: Dialect) -> str:  # noqa: ARG002
        if isinstance(value, str) and value.startswith("{"):  # a person's text, and never to be read as a code
            value = Said("noted", {"text": value})
        return _packed(value) if isinstance(value, Said) else value or ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> Said | str:  # noqa: ARG002
        return _unpacked(value) if value and value.startswith('{"') else value or ""


def says(column: Any, *codes: str) -> ColumnElement[bool]:
    """Whether a column of said texts holds one of these codes, whatever its facts."""
    text = type_coerce(column, String)
    return or_(*(text.contains(f'"code":"{code}"', autoescape=True) for code in codes))


def _packed(value: Said) -> str:
    return canonical_json({"code": value.code, **value.facts})


def _unpacked(value: str) -> Said:
    facts = orjson.loads(value)
    return Said(facts.pop("code"), {name: _fact(fact) for name, fact in facts.items()})


def _fact(value: Any) -> Any:
    """What was said inside of what is said, as it was before it was kept."""
    if isinstance(value, dict) and value.keys() == {"code", "facts"}:
        return Said(value["code"], {name: _fact(fact) for name, fact in value["facts"].items()})
    return [_fact(one) for one in value] if isinstance(value, list) else value


def canonical_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
