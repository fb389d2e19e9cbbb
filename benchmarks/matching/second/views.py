"""How three offices write down the units of the second world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.matching.codes import mistype
from benchmarks.matching.draw import Array, Draw, as_text, change
from benchmarks.matching.second import words
from benchmarks.matching.second.world import (
    TRADE_CODES,
    a_number,
    full_name,
    make_counties,
    make_phones,
    trade_words,
)


@dataclass(frozen=True)
class Habits:
    """How often an office holds, forgets, shortens or mistakes something: shares of its rows."""

    covers_firms: float
    covers_houses: float
    covers_closed: float
    twice: float
    no_code: float
    wrong_code: float
    parents_code: float
    old_name: float
    gives_former: float
    other_prefix: float
    no_prefix: float
    other_trade: float
    no_trade: float
    short_form: float
    shorter_form: float
    mistyped: float
    no_tail: float
    other_numeral: float
    turned_bracket: float
    usual_layout: float
    old_head: float
    no_head: float
    old_phone: float
    agents_phone: float
    wrong_phone: float
    mistyped_phone: float
    no_phone: float
    old_place: float
    wrong_number: float
    other_head_of_address: float
    town: float
    other_room: float
    no_room: float
    no_number: float
    no_address: float
    other_area: float
    city_area: float
    other_industry: float
    any_industry: float
    no_industry: float
    begun_later: float
    other_day: float
    month_only: float
    no_day: float
    wrong_state: float
    no_state: float


HABITS = {
    "registry": Habits(
        covers_firms=0.93, covers_houses=0.93, covers_closed=0.93, twice=0, no_code=0, wrong_code=0, parents_code=0,
        old_name=0.04, gives_former=0.6, other_prefix=0.019, no_prefix=0.019, other_trade=0.005, no_trade=0,
        short_form=0.01, shorter_form=0, mistyped=0.006, no_tail=0.005, other_numeral=0.01, turned_bracket=0.02,
        usual_layout=0.01, old_head=0.15, no_head=0.01, old_phone=0.4, agents_phone=0.75, wrong_phone=0.01,
        mistyped_phone=0.005, no_phone=0.14, old_place=0.55, wrong_number=0.003, other_head_of_address=0.15, town=0.05,
        other_room=0.15, no_room=0.04, no_number=0.005, no_address=0.004, other_area=0.02, city_area=0.02,
        other_industry=0.3, any_industry=0.06, no_industry=0.03, begun_later=0, other_day=0.003, month_only=0.005,
        no_day=0.006, wrong_state=0.004, no_state=0,
    ),
    "census": Habits(
        covers_firms=0.85, covers_houses=0.85, covers_closed=0.35, twice=0.02, no_code=0.42, wrong_code=0.012,
        parents_code=0.2, old_name=0.38, gives_former=0.22, other_prefix=0.095, no_prefix=0.133, other_trade=0.076,
        no_trade=0.033, short_form=0.19, shorter_form=0.048, mistyped=0.052, no_tail=0.081, other_numeral=0.114,
        turned_bracket=0.2, usual_layout=0.05, old_head=0.45, no_head=0.08, old_phone=0.25, agents_phone=0.12,
        wrong_phone=0.05, mistyped_phone=0.025, no_phone=0.2, old_place=0.12, wrong_number=0.03,
        other_head_of_address=0.6, town=0.28, other_room=0.5, no_room=0.45, no_number=0.06, no_address=0.02,
        other_area=0.03, city_area=0.02, other_industry=0.12, any_industry=0.04, no_industry=0.02, begun_later=0,
        other_day=0.07, month_only=0.55, no_day=0.24, wrong_state=0.03, no_state=0.06,
    ),
    "tax": Habits(
        covers_firms=0.655, covers_houses=0.49, covers_closed=0.6, twice=0, no_code=0.14, wrong_code=0.006,
        parents_code=0.03, old_name=0.3, gives_former=0.25, other_prefix=0.038, no_prefix=0.057, other_trade=0.019,
        no_trade=0.01, short_form=0.076, shorter_form=0.019, mistyped=0.024, no_tail=0.029, other_numeral=0.048,
        turned_bracket=0.08, usual_layout=0.03, old_head=0.4, no_head=0.03, old_phone=0.4, agents_phone=0.7,
        wrong_phone=0.03, mistyped_phone=0.01, no_phone=0.16, old_place=0.4, wrong_number=0.012,
        other_head_of_address=0.35, town=0.08, other_room=0.4, no_room=0.22, no_number=0.02, no_address=0.015,
        other_area=0.04, city_area=0.05, other_industry=0.28, any_industry=0.06, no_industry=0.08, begun_later=0.35,
        other_day=0.02, month_only=0.08, no_day=0.12, wrong_state=0.02, no_state=0.02,
    ),
}  # fmt: skip
STATES = {"registry": ("存续", "注销", "吊销"), "census": ("营业", "停业", "注销"), "tax": ("正常", "注销", "非正常")}
MOVED_DAYS = np.array([-365, 365, -30, 31, 30, -730])


def make_view(units: pd.DataFrame, source: str, seed: int, *, dirty: bool = False) -> pd.DataFrame:
    """The rows of one office, with `unit_id` beside the columns of the contract (`record_id` comes later)."""
    draw, habits, counties = Draw(seed, f"second {source}"), HABITS[source], make_counties(seed)
    seen, again = _seen(draw, units, habits)
    u = units.iloc[seen].reset_index(drop=True)
    view = pd.DataFrame({"unit_id": u["unit_id"], "source": source})
    code = np.where(again & draw.chance(len(u), 0.5), "", _codes(draw, u, habits))
    view["uscc"] = _dirtied(Draw(seed, "second dirt"), code) if dirty else code
    view["name"], view["former_name"] = _names(draw, u, habits, counties)
    view["address"], view["area_code"] = _addresses(draw, u, habits, counties), _areas(draw, u, habits, counties)
    view["legal_rep"], view["phone"] = _people(draw, u, habits), _phones(draw, u, habits, seed)
    view["industry_code"] = _industries(draw, u, habits)
    view["established_on"] = _days(draw, u, habits)
    view["status"] = _states(draw, u, habits, source)
    return view


def _seen(draw: Draw, units: pd.DataFrame, habits: Habits) -> tuple[Array, Array]:
    """Rows of the units this office holds, a few twice; and which row is the second."""
    n = len(units)
    covers = np.where(units["house"], habits.covers_houses, habits.covers_firms)
    held = draw.chance(n, np.where(units["closed"], np.minimum(covers, habits.covers_closed), covers))
    second = np.flatnonzero(held & draw.chance(n, habits.twice))
    once = np.flatnonzero(held)
    return np.concatenate([once, second]), np.arange(len(once) + len(second)) >= len(once)


def _codes(draw: Draw, u: pd.DataFrame, habits: Habits) -> Array:
    n, parent = len(u), u["parent_code"].to_numpy(dtype=object)
    code = u["code"].to_numpy(dtype=object).copy()
    wrong = draw.chance(n, habits.wrong_code)
    code[wrong] = mistype(code[wrong], draw.rng)
    code = np.where(draw.chance(n, habits.no_code), "", code)
    return np.where((parent != "") & draw.chance(n, habits.parents_code), parent, code)


def _dirtied(draw: Draw, code: Array) -> Array:
    """A tenth missing, 1 % with a wrong key, 1 % another unit's."""
    n, code, how = len(code), code.copy(), draw.rng.random(len(code))
    key, others = (how >= 0.10) & (how < 0.11) & (code != ""), (how >= 0.11) & (how < 0.12)
    taken = code[draw.rng.integers(0, n, int(others.sum()))]
    code[key], code[others] = mistype(code[key], draw.rng), taken
    code[how < 0.10] = ""
    return code


