"""What weights are learned from: codes, EM, decisions of people."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.matching.teach import read_register, teach
from matching.linkage.files import Found, compare_runs, match_files
from matching.linkage.levels import COMPARISONS, completed
from matching.linkage.problems import FileProblem
from matching.linkage.rivals import rival_levels
from matching.linkage.training import learn_from_codes, learn_from_labels
from matching.models.model import Comparison, Level, Model, Thresholds, load_model, parse_model, read_model, save_model
from tests.matching.linkage.conftest import Register, table_of


def without(register: Register, folder: Path, *columns: str) -> list[Path]:
    paths = []
    for path in register.files:
        paths.append(folder / path.name)
        table_of(path).drop(columns=list(columns)).to_csv(paths[-1], index=False)
    return paths


def test_without_codes_em_finds_the_shares_and_units_are_found(register: Register, tmp_path: Path):
    result = match_files(without(register, tmp_path, "uscc"))
    result.write_clusters(tmp_path / "c.csv")
    assert result.report["learned_from"]["em"] > 1000
    assert result.model.thresholds.match == load_model().thresholds.match_without_codes == 4250
    score = register.score(tmp_path / "c.csv")
    assert score.f1 > 0.97
    assert score.over_merged_share < 0.011


def test_a_named_model_is_used_as_it_stands(register: Register):
    result = match_files(register.files, model="files-1")
    assert (result.model.name, result.model.version) == ("files", "1")
    assert result.model.comparison("name") == load_model("files", "1").comparison("name")
    assert result.report["learned_from"] == {}


def test_a_saved_model_gives_the_same_bytes(register: Register, found: Found, tmp_path: Path):
    save_model(found.model, tmp_path / "model.json")
    assert read_model(tmp_path / "model.json") == found.model
    again = match_files(register.files, model=str(tmp_path / "model.json"))
    for name, result in (("one", found), ("other", again)):
        result.write_pairs(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("text", ["{}", "[", '{"name": 1}'])
def test_a_file_that_holds_no_model_is_refused(register: Register, tmp_path: Path, text: str):
    (tmp_path / "m.json").write_text(text, "utf-8")
    with pytest.raises(FileProblem):
        match_files(register.files, model=str(tmp_path / "m.json"))


def test_branches_that_all_carry_their_parents_codes_stay_branches(tmp_path: Path):
    """Every pair that blocking finds has equal codes: neither they nor EM may call a branch its parent."""
    codes = ["91500105MA60X0016Y", "91500105MA5U8K3N95"]
    rows = [
        {"record_id": f"p{n}", "name": f"重庆{core}商贸有限公司", "uscc": codes[n]}
        for n, core in enumerate(["嘉瑞", "宏泰"])
    ]
    rows += [
        {**row, "record_id": f"{row['record_id']}b{n}", "name": f"{row['name']}第{n}分公司"}
        for row in rows
        for n in range(1, 20)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "all.csv", index=False)
    result = match_files([tmp_path / "all.csv"])
    assert result.report["learned_from"]["em"] >= 200
    assert result.report["clusters"] == len(rows)


def asked(register: Register, found: Found, folder: Path, most: int, wrong: float) -> Path:
    """Labels for the pairs that the run asks about, a share of them wrong."""
    found.write_questions(folder / "q.csv", most)
    questions = table_of(folder / "q.csv")
    units = register.units
    same = units[questions["record_id_l"]].to_numpy() == units[questions["record_id_r"]].to_numpy()
    flipped = np.random.default_rng(1).random(len(same)) < wrong
    questions.assign(label=(same ^ flipped).astype(int)).to_csv(folder / "labels.csv", index=False)
    return folder / "labels.csv"


def test_a_few_hundred_decisions_help_though_some_are_wrong(register: Register, tmp_path: Path):
    files = without(register, tmp_path, "uscc")
    before = match_files(files)
    labels = asked(register, before, tmp_path, 200, 0.03)
    assert len(table_of(labels)) == 200
    after = match_files(files, labels=labels)
    assert after.report["learned_from"]["labels"] == 200
    for name, result in (("before", before), ("after", after)):
        result.write_clusters(tmp_path / name)
    assert register.score(tmp_path / "after").f1 > register.score(tmp_path / "before").f1


def test_decisions_are_obeyed(register: Register, found: Found, tmp_path: Path):
    found.write_pairs(tmp_path / "p.csv")
    pairs = table_of(tmp_path / "p.csv")
    apart, together = pairs[pairs["decision"] == "match"].iloc[10], pairs[pairs["decision"] == "review"].iloc[-1]
    labels = pd.DataFrame([apart, together])[["record_id_l", "record_id_r"]].assign(label=["0", "1"])
    labels.to_csv(tmp_path / "labels.csv", index=False)
    result = match_files(register.files, labels=tmp_path / "labels.csv")
    result.write_clusters(tmp_path / "c.csv")
    result.write_pairs(tmp_path / "after.csv")
    cluster = table_of(tmp_path / "c.csv").set_index("record_id")["cluster_id"]
    assert cluster[apart["record_id_l"]] != cluster[apart["record_id_r"]]
    decided = table_of(tmp_path / "after.csv").set_index(["record_id_l", "record_id_r"])["decision"]
    assert (apart["record_id_l"], apart["record_id_r"]) not in decided.index
    if cluster[together["record_id_l"]] != cluster[together["record_id_r"]]:  # a constraint is stronger than a person
        assert decided[together["record_id_l"], together["record_id_r"]] == "review"
        assert sum(result.report["refused_joins"].values()) > 0


@pytest.mark.parametrize(
    ("labels", "together"), [("a,b,1", True), ("a,b,1\nb,a,0", False), ("a,b,0\na,b,1", True), ("a,b,0", False)]
)
def test_two_records_that_nothing_connects_are_joined_when_a_person_says_so(
    tmp_path: Path, labels: str, together: bool
):
    """Of two decisions on one pair the later stands, whichever way round it is written."""
    (tmp_path / "all.csv").write_text(
        "record_id,name\na,重庆样云石桥商贸有限公司\nb,渝北区鼎卓善火锅店\nc,丙丁小吃店\n", "utf-8"
    )
    (tmp_path / "labels.csv").write_text(f"record_id_l,record_id_r,label\n{labels}\n", "utf-8")
    result = match_files([tmp_path / "all.csv"], labels=tmp_path / "labels.csv")
    result.write_clusters(tmp_path / "c.csv")
    cluster = table_of(tmp_path / "c.csv").set_index("record_id")["cluster_id"]
    assert (cluster["a"] == cluster["b"]) is together
    assert cluster["c"] == "c"


@pytest.mark.parametrize(
    ("row", "said"), [("nobody,{1},1", "no record has this id"), ("{0},{1},2", "a label is 1 or 0")]
)
def test_labels_that_mean_nothing_are_refused(register: Register, tmp_path: Path, row: str, said: str):
    ids = register.rows()["record_id"]
    (tmp_path / "labels.csv").write_text(f"record_id_l,record_id_r,label\n{row.format(*ids[:2])}\n", "utf-8")
    with pytest.raises(FileProblem, match=said):
        match_files(register.files, labels=tmp_path / "labels.csv")


def test_questions_are_near_the_threshold_and_not_all_of_one_kind(found: Found, tmp_path: Path):
    found.write_questions(tmp_path / "q.csv", 100)
    questions = table_of(tmp_path / "q.csv")
    chances = questions["match_probability"].astype(float)
    assert len(questions) == 100
    assert (abs(np.log2(chances / (1 - chances)) - 2) < 6).all()
    assert not questions.duplicated(["record_id_l", "record_id_r"]).any()


def small_model() -> Model:
    levels = {1: Level(1, 1000, "同", "same"), 2: Level(2, -1000, "异", "different")}
    pinned = {1: Level(1, 500, "同", "same", pinned=True), 2: Level(2, -500, "异", "different", pinned=True)}
    comparisons = (Comparison("a", "甲", "a", levels), Comparison("b", "乙", "b", pinned))
    return Model("small", "1", -1000, Thresholds(0, 0), comparisons)


def test_learned_weights_are_the_log_odds_of_the_data_and_pinned_ones_stay():
    rng = np.random.default_rng(1)
    same = rng.random(500_000) < 0.3
    level = np.where(rng.random(500_000) < np.where(same, 0.9, 0.05), 1, 2).astype(np.int8)
    learned, trust = learn_from_codes(small_model(), {"a": level, "b": level}, same)
    weight = learned.comparison("a").weights() + np.array([0, 500, -500])
    apart = (weight[1] - weight[2]) / 1000
    assert apart == pytest.approx(np.log2(0.9 / 0.05) - np.log2(0.1 / 0.95), abs=0.15)
    assert learned.comparison("b") == small_model().comparison("b")
    assert trust.right > 0.98


def test_few_labels_move_the_prior_more_than_the_weights():
    level = np.array([1, 1, 2, 2] * 10, dtype=np.int8)
    same = np.zeros(40, dtype=bool)
    learned = learn_from_labels(small_model(), {"a": level}, same, ("a",))
    moved = abs(learned.comparison("a").weights() - small_model().comparison("a").weights()).max()
    assert learned.prior < small_model().prior - 1000
    assert moved < 1000


def test_rivals_are_seen_from_both_sides():
    """Row 0 has two candidates in source 1, rows 1 and 2; row 3 has one."""
    left, right = np.array([0, 0, 1]), np.array([1, 2, 3])
    weight, source = np.array([9000, 3000, 1000]), np.array([0, 1, 1, 0])
    levels = rival_levels(left, right, weight, source, np.arange(4))
    # ahead of its rival by 6 bits, behind by 6, behind by 8
    assert levels["rival_worse"].tolist() == [8, 2, 2]
    assert levels["rival_better"].tolist() == [9, 9, 9]


def test_a_candidate_that_agrees_with_the_other_record_is_no_rival():
    """Rows 1 and 2 of one source are candidates of row 0 and the same unit, so neither stands in the other's way."""
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    weight, source = np.array([9000, 8000, 5000]), np.array([0, 1, 1])
    levels = rival_levels(left, right, weight, source, np.arange(3))
    assert levels["rival_worse"].tolist() == [9, 9, 9]


