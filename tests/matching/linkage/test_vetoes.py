"""What forbids that two records are one unit whatever else agrees: once beside a register, once in a file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from matching.linkage.beside import match
from matching.linkage.files import match_files
from tests.matching.rows import A, B, rows_of, table

ORG = A[8:17]
LEGAL, PART = {"uscc": A, "unit_type": "1"}, {"unit_type": "2"}
BRANCH = "重庆鑫源商贸有限公司{}分公司"

FORBIDDEN: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "two codes": ({"uscc": A}, {"uscc": B}),
    "two branches": ({"name": BRANCH.format("观音桥")}, {"name": BRANCH.format("鱼嘴")}),
    "a branch with its parent's code": (LEGAL, {**PART, "uscc": A, "name": BRANCH.format("观音桥")}),
    "a branch that names its parent's code": (LEGAL, {**PART, "parent_code": A}),
    "a branch that names its parent's organisation code": (LEGAL, {**PART, "parent_code": ORG}),
    "the same where no unit types are known": ({"uscc": A}, {"parent_code": A}),
    "a head office with its legal unit's code": (LEGAL, {**PART, "part_kind": "1", "uscc": A, "parent_code": A}),
    "a head office by its organisation code": (LEGAL, {**PART, "org_code": f"{ORG[:8]}B"}),
    "a head office and another establishment": ({**PART, "part_kind": "1"}, {**PART, "part_kind": "2"}),
}


def clusters_in_a_file(folder: Path, *rows: dict[str, str]) -> int:
    filled = rows_of(*rows)
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(filled[0]))
        writer.writeheader()
        writer.writerows(filled)
    return int(match_files([folder / "a.csv"]).report["clusters"])


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_forbidden_is_neither_joined_nor_asked_beside_a_register(name: str) -> None:
    one, other = FORBIDDEN[name]
    for found in (match(table(one, other)), match(table(other), table(one, ids="u"))):
        assert found.pairs == []
        assert all(len(members) == 1 for members in found.clusters)


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_forbidden_shares_no_cluster_in_a_file(name: str, tmp_path: Path) -> None:
    assert clusters_in_a_file(tmp_path, *FORBIDDEN[name]) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({**PART, "parent_code": A}, {**PART, "parent_code": A}),
        ({**PART, "parent_code": A, "uscc": A}, {**PART, "parent_code": A, "uscc": A}),
        ({**PART, "part_kind": "1", "parent_code": A}, {**PART, "part_kind": "1", "uscc": A}),
        ({"uscc": A, "unit_type": "法人单位"}, {"uscc": A, "unit_type": "1"}),
    ],
)
def test_records_of_one_kind_are_no_parent_and_branch_though_they_give_a_parents_code(
    one: dict[str, str], other: dict[str, str], tmp_path: Path
) -> None:
    assert [pair.levels["kind"] for pair in match(table(one, other)).pairs] == [1]
    assert clusters_in_a_file(tmp_path, one, other) == 1


def test_unit_types_are_read_by_number_or_in_words(tmp_path: Path) -> None:
    legal, part = {"uscc": A, "unit_type": "法人单位"}, {"uscc": A, "unit_type": "2 产业活动单位"}
    assert match(table(legal, part)).pairs[0].levels["kind"] == 2
    assert match(table(legal, {**part, "name": BRANCH.format("观音桥")})).pairs == []


def test_a_branch_by_name_alone_with_its_parents_code_is_told_by_what_else_it_says() -> None:
    """Without unit types one of the two may have left the branch part out."""
    branch = {"uscc": A, "name": BRANCH.format("观音桥")}
    elsewhere = {
        "legal_rep": "李四光",
        "phone": "13900002222",
        "address": "重庆市江北区演江路9号",
        "established_on": "2022-05-06",
    }
    assert [pair.decision for pair in match(table({"uscc": A}, branch)).pairs] == ["review"]
    assert match(table({"uscc": A}, {**branch, **elsewhere})).pairs == []
