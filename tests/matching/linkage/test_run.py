"""Whole runs over a hard invented register."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.matching.generate import write_register
from matching.evaluate import best_score, pairs_within
from matching.linkage.clustering import REASONS
from matching.linkage.files import Found, match_files
from matching.linkage.reading import COLUMNS
from tests.matching.linkage.conftest import Register, table_of


def test_units_are_found_without_being_told_a_threshold(register: Register, found: Found, tmp_path: Path):
    found.write_clusters(tmp_path / "c.csv")
    score = register.score(tmp_path / "c.csv")
    assert score.f1 > 0.985
    assert score.over_merged_share < 0.005
    assert score.largest <= 12
    assert found.report["learned_from"]["codes"] > 1000


def test_a_register_by_another_hand_is_matched_as_well(tmp_path: Path):
    write_register(tmp_path, 6000, 900, of="second")
    other = Register(tmp_path)
    result = match_files(other.files)
    result.write_clusters(tmp_path / "c.csv")
    score = other.score(tmp_path / "c.csv")
    assert score.f1 > 0.98
    assert score.over_merged_share < 0.005
    assert score.largest <= 12


def test_weights_put_pairs_of_one_unit_first(register: Register, found: Found, tmp_path: Path):
    found.write_pairs(tmp_path / "p.csv")
    pairs, units = pd.read_csv(tmp_path / "p.csv"), register.units
    same = (units[pairs["record_id_l"]].to_numpy() == units[pairs["record_id_r"]].to_numpy()).astype(float)
    assert best_score(pairs["match_weight"].to_numpy(), same, pairs_within(pd.factorize(units)[0])).f1 > 0.98
    assert (pairs["record_id_l"] < pairs["record_id_r"]).all()
    assert pairs["match_weight"].is_monotonic_decreasing
    assert not pairs.duplicated(["record_id_l", "record_id_r"]).any()


def test_two_codes_of_a_unique_source_never_share_a_cluster(register: Register, found: Found, tmp_path: Path):
    found.write_clusters(tmp_path / "c.csv")
    cluster = table_of(tmp_path / "c.csv").set_index("record_id")["cluster_id"]
    rows = register.rows()
    coded = rows[(rows["source"] == "registry") & (rows["uscc"] != "")]
    codes = coded.groupby(coded["record_id"].map(cluster))["uscc"].nunique()
    assert codes.max() == 1
    assert sum(found.report["refused_joins"].values()) > 0


def test_every_record_is_in_one_cluster_named_after_its_least_id(register: Register, found: Found, tmp_path: Path):
    found.write_clusters(tmp_path / "c.csv")
    clusters = table_of(tmp_path / "c.csv")
    assert sorted(clusters["record_id"]) == sorted(register.rows()["record_id"])
    assert (clusters.groupby("cluster_id")["record_id"].min() == clusters.groupby("cluster_id").size().index).all()


def test_every_explanation_adds_up_and_refused_joins_say_why(found: Found, tmp_path: Path):
    found.write_explanations(tmp_path / "e.jsonl")
    found.write_pairs(tmp_path / "p.csv")
    lines = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text("utf-8").splitlines()]
    pairs = [line for line in lines if not line.get("refused")]
    refused = [line for line in lines if line.get("refused")]
    assert len(pairs) == len(table_of(tmp_path / "p.csv"))
    for line in pairs:
        assert sum(one["weight"] for one in line["comparisons"]) == line["match_weight"]
        assert all(one["words_zh"] and one["words_en"] for one in line["comparisons"][1:])
    reasons = Counter(line["reason"] for line in refused)
    assert set(reasons) <= set(REASONS)
    assert sum(reasons.values()) == sum(found.report["refused_joins"].values())
    shown = {(line["record_id_l"], line["record_id_r"]): line["decision"] for line in pairs}
    assert all(shown[line["record_id_l"], line["record_id_r"]] == "review" for line in refused)


def test_a_blocking_report_says_what_each_rule_costs_keeps_and_reaches(found: Found):
    rules = found.report["blocking"]
    assert rules["name"]["matched"] > 1000
    assert all(one["costs"] >= one["adds"] >= one["kept"] >= one["matched"] for one in rules.values())
    assert sum(one["matched"] for one in rules.values()) == found.report["pairs"]["match"]


def test_a_run_reckons_its_own_doubts(register: Register, found: Found, tmp_path: Path):
    """The wrong matches it expects are about as many as there are, and clusters held together by others alone are named."""
    found.write_pairs(tmp_path / "p.csv")
    pairs, units = pd.read_csv(tmp_path / "p.csv"), register.units
    matched = pairs[pairs["decision"] == "match"]
    wrong = int((units[matched["record_id_l"]].to_numpy() != units[matched["record_id_r"]].to_numpy()).sum())
    assert 0 <= wrong <= 3 * found.report["expected_wrong_matches"] + 5
    assert 0 < found.report["expected_matches_asked_about"] < found.report["pairs"]["review"]
    assert 0 <= found.report["clusters_in_doubt"] < found.report["clusters"] // 100


def test_pairs_that_do_not_fit_into_memory_go_to_files_and_come_back_the_same(
    register: Register, found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("matching.linkage.pairs.HELD_PAIRS", 500)
    for name, result in (("held", found), ("spilled", match_files(register.files))):
        result.write_pairs(tmp_path / name)
    assert (tmp_path / "held").read_bytes() == (tmp_path / "spilled").read_bytes()


def written(folder: Path, rows: list[dict[str, str]], name: str = "all.csv") -> Path:
    table = pd.DataFrame(rows, columns=list(COLUMNS)).fillna("")
    table.to_csv(folder / name, index=False)
    return folder / name


def shop(key: str, **values: str) -> dict[str, str]:
    return {"record_id": key, "name": "渝北区鼎卓善火锅店", "area_code": "500112", **values}


def test_a_key_that_very_many_share_is_passed_over_and_counted(tmp_path: Path):
    crowd = [shop(f"s{n:03}", name="重庆鑫源商贸有限公司", phone=f"139{n:08}", legal_rep=f"甲{n}") for n in range(200)]
    result = match_files([written(tmp_path, crowd)])
    assert result.report["blocking"]["name"]["keys_passed_over"] == 1
    assert result.report["blocking"]["name"]["costs"] == 0


def test_branches_shops_and_parents_are_kept_apart(tmp_path: Path):
    parent = {"name": "重庆嘉瑞商贸有限公司", "phone": "13800000001", "legal_rep": "赵一", "address": "测云路1号"}
    own = {"phone": "13800000002", "legal_rep": "钱二"}
    rows = [
        {"record_id": "parent", **parent},
        {"record_id": "one", **parent, **own, "name": "重庆嘉瑞商贸有限公司观音桥分公司"},
        {"record_id": "two", **parent, "name": "重庆嘉瑞商贸有限公司石桥铺分公司"},
        {"record_id": "one again", **parent, **own, "name": "嘉瑞商贸有限公司观音桥分公司"},
    ]
    match_files([written(tmp_path, rows)]).write_clusters(tmp_path / "c.csv")
    cluster = table_of(tmp_path / "c.csv").set_index("record_id")["cluster_id"]
    assert cluster["one"] == cluster["one again"]
    assert cluster.nunique() == 3


def test_a_rare_trade_name_weighs_more_than_a_common_one(tmp_path: Path):
    rows = [shop(f"c{n:02}", name=f"重庆鑫源{trade}有限公司") for n, trade in enumerate(["商贸", "建材", "物流"] * 6)]
    rows += [shop("r1", name="重庆夔岑商贸有限公司"), shop("r2", name="重庆市夔岑商贸有限公司")]
    result = match_files([written(tmp_path, rows)])
    result.write_explanations(tmp_path / "e.jsonl")
    weights: dict[str, set[int]] = {"rare": set(), "common": set()}
    for line in map(json.loads, (tmp_path / "e.jsonl").read_text("utf-8").splitlines()):
        name = next(one for one in line["comparisons"] if one["comparison"] == "name")
        if line["record_id_l"] == "r1":
            weights["rare"].add(name["weight"])
        elif name["value_l"] == name["value_r"]:
            weights["common"].add(name["weight"])
    assert min(weights["rare"]) > max(weights["common"], default=-1)


def test_the_same_bytes_for_shuffled_rows(register: Register, tmp_path: Path):
    outputs = []
    for seed in (1, 2):
        rows = register.rows().sample(frac=1, random_state=seed)
        rows.to_csv(tmp_path / "all.csv", index=False)
        result = match_files([tmp_path / "all.csv"])
        paths = [tmp_path / name for name in ("p.csv", "c.csv", "e.jsonl")]
        for path, write in zip(
            paths, (result.write_pairs, result.write_clusters, result.write_explanations), strict=True
        ):
            write(path)
        outputs.append([path.read_bytes() for path in paths])
    assert outputs[0] == outputs[1]


def test_records_with_a_name_alone_are_matched(tmp_path: Path):
    rows = [shop("a"), shop("b"), shop("c", name="渝北区泰康小吃店")]
    random.Random(1).shuffle(rows)
    result = match_files([written(tmp_path, rows)])
    result.write_pairs(tmp_path / "p.csv")
    assert table_of(tmp_path / "p.csv")[["record_id_l", "record_id_r"]].to_numpy().tolist() == [["a", "b"]]


def test_no_records_and_one_record_are_fine(tmp_path: Path):
    for rows in ([], [shop("a")]):
        result = match_files([written(tmp_path, rows)])
        result.write_pairs(tmp_path / "p.csv")
        result.write_clusters(tmp_path / "c.csv")
        assert len(table_of(tmp_path / "c.csv")) == len(rows)
        assert table_of(tmp_path / "p.csv").empty


@pytest.mark.parametrize("with_parent", [False, True])
def test_two_branches_with_codes_of_their_own_never_merge_on_their_names(tmp_path: Path, with_parent: bool):
    """Only where one of the codes is seen under another branch part, too, may it be the parent's."""
    facts = {"address": "江北区样云路8号", "phone": "13900000002", "legal_rep": "钱二", "established_on": "2019-05-06"}
    branch = {"name": "重庆嘉瑞餐饮管理有限公司样云路分公司", **facts}
    rows = [
        {"record_id": "tax", "source": "tax", "uscc": "91500105MA5U8K3N95", **branch},
        {"record_id": "census", "source": "census", "uscc": "91500105MA60X0016Y", **branch},
    ]
    if with_parent:
        parent = {"name": "重庆嘉瑞餐饮管理有限公司", "address": "渝中区演石路1号", "source": "registry"}
        rows.append({"record_id": "parent", "uscc": "91500105MA60X0016Y", **parent})
    match_files([written(tmp_path, rows)]).write_clusters(tmp_path / "c.csv")
    cluster = table_of(tmp_path / "c.csv").set_index("record_id")["cluster_id"]
    assert (cluster["tax"] == cluster["census"]) is with_parent
    assert cluster.nunique() == 2
