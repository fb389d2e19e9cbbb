"""What is a ground."""

from __future__ import annotations

import pytest

from app.domain.ground import names_somebody, says_something


@pytest.mark.parametrize("text", ["", " ", ".", "。。。", "12345", "x", "xxxx", "哈哈哈", "---- 1"])
def test_what_says_nothing(text: str) -> None:
    """D34: one person took the personal fields of 3 400 units out with the reason "."."""
    assert not says_something(text)


@pytest.mark.parametrize("text", ["年报", "催报", "ok", "核实3号线索"])
def test_what_says_something(text: str) -> None:
    assert says_something(text)


def test_a_recipient_is_named() -> None:
    assert [names_somebody(text) for text in ("局", "3", "", ".")] == [True, True, False, False]
