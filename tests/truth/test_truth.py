"""What the register says is what a slow replay says, and no sequence of approved requests breaks a guard (promises 2 and 14).

3,000 steps on each database in `make trials`, 72 that are always the same in the gate.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.changes import apply as applying
from tests.conftest import Databases
from tests.truth.history import Register

QUICK = settings(
    max_examples=4, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    database=None, phases=[Phase.generate],
)  # fmt: skip
LONG = settings(
    QUICK,
    phases=[Phase.generate, Phase.shrink],
    max_examples=60,
    stateful_step_count=50,
    derandomize=False,
    print_blob=True,
)


@pytest.mark.parametrize("effort", [QUICK, pytest.param(LONG, marks=pytest.mark.long)], ids=["short", "long"])
def test_every_history_says_what_its_replay_says(
    databases: Databases, effort: settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK_ITEMS", 3)

    class Own(Register):
        fresh = staticmethod(databases.fresh)
        drop = staticmethod(databases.drop)
        with_files = effort is LONG

    run_state_machine_as_test(Own, settings=effort)
    assert all(Own.counted[what] for what in ("asked", "single applied", "item applied", "item excluded"))
