"""The units of the second world: what is true of each, and what was true before.

One row a unit, families side by side; `lead` is the row of a family's first member. Every function gives the table columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from benchmarks.matching.codes import make_codes
from benchmarks.matching.draw import Array, Draw, as_text
from benchmarks.matching.second import words


@dataclass(frozen=True)
class Kind:
    """A kind of family: its share of units, and the sizes it comes in."""

    share: float
    smallest: int
    largest: int


KINDS = {
    "chain": Kind(0.14, 3, 10),
    "one_owner": Kind(0.075, 2, 4),
    "pair_of_branches": Kind(0.075, 2, 2),
    "branches": Kind(0.08, 3, 6),
    "reregistered": Kind(0.04, 2, 2),
    "firm_household": Kind(0.05, 2, 2),
    "firm": Kind(0.27, 1, 1),
    "household": Kind(0.27, 1, 1),
}
BRANCHES = ("pair_of_branches", "branches")
CITIES = 26
FIRST_DAY, LAST_DAY, TODAY = np.datetime64("1996-01-01"), np.datetime64("2023-06-30"), np.datetime64("2023-10-30")
_TRADE_WORDS = np.array([(trade.split() * 3)[:3] for trade, _, _ in words.TRADES], dtype=object)
TRADE_CODES = np.array([(codes.split() * 3)[:3] for _, codes, _ in words.TRADES], dtype=object)


def make_units(count: int, seed: int) -> pd.DataFrame:
    """About `count` true units."""
    draw = Draw(seed, "second units")
    u, counties = _families(draw, count), make_counties(seed)
    _where(draw, u, counties)
    _what(draw, u)
    _trade_names(draw, u)
    _parts(draw, u, counties)
    _layouts(draw, u)
    _people(draw, u)
    _addresses(draw, u, counties)
    _dates(draw, u)
    _codes(draw, u, counties, seed)
    _before(draw, u, counties)
    return u


def make_counties(seed: int) -> pd.DataFrame:
    """Counties of some cities: code, city's code, county by name, roads, and seven prefixes that names begin with."""
    table = (
        resources.files("app.codelists").joinpath("data/division_codes_nbs_county_2023.csv").open(encoding="utf-8-sig")
    )
    held = pd.read_csv(table, dtype=str)
    held = held[held["province_code"].isin(words.PROVINCES) & held["city"].str.endswith("市")]
    held = held[
        ~held["name"].str.contains("管理|开发|园|新区|示范|产业|市区|自治") & ~held["name"].str[:-1].str.contains("市")
    ]
    held = held[held["code"].str[:4] == held["city_code"]]
    draw = Draw(seed, "second counties")
    cities = draw.rng.permutation(sorted(held["city_code"].unique()))[:CITIES]
    held = held[held["city_code"].isin(cities)].sort_values("code").reset_index(drop=True)
    held["short"] = held["name"].map(_short)
    city, county = held["city"], held["name"]
    held["prefixes"] = list(
        zip(
            held["province"].map(_short),
            held["province"],
            city.map(_short),
            city,
            county,
            city + county,
            held["short"],
            strict=True,
        )
    )
    held["roads"] = [draw.rng.permutation(words.ROADS)[:34] for _ in range(len(held))]
    return held


def _short(name: str) -> str:
    return name if len(name) < 3 else name.rstrip("市县区省") or name


def of_family(u: pd.DataFrame, values: Array) -> Array:
    """A value a family, given to its members."""
    return np.asarray(values[u["family"].to_numpy()])


def among(u: pd.DataFrame, *kinds: str) -> Array:
    return u["kind"].isin(kinds).to_numpy()


def shared(draw: Draw, u: pd.DataFrame, shares: dict[tuple[str, ...], float]) -> Array:
    """Whether a unit has what its family's first member has: that one always, kinds that are not named always."""
    kept = np.ones(len(u), bool)
    for kinds, share in shares.items():
        kept &= ~among(u, *kinds) | draw.chance(len(u), share)
    return kept | (u["seat"] == 0).to_numpy()


# --- who belongs together, where, and what they do --------------------------------------------------------------------


