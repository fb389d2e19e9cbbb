"""What every table keeps to, whatever it holds."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, Table, UniqueConstraint
from sqlalchemy.types import DateTime
from sqlmodel import SQLModel

from app import models
from app.core.types import Moment, PersonalText, SealedJson
from app.domain.fields import PERSONAL
from app.domain.lives import Life
from app.models import metadata, unit_version

TABLES = metadata.sorted_tables
LIVING = [model for name in models.__all__ if hasattr(model := getattr(models, name), "__life__")]


def test_there_are_tables_and_living_ones() -> None:
    assert len(TABLES) > 30
    assert len(LIVING) >= 8


@pytest.mark.parametrize("model", LIVING, ids=lambda model: model.__name__)
def test_a_living_thing_keeps_its_state_in_a_column_that_holds_every_word(model: type[SQLModel]) -> None:
    life: Life = model.__life__  # type: ignore[attr-defined]
    column = model.__table__.c[model.__state__]  # type: ignore[attr-defined]
    assert not column.nullable
    assert max(len(state) for state in life.states) <= column.type.length


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_constraints_and_indexes_have_names_that_both_databases_can_drop(table: Table) -> None:
    for constraint in table.constraints:
        assert constraint.name, constraint
        assert len(str(constraint.name)) <= 63
    assert all(index.name and len(index.name) <= 63 for index in table.indexes)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_moments_are_of_the_one_kind_and_keys_hold_64_bits(table: Table) -> None:
    for column in table.columns:
        assert not isinstance(column.type, DateTime) or isinstance(column.type, Moment), column
        if column.primary_key and column.autoincrement is True:
            assert isinstance(column.type, BigInteger), column


@pytest.mark.parametrize("name", sorted(PERSONAL))
def test_a_personal_field_is_sealed(name: str) -> None:
    assert isinstance(unit_version.c[name].type, PersonalText)


def test_what_files_and_proposals_say_is_sealed_as_a_whole() -> None:
    for table, column in (("source_record", "raw"), ("source_record", "clean")):
        assert isinstance(metadata.tables[table].c[column].type, SealedJson)


def test_an_open_job_is_one_by_its_key_on_both_databases() -> None:
    unique = [one for one in metadata.tables["job"].constraints if isinstance(one, UniqueConstraint)]
    assert [[column.name for column in one.columns] for one in unique] == [["open_key"]]
