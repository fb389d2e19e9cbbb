"""A citizen's number in a file is a personal value, whatever column it stands in."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from app.core.db import Database
from app.models import ImportProblem, SourceRecord
from tests.factories.files import CENSUS_HEADER, taken


def test_a_citizens_number_in_a_code_column_is_kept_sealed_and_nowhere_in_clear(
    database: Database, tmp_path: Path
) -> None:
    """F21: one that passed the check of a credit code stayed in clear as one."""
    number = "500105190001010004"
    taken(database, tmp_path, f"{CENSUS_HEADER}3,江北区老李面馆,{number},,,500105006001,测云路1号,1,面条,6210\n")
    with database.read() as session:
        record = session.execute(select(SourceRecord)).scalar_one()
        problems = session.execute(select(ImportProblem.code, ImportProblem.field)).all()
        in_clear = session.connection().exec_driver_sql("SELECT * FROM source_record").all()
        in_clear += session.connection().exec_driver_sql("SELECT * FROM import_problem").all()
        assert (record.code, record.clean.get("uscc", "")) == (None, "")
        assert number in str(record.raw)
        assert ("code_citizen_number", "uscc") in problems
        assert not any(number in str(row) for row in in_clear)
