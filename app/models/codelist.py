"""Code lists with editions and validity."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.types import PackedJson
from app.models.base import id_column, ref


class CodeList(SQLModel, table=True):
    """One edition of a list, e.g. `industry` edition `GB/T 4754-2017`, valid `[valid_from, valid_until)`."""

    __tablename__ = "code_list"
    __table_args__ = (UniqueConstraint("name", "edition"),)

    list_id: int = id_column()
    name: str = Field(max_length=32)
    edition: str = Field(max_length=64)
    title: str = Field(max_length=128)
    valid_from: date
    valid_until: date
    origin: str = Field(default="", max_length=255)
    digest: str = Field(default="", max_length=64)


class CodeItem(SQLModel, table=True):
    """One code of an edition. `extra` holds what only this list has (section, category, verified …)."""

    __tablename__ = "code_item"
    __table_args__ = (UniqueConstraint("list_id", "code"),)

    item_id: int = id_column()
    list_id: int = ref("code_list.list_id")
    code: str = Field(max_length=32)
    name: str = Field(max_length=255)
    parent_code: str = Field(default="", max_length=32)
    level: int = 1
    extra: Any = Field(sa_type=PackedJson)