def _families(draw: Draw, count: int) -> pd.DataFrame:
    parts = []
    for name, kind in KINDS.items():
        families = max(1, round(count * kind.share / ((kind.smallest + kind.largest) / 2)))
        sizes = draw.rng.integers(kind.smallest, kind.largest + 1, families)
        parts.append(pd.DataFrame({"kind": name, "size": np.repeat(sizes, sizes)}))
        parts[-1]["begins"] = np.repeat(np.cumsum(sizes) - sizes, sizes) == np.arange(sizes.sum())
    u = pd.concat(parts, ignore_index=True)
    u["family"] = u["begins"].cumsum() - 1
    first = np.flatnonzero(u["begins"])
    u["lead"] = first[u["family"]]
    u["seat"] = np.arange(len(u)) - u["lead"]
    u["unit_id"] = "u" + pd.Series(draw.rng.permutation(len(u))).astype(str).str.zfill(7)
    return u


def _where(draw: Draw, u: pd.DataFrame, counties: pd.DataFrame) -> None:
    """`county`, `neighbour` (a county of the same city), and `home`, the county whose name a branch's whole bears."""
    n, many = len(u), len(counties)
    city = counties["city_code"].to_numpy()
    first, behind = np.searchsorted(city, city), np.searchsorted(city, city, "right")
    home = of_family(u, draw.pick(draw.rng.permutation(many), n, skew=25).astype(int))
    near = first[home] + draw.rng.integers(0, 10**6, n) % (behind - first)[home]
    later = (u["seat"] > 0).to_numpy()
    county = np.where(among(u, "chain", *BRANCHES) & later & draw.chance(n, 0.55), near, home)
    county = np.where(among(u, *BRANCHES) & later & draw.chance(n, 0.2), draw.rng.integers(0, many, n), county)
    county = np.where(among(u, "one_owner", "firm_household") & later & draw.chance(n, 0.15), near, county)
    u["county"], u["neighbour"] = county, near
    u["home"] = np.where(among(u, *BRANCHES), home, county)


def _what(draw: Draw, u: pd.DataFrame) -> None:
    """`house` (a household business), `trade` (a place in `words.TRADES`) and legal form."""
    n, later = len(u), (u["seat"] > 0).to_numpy()
    reach = np.array([who for _, _, who in words.TRADES])
    of_shops, of_firms = np.flatnonzero(reach != words.FIRMS), np.flatnonzero(reach != words.SHOPS)
    chain, shops = among(u, "chain"), of_family(u, draw.chance(n, 0.5))
    house = among(u, "reregistered", "household") | (among(u, "firm_household") & later) | (chain & shops)
    for_shops = of_family(u, draw.pick(of_shops, n)).astype(int)
    trade = np.where(house | chain, for_shops, of_family(u, draw.pick(of_firms, n)).astype(int))
    trade = np.where(among(u, "one_owner") & later & draw.chance(n, 0.72), draw.pick(of_firms, n).astype(int), trade)
    trade = np.where(among(u, "firm_household") & of_family(u, draw.chance(n, 0.6)), for_shops, trade)
    form = of_family(u, draw.weighted(words.FIRM_FORMS, n))
    form = np.where(
        among(u, "one_owner") | (among(u, "firm_household") & ~later), draw.weighted(words.FIRM_FORMS, n), form
    )
    form = np.where(house | chain, of_family(u, draw.weighted(words.SHOP_FORMS, n)), form)
    form = np.where(_makes()[trade], form, pd.Series(form).replace(words.WORKS).to_numpy())
    u["house"], u["trade"] = house, trade
    u["form"] = np.where(among(u, "firm") & draw.chance(n, 0.035), "农民专业合作社", form)


def _makes() -> Array:
    """Which trades make things (sections A to C): only they are works."""
    return np.array([codes[0] in "123" or trade.startswith(words.MADE) for trade, codes, _ in words.TRADES])


# --- names ------------------------------------------------------------------------------------------------------------


def make_cores(draw: Draw, n: int) -> Array:
    """Trade names of two to four characters, some characters far commoner than others."""
    pool = draw.rng.permutation(words.CORES)
    one, two, three, four = (draw.pick(pool, n, skew=9) for _ in range(4))
    length = draw.rng.random(n)
    return np.asarray(one + two + np.where(length < 0.42, three, "") + np.where(length < 0.06, four, ""))


