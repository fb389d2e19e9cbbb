"""Column types: one meaning, one type, both databases."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, DateTime, Dialect, LargeBinary, String, Text, or_, type_coerce
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


class PersonalText(TypeDecorator[Personal]):
    """The one column type of personal fields: sealed at rest, `Personal` in Python, equal values equal bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Personal | str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        if value is None or value == "":
            return None
        clear = value.reveal() if isinstance(value, Personal) else value
        return current_keys().unbound.encrypt(clear.encode(), None)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Personal | None:  # noqa: ARG002
        return None if value is None else Personal(current_keys().unbound.decrypt(bytes(value), None).decode())


class SealedJson(TypeDecorator[Any]):
    """JSON that may hold personal values (source rows, proposals): compressed, then sealed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else current_keys().unbound.encrypt(zlib.compress(orjson.dumps(value), 1), None)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return (
            None if value is None else orjson.loads(zlib.decompress(current_keys().unbound.decrypt(bytes(value), None)))
        )


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
    return Said(facts.pop("code"), facts)


def canonical_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
