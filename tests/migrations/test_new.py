"""`make migration` writes what the models say more than the migrations, in plain column types, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, Table

from app.core.db import make_engine
from app.core.types import Moment, PersonalText, SaidText
from app.models import metadata
from migrations import new


@pytest.fixture
def one_more_table() -> Iterator[Table]:
    table = Table(
        "telex",
        metadata,
        Column("telex_id", Integer, primary_key=True),
        Column("at", Moment),
        Column("number", PersonalText),
        Column("why", SaidText(100)),
    )
    yield table
    metadata.remove(table)


def test_nothing_is_written_where_models_and_migrations_agree(tmp_path: Path) -> None:
    assert new.write("Nothing is new", make_engine("sqlite://"), str(tmp_path)) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_new_table_is_written_in_plain_types(one_more_table: Table, tmp_path: Path) -> None:
    path = Path(new.write("Units have a telex", make_engine("sqlite://"), str(tmp_path)))
    text = path.read_text("utf-8")
    assert path.name.endswith("_units_have_a_telex.py")
    assert "app." not in text
    assert all(kind in text for kind in ("sa.DateTime()", "sa.LargeBinary()", "sa.String("))
    assert "op.drop_table('telex')" in text
    assert "# ###" not in text


def test_a_migration_says_what_becomes_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["new", ""])
    with pytest.raises(SystemExit, match="say what becomes true"):
        new.main()
