"""The true units of an invented register: families of units that are hard to tell apart, and units that stand alone.

Accuracy on business registers is lost among families (chains, sister firms, branches and their parents, a closed shop
and its successor), not on typing errors: matching-lessons.md §4. So the world is made of families.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.matching import words
from benchmarks.matching.codes import make_codes
from benchmarks.matching.draw import Array, Draw, as_text, change, replace_at


@dataclass(frozen=True)
class Kind:
    """A kind of family: its share of all units, its sizes, and how often a member has what the first member has."""

    share: float
    smallest: int
    largest: int
    person: float = 0.0
    phone: float = 0.0
    place: float = 0.0
    district: float = 0.0
    core: float = 0.0
    trade: float = 0.0


KINDS = {
    "firm": Kind(0.315, 1, 1),
    "shop": Kind(0.235, 1, 1),
    "sisters": Kind(0.13, 2, 4, person=0.75, phone=0.55, place=0.5, district=0.85, core=0.65, trade=0.3),
    "branches": Kind(0.12, 2, 60, person=0.5, phone=0.45, district=0.6, core=1.0, trade=1.0),
    "chain": Kind(0.10, 2, 50, place=0.1, person=0.45, phone=0.45, district=0.85, core=1.0, trade=0.95),
    "successor": Kind(0.025, 2, 2, person=0.85, phone=0.75, place=0.9, district=1.0, core=1.0, trade=0.95),
    "firm_and_shop": Kind(0.04, 2, 2, person=0.95, phone=0.7, place=0.55, district=0.95, core=0.6),
    "namesakes": Kind(0.035, 2, 3, place=0.03, district=0.8, trade=1.0),
}

COMMON_CORE = 0.07
"""Share of families with one of the trade names everybody takes."""
AGENT_CLIENTS = 0.08
"""Share of companies that give an agent's telephone to every office."""
CLUSTER_FIRMS = 0.06
"""Share of companies registered at a cluster address, hundreds behind one number."""
RENAMED, MOVED, NEW_HEAD = 0.07, 0.10, 0.09
"""Shares of units that bore another name, stood elsewhere, or had another head when a census saw them."""


def make_units(count: int, seed: int) -> pd.DataFrame:
    """About `count` true units, a row each, families side by side."""
    draw = Draw(seed, "units")
    units = _families(draw, count)
    owner = units["owner"].to_numpy()
    _types(draw, units)
    _where(draw, units, owner)
    _people(draw, units, owner)
    _phones(draw, units, owner)
    _trade_names(draw, units, owner)
    _names(draw, units, owner)
    _dates(draw, units, owner)
    units["code"] = _codes(draw, units, seed)
    units["parent_code"] = np.where(units["type"] == "branch", units["code"].to_numpy()[owner], "")
    _former_states(draw, units)
    return units


# --- who belongs together ---------------------------------------------------------------------------------------------


def _families(draw: Draw, count: int) -> pd.DataFrame:
    """unit_id, kind, family, seat in it, and `owner`: the row of the family's first member."""
    sizes = {name: _sizes(draw, kind, count) for name, kind in KINDS.items()}
    every = np.concatenate(list(sizes.values()))
    kind = np.repeat(list(sizes), [len(size) for size in sizes.values()])
    starts = np.cumsum(every) - every
    owner = np.repeat(starts, every)
    rows = np.arange(every.sum())
    return pd.DataFrame(
        {
            "unit_id": "U" + pd.Series(rows).astype(str).str.zfill(7),
            "kind": np.repeat(kind, every).astype(object),
            "family": np.repeat(np.arange(len(every)), every),
            "seat": rows - owner,
            "owner": owner,
        }
    )


def _sizes(draw: Draw, kind: Kind, count: int) -> Array:
    """Family sizes that add up to the kind's share; many small families, a few large ones."""
    wanted = int(count * kind.share)
    if kind.largest == 1:
        return np.ones(wanted, dtype=np.int64)
    heavy = (1 - draw.rng.random(wanted)) ** (-1 / 1.4)
    even = 1 + draw.rng.random(wanted) * (kind.largest - kind.smallest + 1)
    sizes = np.floor(heavy if kind.largest > 10 else even).astype(np.int64) + kind.smallest - 1
    sizes = np.clip(sizes, kind.smallest, kind.largest)
    return np.asarray(sizes[np.cumsum(sizes) <= wanted])


def _shared(draw: Draw, units: pd.DataFrame, fact: str) -> Array:
    """Units that have this fact from the first of their family."""
    probability = units["kind"].map({name: getattr(kind, fact) for name, kind in KINDS.items()}).to_numpy()
    return np.asarray(draw.chance(len(units), probability) & (units["seat"] > 0).to_numpy())


