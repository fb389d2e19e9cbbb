"""Records held between runs: added in steps they give the clusters of one run."""

from __future__ import annotations

import json
import os
import shutil
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from matching.linkage.files import match_files
from matching.linkage.problems import FileProblem
from tests.matching.linkage.conftest import Register, table_of


def in_parts(register: Register, folder: Path, sizes: tuple[int, ...]) -> list[Path]:
    """The records in a random order, in files of these sizes and one with the rest."""
    rows = register.rows().sample(frac=1, random_state=7)
    bounds = [0, *pd.Series(sizes).cumsum(), len(rows)]
    paths = []
    for number, (start, stop) in enumerate(pairwise(bounds)):
        paths.append(folder / f"part{number}.csv")
        rows.iloc[start:stop].to_csv(paths[-1], index=False)
    return paths


def test_added_in_steps_is_the_same_as_at_once(register: Register, tmp_path: Path):
    parts, held = in_parts(register, tmp_path, (4000, 1000, 600)), tmp_path / "held"
    for part in parts:
        match_files([part], into=held)
    match_files(parts, model=str(held)).write_clusters(tmp_path / "at_once.csv")
    assert (held / "clusters.csv").read_bytes() == (tmp_path / "at_once.csv").read_bytes()
    assert register.score(held / "clusters.csv").f1 > 0.98


def test_pairs_of_a_step_hold_a_new_record_and_their_weights_are_those_of_one_run(register: Register, tmp_path: Path):
    old, new = in_parts(register, tmp_path, (5000,))
    match_files([old], into=tmp_path / "held")
    match_files([new], into=tmp_path / "held").write_pairs(tmp_path / "step.csv")
    match_files([old, new], model=str(tmp_path / "held")).write_pairs(tmp_path / "once.csv")
    added = set(table_of(new)["record_id"])
    step, once = table_of(tmp_path / "step.csv"), table_of(tmp_path / "once.csv")
    of_new = once[once["record_id_l"].isin(added) | once["record_id_r"].isin(added)]
    assert len(step) == len(of_new) > 100
    assert step.to_numpy().tolist() == of_new.to_numpy().tolist()


def test_the_same_file_twice_adds_nothing(register: Register, tmp_path: Path):
    held = tmp_path / "held"
    first = match_files(register.files[:1], into=held)
    again = match_files(register.files[:1], into=held)
    again.write_pairs(tmp_path / "p.csv")
    assert again.report["records"] == first.report["records"]
    assert again.report["clusters"] == first.report["clusters"]
    assert table_of(tmp_path / "p.csv").empty


def test_a_held_id_with_other_content_is_refused_and_nothing_changes(register: Register, tmp_path: Path):
    held, file = tmp_path / "held", tmp_path / "one.csv"
    rows = register.rows().head(300)
    rows.to_csv(file, index=False)
    match_files([file], into=held)
    before = (held / "manifest.json").read_bytes()
    rows.iloc[[5]].assign(name="别的名称").to_csv(file, index=False)
    with pytest.raises(FileProblem, match="held with other content"):
        match_files([file], into=held)
    assert (held / "manifest.json").read_bytes() == before


def test_a_run_that_dies_leaves_what_was_held(register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old, new = in_parts(register, tmp_path, (5000,))
    held = tmp_path / "held"
    match_files([old], into=held)
    kept = tmp_path / "kept"
    shutil.copytree(held, kept)

    def dies(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", dies)
        with pytest.raises(OSError, match="disk full"):
            match_files([new], into=held)
    for folder in (held, kept):
        match_files([new], into=folder)
    assert (held / "clusters.csv").read_bytes() == (kept / "clusters.csv").read_bytes()


def test_cluster_ids_that_change_are_kept_with_those_they_became(register: Register, tmp_path: Path):
    old, new = in_parts(register, tmp_path, (3000,))
    held = tmp_path / "held"
    match_files([old], into=held)
    before = table_of(held / "clusters.csv").set_index("record_id")["cluster_id"]
    match_files([new], into=held)
    after = table_of(held / "clusters.csv").set_index("record_id")["cluster_id"]
    changed = table_of(held / "former_ids.csv")
    assert len(changed) > 0
    assert set(changed["record_id"]) == set(before.index[before != after[before.index]])
    assert (changed.set_index("record_id")["cluster_id"] == after[changed["record_id"]]).all()


def test_decisions_are_remembered_when_records_are_added(tmp_path: Path):
    held, labels = tmp_path / "held", tmp_path / "labels.csv"
    alike = "渝北区鼎卓善火锅店,13800000001,赵一"
    for name, rows in {
        "old": f"a,{alike}\nb,{alike}\nc,重庆样云石桥商贸有限公司,,\n",
        "new": "d,丙丁小吃店,,\n",
        "last": "e,戊己理发店,,\n",
    }.items():
        (tmp_path / f"{name}.csv").write_text(f"record_id,name,phone,legal_rep\n{rows}", "utf-8")
    match_files([tmp_path / "old.csv"], into=held)
    assert table_of(held / "clusters.csv")["cluster_id"].tolist() == ["a", "a", "c"]
    labels.write_text("record_id_l,record_id_r,label\na,b,0\nc,a,1\n", "utf-8")
    match_files([tmp_path / "new.csv"], into=held, labels=labels)
    match_files([tmp_path / "last.csv"], into=held)
    assert table_of(held / "clusters.csv")["cluster_id"].tolist() == ["a", "b", "a", "d", "e"]


def test_a_later_format_is_refused(register: Register, tmp_path: Path):
    held = tmp_path / "held"
    match_files(register.files[:1], into=held)
    manifest = json.loads((held / "manifest.json").read_text("utf-8"))
    (held / "manifest.json").write_text(json.dumps({**manifest, "format": 99}), "utf-8")
    with pytest.raises(FileProblem, match="format is 99"):
        match_files(register.files[1:], into=held)


def test_held_records_keep_their_model(register: Register, tmp_path: Path):
    match_files(register.files[:1], into=tmp_path / "held")
    with pytest.raises(FileProblem, match="model of their own"):
        match_files(register.files[1:], into=tmp_path / "held", model="files-1")