def make_people(draw: Draw, n: int) -> Array:
    given = draw.pick(words.GIVEN, n, skew=30), draw.pick(words.GIVEN, n, skew=30)
    return np.asarray(draw.pick(words.SURNAMES, n, skew=4) + given[0] + np.where(draw.chance(n, 0.8), given[1], ""))


def _trade_names(draw: Draw, u: pd.DataFrame) -> None:
    """`person` is the family's head here; households often bear the head's name, sisters a name that begins alike."""
    n, later = len(u), (u["seat"] > 0).to_numpy()
    family, own, head = of_family(u, make_cores(draw, n)), make_cores(draw, n), of_family(u, make_people(draw, n))
    core = np.where(among(u, "household", "reregistered") & draw.chance(n, 0.16), head, family)
    sisters, how = among(u, "one_owner") & later, draw.rng.random(n)
    half = pd.Series(family).str[0].to_numpy() + pd.Series(own).str[1].to_numpy()
    core = np.where(sisters & (how < 0.2), half, np.where(sisters & (how > 0.55), own, core))
    other = among(u, "firm_household") & later & draw.chance(n, 0.42)
    other |= among(u, "reregistered") & later & draw.chance(n, 0.15)
    u["core"] = np.where(other, np.where(draw.chance(n, 0.3), head, own), core)
    u["person"] = head


def _parts(draw: Draw, u: pd.DataFrame, counties: pd.DataFrame) -> None:
    """`road` of each unit, and `tail`: which shop of a chain or which branch it is, by county, road, place or number."""
    n, later = len(u), (u["seat"] > 0).to_numpy()
    seat, chain, county = u["seat"].to_numpy(), among(u, "chain"), u["county"].to_numpy()
    u["road"] = a_road(draw, counties, county)
    style = of_family(u, draw.rng.integers(0, 5, n))
    style = np.where(draw.chance(n, 0.15), draw.rng.integers(0, 5, n), style)
    twice = u.duplicated(["family", "county"], keep=False).to_numpy()
    style = np.where(twice & (style == 1), 2, style)  # two in one county are not both named after it
    around = (seat * 7 + u["family"].to_numpy() * 5 + draw.rng.integers(0, 3, n)) % len(words.PLACES)
    number = "第" + pd.Series(list("零一二三四五六七八九十")).reindex(np.minimum(seat + chain, 10)).to_numpy()
    which = [style == 1, style == 2, style == 3]
    place = np.select(which, [counties["short"].to_numpy()[county], u["road"], number], np.array(words.PLACES)[around])
    called = np.where(of_family(u, draw.chance(n, 0.5)), "分店", "门市部")
    called = np.where(chain, "店", np.where(of_family(u, draw.chance(n, 0.7)), "分公司", called))
    has = (chain & of_family(u, draw.chance(n, 0.72))) | (among(u, *BRANCHES) & later)
    u["tail"] = np.where(has, place.astype(object) + called.astype(object), "")
    bracketed = np.where(chain, of_family(u, draw.chance(n, 0.75)), of_family(u, draw.chance(n, 0.3)))
    u["bracketed"] = bracketed.astype(bool) & has
    u["form"] = np.where(chain & has & of_family(u, draw.chance(n, 0.5)), "", u["form"])


def a_road(draw: Draw, counties: pd.DataFrame, county: Array) -> Array:
    """A road of each county, with its kind."""
    n = len(county)
    roads = np.array(counties["roads"].to_list(), dtype=object)
    return np.asarray(roads[county, draw.rng.integers(0, 34, n)] + draw.pick(words.ROAD_KINDS, n))


def _layouts(draw: Draw, u: pd.DataFrame) -> None:
    """Where the prefix stands (0 in front, 1 behind the trade name, 2 behind the trade), and which prefix it is."""
    n, house = len(u), u["house"].to_numpy()
    layout = draw.weighted({"0": 0.82, "1": 0.09, "2": 0.09}, n).astype(int)
    u["layout"] = np.where(house, 0, of_family(u, layout))
    households = {"2": 0.08, "3": 0.12, "4": 0.42, "5": 0.30, "6": 0.08}
    firms = {"0": 0.22, "1": 0.05, "2": 0.42, "3": 0.21, "4": 0.05, "5": 0.05}
    one, other = (of_family(u, draw.weighted(shares, n)).astype(int) for shares in (households, firms))
    u["prefix"] = np.where(house, one, other)