def _types(draw: Draw, units: pd.DataFrame) -> None:
    """company, branch or shop."""
    kind, seat = units["kind"].to_numpy(), units["seat"].to_numpy()
    shop_family = draw.chance(len(units), 0.55)[units["owner"]]
    is_shop = (kind == "shop") | (kind == "chain") | ((kind == "firm_and_shop") & (seat == 1))
    is_shop |= np.isin(kind, ["successor", "namesakes"]) & shop_family
    units["type"] = np.select([is_shop, (kind == "branches") & (seat > 0)], ["shop", "branch"], "company")


# --- where they are and how to reach them -----------------------------------------------------------------------------


def _place_names(draw: Draw, n: int) -> Array:
    return np.asarray(draw.pick(list(words.PLACE_FIRST), n) + draw.pick(list(words.PLACE_SECOND), n))


def _where(draw: Draw, units: pd.DataFrame, owner: Array) -> None:
    n = len(units)
    codes = list(words.DISTRICTS)
    place = _shared(draw, units, "place")
    district = draw.pick(np.arange(len(codes)), n, skew=8.0).astype(np.int64)
    district = np.where(_shared(draw, units, "district") | place, district[owner], district)
    units["area"] = np.array(codes, dtype=object)[district]
    units["district"] = np.array(list(words.DISTRICTS.values()), dtype=object)[district]
    for name, values in _address(draw, district).items():
        own_room = name in ("building", "room") and units["kind"].isin(["sisters", "firm_and_shop"]).to_numpy()
        units[name] = replace_at(values, place & ~(own_room & draw.chance(n, 0.6)), values[owner])
    _cluster_addresses(draw, units)


