"""The printed pages say what the code says; what people read stands beside what the program does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.printed import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "print it anew: make docs"


def test_every_page_of_the_docs_is_named_where_people_look() -> None:
    named = Path("README.md").read_text("utf-8") + (DOCS / "architecture.md").read_text("utf-8")
    pages = [path.name for path in DOCS.glob("*.md") if not path.name.endswith(".zh-CN.md")]
    assert [page for page in pages if page not in named] == []


def test_a_day_a_moment_and_a_list_are_named_as_people_name_them() -> None:
    from tests.house.printed import kind_of

    assert kind_of(list[int]) == "list of number"
    assert kind_of(str | None) == "text"
    assert kind_of(dict[str, object]) == "object"
