"""Makes the labelled pairs anew: `python -m tests.labelled.make`. Only when the kinds change; results are frozen on them.

An invented register of 12 000 records, and of its hard pairs a hundred and more of each kind, half of them of one unit
as far as there are as many. Pairs whose codes tell are left out, but for the kinds that are about codes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from benchmarks.matching.generate import make_register
from benchmarks.matching.views import COLUMNS
from matching.standardise.addresses import parse_address
from matching.standardise.codes import check_uscc
from matching.standardise.names import parse_name
from matching.standardise.text import plain

FOLDER = Path(__file__).parent
RECORDS, SEED = 12_000, 77
EACH = 75

FAMILIES = ("sisters", "branches", "chain", "successor", "firm_and_shop", "namesakes")


def facts(rows: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """What kinds are told by, beside the records."""
    table = rows.merge(units[["unit_id", "family", "kind", "old_name", "parent_code"]], on="unit_id")
    parts, places = table["name"].map(parse_name), table["address"].map(parse_address)
    table["stem"], table["branch"] = parts.map(lambda part: part.stem), parts.map(lambda part: part.branch)
    table["road"] = places.map(lambda place: place.road)
    table["valid"] = table["uscc"].map(lambda code: check_uscc(code).ok)
    table["dressed"] = table["name"].map(lambda name: plain(name) != name)
    table["agent"] = (table["phone"] != "") & (table.groupby("phone")["family"].transform("nunique") > 8)
    table["crowded"] = table["address"].str.contains("集群注册")
    table["old"] = (table["old_name"] != "") & table.apply(lambda row: row["old_name"] in row["name"], axis=1)
    table["borrowed"] = (table["parent_code"] != "") & (table["uscc"] == table["parent_code"])
    return table


def pairs_of(table: pd.DataFrame) -> pd.DataFrame:
    """Pairs that are hard to tell: of one family, or alike in name, place, telephone or head."""
    keys = [
        table["family"].astype(str),
        table["stem"],
        table["phone"].where(table["phone"] != "", table["record_id"]),
        table["legal_rep"].where(table["legal_rep"] != "", table["record_id"]),
        table["road"] + table["stem"].str[:1],
        table["stem"].str[:2],
        table["stem"].str[1:],
        table["road"].where(table["crowded"], table["record_id"]),
    ]
    found: set[tuple[int, int]] = set()
    for key in keys:
        for rows in table.groupby(key).indices.values():
            reach = len(rows) if len(rows) <= 40 else 3  # of a large crowd only neighbours
            found |= {(int(a), int(b)) for place, a in enumerate(rows) for b in rows[place + 1 : place + 1 + reach]}
    both = np.array(sorted(found))
    left, right = (table.iloc[both[:, side]].reset_index(drop=True) for side in (0, 1))
    return left.add_suffix("_l").join(right.add_suffix("_r"))


def kinds_of(pairs: pd.DataFrame) -> dict[str, pd.Series]:
    """Which pairs are of each kind; a pair may be of several."""
    one_family = pairs["family_l"] == pairs["family_r"]
    told = pairs["valid_l"] & pairs["valid_r"]
    edits = pd.Series([Levenshtein.distance(a, b) for a, b in zip(pairs["stem_l"], pairs["stem_r"], strict=True)])
    either = lambda name: pairs[f"{name}_l"] | pairs[f"{name}_r"]  # noqa: E731 - a word for what follows
    both = lambda name: pairs[f"{name}_l"] & pairs[f"{name}_r"]  # noqa: E731
    broken = (pairs["uscc_l"] != "") & (pairs["uscc_r"] != "") & ~told
    kinds = {name: one_family & (pairs["kind_l"] == name) & ~told for name in FAMILIES}
    return kinds | {
        "typing": (edits == 1) & ~told,
        "renamed": either("old") & ~told,
        "moved": (pairs["road_l"] != pairs["road_r"]) & (pairs["stem_l"] == pairs["stem_r"]) & ~told,
        "agent_phone": both("agent") & (pairs["phone_l"] == pairs["phone_r"]) & ~told,
        "crowded_address": both("crowded") & (pairs["road_l"] == pairs["road_r"]) & ~told,
        "other_script": either("dressed") & ~told,
        "parents_code": either("borrowed") & one_family & (pairs["uscc_l"] != "") & (pairs["uscc_r"] != ""),
        "broken_code": broken,
    }


def chosen(pairs: pd.DataFrame, where: pd.Series, seed: int) -> pd.DataFrame:
    some = pairs[where]
    same = some["unit_id_l"] == some["unit_id_r"]
    parts = [part.sample(min(EACH, len(part)), random_state=seed) for part in (some[same], some[~same])]
    return pd.concat(parts)


def main() -> None:
    rows, units = make_register(RECORDS, SEED)
    table = facts(rows, units)
    pairs = pairs_of(table)
    parts = []
    for seed, (kind, where) in enumerate(kinds_of(pairs).items()):
        part = chosen(pairs, where, seed)
        same = (part["unit_id_l"] == part["unit_id_r"]).astype(int)
        ids = np.sort(part[["record_id_l", "record_id_r"]].to_numpy(), axis=1)
        parts.append(pd.DataFrame({"kind": kind, "record_id_l": ids[:, 0], "record_id_r": ids[:, 1], "label": same}))
        print(kind, len(part), int(same.sum()))
    pd.concat(parts).to_csv(FOLDER / "pairs.csv", index=False, lineterminator="\n")
    rows[list(COLUMNS)].to_csv(FOLDER / "records.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
