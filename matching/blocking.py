"""Blocking rules: which pairs are worth comparing.

Each rule is a key made of clean columns. A key shared by very many records (an agent's phone, a cluster address, a
common trade name) says little and would cost much, so such keys are passed over and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import recordlinkage

from matching.standardise.text import BETWEEN

Key = Callable[[pd.DataFrame], "pd.Series[str]"]


@dataclass(frozen=True)
class BlockingRule:
    """`most`: records that may share one key value before the value is passed over."""

    name: str
    key: Key
    most: int


def _joined(*names: str) -> Key:
    """A key of several columns, empty as soon as one of them is."""

    def key(table: pd.DataFrame) -> pd.Series[str]:
        result = table[names[0]]
        held = result != ""
        for name in names[1:]:
            result = result + "|" + table[name]
            held &= table[name] != ""
        return result.where(held, "")

    return key


def _start(name: str, length: int) -> Key:
    def key(table: pd.DataFrame) -> pd.Series[str]:
        return table[name].str.slice(0, length)

    return key


def _with_start(name: str, other: str, length: int) -> Key:
    def key(table: pd.DataFrame) -> pd.Series[str]:
        start = table[other].str.slice(0, length)
        return (table[name] + "|" + start).where((table[name] != "") & (start != ""), "")

    return key


def _long_core(table: pd.DataFrame) -> pd.Series[str]:
    return table["core"].where(table["core"].str.len() >= 2, "")


RULES: tuple[BlockingRule, ...] = (
    BlockingRule("code", _joined("code"), 200),
    BlockingRule("organisation", _joined("org"), 200),
    BlockingRule("registration", _joined("reg"), 200),
    BlockingRule("name", _joined("whole"), 60),
    BlockingRule("trade_name", _long_core, 60),
    BlockingRule("trade_name_sound", _joined("core_sound"), 60),
    BlockingRule("phone_name", _with_start("phone", "core", 1), 30),
    BlockingRule("person_phone", _joined("person", "phone"), 30),
    BlockingRule("person_road", _joined("person", "road"), 30),
    BlockingRule("person_name", _with_start("person", "core", 1), 30),
    BlockingRule("address_name", _with_start("road", "core", 2), 30),
    BlockingRule("place", _joined("road", "number", "industry"), 12),
)


RENAMED = BlockingRule("former_name", _joined("former"), 30)
"""Not an equal key on both sides: a former name of one is the name of the other."""


@dataclass(frozen=True)
class Candidates:
    """Positions of both sides in the joined table (left before right), the first rule that found each, and a report."""

    left: pd.Series[int]
    right: pd.Series[int]
    rule: pd.Series[str]
    report: dict[str, dict[str, int]]


def candidate_pairs(table: pd.DataFrame, first_held: int) -> Candidates:
    """Pairs of positions in `table`; rows from `first_held` on are held and not paired with one another."""
    found: list[pd.DataFrame] = []
    report: dict[str, dict[str, int]] = {}
    for rule in RULES:
        keys = rule.key(table)
        pairs, passed_over = _pairs_of(keys, rule.most, first_held)
        report[rule.name] = {"pairs": len(pairs), "keys_passed_over": passed_over}
        found.append(pairs.assign(rule=rule.name))
    pairs, passed_over = _renamed(table, first_held)
    report[RENAMED.name] = {"pairs": len(pairs), "keys_passed_over": passed_over}
    found.append(pairs.assign(rule=RENAMED.name))
    every = pd.concat(found, ignore_index=True).astype({"left": "int64", "right": "int64"})
    kept = every.drop_duplicates(["left", "right"]).sort_values(["left", "right"], kind="stable")
    for name, count in kept["rule"].value_counts().items():
        report[str(name)]["new_pairs"] = int(count)
    return Candidates(kept["left"], kept["right"], kept["rule"], report)


def _renamed(table: pd.DataFrame, first_held: int) -> tuple[pd.DataFrame, int]:
    """Pairs in which one side bears a former name of the other; names borne by too many are passed over."""
    former = RENAMED.key(table)
    former = former[former != ""].str.split(BETWEEN).explode()
    names = table["whole"][table["whole"].isin(set(former))]
    sizes = names.value_counts()
    common = set(sizes[sizes > RENAMED.most].index)
    names = names[~names.isin(common)]
    sides = [pd.DataFrame({"key": side.to_numpy(), place: side.index}) for place, side in (("a", former), ("b", names))]
    joined = sides[0].merge(sides[1], on="key")
    joined = joined[(joined["a"] != joined["b"]) & (joined[["a", "b"]].min(axis=1) < first_held)]
    both = joined[["a", "b"]].astype("int64")
    return pd.DataFrame({"left": both.min(axis=1), "right": both.max(axis=1)}).drop_duplicates(), len(common)


def _pairs_of(keys: pd.Series[str], most: int, first_held: int) -> tuple[pd.DataFrame, int]:
    """Pairs that share a key value, by recordlinkage's blocking index; values shared by too many are passed over."""
    held = keys[keys != ""]
    sizes = held.value_counts()
    common = set(sizes[sizes > most].index)
    usable = held[~held.isin(common) & (held.map(sizes) > 1)]
    new = usable[usable.index < first_held].to_frame("key")
    old = usable[usable.index >= first_held].to_frame("key")
    parts = []
    if len(new) > 1:
        parts.append(recordlinkage.index.Block("key").index(new))
    if len(new) and len(old):
        parts.append(recordlinkage.index.Block("key").index(new, old))
    frames = [_ordered(part) for part in parts]
    if not frames:
        return pd.DataFrame({"left": pd.Series(dtype="int64"), "right": pd.Series(dtype="int64")}), len(common)
    return pd.concat(frames, ignore_index=True), len(common)


def _ordered(index: pd.MultiIndex) -> pd.DataFrame:
    table = pd.DataFrame({"a": index.get_level_values(0), "b": index.get_level_values(1)}).astype("int64")
    return pd.DataFrame({"left": table.min(axis=1), "right": table.max(axis=1)})
