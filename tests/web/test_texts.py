"""Every text in both languages; every template compiles, has a title and asks nothing from outside."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

from app.domain.fields import NAMES
from app.web.i18n import CATALOGUE
from app.web.render import TEMPLATES, environment
from tests.web.texts import texts

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FILLED = re.compile(r"%\((\w+)\)s")
LONGEST_LINE = 160
PAGES = sorted(path for path in TEMPLATES.glob("*.html") if not path.name.startswith("_"))


def catalogue() -> dict[str, str]:
    with CATALOGUE.open("rb") as file:
        held = read_po(file)
    assert not [message.id for message in held if message.fuzzy and message.id]
    return {str(message.id): str(message.string) for message in held if message.id}


def test_every_text_has_its_english() -> None:
    held = catalogue()
    assert [text for text in texts() if not held.get(text, "").strip()] == []


def test_the_catalogue_holds_nothing_that_no_screen_says() -> None:
    assert sorted(catalogue().keys() - set(texts())) == []


def test_translations_fill_in_the_same_values_and_hold_no_chinese() -> None:
    for chinese, english in catalogue().items():
        assert set(_FILLED.findall(chinese)) == set(_FILLED.findall(english)), chinese
        assert not _CHINESE.search(english), english


def test_no_template_says_anything_outside_the_catalogue() -> None:
    for path in TEMPLATES.glob("*.html"):
        bare = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text("utf-8"), flags=re.S)
        assert not _CHINESE.search(bare.replace("中文", "").replace("（", "").replace("）", "")), path.name


def test_no_template_has_signs_of_one_language_outside_the_catalogue() -> None:
    """English pages parted label and value by a full-width colon."""
    for path in TEMPLATES.glob("*.html"):
        bare = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text("utf-8"), flags=re.S)
        assert not re.search("[：；，。、（）？！“”]", bare), path.name


def test_every_template_compiles_and_every_page_has_a_title() -> None:
    for path in TEMPLATES.glob("*.html"):
        environment().get_template(path.name)
    assert len(PAGES) > 25
    for path in PAGES:
        if path.name != "base.html":
            assert "{% block title %}" in path.read_text("utf-8"), path.name


def test_no_line_of_a_template_is_too_long_to_read_as_a_difference() -> None:
    lines = [(path.name, line) for path in TEMPLATES.glob("*.html") for line in path.read_text("utf-8").splitlines()]
    assert [(name, line) for name, line in lines if len(line) > LONGEST_LINE] == []


def test_no_page_asks_for_anything_outside() -> None:
    for path in (*TEMPLATES.glob("*.html"), *Path("app/web/static").glob("*.*")):
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z]+\.[a-z]", re.sub(r"^\s*//.*$", "", text, flags=re.M)), path.name


def test_no_page_has_inline_styles_or_scripts() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script>", text), path.name


def test_every_attribute_has_its_help_in_both_languages() -> None:
    from app.web.help import _texts

    held = _texts()
    assert set(held) == set(NAMES)
    assert all(row["zh"].strip() and row["en"].strip() for row in held.values())
