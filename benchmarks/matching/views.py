"""The same units as three offices wrote them down: registry, census, tax."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.matching import words
from benchmarks.matching.codes import mistype
from benchmarks.matching.draw import Array, Draw, change, replace_at
from benchmarks.matching.world import make_people, make_phones, near_text

COLUMNS = (
    "record_id", "source", "uscc", "name", "former_name", "address", "area_code", "legal_rep", "phone",
    "industry_code", "established_on", "status",
)  # fmt: skip


@dataclass(frozen=True)
class Habits:
    """How one office writes; every number is the share of its rows."""

    covers: float
    covers_closed: float
    twice: float
    no_code: float
    parent_code: float
    wrong_code: float
    old_name: float
    old_person: float
    old_place: float
    typo: float
    person_typo: float
    no_prefix: float
    form: float
    activity: float
    signboard: float
    traditional: float
    full_width: float
    no_person: float
    other_person: float
    no_phone: float
    second_phone: float
    new_phone: float
    agent_phone: float
    industry: float
    no_date: float
    other_date: float
    no_number: float
    other_room: float
    other_place: float
    stale_status: float
    paused: float


HABITS = {
    "registry": Habits(
        covers=0.93, covers_closed=0.93, twice=0.0, no_code=0.0, parent_code=0.0, wrong_code=0.0005, old_name=0.0,
        old_person=0.0, old_place=0.0, typo=0.002, person_typo=0.002, no_prefix=0.0, form=0.0, activity=0.0,
        signboard=0.0, traditional=0.0, full_width=0.02, no_person=0.01, other_person=0.0, no_phone=0.12,
        second_phone=0.12, new_phone=0.06, agent_phone=0.06, industry=0.06, no_date=0.002, other_date=0.004, no_number=0.01,
        other_room=0.0, other_place=0.0, stale_status=0.45, paused=0.0,
    ),
    "census": Habits(
        covers=0.89, covers_closed=0.32, twice=0.02, no_code=0.42, parent_code=0.20, wrong_code=0.02, old_name=0.55,
        old_person=0.6, old_place=0.55, typo=0.065, person_typo=0.045, no_prefix=0.20, form=0.14, activity=0.07,
        signboard=0.10, traditional=0.01, full_width=0.02, no_person=0.09, other_person=0.07, no_phone=0.16,
        second_phone=0.24, new_phone=0.08, agent_phone=0.0, industry=0.22, no_date=0.08, other_date=0.14, no_number=0.06,
        other_room=0.25, other_place=0.07, stale_status=0.1, paused=0.05,
    ),
    "tax": Habits(
        covers=0.71, covers_closed=0.50, twice=0.0, no_code=0.14, parent_code=0.04, wrong_code=0.006, old_name=0.30,
        old_person=0.3, old_place=0.5, typo=0.018, person_typo=0.015, no_prefix=0.03, form=0.03, activity=0.01,
        signboard=0.0, traditional=0.0, full_width=0.03, no_person=0.05, other_person=0.05, no_phone=0.08,
        second_phone=0.20, new_phone=0.08, agent_phone=0.06, industry=0.18, no_date=0.03, other_date=0.12, no_number=0.03,
        other_room=0.15, other_place=0.06, stale_status=0.25, paused=0.02,
    ),
}  # fmt: skip

STATUS = {"registry": ("存续", "注销"), "census": ("正常营业", "停业"), "tax": ("正常", "注销")}


def make_view(units: pd.DataFrame, source: str, seed: int, *, dirty: bool = False) -> pd.DataFrame:
    """The rows of one office, with `unit_id` beside the columns of the contract (`record_id` comes later)."""
    draw, habits = Draw(seed, source), HABITS[source]
    seen = _seen(draw, units, habits)
    rows = units.iloc[seen].reset_index(drop=True)
    view = pd.DataFrame({"unit_id": rows["unit_id"], "source": source})
    view["uscc"] = _dirtied(draw, _codes(draw, rows, habits)) if dirty else _codes(draw, rows, habits)
    view["name"], view["former_name"] = _names(draw, rows, habits, source)
    view["address"], view["area_code"] = _addresses(draw, rows, habits, source)
    view["legal_rep"] = _people(draw, rows, habits)
    view["phone"] = _phones(draw, rows, habits)
    view["industry_code"] = _industries(draw, rows, habits)
    view["established_on"] = _dates(draw, rows, habits, source)
    view["status"] = np.where(_said_closed(draw, rows, habits), STATUS[source][1], STATUS[source][0])
    return view


def _said_closed(draw: Draw, rows: pd.DataFrame, habits: Habits) -> Array:
    """Closed units stand as live where nobody deregistered them; live ones pause."""
    n, closed = len(rows), rows["closed"].to_numpy(dtype=bool)
    return np.where(closed, ~draw.chance(n, habits.stale_status), draw.chance(n, habits.paused))


def _seen(draw: Draw, units: pd.DataFrame, habits: Habits) -> Array:
    """Rows of the units this office holds; a few twice."""
    n = len(units)
    covers = np.where(units["closed"], habits.covers_closed, habits.covers)
    held = draw.chance(n, covers)
    return np.concatenate([np.flatnonzero(held), np.flatnonzero(held & draw.chance(n, habits.twice))])


def _codes(draw: Draw, rows: pd.DataFrame, habits: Habits) -> Array:
    n = len(rows)
    code, parent = rows["code"].to_numpy(dtype=object), rows["parent_code"].to_numpy(dtype=object)
    given = ~draw.chance(n, habits.no_code)
    # who copies the parent's code has a code at hand, so the share is of all branch rows and not of those with one
    code = replace_at(code, (parent != "") & draw.chance(n, habits.parent_code), parent)
    given |= (parent != "") & (code == parent)
    wrong = given & draw.chance(n, habits.wrong_code)
    code[wrong] = mistype(code[wrong], draw.rng)
    return np.where(given, code, "")


def _dirtied(draw: Draw, code: Array) -> Array:
    """Of the codes a tenth missing and 2 % wrong: half a keystroke, half another unit's valid code."""
    n = len(code)
    fate = draw.rng.random(n)
    wrong = (fate < 0.01) & (code != "")
    code[wrong] = mistype(code[wrong], draw.rng)
    code = replace_at(code, (fate >= 0.01) & (fate < 0.02), np.roll(code, 1))
    return np.where((fate >= 0.02) & (fate < 0.12), "", code)


