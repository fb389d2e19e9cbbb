"""`minglu match files`: real files in, pairs and clusters out, in a process of its own."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.matching.generate import write_register
from benchmarks.matching.prepare import files_in
from tests.cli.ready import run_command

HEADER = ["record_id", "source", "uscc", "name", "address", "legal_rep", "phone"]
ROWS = [
    ["a1", "registry", "91500105MA60X0016Y", "重庆嘉瑞商贸有限公司", "测云路1号", "赵一", "13800000001"],
    ["a2", "registry", "91500105MA5U8K3N95", "重庆宏泰建材有限公司", "测云路2号", "钱二", "13800000002"],
    ["b1", "census", "９１５００１０５ma60x0016y", "嘉瑞商贸有限公司", "重庆市江北区测云路1号", "赵一", "13800000001"],
    ["b2", "census", "", "重庆市宏泰建材有限责任公司", "测云路2号", "钱二", "13800000002"],
    ["b3", "census", "", "重庆远大物流有限公司", "测云路3号", "孙三", "13800000003"],
]


def written(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return run_command(("match", "files", *map(str, arguments)), os.environ)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_files_are_linked_by_code_and_asked_about_by_name(tmp_path):
    one, two = written(tmp_path / "a.csv", ROWS[:2]), written(tmp_path / "b.csv", ROWS[2:], "gb18030")
    out, groups, said = tmp_path / "pairs.csv", tmp_path / "clusters.csv", tmp_path / "e.jsonl"
    done = run(one, two, "--out", out, "--clusters", groups, "--explain", said)
    assert done.returncode == 0, done.stderr
    pairs = {(row["record_id_l"], row["record_id_r"]): row for row in read(out)}
    assert list(read(out)[0]) == ["record_id_l", "record_id_r", "match_weight", "match_probability", "decision"]
    assert pairs["a1", "b1"]["decision"] == "match"
    assert pairs["a2", "b2"]["decision"] == "match"
    assert {row["record_id"]: row["cluster_id"] for row in read(groups)} == {
        "a1": "a1", "b1": "a1", "a2": "a2", "b2": "a2", "b3": "b3",
    }  # fmt: skip
    for line in map(json.loads, said.read_text("utf-8").splitlines()):
        assert sum(one["weight"] for one in line["comparisons"]) == line["match_weight"]
        assert line["model"] == "units-1"
        assert all(one["label_zh"] and one["label_en"] for one in line["comparisons"])


def test_a_threshold_moves_what_is_a_match_and_an_unknown_source_is_refused(tmp_path):
    file = written(tmp_path / "all.csv", ROWS)
    out, groups = tmp_path / "pairs.csv", tmp_path / "clusters.csv"
    assert run(file, "--out", out, "--clusters", groups, "--threshold", "0.999999").returncode == 0
    weight = {row["record_id_l"]: (float(row["match_weight"]), row["decision"]) for row in read(out)}
    assert weight["a1"][1] == "match"
    assert weight["a2"] == (weight["a2"][0], "match" if weight["a2"][0] >= 19.931 else "review")
    assert run(file, "--out", out, "--unique-source", "tax").returncode == 1


def test_a_model_of_the_earlier_engine_scores_no_more(tmp_path: Path) -> None:
    file = written(tmp_path / "all.csv", ROWS)
    refused = run(file, "--out", tmp_path / "p.csv", "--model", "register-1")
    assert (refused.returncode, "scores no more" in refused.stderr) == (1, True)
    assert not (tmp_path / "p.csv").exists()


def test_files_may_say_what_kind_of_unit_a_record_is(tmp_path: Path) -> None:
    file, out, said = tmp_path / "a.csv", tmp_path / "p.csv", tmp_path / "e.jsonl"
    name, code = "重庆嘉瑞商贸有限公司", "91500105MA60X0016Y"
    rows = [("1", "一", code, "", "1", ""), ("2", "二", "", "MA60X0016", "1", ""), ("3", "二", "", "", "2", code)]
    lines = ["record_id,source,uscc,org_code,unit_type,parent_code,name,address"]
    file.write_text("\n".join([*lines, *(",".join([*row, name, "测云路1号"]) for row in rows)]) + "\n", "utf-8")
    assert run(file, "--out", out, "--explain", said).returncode == 0
    assert [(row["record_id_l"], row["record_id_r"]) for row in read(out) if row["decision"] == "match"] == [("1", "2")]
    (line,) = [line for line in map(json.loads, said.read_text("utf-8").splitlines()) if line["decision"] == "match"]
    shown = {one["comparison"]: one for one in line["comparisons"]}
    assert (shown["code"]["words_zh"], shown["kind"]["words_zh"]) == ("组织机构代码相同且有效", "单位类型相同")


def test_questions_are_answered_learned_from_and_the_model_kept(tmp_path):
    file, out, asked, model = (tmp_path / name for name in ("all.csv", "p.csv", "q.csv", "m.json"))
    written(file, ROWS)
    assert run(file, "--out", out, "--ask", asked, "--questions", "1", "--save-model", model).returncode == 0
    (question,) = read(asked)
    asked.write_text(f"record_id_l,record_id_r,label\n{question['record_id_l']},{question['record_id_r']},0\n", "utf-8")
    done = run(file, "--out", tmp_path / "after.csv", "--labels", asked, "--format", "json")
    assert json.loads(done.stdout)["learned_from"]["labels"] == 1
    assert len(read(tmp_path / "after.csv")) == len(read(out)) - 1
    assert run(file, "--out", tmp_path / "again.csv", "--model", model).returncode == 0
    assert (tmp_path / "again.csv").read_bytes() == out.read_bytes()


def test_records_are_added_to_those_held_and_runs_compared(tmp_path):
    one, two = written(tmp_path / "a.csv", ROWS[:2]), written(tmp_path / "b.csv", ROWS[2:])
    held, out = tmp_path / "held", tmp_path / "p.csv"
    assert run(one, "--out", out, "--into", held, "--unique-source", "registry").returncode == 0
    assert read(out) == []
    done = run(two, "--out", out, "--into", held, "--clusters", tmp_path / "c.csv", "--format", "json")
    assert json.loads(done.stdout)["clusters"] == 3
    assert len(read(out)) == 2
    assert (tmp_path / "c.csv").read_bytes() == (held / "clusters.csv").read_bytes()
    said = run_command(("match", "compare", str(out), str(out), "--format", "json"), os.environ)
    assert json.loads(said.stdout) == {"same": 2, "new": 0, "lost": 0, "changed": 0, "review": 0}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot hold a process to one core")
def test_one_core_gives_the_bytes_of_two(tmp_path):
    write_register(tmp_path, 3000, 901)
    outputs = []
    for cores in (None, {0}):
        out, groups = tmp_path / "p.csv", tmp_path / "c.csv"
        command = [sys.executable, "-m", "app.cli", "match", "files", *map(str, files_in(tmp_path))]
        command += ["--out", str(out), "--clusters", str(groups)]
        held = (lambda: os.sched_setaffinity(0, {0})) if cores else None
        subprocess.run(command, check=True, capture_output=True, preexec_fn=held)
        outputs.append((out.read_bytes(), groups.read_bytes()))
    assert outputs[0] == outputs[1]


def test_the_same_bytes_whatever_the_order_of_rows_and_the_kind_of_file(tmp_path):
    outputs = []
    for n in range(3):
        rows = random.Random(n).sample(ROWS, len(ROWS))
        file = written(tmp_path / "all.csv", rows)
        if n == 2:
            file = tmp_path / "all.parquet"
            columns = {name: [row[place] for row in rows] for place, name in enumerate(HEADER)}
            pq.write_table(pa.table(columns), file)
        out, groups, said = tmp_path / "p.csv", tmp_path / "c.csv", tmp_path / "e.jsonl"
        assert run(file, "--out", out, "--clusters", groups, "--explain", said).returncode == 0
        outputs.append((out.read_bytes(), groups.read_bytes(), said.read_bytes()))
    assert outputs[0] == outputs[1] == outputs[2]


def test_values_that_nobody_means_are_read_all_the_same(tmp_path):
    """U+0000 within a name, and values that are no code, telephone, date or place."""
    file, groups = tmp_path / "odd.csv", tmp_path / "c.csv"
    odd = "*" * 300
    file.write_bytes(
        "record_id,name,uscc,phone,legal_rep,address,established_on,industry_code,area_code,status\n"
        f'1,"重庆嘉\0瑞,""商贸""有限公司",=1+1,++--,{odd},{odd},9999,????,50,??\n'
        f"2,重庆嘉瑞商贸有限公司,{'9' * 400},{'1' * 400},{'王' * 400},{'路' * 900},2020-02-30,ZZ,区,\n3,,,,,,,,,\n".encode()
    )
    assert (
        run(file, "--out", tmp_path / "p.csv", "--clusters", groups, "--explain", tmp_path / "e.jsonl").returncode == 0
    )
    assert [row["record_id"] for row in read(groups)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"name\nx\n", "record_id"),
        (b"", "empty"),
        (b"record_id,name\n1,a\n1,b\n", "row 2, column record_id"),
        (b"record_id,name\n,a\n", "a record needs an id"),
        (b"record_id,name\n1,a,c\n", "3 values where the header has 2"),
        (b"record_id,name\n1,\xff\xff\n", "neither UTF-8 nor GB18030"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(tmp_path, body, said):
    file = tmp_path / "bad.csv"
    file.write_bytes(body)
    done = run(file, "--out", tmp_path / "out.csv")
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert "bad.csv" in done.stderr
    assert not (tmp_path / "out.csv").exists()