def full_name(
    u: pd.DataFrame, *, prefix: Array, core: Array, trade: Array, form: Array, tail: Array, brackets: Array
) -> Array:
    """A name put together as its layout says; `brackets` are the two marks for each name."""
    inside = np.where(prefix == "", "", brackets[:, 0] + prefix + brackets[:, 1])
    layout = u["layout"].to_numpy()
    ways = [core + inside + trade + form, core + trade + inside + form]
    return np.asarray(np.select([layout == 1, layout == 2], ways, prefix + core + trade + form) + tail)


def trade_words(trade: Array, which: Array) -> Array:
    return np.asarray(_TRADE_WORDS[trade, which])


# --- people, telephones, places, days, codes --------------------------------------------------------------------------


def make_phones(draw: Draw, u: pd.DataFrame) -> Array:
    """Mobile numbers mostly; the others with the area code of the county."""
    n = len(u)
    mobile = draw.pick(words.MOBILES, n) + pd.Series(draw.number(0, 10**8 - 1, n)).str.zfill(8).to_numpy()
    area = as_text(310 + u["county"].to_numpy() * 7 % 600)
    fixed = "0" + area + "-" + draw.number(20_000_000, 89_999_999, n)
    return np.where(draw.chance(n, 0.78), mobile, fixed)


def kin(draw: Draw, u: pd.DataFrame) -> Array:
    """Somebody of the same surname as the head."""
    other = pd.Series(make_people(draw, len(u)))
    return np.asarray(u["person"].str[0] + other.str[1:])


