"""What the sealed values of each table are bound to: what its rows are known by before the database numbers them.

A new table with a sealed column is one line. Versions of one unit share their bytes, so theirs are bound to the unit.
"""

from __future__ import annotations

from app.core.types import SEALED_BY

SEALED_BY.update(
    unit_version=("unit_id",),
    source_record=("batch_id", "sheet", "row_no"),
    import_problem=("batch_id", "sheet", "row_no"),
    request_item=("request_id", "seq"),
    spot_check_item=("check_id", "seq"),
    losing_value=("unit_id", "field", "source"),
    keyed_call=("caller", "key_digest"),
    second_factor=("user_id",),
    one_time_password=("right_id",),
)
