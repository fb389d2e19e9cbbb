"""Keys of texts and the columns they are made of."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from matching.linkage.cleaning import clean, valid_codes
from matching.linkage.columns import combined, keys_of, within
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
    assert (shop.core, shop.form, shop.shop, shop.branch) == ("鼎卓", "火锅店", "观音桥店", "")
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