# --- names ------------------------------------------------------------------------------------------------------------


def _names(draw: Draw, u: pd.DataFrame, habits: Habits, counties: pd.DataFrame) -> tuple[Array, Array]:
    n, renamed = len(u), u["renamed"].to_numpy(dtype=bool)
    old = renamed & draw.chance(n, habits.old_name)
    core, trade = (np.where(old, u[f"{part}_before"], u[part]) for part in ("core", "trade"))
    name = _written(draw, u, habits, counties, core, trade.astype(int))
    before = _written(draw, u, HABITS["registry"], counties, u["core_before"].to_numpy(), u["trade_before"].to_numpy())
    return name, np.where(renamed & ~old & draw.chance(n, habits.gives_former), before, "")


def _written(draw: Draw, u: pd.DataFrame, habits: Habits, counties: pd.DataFrame, core: Array, trade: Array) -> Array:
    """A name as an office writes it: prefix, trade name, trade, form and part, each with its own liberties."""
    n = len(u)
    u = u.assign(layout=np.where(draw.chance(n, habits.usual_layout), 0, u["layout"]))
    usual = (u["family"].to_numpy() * 7) % 3 * (u["family"].to_numpy() % 2)
    which = np.where(draw.chance(n, habits.other_trade), draw.rng.integers(0, 3, n), usual)
    doing = np.where(draw.chance(n, habits.no_trade), "", trade_words(trade, which))
    brackets = np.where(draw.chance(n, 0.3)[:, None], np.array(["(", ")"], object), np.array(["（", "）"], object))
    return full_name(
        u,
        prefix=_prefixes(draw, u, habits, counties),
        core=mistyped(draw, core, habits.mistyped),
        trade=doing,
        form=_forms(draw, u, habits),
        tail=_tails(draw, u, habits, brackets),
        brackets=brackets,
    )