def _names(draw: Draw, rows: pd.DataFrame, habits: Habits, source: str) -> tuple[Array, Array]:
    """The name as written, and the former names given."""
    n = len(rows)
    parts = {name: rows[name].to_numpy(dtype=object) for name in ("prefix", "core", "activity", "form", "tail")}
    parts["core"] = near_text(draw, parts["core"], draw.chance(n, habits.typo), 0.65)
    parts["prefix"] = np.where(draw.chance(n, habits.no_prefix), _other_prefix(draw, rows), parts["prefix"])
    forms = draw.pick(("有限公司", "公司", "有限责任公司", ""), n)
    parts["form"] = np.where(draw.chance(n, habits.form) & (parts["form"] != ""), forms, parts["form"])
    parts["activity"] = change(
        parts["activity"], draw.chance(n, habits.activity), lambda text: words.RELATED.get(text, text)
    )
    name = parts["prefix"] + parts["core"] + parts["activity"] + parts["form"] + parts["tail"]
    signboard = draw.chance(n, habits.signboard) & (rows["type"] == "shop").to_numpy()
    name = replace_at(name, signboard, parts["core"] + parts["activity"] + parts["tail"])
    old = rows["old_name"].to_numpy(dtype=object)
    uses_old = (old != "") & draw.chance(n, habits.old_name)
    former = np.where((old != "") & draw.chance(n, 0.7 if source == "registry" else 0.1) & ~uses_old, old, "")
    name, former = _with_notes(draw, replace_at(name, uses_old, old), former, source)
    name = change(name, draw.chance(n, habits.traditional), _traditional)
    return change(name, draw.chance(n, habits.full_width), _half_width), former


def _other_prefix(draw: Draw, rows: pd.DataFrame) -> Array:
    """None, or a shorter or longer one than the registered."""
    n = len(rows)
    return np.where(draw.chance(n, 0.6), "", draw.pick(("重庆", "重庆市", "（重庆）"), n))


def _with_notes(draw: Draw, name: Array, former: Array, source: str) -> tuple[Array, Array]:
    """Outside the registry a former name stands in brackets behind the name as often as in its own column."""
    noted = (former != "") & draw.chance(len(name), 0.5) & (source != "registry")
    return np.where(noted, name + "（原" + former + "）", name), np.where(noted, "", former)


def _traditional(text: str) -> str:
    return "".join(words.TRADITIONAL.get(character, character) for character in text)


def _half_width(text: str) -> str:
    """Half-width brackets and a stray blank, as keyed in on another machine."""
    return text.replace("（", "(").replace("）", ")") + " "


