"""The catalogue of dirt (source-layouts.md §5), value by value."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from importers.convert import days, industries, money, phones, values
from importers.data import data


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
    assert days.day(raw) == (expected, "")


@pytest.mark.parametrize("raw", ["2019-13-01", "2019-02-30", "abc", "99/99"])
def test_what_is_no_date_is_said_so(raw: str) -> None:
    assert days.day(raw) == ("", "date_unreadable")


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
     ("F52", ("52", "industry_incomplete")), ("620", ("0620", "industry_zero")),
     ("批发", ("", "industry_unreadable"))],
)  # fmt: skip
def test_industry_codes(raw: str, expected: tuple[str, str]) -> None:
    assert industries.industry(raw) == expected


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
    assert values.uscc(raw) == values.tax_no(raw) == ({}, "code_citizen_number")
    assert values.reg_no(raw) == values.unit_code(raw) == ("", "code_citizen_number")


@pytest.mark.parametrize("raw", ["516", "433", "516 矿产品批发"])
def test_f18_three_digits_are_a_group_where_the_list_has_no_class_with_a_zero(raw: str) -> None:
    """201 of 256 groups became codes that do not exist."""
    assert industries.industry(raw) == (raw[:3], "industry_incomplete")


@pytest.mark.parametrize("raw", ["522", "111"])
def test_f18_of_two_readings_a_person_decides(raw: str) -> None:
    assert industries.industry(raw) == ("", "industry_doubtful")


def test_what_is_needed_of_the_industries_is_what_the_shipped_list_says() -> None:
    with Path("app/codelists/data/gbt4754_2017.csv").open(encoding="utf-8-sig") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    told = data("industries")
    assert set(told["groups"].split()) == {code for code in codes if len(code) == 3 and code.isdigit()}
    assert set(told["classes_with_zero"].split()) == {code for code in codes if len(code) == 4 and code.startswith("0")}


@pytest.mark.parametrize(
    ("raw", "unit", "thousands", "currency"),
    [
        ("800", "万元", "8000", ""), ("800万元", "万元", "8000", ""), ("800万人民币", "万元", "8000", ""), ("10,683.2000(万)", "万元", "106832", ""),
        ("28,278.4560(万元人民币)", "万元", "282785", ""), ("10000000元", "万元", "10000", ""), ("1.2亿元", "万元", "120000", ""),
        ("1.2万", "万元", "12", ""), ("800万元", "", "8000", ""), ("800万元", "元", "8000", ""), ("50万美元", "万元", "500", "美元"),
        ("50万(美元)", "万元", "500", "美元"), ("USD 50万", "万元", "500", "美元"), ("人民币800万元整", "", "8000", ""), ("800人民币", "万元", "8000", ""),
        ("￥1,000,000", "元", "1000", ""), ("1000000美元", "万元", "1000", "美元"), ("３００万港币", "", "3000", "港元"), ("5", "亿元", "500000", ""),
        ("1百万元", "", "1000", ""), ("100", "万美元", "1000", "美元"), ("-12", "千元", "-12", ""),
    ],
)  # fmt: skip
def test_f6_of_units_the_nearest_counts_and_never_two_of_them(
    raw: str, unit: str, thousands: str, currency: str
) -> None:
    """`800万元` in a column of 万元 came to eighty billion."""
    found = money.amount(raw, unit)
    assert found is not None
    assert (money.whole(found.thousands), found.currency.replace("人民币", "")) == (thousands, currency)


@pytest.mark.parametrize(
    "raw", ["伍佰万", "800万元/500万元", "abc", "8 0 0 x", "万元", "1" * 40, "800万元的股权", "12.3.4万"]
)
def test_what_is_no_amount_is_said_so(raw: str) -> None:
    assert values.money(raw, "万元") == ("", "number_unreadable")


def test_f6_foreign_money_is_never_taken_for_yuan() -> None:
    assert values.money("50万美元", "万元") == ("", "money_foreign")
    assert values.capital("50万美元", "万元", assumed=False) == (
        {"reg_capital": "500", "_cell_currency": "美元"},
        "money_foreign",
    )
    assert values.capital("800", "万元", assumed=True)[1] == "money_unit_assumed"
    assert values.capital("800万", "万元", assumed=True)[1] == ""


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2024-03-05T00:00:00.000+08:00", "2024-03-05"), ("2024-03-05T16:00:00Z", "2024-03-06"), ("20240305000000", "2024-03-05"),
        ("2024/03/05 上午 12:00:00", "2024-03-05"), ("2024.03.05.", "2024-03-05"), ("2024-03-05 12:30", "2024-03-05"),
        ("二〇一九年三月五日", "2019-03-05"), ("二○一九年十二月三十一日", "2019-12-31"), ("5-Mar-2024", "2024-03-05"), ("45356.5", "2024-03-05"),
        ("25/03/2024", "2024-03-25"), ("03/25/2024", "2024-03-25"), ("2024年度", "2024"), ("2024-3-5 0:00:00", "2024-03-05"),
    ],
)  # fmt: skip
def test_f22_days_of_every_dress_are_read(raw: str, expected: str) -> None:
    assert days.day(raw) == (expected, "")


@pytest.mark.parametrize("raw", ["05/03/2024", "24-03-05", "24/3/5", "2024-02-30", "5/3", "2023-13", "20241301"])
def test_f22_days_in_doubt_are_left_to_a_person(raw: str) -> None:
    assert days.day(raw) == ("", "date_unreadable")


def test_the_order_of_day_and_month_and_the_first_day_are_told_by_who_knows() -> None:
    assert days.day("05/03/2024", day_first=True)[0] == "2024-03-05"
    assert days.day("05/03/2024", day_first=False)[0] == "2024-05-03"
    assert days.day("43894", epoch_1904=True)[0] == days.day("45356")[0] == "2024-03-05"


@pytest.mark.parametrize(
    ("raw", "area", "tel", "extension", "mobile", "odd"),
    [
        ("023-67891234", "023", "67891234", "", "", ""), ("67891234/13812345678", "", "67891234", "", "13812345678", "phone_several"),
        ("138 1234 5678", "", "", "", "13812345678", ""), ("1.38E+10", "", "", "", "", "phone_unreadable"),
        ("2367000001", "023", "67000001", "", "", "phone_zero"), ("13800000000/13900000000", "", "", "", "13800000000", "phone_several"),
        ("1380000000O", "", "", "", "", "phone_unreadable"), ("13800000000.0", "", "", "", "13800000000", ""),
        ("023-67000001转8012", "023", "67000001", "8012", "", ""), ("02367000001", "023", "67000001", "", "", ""),
        ("023-67000001-8012", "023", "67000001", "8012", "", ""), ("(023)67000001", "023", "67000001", "", "", ""),
        ("+86 13800000000", "", "", "", "13800000000", ""), ("0839-7654321", "0839", "7654321", "", "", ""), ("4008001234", "", "4008001234", "", "", ""),
        ("电话：67000001", "", "67000001", "", "", ""), ("12345", "", "", "", "", "phone_unreadable"), ("11111111111", "", "", "", "", "phone_unreadable"),
        ("８６７０００００１", "", "", "", "", "phone_unreadable"), ("67000001 13800000000", "", "67000001", "", "13800000000", "phone_several"),
        ("012345678901", "", "", "", "", "phone_unreadable"),
    ],
)  # fmt: skip
def test_f19_telephones_are_taken_apart(raw: str, area: str, tel: str, extension: str, mobile: str, odd: str) -> None:
    fields, found = phones.phones(raw)
    assert [fields.get(name, "") for name in ("tel_area", "tel", "tel_ext", "mobile")] == [area, tel, extension, mobile]
    assert found == odd


@pytest.mark.parametrize(
    ("raw", "fields", "odd"),
    [
        ("91500105MA60X0016Y(1-1)", {"uscc": "91500105MA60X0016Y"}, "code_in_text"), ("91500105MA60X0016Y 副本", {"uscc": "91500105MA60X0016Y"}, "code_in_text"),
        ("统一社会信用代码：91500105MA60X0016Y", {"uscc": "91500105MA60X0016Y"}, "code_in_text"),
        ("91500105MA60X0016Y/500105000000001", {"uscc": "91500105MA60X0016Y"}, "code_in_text"), ("MA60X001-6", {"org_code": "MA60X0016"}, "code_is_org_code"),
        ("500105000000001", {"uscc": "500105000000001"}, "code_length"), ("９１５００１０５ＭＡ６０Ｘ００１６Ｙ", {"uscc": "91500105MA60X0016Y"}, ""),
        ("91500105MA60X0016Y、91500105MA7T1001XN", {"uscc": "91500105MA60X0016Y、91500105MA7T1"}, "code_length"),
    ],
)  # fmt: skip
def test_f20_codes_with_something_around_them(raw: str, fields: dict[str, str], odd: str) -> None:
    assert values.uscc(raw) == (fields, odd)


@pytest.mark.parametrize(
    ("field", "raw", "expected"),
    [
        ("unit_type", "产业活动单位", "2"), ("unit_type", "1 法人单位", "1"), ("operating_status", "停业(歇业)", "2"), ("operating_status", "1-正常运营", "1"),
        ("part_kind", "本部", "1"), ("org_type", "社区居民委员会", "53"), ("size_class", "微型", "4"), ("holding", "私人控股", "3"), ("unit_type", "1.0", "1"),
    ],
)  # fmt: skip
def test_f3_codes_said_in_words_are_read(field: str, raw: str, expected: str) -> None:
    """产业活动单位 in words was a warning, and the establishment a legal unit."""
    assert values.code(raw, field) == (expected, "")


def test_figures_are_whole_and_say_where_they_were_not() -> None:
    assert [values.number(raw) for raw in ("120", "1.2万", "12人", "12.5", "(3)")] == [
        ("120", ""), ("12000", ""), ("12", ""), ("13", "number_rounded"), ("-3", "")
    ]  # fmt: skip


def test_postcodes_areas_and_flags_that_are_odd_say_so() -> None:
    assert values.postcode("23456") == ("23456", "postcode_odd")
    assert values.postcode("400020.0") == ("400020", "")
    assert values.area("500105003001.0") == ("500105003001", "")
    assert values.area("50010500300111") == ("", "area_unreadable")
    assert values.area_number("23") == ("023", "")
    assert (values.flag("1 是"), values.flag("0"), values.flag("也许")) == (
        ("1", ""),
        ("2", ""),
        ("", "code_value_unknown"),
    )
    assert values.code("不知道", "unit_type") == ("", "code_value_unknown")
