"""Which tables the log vouches for: every table is named here once, in one half or the other.

A new table is one line. A column of a vouched table is vouched for by itself; what changes without meaning anything is
named beside the table. `tests/audit/test_vouched.py` holds that no table is forgotten.
"""

from __future__ import annotations

from app.core.vouched import vouch
from app.models.base import metadata

VOUCHED: dict[str, tuple[str, ...]] = {
    "unit": (),
    "unit_version": (),
    "identifier": (),
    "relation": (),
    "register_head": (),
    "change_feed": (),
    "change_request": (),
    "request_item": (),
    "request_opinion": (),
    "written_approval": (),
    "policy": (),
    "source_priority": (),
    "office": (),
    "office_area": (),
    "section": (),
    "survey": (),
    "user_account": ("language",),
    "user_role": (),
    "right_grant": (),
    "second_factor": (),
    "one_time_password": (),
    "personal_token": (),
    "api_client": (),
    "api_key": (),
    "api_key_limit": (),
    "frame": (),
    "frame_unit": (),
    "frame_confirmation": (),
    "export_package": (),
    "decision": (),
    "spot_check": (),
    "spot_check_item": (),
    "code_list": (),
    "code_item": (),
    "import_batch": (),
    "file_layout": (),
    "rule": (),
    "rule_draft": (),
    "finding_note": (),
    "temporary_code": (),
    "field_lock": (),
    "value_choice": (),
}
"""Table to the columns that are not vouched for: what somebody prefers is no right and no fact."""

NOT_VOUCHED: dict[str, str] = {
    "source_record": "its verbatim row is sealed to its place in its batch; what became of it is in items and decisions",
    "import_problem": "made again by reading the kept file",
    "candidate_pair": "a question; the answer is a decision",
    "match_run": "a report",
    "match_keys": "made again of the units; what is proposed is read of the units themselves",
    "match_way": "a part of a run that is not settled yet",
    "job": "the queue",
    "finding": "made again by asking the rules; what people said of it is a note",
    "rule_run": "a report",
    "losing_value": "found again in source records and refused requests; what people said of it is a choice",
    "rule_count": "a report, made again by counting anew",
    "keyed_call": "kept for a day, so that what is sent twice acts once; what it did is vouched for where it was written",
    "web_session": "ends by itself",
    "chain_head": "held against the last entry of its chain",
    "audit_event": "the chain itself",
    "audit_payload": "held by its entry's digest",
    "audit_rows": "held by its entry's digest",
    "access_event": "a chain of its own",
    "access_payload": "held by its entry's digest",
    "access_units": "held by its entry's digest",
    "row_layout": "its id is the digest of the rest",
}
"""Table to the reason."""

for _table, _left_out in VOUCHED.items():
    vouch(metadata.tables[_table], but=_left_out)