def _addresses(draw: Draw, rows: pd.DataFrame, habits: Habits, source: str) -> tuple[Array, Array]:
    n = len(rows)
    old = draw.chance(n, habits.old_place)
    at = {
        name: np.where(old, rows[f"old_{name}"].to_numpy(dtype=object), rows[name].to_numpy(dtype=object))
        for name in ("town", "village", "road", "number", "building", "room")
    }
    elsewhere = draw.chance(n, habits.other_place)
    shuffled = draw.rng.permutation(n)
    for name in ("road", "number", "building", "room"):
        at[name] = replace_at(at[name], elsewhere, at[name][shuffled])
    at["room"] = np.where(draw.chance(n, habits.other_room), _other_room(draw, at["room"]), at["room"])
    number = np.where(draw.chance(n, habits.no_number), "", at["number"] + "号")
    building = np.where(at["building"] != "", at["building"] + "幢", "")
    area, district = rows["area"].to_numpy(dtype=object), rows["district"].to_numpy(dtype=object)
    if source == "census":
        start, code = np.where(draw.chance(n, 0.5), district, "") + at["town"], area + "001" + at["village"]
        code = np.where(draw.chance(n, 0.9), code, area)
    else:
        start, code = np.where(draw.chance(n, 0.9), "重庆市" + district, district), area
    return start + at["road"] + number + building + at["room"], code


def _other_room(draw: Draw, room: Array) -> Array:
    """Left out, or written another way (5-2, 5楼2号)."""
    n = len(room)
    spoken = change(room, np.ones(n, bool), lambda text: text.replace("-", "楼") + "号" if "-" in text else text)
    return np.where(draw.chance(n, 0.6), "", spoken)


def _people(draw: Draw, rows: pd.DataFrame, habits: Habits) -> Array:
    n = len(rows)
    person, old = rows["person"].to_numpy(dtype=object), rows["old_person"].to_numpy(dtype=object)
    person = replace_at(person, (old != "") & draw.chance(n, habits.old_person), old)
    person = near_text(draw, person, draw.chance(n, habits.person_typo), 0.75)
    person = replace_at(person, draw.chance(n, habits.other_person), make_people(draw, n))
    return np.where(draw.chance(n, habits.no_person), "", person)


def _phones(draw: Draw, rows: pd.DataFrame, habits: Habits) -> Array:
    n = len(rows)
    phone = replace_at(rows["phone"].to_numpy(), draw.chance(n, habits.second_phone), rows["other_phone"].to_numpy())
    phone = replace_at(phone, draw.chance(n, habits.new_phone), make_phones(draw, n))
    by_agent = draw.chance(n, habits.agent_phone) & (rows["type"] == "company").to_numpy()
    phone = replace_at(phone, by_agent, rows["agent_phone"].to_numpy())
    return np.where(draw.chance(n, habits.no_phone), "", phone)


def _industries(draw: Draw, rows: pd.DataFrame, habits: Habits) -> Array:
    """Another class of the same division as a rule, another division now and then."""
    n = len(rows)
    own = rows["industry"].to_numpy(dtype=object)
    start = np.array([code[:2] for code in own], dtype=object)
    near = start + draw.number(10, 99, n)
    other = np.where(draw.chance(n, 0.7), near, draw.pick([code for _, code in words.ACTIVITIES], n))
    code = replace_at(own, draw.chance(n, habits.industry), other)
    return np.where(draw.chance(n, 0.03), "", code)


def _dates(draw: Draw, rows: pd.DataFrame, habits: Habits, source: str) -> Array:
    """Days in the registry and at the tax office, months in the census; some weeks or years off, some missing."""
    n = len(rows)
    founded = rows["founded"].to_numpy().astype("datetime64[D]")
    weeks, years = draw.rng.integers(5, 90, n), draw.rng.integers(200, 1500, n)
    late = draw.chance(n, habits.other_date)
    founded = founded + np.where(late, np.where(draw.chance(n, 0.7), weeks, years), 0)
    text = founded.astype("datetime64[M]" if source == "census" else "datetime64[D]").astype("U10").astype(object)
    if source == "census":
        text = change(text, draw.chance(n, 0.05), lambda day: f"{day[:4]}年{int(day[5:7])}月")
    if source == "tax":
        text = change(text, draw.chance(n, 0.05), lambda day: day.replace("-", "/"))
    return np.where(draw.chance(n, habits.no_date), "", text)