def _address(draw: Draw, district: Array) -> dict[str, Array]:
    """Town, road, number, building and room for each unit of a district; a district has 60 roads and six towns."""
    n = len(district)
    roads = draw.pick(list(words.PLACE_FIRST), 60 * 30) + draw.pick(list(words.PLACE_SECOND), 60 * 30)
    roads = roads + draw.pick(words.ROAD_ENDS, 60 * 30)
    towns = _place_names(draw, 6 * 30) + "街道"
    road = np.minimum((draw.rng.random(n) ** 1.3 * 60).astype(np.int64), 59)
    room = draw.number(1, 33, n) + "-" + draw.number(1, 12, n)
    has_room = draw.chance(n, 0.7)
    return {
        "town": towns[district * 6 + road // 10],
        "village": as_text(201 + district % 7 * 10 + road % 10),
        "road": roads[district * 60 + road],
        "number": draw.number(1, 380, n),
        "building": np.where(has_room & draw.chance(n, 0.5), draw.number(1, 12, n), "").astype(object),
        "room": np.where(has_room, room, "").astype(object),
    }


def _cluster_addresses(draw: Draw, units: pd.DataFrame) -> None:
    """Incubators: one road and number, hundreds of firms, told apart by the desk if at all."""
    n = len(units)
    chosen = np.flatnonzero(draw.chance(n, CLUSTER_FIRMS) & (units["type"] == "company").to_numpy())
    hosts = draw.rng.integers(0, n, max(2, n // 2500))
    host = draw.pick(hosts, len(chosen), skew=3.0).astype(np.int64)
    for name in ("area", "district", "town", "village", "road", "number", "building"):
        values = units[name].to_numpy(dtype=object).copy()
        values[chosen] = values[host]
        units[name] = values
    desks = "集群注册" + draw.number(1, 900, len(chosen)) + "工位"
    rooms = units["room"].to_numpy(dtype=object).copy()
    rooms[chosen] = np.where(draw.chance(len(chosen), 0.7), desks, "集群注册")
    units["room"] = rooms


def make_people(draw: Draw, n: int) -> Array:
    surname = draw.pick(list(words.SURNAMES), n, skew=6.0)
    given = draw.pick(list(words.GIVEN), n, skew=25.0)
    second = np.where(draw.chance(n, 0.72), draw.pick(list(words.GIVEN), n, skew=25.0), "")
    return np.asarray(surname + given + second)


def _people(draw: Draw, units: pd.DataFrame, owner: Array) -> None:
    own = make_people(draw, len(units))
    shared = _shared(draw, units, "person")
    # a successor's new head is often a relative
    relative = (units["kind"] == "successor").to_numpy() & ~shared & draw.chance(len(units), 0.6)
    own = np.where(relative, [a[0] + b[1:] for a, b in zip(own[owner], own, strict=True)], own)
    units["person"] = replace_at(own, shared, own[owner])


def make_phones(draw: Draw, n: int) -> Array:
    mobile = draw.pick(("138", "139", "136", "159", "158", "186", "185", "177", "133", "189"), n)
    tail = as_text(draw.rng.integers(10**8, 2 * 10**8, n)).astype("U9")
    line = "023-6" + draw.number(1_000_000, 9_999_999, n)
    return np.where(draw.chance(n, 0.72), mobile + np.array([t[1:] for t in tail], dtype=object), line)


def _phones(draw: Draw, units: pd.DataFrame, owner: Array) -> None:
    """`phone` and `other_phone`; agents answer for hundreds of companies."""
    n = len(units)
    shared = _shared(draw, units, "phone")
    own, other = make_phones(draw, n), make_phones(draw, n)
    own = replace_at(own, shared, own[owner])
    other = replace_at(other, shared & draw.chance(n, 0.6), other[owner])
    agents = make_phones(draw, max(3, n // 1500))
    agent = draw.pick(agents, n, skew=4.0)
    client = draw.chance(n, AGENT_CLIENTS) & (units["type"] == "company").to_numpy()
    units["phone"], units["other_phone"] = replace_at(own, client, agent), other
    units["agent_phone"] = agent


# --- what they are called ---------------------------------------------------------------------------------------------


def make_cores(draw: Draw, n: int) -> Array:
    """Trade names of two or three characters; some that everybody takes."""
    characters = list(dict.fromkeys(words.CORE_CHARACTERS))
    two = draw.pick(characters, n, skew=60.0) + draw.pick(characters, n, skew=60.0)
    three = np.where(draw.chance(n, 0.34), draw.pick(characters, n, skew=60.0), "")
    common = draw.pick(words.COMMON_CORES, n, skew=12.0)
    return np.where(draw.chance(n, COMMON_CORE), common, two + three)


def near_text(draw: Draw, values: Array, where: Array, by_sound: float) -> Array:
    """Another character in the marked texts: one that sounds alike, or one that looks alike."""
    indices = np.flatnonzero(where)
    sounds, starts = draw.chance(len(indices), by_sound), draw.rng.random((len(indices), 2))
    result = values.copy()
    for index, sound, (start, choice) in zip(indices, sounds, starts, strict=True):
        table = words.HOMOPHONES if sound else words.LOOK_ALIKES
        result[index] = _mistaken(values[index], table, start, choice)
    return result


def _mistaken(text: str, table: dict[str, str], start: float, choice: float) -> str:
    places = [place for place, character in enumerate(text) if character in table]
    if not places:
        return text
    place = places[int(start * len(places))]
    others = table[text[place]]
    return text[:place] + others[int(choice * len(others))] + text[place + 1 :]


def _trade_names(draw: Draw, units: pd.DataFrame, owner: Array) -> None:
    """Core, activity (or kind of shop) and industry of each unit."""
    n = len(units)
    core = make_cores(draw, n)
    core = replace_at(core, _shared(draw, units, "core"), core[owner])
    namesake = (units["kind"] == "namesakes").to_numpy() & (units["seat"] > 0).to_numpy()
    core = near_text(draw, replace_at(core, namesake, core[owner]), namesake, 0.6)
    units["core"] = core
    work = draw.rng.integers(0, len(words.ACTIVITIES), n)
    shop = draw.rng.integers(0, len(words.SHOPS), n)
    same = _shared(draw, units, "trade")
    work, shop = np.where(same, work[owner], work), np.where(same, shop[owner], shop)
    is_shop = (units["type"] == "shop").to_numpy()
    for column, name in enumerate(("activity", "industry")):
        firms, shops = (
            np.array([row[column] for row in table], dtype=object) for table in (words.ACTIVITIES, words.SHOPS)
        )
        units[name] = np.where(is_shop, shops[shop], firms[work])


def _names(draw: Draw, units: pd.DataFrame, owner: Array) -> None:
    n = len(units)
    short = change(units["district"].to_numpy(), np.ones(n, bool), lambda text: text[:-1] if len(text) > 2 else text)
    style = draw.weighted({"city": 45, "city_full": 15, "district": 22, "district_short": 14, "none": 4}, n)
    district = units["district"].to_numpy()
    firm_prefix = np.select(
        [style == "city", style == "city_full", style == "district", style == "district_short"],
        ["重庆", "重庆市", "重庆市" + district, "重庆" + short],
        "",
    )
    shop_prefix = np.where(draw.chance(n, 0.5), "重庆市" + district, district)
    is_shop = (units["type"] == "shop").to_numpy()
    units["prefix"] = np.where(is_shop, shop_prefix, firm_prefix)
    form = draw.weighted(dict(zip(words.FORMS, (82, 9, 3, 4, 2), strict=True)), n)
    units["form"] = np.where(is_shop, "", form)
    _make_branches_of_parents(units, owner)
    units["tail"] = _tails(draw, units)
    units["name"] = full_name(units, units["core"].to_numpy())


def _make_branches_of_parents(units: pd.DataFrame, owner: Array) -> None:
    """A branch is called after its parent, prefix and form included; a successor after the one before it."""
    alike = (units["type"] == "branch").to_numpy() | (units["kind"] == "successor").to_numpy()
    for name in ("prefix", "core", "activity", "form"):
        values = units[name].to_numpy(dtype=object)
        units[name] = replace_at(values, alike, values[owner])


def _tails(draw: Draw, units: pd.DataFrame) -> Array:
    """Branches: a place or a number. Shops of a chain: a place in brackets, or nothing to tell them by."""
    n = len(units)
    place = np.where(draw.chance(n, 0.75), _place_names(draw, n), units["district"].to_numpy())
    ordinal = "第" + draw.pick(list("一二三四五六七八九十"), n)
    end = draw.weighted({"分公司": 60, "营业部": 14, "店": 18, "分店": 8}, n)
    branch = np.where(draw.chance(n, 0.8), place, ordinal) + end
    shop = np.where(draw.chance(n, 0.35), "（" + place + "店）", "")
    is_chain = (units["kind"] == "chain").to_numpy()
    return np.select([(units["type"] == "branch").to_numpy(), is_chain], [branch, shop], "")


def full_name(units: pd.DataFrame, core: Array) -> Array:
    parts = (units[name].to_numpy(dtype=object) for name in ("prefix", "activity", "form", "tail"))
    prefix, activity, form, tail = parts
    return np.asarray(prefix + core + activity + form + tail)


# --- when -------------------------------------------------------------------------------------------------------------


def _dates(draw: Draw, units: pd.DataFrame, owner: Array) -> None:
    n = len(units)
    days = (draw.rng.random(n) ** 0.6 * 9_300).astype(np.int64)  # from 1999 on, more of late
    is_branch, seat = (units["type"] == "branch").to_numpy(), units["seat"].to_numpy()
    days = np.where(is_branch, np.minimum(days[owner] + (draw.rng.random(n) * 3000).astype(np.int64), 9_299), days)
    follows = (units["kind"] == "successor").to_numpy() & (seat == 1)
    days = np.where(follows, np.minimum(days[owner] + draw.rng.integers(200, 2500, n), 9_299), days)
    units["founded"] = np.datetime64("1999-03-01") + days
    closed = draw.chance(n, 0.07) | ((units["kind"] == "successor").to_numpy() & (seat == 0))
    units["closed"] = closed & ~follows


def _codes(draw: Draw, units: pd.DataFrame, seed: int) -> Array:
    n = len(units)
    prefix = np.where(units["type"] == "shop", "92", "91")
    elsewhere = np.where(draw.chance(n, 0.6), "500000", draw.pick(list(words.DISTRICTS), n))
    area = np.where(draw.chance(n, 0.17), elsewhere, units["area"].to_numpy())
    return make_codes(np.arange(n), prefix, area, seed * 7_919)


def _former_states(draw: Draw, units: pd.DataFrame) -> None:
    """What an older record may still say: `old_name`, `old_person`, an older place (`old_…`)."""
    n = len(units)
    renamed = draw.chance(n, RENAMED) & (units["type"] == "company").to_numpy()
    units["old_name"] = np.where(renamed, full_name(units, make_cores(draw, n)), "")
    units["old_person"] = np.where(draw.chance(n, NEW_HEAD), make_people(draw, n), "")
    moved = draw.chance(n, MOVED)
    codes = np.array(list(words.DISTRICTS), dtype=object)
    district = np.searchsorted(codes.astype("U6"), units["area"].to_numpy().astype("U6"))
    for name, values in _address(draw, district).items():
        units[f"old_{name}"] = np.where(moved, values, units[name].to_numpy(dtype=object))


def facts(units: pd.DataFrame) -> dict[str, Any]:
    """Counts for the reader of a benchmark."""
    return {"units": len(units), "families": int(units["family"].nunique()), **units["kind"].value_counts().to_dict()}