def _prefixes(draw: Draw, u: pd.DataFrame, habits: Habits, counties: pd.DataFrame) -> Array:
    n = len(u)
    held = np.array(counties["prefixes"].to_list(), dtype=object)
    which = np.where(draw.chance(n, habits.other_prefix), draw.rng.integers(0, 7, n), u["prefix"])
    return np.where(draw.chance(n, habits.no_prefix), "", held[u["home"], which])


def _forms(draw: Draw, u: pd.DataFrame, habits: Habits) -> Array:
    form = u["form"].to_numpy(dtype=object)
    for share in (habits.short_form, habits.shorter_form):
        form = change(form, draw.chance(len(u), share), lambda text: words.SHORT.get(text, text))
    return form


def _tails(draw: Draw, u: pd.DataFrame, habits: Habits, brackets: Array) -> Array:
    n, tail = len(u), u["tail"].to_numpy(dtype=object)
    counted = u["tail"].str.startswith("第").to_numpy(dtype=bool) & draw.chance(n, habits.other_numeral)
    half = draw.chance(n, 0.5)
    tail = change(tail, counted & half, lambda text: text[1:])
    tail = change(tail, counted & ~half, _with_figure)
    tail = np.where(draw.chance(n, habits.no_tail), "", tail)
    bracketed = draw.chance(n, habits.turned_bracket) ^ u["bracketed"].to_numpy(dtype=bool)
    return np.where(bracketed & (tail != ""), brackets[:, 0] + tail + brackets[:, 1], tail)


def _with_figure(text: str) -> str:
    """`第三店` is `第3店`."""
    place = "零一二三四五六七八九十".find(text[1])
    return f"{text[0]}{place}{text[2:]}" if place > 0 else text


def mistyped(draw: Draw, values: Array, share: float) -> Array:
    """A share of the values with one slip: by sound, by shape, by leaving a character out or changing two."""
    where = draw.chance(len(values), share)
    luck = iter(draw.rng.random((int(where.sum()), 3)))
    return change(np.asarray(values, dtype=object), where, lambda text: _slip(text, *next(luck)))


def _slip(text: str, how: float, place: float, choice: float) -> str:
    if len(text) < 2:
        return text
    at = int(place * len(text))
    for table in (words.SOUND, words.SHAPE) if how < 0.55 else (words.SHAPE, words.SOUND) if how < 0.75 else ():
        for turn in range(len(text)):
            spot = (at + turn) % len(text)
            if others := table.get(text[spot]):
                return text[:spot] + others[int(choice * len(others))] + text[spot + 1 :]
    if how > 0.92:
        at = min(at, len(text) - 2)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :] if len(text) > 2 else text


# --- people, places, days ---------------------------------------------------------------------------------------------


def _people(draw: Draw, u: pd.DataFrame, habits: Habits) -> Array:
    n = len(u)
    head = np.where(draw.chance(n, habits.old_head), u["person_before"], u["person"])
    return np.where(draw.chance(n, habits.no_head), "", mistyped(draw, head, habits.mistyped * 0.9))


def _phones(draw: Draw, u: pd.DataFrame, habits: Habits, seed: int) -> Array:
    n, agent = len(u), u["agent"].to_numpy()
    phone = np.where(draw.chance(n, habits.old_phone), u["phone_before"], u["phone"])
    # the agents are the same for every office
    agents = make_phones(Draw(seed, "second agents"), pd.DataFrame({"county": np.zeros(agent.max() + 1, int)}))
    phone = np.where((agent >= 0) & draw.chance(n, habits.agents_phone), agents[agent], phone)
    phone = np.where(draw.chance(n, habits.wrong_phone), make_phones(draw, u), phone)
    phone = change(phone, draw.chance(n, 0.18), lambda text: text[5:] if text[4:5] == "-" else text)
    luck = iter(draw.rng.integers(0, 10**6, n))
    phone = change(phone, draw.chance(n, habits.mistyped_phone), lambda text: _other_digit(text, int(next(luck))))
    return np.where(draw.chance(n, habits.no_phone), "", phone)


