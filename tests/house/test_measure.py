"""The counts see what they are meant to see."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.house import measure, states
from tests.house.source import Module, modules


def module(folder: Path, text: str, path: str = "app/room/service.py") -> Module:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(dedent(text), "utf-8")
    return Module(folder, path)


@pytest.mark.parametrize(
    "line",
    [
        "request.status = 'approved'",
        "check.status, check.closed_at = 'closed', now",
        "session.execute(update(Row).where(x).values(outcome='applied'))",
        "session.execute(update(Row).values({Row.status: 'applied', 'n': 1}))",
        "session.execute(update(Row), [{'record_id': 1, 'outcome': 'applied'}])",
        "setattr(row, 'outcome', word)",
        "def set(rows):\n    values = {'outcome': word}\n    session.execute(update(Row).values(**values))",
    ],
)
def test_a_state_written_by_hand_is_seen(line: str, tmp_path: Path) -> None:
    """Five modules wrote the outcome of a row, each by its own lights (D22)."""
    assert len(list(states.writes(module(tmp_path, line)))) == 1


@pytest.mark.parametrize(
    "line", ["move(session, row, RowOutcome.APPLIED)", "answer = {'status': row.status}", "status, code = 404, 'x'"]
)
def test_what_writes_no_state_is_left_alone(line: str, tmp_path: Path) -> None:
    assert list(states.writes(module(tmp_path, line))) == []


def test_prose_at_a_raise_is_seen_and_facts_are_not(tmp_path: Path) -> None:
    found = module(
        tmp_path,
        """
        raise Taken("there is one already")
        raise Taken(f"{name} is taken")
        raise Taken(name=name, code="other")
        raise Taken(name="word")
        """,
    )
    assert len(list(measure.raised_prose(found, {"Taken"}))) == 3


def test_prose_that_is_kept_is_seen_in_rooms_alone(tmp_path: Path) -> None:
    text = """
        row.outcome_reason = 'the batch was discarded'
        draft(title=f'导入 {name}', reason='change')
        GONE = word('gone', '没有了', 'it is not there')
        class Gone(NotFound):
            zh, en = '没有了', 'it is not there'
        log.exception('job %s has failed', job)
    """
    assert len(list(measure.kept_prose(module(tmp_path, text)))) == 2
    assert list(measure.kept_prose(module(tmp_path, text, "app/cli/row.py"))) == []


def test_a_parser_of_figures_is_seen_through_a_function_of_its_file(tmp_path: Path) -> None:
    found = module(
        tmp_path,
        """
        def _number(text): return int(text)
        def typed(name, text): return _number(text) if name in NUMBERS else text
        def length(text): return int(len(text))
        _READERS = {Kind.NUMBER: _number, Kind.TEXT: str}
        """,
    )
    assert list(measure._parsers(found, frozenset())) == ["typed", "_number"]


def test_every_count_has_a_figure_for_this_tree() -> None:
    root = modules("app")[0].root
    counted = {name: count(root) for name, count in measure.COUNTS.items()}
    assert counted["lines of product code"] > 10_000
    assert counted["label functions"] == 1
    assert all(value >= 0 for value in counted.values())
