"""Keys of texts and the columns they are made of."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from matching.linkage import levels
from matching.linkage.cleaning import Records, clean
from matching.linkage.columns import combined, keys_of, within
from matching.linkage.frequencies import count_frequencies
from matching.linkage.identifiers import valid_codes
from matching.linkage.levels import Context, Pairs
from matching.linkage.reading import COLUMNS
from matching.standardise.addresses import parse_address
from matching.standardise.bulk import plain_all, shape_keys, sound_keys
from matching.standardise.codes import ALPHABET, check_uscc, normalise_code
from matching.standardise.names import parse_name
from matching.standardise.text import ordinals, plain


def texts(values: list[str]) -> pa.Array:
    return pa.array(values, pa.large_string())


def test_equal_texts_have_equal_keys_and_others_have_not():
    values = [f"重庆{n}" for n in range(50_000)] + ["", "a", "b", "ab", "ba", "\x00", "a\x00"]
    keys = keys_of(texts(values))
    assert len(np.unique(keys)) == len(values)
    assert keys[values.index("")] == 0
    shuffled = random.Random(1).sample(range(len(values)), len(values))
    assert (keys_of(texts([values[n] for n in shuffled])) == keys[shuffled]).all()
    assert (keys_of(texts(values).slice(7, 100)) == keys[7:107]).all()


def test_a_key_of_several_columns_is_missing_as_soon_as_one_is():
    one, other = keys_of(texts(["a", "", "a", "b"])), keys_of(texts(["b", "b", "", "a"]))
    keys = combined([one, other])
    assert (keys == 0).tolist() == [False, True, True, False]
    assert keys[0] != keys[3], "the order of columns matters"


def test_values_are_found_among_many_keys():
    rng = np.random.default_rng(1)
    keys = rng.integers(1, 2**63, 100_000).astype(np.uint64)
    values = np.unique(np.r_[keys[:50], rng.integers(1, 2**63, 50).astype(np.uint64)])
    assert within(keys, values).sum() == np.isin(keys, values).sum() >= 50
    assert not within(keys, values[:0]).any()


def test_code_checks_of_whole_columns_say_what_single_ones_say():
    rng = random.Random(3)
    good = "91500105MA60X0016Y"
    codes = [good, "", "123456789012345678", "91500105MA60X0016O", "9150010AMA60X0016Y"]
    codes += ["".join(rng.choice(ALPHABET) for _ in range(18)) for _ in range(500)]
    codes += [good[:place] + character + good[place + 1 :] for place in range(18) for character in ALPHABET]
    said = valid_codes(codes).tolist()
    assert said == [check_uscc(code).ok for code in codes]
    assert sum(said) > 1


def test_whole_columns_are_made_plain_as_single_texts_are():
    values = ["重慶市江北區（測雲）有限公司", "ＡＢｃ 有限公司 ", "【测】“样”", "", "龍鳳樓\u3000"]
    assert plain_all(values) == [plain(value) for value in values]


def test_homophones_and_look_alikes_share_a_key():
    one, other, far = sound_keys(["宏泰", "鸿太", "永盛"])
    assert one == other != far
    one, other, far = shape_keys(["天源", "夫原", "金鼎"])
    assert one == other != far


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("重庆市江北区观音桥街道建新北路12号附3号2幢5-2", ("建新北路", "12", "3", "2", "5", "2")),
        ("江北区建新北路１２号5楼2号", ("建新北路", "12", "", "", "5", "2")),
        ("渝中区民权路28号32层3202室", ("民权路", "28", "", "", "32", "3202")),
        ("垫江县高安镇新溪村三组", ("新溪村", "", "", "", "", "3")),
        ("", ("", "", "", "", "", "")),
    ],
)
def test_addresses_come_apart(address, parts):
    found = parse_address(address)
    assert (found.road, found.number, found.annex, found.building, found.floor, found.room) == parts


def test_two_ways_to_write_a_room_are_one():
    assert parse_address("测路1号5-2").rest == parse_address("测路1号5楼2号").rest == "5-2"


def test_shops_in_brackets_and_partnerships_come_apart():
    shop = parse_name("渝北区鼎卓火锅店（观音桥店）")
    assert (shop.core, shop.activity, shop.form) == ("鼎卓", "火锅", "店")
    assert (shop.shop, shop.branch) == ("观音桥店", "")
    branch = parse_name("重庆金光机械制造合伙企业（有限合伙）演洞分公司")
    assert (branch.core, branch.activity, branch.branch) == ("金光", "机械制造", "演洞分公司")
    assert ordinals("第十营业部 第二十一店 第三店") == "第10营业部 第21店 第3店"


def test_cleaning_gives_the_same_keys_whatever_the_order_of_rows():
    rows = [
        {"record_id": str(n), "name": f"重庆鑫{n % 7}源商贸有限公司", "uscc": "", "phone": f"1380000{n:04}"}
        for n in range(50)
    ]
    tables = []
    for seed in (1, 2):
        mixed = random.Random(seed).sample(rows, len(rows))
        tables.append(clean(pa.table({c: texts([row.get(c, "") for row in mixed]) for c in COLUMNS})))
    assert tables[0].ids.equals(tables[1].ids)
    for name, keys in tables[0].keys.items():
        assert (keys == tables[1].keys[name]).all(), name


def test_codes_in_any_dress_are_one_code():
    table = {c: texts([""] * 3) for c in COLUMNS}
    table |= {"record_id": texts(["1", "2", "3"]), "name": texts(["甲", "甲", "甲"])}
    table["uscc"] = texts(["91500105MA60X0016Y", "９１５００１０５ma60x0016y ", "000000000000000000"])
    records = clean(pa.table(table))
    assert records.keys["valid"][0] == records.keys["valid"][1] != 0
    assert records.keys["code"][2] == 0, "zeros are no code"
    assert normalise_code("９１５００１０５ma60x0016y ") == records.texts["code"][1].as_py()


def cleaned(**columns: list[str]) -> Records:
    """Clean columns of as many records as values are given, ids in their order."""
    count = len(next(iter(columns.values())))
    table = {name: texts([""] * count) for name in COLUMNS}
    table |= {"record_id": texts([f"{n:03}" for n in range(count)])}
    return clean(pa.table(table | {name: texts(values) for name, values in columns.items()}))


def compared(function: Callable[[Pairs], np.ndarray], records: Records, pairs: list[tuple[int, int]]) -> list[int]:
    context = Context(records, count_frequencies(records), np.zeros(len(records), bool))
    left, right = np.array(pairs, np.int32).T
    return function(Pairs(context, left, right)).tolist()


@pytest.mark.parametrize("code", ["无", "/", "9.15001E+17", "91500105", "111111111111111111", "见备注", "0"])
def test_what_is_no_code_is_missing(code):
    records = cleaned(uscc=[code, "91500105MA60X0016Y"])
    assert (records.keys["code"] == 0).tolist() == [code != "91500105", False]


def test_numbers_of_different_kinds_are_not_compared_and_organisation_codes_are_part_of_credit_codes():
    credit, other = "91500105MA60X0016Y", "91500105MA5U8K3N95"
    records = cleaned(uscc=[credit, credit[8:16] + "-" + credit[16], "500105000012342", other, "500105000012342"])
    pairs = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 4)]
    assert compared(levels.code, records, pairs) == [3, 0, 0, 6, 7, 10]


def test_each_number_is_compared_in_its_own_scheme_and_fills_the_place_of_a_missing_code() -> None:
    code, other, number = "91500105MA60X0016Y", "91500105MA5U8K3N95", "500105000012342"
    own, broken = f"{code[8:16]}-{code[16]}", code[:-1] + "X"
    records = cleaned(
        uscc=[code, "", "", broken, "", other],
        org_code=["", own, "", "", own, ""],
        reg_no=["", "", number, "", number, number],
    )
    pairs = [(0, 1), (1, 4), (2, 4), (0, 3), (3, 4), (2, 5), (1, 5)]
    assert compared(levels.code, records, pairs) == [3, 3, 10, 11, 11, 10, 7]
    assert records.texts["code"].to_pylist() == [code, code[8:17], number, broken, code[8:17], other]


def test_a_wrong_organisation_code_or_registration_number_is_a_number_like_any_that_fails_its_check() -> None:
    records = cleaned(
        uscc=["", "", "", ""],
        org_code=["", "", "MA60X0018", "MA60X0018"],
        reg_no=["500105000012343"] * 2 + [""] * 2,
    )
    assert compared(levels.code, records, [(0, 1), (2, 3)]) == [2, 2]


def test_a_number_that_many_records_share_and_that_is_no_valid_code_says_nothing():
    records = cleaned(uscc=["500105000012343"] * 3 + ["500105000000000"] * 10)
    assert compared(levels.code, records, [(0, 1), (5, 6)]) == [2, 0]


def test_one_number_in_common_is_enough_whatever_its_dress():
    phones = ["13800000001/023-67001234", "67001234-801", "(023)67001234转8", "+86 138 0000 0001", "13911112222"]
    records = cleaned(phone=phones)
    assert compared(levels.phone, records, [(0, 1), (1, 2), (0, 3), (0, 4), (1, 3)]) == [1, 1, 1, 6, 6]


def test_an_old_county_code_is_its_successors_and_a_split_county_or_a_province_says_nothing():
    records = cleaned(area_code=["500105", "500157", "500112001", "500106", "500000", ""])
    assert compared(levels.area, records, [(0, 1), (0, 2), (1, 2), (0, 3), (3, 4), (4, 5)]) == [1, 2, 0, 2, 0, 0]


def test_industries_are_compared_as_far_as_both_go():
    records = cleaned(industry_code=["5199", "F5199", "519", "51", "5212", "零售"])
    pairs = [(0, 1), (0, 2), (0, 3), (2, 3), (0, 4), (0, 5)]
    assert compared(levels.industry, records, pairs) == [1, 2, 3, 3, 4, 0]


def test_dates_in_every_dress_are_one_and_what_cannot_be_is_left_out():
    days = [
        "2015-03-02",
        "2015/3/2",
        "2015年3月2日",
        "20150302",
        "42065",
        "2015-3",
        "2015-13-40",
        "0000-00-00",
        "2015-03-02 08:00",
    ]
    assert cleaned(established_on=days).texts["founded"].to_pylist() == (
        ["2015-03-02"] * 5 + ["2015-03", "2015", "", "2015-03-02"]
    )


def test_a_masked_name_is_missing_and_of_several_people_the_first_counts():
    people = cleaned(legal_rep=["张三、李四", "张**", "张某", "张 三（代）", "无"]).texts["person"].to_pylist()
    assert people == ["张三", "", "", "张三", ""]


@pytest.mark.parametrize(
    ("names", "stem", "tail"),
    [
        (
            ("重庆逸稻酒业有限公司云阳洞鹿门店", "逸稻酒业洞鹿店", "逸稻酒业有限公司（洞鹿分店）", "逸稻酒业-洞鹿门店"),
            "逸稻酒业",
            "洞鹿",
        ),
        (("海曼药房第二门店", "海曼药房二分店", "渝北区海曼药房（2店）"), "海曼", "2"),
        (("重庆嘉瑞商贸有限公司九龙坡分公司", "重庆嘉瑞商贸有限责任公司（九龙坡分公司）"), "嘉瑞商贸", "九龙坡"),
        (("某某银行股份有限公司重庆江北支行", "某某银行股份有限公司江北支行"), "某某银行", "江北支行"),
    ],
)
def test_branch_parts_have_one_form_however_offices_write_them(names, stem, tail):
    assert {(parse_name(name).stem, parse_name(name).tail) for name in names} == {(stem, tail)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("重庆嘉瑞商贸有限公司（停业）", "重庆嘉瑞商贸有限公司"),
        ("重庆嘉瑞商贸有限公司(自然人独资)", "嘉瑞商贸有限公司"),
        ("重庆嘉瑞商贸有限责任司", "重庆嘉瑞商贸有限责任公司"),
        ("江北区观音桥街道鼎卓火锅店", "观音桥街道鼎卓火锅店"),
        ("鼎卓火锅", "江北区鼎卓火锅馆"),
        ("临江镇高建社区居委会", "临江镇高建社区居民委员会"),
    ],
)
def test_remarks_towns_and_misspelt_forms_do_not_change_a_name(one, other):
    assert parse_name(one).stem == parse_name(other).stem
    assert parse_name(one).tail == parse_name(other).tail == ""


def test_what_only_looks_like_a_part_is_none():
    for name in ("莉莉服装店", "观音桥药店", "重庆嘉瑞股份公司", "江北区老四川火锅店", "家乡味小吃店"):
        assert parse_name(name).tail == "", name
    assert parse_name("江北区玉峰山镇卫生院").core != parse_name("江北区寸滩镇卫生院").core


def test_villages_and_communities_before_a_road_are_left_out():
    for address in ("渝北区龙山街道科兰路社区福人街372号", "龙山镇回龙村福人街372号", "福人街372号"):
        assert (parse_address(address).road, parse_address(address).number) == ("福人街", "372")
    assert parse_address("民权路28号3202室").rest == parse_address("民权路28号32层2号").rest == "32-2"


def test_a_branch_part_left_out_is_seen_by_the_month_and_the_door():
    names = ["重庆嘉瑞商贸有限公司洞鹿分公司", "重庆嘉瑞商贸有限公司", "重庆嘉瑞商贸有限公司"]
    months, places = ["2019-05-06", "2019-05", "2011-02-03"], ["测路1号", "测路1号", "测路1号"]
    records = cleaned(name=names, established_on=months, address=places)
    assert compared(levels.tail, records, [(0, 1), (0, 2)]) == [8, 3]


def test_branches_of_two_companies_in_one_place_are_not_alike_for_it():
    names = [
        "太平洋人寿保险股份有限公司江北支公司",
        "太平洋财产保险股份有限公司江北支公司",
        "太平洋人寿保险公司江北支公司",
    ]
    assert compared(levels.tail, cleaned(name=names), [(0, 1), (0, 2)]) == [7, 1]


def test_years_alone_roads_alike_and_slips_of_a_digit_have_levels_of_their_own():
    records = cleaned(established_on=["2018", "2018-12-30", "2018-12"])
    assert compared(levels.founded, records, [(0, 1), (1, 2)]) == [6, 2]
    records = cleaned(address=["几江滨江中路149号", "滨江中路149号", "名天路149号", "明天路149号"])
    assert compared(levels.address, records, [(0, 1), (2, 3), (1, 2)]) == [11, 11, 10]
    records = cleaned(phone=["18977150904", "18977150906", "18977159004", "18911150904"])
    assert compared(levels.phone, records, [(0, 1), (0, 2), (0, 3)]) == [7, 7, 6]
    records = cleaned(legal_rep=["胡仕洁", "胡洁仕", "洁", "王伟", "王芳"])
    assert compared(levels.person, records, [(0, 1), (0, 2), (3, 4)]) == [6, 6, 7]


def test_the_sound_of_characters_is_that_of_pypinyin():
    from pypinyin import Style, lazy_pinyin

    characters = [chr(code) for code in range(0x4E00, 0x9FA6, 7)]
    said: dict[str, set[str]] = {}
    for key, spelt in zip(sound_keys(characters), lazy_pinyin(characters, style=Style.NORMAL), strict=True):
        said.setdefault(spelt, set()).add(key)
    assert all(len(keys) == 1 for keys in said.values())
    assert len(said) > 300