def test_equal_codes_count_for_less_where_a_record_fits_another_better(tmp_path: Path):
    """Two branches at one street and the parent elsewhere, whose code both carry in the census."""
    parent = {
        "name": "重庆嘉瑞餐饮管理有限公司",
        "uscc": "91500105MA60X0016Y",
        "source": "registry",
        "legal_rep": "赵一",
    }
    branch = {"uscc": "91500105MA5U8K3N95", "source": "registry", "legal_rep": "钱二", "address": "江北区样云路8号"}
    branch |= {"phone": "13900000002", "established_on": "2019-05-06", "name": "重庆嘉瑞餐饮管理有限公司样云路分公司"}
    census = {**branch, "source": "census", "uscc": parent["uscc"]}
    rows = [parent | {"address": "渝中区演石路1号", "phone": "13800000001"}, branch, census]
    table = pd.DataFrame(rows).fillna("").assign(record_id=["parent", "branch", "census"])
    table.to_csv(tmp_path / "all.csv", index=False)
    match_files([tmp_path / "all.csv"]).write_clusters(tmp_path / "c.csv")
    cluster = table_of(tmp_path / "c.csv").set_index("record_id")["cluster_id"]
    assert cluster["census"] == cluster["branch"] != cluster["parent"]


def test_codes_that_the_fields_do_not_bear_out_are_believed_less():
    """A tenth of the equal codes are copied: their fields look like those of pairs whose codes conflict."""
    rng = np.random.default_rng(1)
    equal = rng.random(40_000) < 0.5
    same = equal & (rng.random(40_000) >= 0.1)
    levels = {name: np.where(rng.random(40_000) < np.where(same, 0.95, 0.02), 1, 2).astype(np.int8) for name in "acd"}
    names = tuple(Comparison(name, name, name, small_model().comparison("a").levels) for name in "acd")
    _, trust = learn_from_codes(replace(small_model(), comparisons=names), levels, equal)
    assert 0.88 < trust.right < 0.975


