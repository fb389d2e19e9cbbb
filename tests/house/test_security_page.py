"""What `docs/security.md` says is held by a test is: the test is there."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path("docs/security.md").read_text("utf-8")


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)
    assert len(named) > 40
    missing = [
        (path, test)
        for path, test in named
        if not Path(path).exists() or (test and f"def {test}(" not in Path(path).read_text("utf-8"))
    ]
    assert missing == []


def test_the_three_items_of_level_3_are_among_them() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "(level 3)" in line]
    assert [row.split()[1] for row in rows] == ["1.2.10", "2.3.5", "8.3.2"]