def _people(draw: Draw, u: pd.DataFrame) -> None:
    n = len(u)
    kept = shared(draw, u, {("chain",): 0.55, BRANCHES: 0.45, ("reregistered",): 0.68})
    of_kin = among(u, "reregistered") & draw.chance(n, 0.4)
    other = np.where(of_kin, kin(draw, u), make_people(draw, n))
    u["person"] = np.where(kept, u["person"], other)
    kept = shared(
        draw, u, {("chain",): 0.55, BRANCHES: 0.48, ("one_owner", "firm_household"): 0.6, ("reregistered",): 0.62}
    )
    phone = make_phones(draw, u)
    u["phone"] = np.where(kept, phone[u["lead"]], phone)
    agents = max(4, n // 500)
    chosen = (draw.rng.random(n) ** 1.6 * agents).astype(int)
    u["agent"] = np.where(~u["house"].to_numpy() & draw.chance(n, 0.16), chosen, -1)


def a_number(draw: Draw, n: int) -> Array:
    return draw.rng.integers(1, 420, n)


def a_room(draw: Draw, n: int) -> Array:
    """Building and room in one number (`12` and `0503` are 120503); 0: none."""
    place = draw.rng.integers(1, 13, n) * 10_000 + draw.rng.integers(1, 19, n) * 100 + draw.rng.integers(1, 9, n)
    return np.asarray(place * draw.chance(n, 0.55))


def _addresses(draw: Draw, u: pd.DataFrame, counties: pd.DataFrame) -> None:
    """Number and room; some firms stand at one of five cluster addresses of their county, families share a door."""
    n, lead = len(u), u["lead"].to_numpy()
    road, number, room = u["road"].to_numpy(), a_number(draw, n), a_room(draw, n)
    clustered = among(u, "firm", "one_owner", "firm_household") & draw.chance(n, 0.10)
    which = draw.rng.integers(0, 5, n)
    roads = np.array(counties["roads"].to_list(), dtype=object)
    road = np.where(clustered, roads[u["county"], which] + "路", road)
    number = np.where(clustered, 88 + 11 * which, number)
    room = np.where(clustered & draw.chance(n, 0.4), 0, room)
    same_county = (u["county"].to_numpy() == u["county"].to_numpy()[lead]) & (u["seat"] > 0).to_numpy()
    shares = {("one_owner", "firm_household"): 0.42, BRANCHES: 0.12, ("reregistered",): 0.72}
    beside = np.zeros(n, bool)
    for kinds, share in shares.items():
        beside |= among(u, *kinds) & draw.chance(n, share)
    beside &= same_county
    u["road"], u["number"] = np.where(beside, road[lead], road), np.where(beside, number[lead], number)
    door = beside & ((among(u, "reregistered") & draw.chance(n, 0.8)) | draw.chance(n, 0.25))
    u["room"] = np.where(door, room[lead], room)


def a_day(draw: Draw, n: int) -> Array:
    """Days between the first and the last, later ones more often."""
    span = (LAST_DAY - FIRST_DAY).astype(int)
    return np.asarray(FIRST_DAY + (np.sqrt(draw.rng.random(n)) * span).astype(int))


def _dates(draw: Draw, u: pd.DataFrame) -> None:
    """`date` of registration, and `closed`: the first of a pair that was registered anew always is."""
    n, seat = len(u), u["seat"].to_numpy()
    again = among(u, "reregistered")
    soon = np.where(draw.chance(n, 0.3), draw.rng.integers(0, 60, n), draw.rng.integers(30, 2200, n))
    gap = np.where(again, draw.rng.integers(150, 3600, n), soon) * (seat > 0)
    follows = np.minimum(of_family(u, a_day(draw, n)) + gap, TODAY - seat)
    date = np.where(among(u, "one_owner", "firm_household", "reregistered", *BRANCHES), follows, a_day(draw, n))
    earlier = again & (seat == 0)
    u["date"] = np.where(earlier, np.minimum(date, np.datetime64("2022-06-01")), date)
    u["closed"] = earlier | draw.chance(n, 0.045)


def _codes(draw: Draw, u: pd.DataFrame, counties: pd.DataFrame, seed: int) -> None:
    """`code`, and `parent_code` of branches; registered by the county, its city, or a neighbour."""
    n, code = len(u), counties["code"].to_numpy()
    area = np.where(draw.chance(n, 0.12), (counties["city_code"] + "00").to_numpy()[u["county"]], code[u["county"]])
    area = np.where(draw.chance(n, 0.03), code[u["neighbour"]], area)
    prefix = np.where(among(u, "firm") & draw.chance(n, 0.02), "52", "91")
    prefix = np.where(u["house"], "92", np.where(u["form"] == "农民专业合作社", "93", prefix))
    u["code"] = make_codes(np.arange(n), prefix, area, seed * 7919)
    branch = among(u, *BRANCHES) & (u["seat"] > 0).to_numpy()
    u["type"] = np.where(branch, "branch", np.where(u["house"], "household", "company"))
    u["parent_code"] = np.where(branch, u["code"].to_numpy()[u["lead"]], "")


def _before(draw: Draw, u: pd.DataFrame, counties: pd.DataFrame) -> None:
    """Another trade name or trade, head, telephone or place, where one changed; else what is true now."""
    n, core = len(u), u["core"]
    new, how = make_cores(draw, n), draw.rng.random(n)
    begins_alike = core.str[:1] + pd.Series(new).str[1:]
    earlier = np.select([how < 0.45, how < 0.75], [new, begins_alike], core.str[:2])
    renamed = ~u["house"].to_numpy() & (u["tail"] == "").to_numpy() & draw.chance(n, 0.085)
    u["core_before"] = np.where(renamed, earlier, core)
    u["renamed"] = u["core_before"] != core
    of_firms = np.flatnonzero([who != words.SHOPS for _, _, who in words.TRADES])
    another = u["renamed"].to_numpy() & draw.chance(n, 0.3)
    u["trade_before"] = np.where(another, draw.pick(of_firms, n).astype(int), u["trade"])
    head = np.where(draw.chance(n, 0.25), kin(draw, u), make_people(draw, n))
    u["person_before"] = np.where(draw.chance(n, 0.10), head, u["person"])
    u["phone_before"] = np.where(draw.chance(n, 0.20), make_phones(draw, u), u["phone"])
    moved = draw.chance(n, 0.11)
    u["road_before"] = np.where(moved, a_road(draw, counties, u["county"].to_numpy()), u["road"])
    u["number_before"] = np.where(moved, a_number(draw, n), u["number"])
    u["room_before"] = np.where(moved, a_room(draw, n), u["room"])