def _other_digit(text: str, luck: int) -> str:
    at = len(text) - 1 - luck % min(7, len(text))
    return f"{text[:at]}{luck // 7 % 10}{text[at + 1 :]}"


def _addresses(draw: Draw, u: pd.DataFrame, habits: Habits, counties: pd.DataFrame) -> Array:
    n, county = len(u), u["county"].to_numpy()
    old = draw.chance(n, habits.old_place)
    road, number, room = (np.where(old, u[f"{part}_before"], u[part]) for part in ("road", "number", "room"))
    road = mistyped(draw, road, habits.mistyped * 0.6)
    number = np.where(draw.chance(n, habits.wrong_number), a_number(draw, n), number).astype(int)
    wholly = np.where(draw.chance(n, habits.other_head_of_address), draw.rng.integers(0, 4, n), 1)
    _, province, _, _, own, with_city, _ = np.array(counties["prefixes"].to_list(), dtype=object)[county].T
    head = np.select([wholly == 0, wholly == 1, wholly == 2], [with_city, province + with_city, own], "")
    around = np.array(words.ROADS, dtype=object)[(county * 3 + u["number"].to_numpy() // 60) % len(words.ROADS)]
    town = np.where(draw.chance(n, habits.town), around + np.where(draw.chance(n, 0.6), "街道", "社区"), "")
    no_number = draw.chance(n, habits.no_number)
    door = np.where(no_number, "", as_text(number) + "号" + _rooms(draw, room.astype(int), habits))
    return np.where(draw.chance(n, habits.no_address), "", head + town + road + door)


def _rooms(draw: Draw, room: Array, habits: Habits) -> Array:
    """`12幢503室`, `12栋503号` or `12-503`."""
    n = len(room)
    way = draw.rng.integers(0, 3, n) * draw.chance(n, habits.other_room)
    building, door = as_text(room // 10_000), as_text(room % 10_000)
    written = np.select(
        [way == 1, way == 2], [building + "栋" + door + "号", building + "-" + door], building + "幢" + door + "室"
    )
    return np.where((room == 0) | draw.chance(n, habits.no_room), "", written)


def _areas(draw: Draw, u: pd.DataFrame, habits: Habits, counties: pd.DataFrame) -> Array:
    n = len(u)
    where = np.where(draw.chance(n, habits.other_area), u["neighbour"], u["county"])
    code = counties["code"].to_numpy()[where]
    return np.where(draw.chance(n, habits.city_area), counties["city_code"].to_numpy()[where] + "00", code)


def _industries(draw: Draw, u: pd.DataFrame, habits: Habits) -> Array:
    n, every = len(u), np.unique(TRADE_CODES)
    which = np.where(draw.chance(n, habits.other_industry), draw.rng.integers(0, 3, n), 0)
    code = np.where(draw.chance(n, habits.any_industry), draw.pick(every, n), TRADE_CODES[u["trade"], which])
    return np.where(draw.chance(n, habits.no_industry), "", code)


def _days(draw: Draw, u: pd.DataFrame, habits: Habits) -> Array:
    n = len(u)
    day = u["date"].to_numpy().astype("datetime64[D]")
    day = day + draw.chance(n, habits.begun_later) * draw.rng.integers(1, 75, n)
    day = day + draw.chance(n, habits.other_day) * draw.rng.choice(MOVED_DAYS, n)
    text = pd.Series(np.datetime_as_string(np.minimum(day, np.datetime64("2023-12-31")), unit="D"))
    text = text.str[:7].where(draw.chance(n, habits.month_only), text)
    return np.where(draw.chance(n, habits.no_day), "", text.to_numpy(dtype=object))


def _states(draw: Draw, u: pd.DataFrame, habits: Habits, source: str) -> Array:
    n, (live, shut, away) = len(u), STATES[source]
    closed = u["closed"].to_numpy(dtype=bool) ^ draw.chance(n, habits.wrong_state)
    state = np.where(closed, np.where(draw.chance(n, 0.7), shut, away), live)
    return np.where(draw.chance(n, habits.no_state), "", state)