def test_two_runs_are_compared(tmp_path: Path):
    header = "record_id_l,record_id_r,decision\n"
    (tmp_path / "old.csv").write_text(header + "a,b,match\nc,d,match\ne,f,review\ng,h,match\n", "utf-8")
    (tmp_path / "new.csv").write_text(header + "a,b,match\nc,d,review\ne,f,match\ni,j,match\n", "utf-8")
    said = compare_runs(tmp_path / "old.csv", tmp_path / "new.csv")
    assert said == {"same": 1, "new": 2, "lost": 2, "changed": 2, "review": 1}


def test_every_shipped_model_knows_every_level_and_reads_back():
    for version in ("1", "2"):
        model = completed(load_model("files", version))
        assert parse_model(json.loads(json.dumps(model.as_dict()))) == model
        for name, (_, size) in COMPARISONS.items():
            assert set(model.comparison(name).levels) >= set(range(1, size)), name
    for comparison in load_model("files", "1").comparisons:
        assert list(comparison.levels) == list(range(1, len(comparison.levels) + 1))
        assert all(level.zh and level.en for level in comparison.levels.values())


def test_a_shipped_model_is_taught_by_registers_whose_truth_is_known(register: Register, tmp_path: Path):
    """From weights that know nothing, one small register teaches what its kind is worth; identifiers stay as they were."""
    begin = load_model()
    blank = begin.reweighed(
        0, {one.name: np.zeros_like(one.weights()) for one in begin.comparisons if one.name not in {"code", "kind"}}
    )
    taught = teach(blank, [read_register(register.folder)])
    save_model(taught, tmp_path / "m.json")
    match_files(register.files, model=str(tmp_path / "m.json")).write_clusters(tmp_path / "c.csv")
    assert taught.comparison("code") == begin.comparison("code")
    assert 0.1 < taught.share < 0.5
    assert register.score(tmp_path / "c.csv").f1 > 0.97
