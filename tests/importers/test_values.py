"""The catalogue of dirt (source-layouts.md §5), value by value."""

from __future__ import annotations

import pytest

from importers.convert import values


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2019/3/5", "2019-03-05"), ("2019-03-05", "2019-03-05"), ("20190305", "2019-03-05"), ("2019.3", "2019-03"),
        ("2019年3月5日", "2019-03-05"), ("201903", "2019-03"), ("43529", "2019-03-05"), ("2019", "2019"),
        ("2019-03-05 00:00:00.0", "2019-03-05"), ("1900-01-00", ""), ("长期", ""), ("9999-12-31", ""),
        ("２０１９－０３－０５", "2019-03-05"), ("2019年3月", "2019-03"),
    ],
)  # fmt: skip
def test_dates_keep_their_precision(raw: str, expected: str) -> None:
    assert values.day(raw) == (expected, "")


@pytest.mark.parametrize("raw", ["2019-13-01", "2019-02-30", "abc", "99/99"])
def test_what_is_no_date_is_said_so(raw: str) -> None:
    assert values.day(raw) == ("", "date_unreadable")


@pytest.mark.parametrize(
    ("raw", "unit", "expected"),
    [("1,234", "千元", "1234"), ("１２３４", "千元", "1234"), ("1.2万", "元", "12"), ("12.5", "万元", "125"),
     ("(123)", "千元", "-123"), ("1500", "元", "2"), ("1499", "元", "1"), ("0.05", "万元", "1")],
)  # fmt: skip
def test_money_comes_to_whole_thousands_half_up(raw: str, unit: str, expected: str) -> None:
    assert values.money(raw, unit) == (expected, "")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("5165", ("5165", "")), ("C1311", ("1311", "")), ("1311 稻谷加工", ("1311", "")), ("F5221/F5299", ("5221", "")),
     ("F52", ("52", "industry_incomplete")), ("111", ("0111", "industry_zero")), ("620", ("620", "industry_incomplete")),
     ("批发", ("", "industry_unreadable"))],
)  # fmt: skip
def test_industry_codes(raw: str, expected: tuple[str, str]) -> None:
    assert values.industry(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("023-67891234", ("67891234", "", "")), ("67891234/13812345678", ("67891234", "13812345678", "phone_several")),
     ("138 1234 5678", ("", "13812345678", "")), ("1.38E+10", ("", "", "phone_unreadable"))],
)  # fmt: skip
def test_phones_are_taken_apart(raw: str, expected: tuple[str, str, str]) -> None:
    assert values.phones(raw) == expected


def test_area_codes_are_filled_and_said_so() -> None:
    assert values.area("500105") == ("500105000000", "area_short")
    assert values.area("500105006") == ("500105006000", "area_short")
    assert values.area("500105006001") == ("500105006001", "")
    assert values.area("江北区") == ("", "area_unreadable")


def test_names_keep_their_form_and_lost_characters_are_flagged() -> None:
    assert values.name(" 重庆（甲）公司\u3000") == ("重庆（甲）公司", "")
    assert values.name("重庆□公司")[1] == "name_lost_character"
    assert values.name("测试")[1] == "name_test"


@pytest.mark.parametrize("raw", ["500105190001010012", "500105190001010004", " 500105-19000101-0012 "])
def test_a_citizens_number_is_no_code_of_a_unit(raw: str) -> None:
    """The second passes the check of a credit code; either stayed in clear as one."""
    assert values.uscc(raw) == values.reg_no(raw) == ("", "code_citizen_number")
