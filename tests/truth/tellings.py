"""What people tell, at random: few codes, few streets, few weeks, so that they get in each other's way."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from app.core.rights import Territory
from app.register.demography import Keyed
from matching.standardise.codes import org_check_character, temp_code_of, uscc_check_character
from tests.truth.replay import Told

HERE = Territory((("500105", ""),))
STREETS = ("500105006001", "500105007001")
KEYS = {
    Keyed.STREET: {"area_code": 9}, Keyed.KIND: {"unit_type": 1}, Keyed.INDUSTRY: {"industry_code": 2},
    Keyed.DAY: {"area_code": 0},
}  # fmt: skip


def credit_code(body: str) -> str:
    whole = f"91500105{body}{org_check_character(body)}"
    return whole + uscc_check_character(whole)


USCC = tuple(credit_code(f"MA60X00{n}") for n in range(1, 7))
INNER = {code: code[8:17] for code in USCC}
WRONG = USCC[0][:17] + ("0" if USCC[0][17] != "0" else "1")
"""A code that fails its check: kept, and nobody's alone."""
TEMP = tuple(temp_code_of("500105", n) for n in (1, 2, 9))
"""Temporary codes: two that are given out, and one that never was."""
ORG = (*(INNER[code] for code in USCC), "MA60X001B")
LISTED = {
    "industry_code": ("5165", "5211", "6513"), "unit_type": ("1", "2", "3"), "area_code": STREETS,
    "operating_status": tuple("123456789"),
}  # fmt: skip
LISTS = {"industry": LISTED["industry_code"], **{name: LISTED[name] for name in ("unit_type", "operating_status")}}

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["甲公司", "乙公司", ""]),
    "address": st.sampled_from(["一路", "二路", "三路"]),
    "industry_code": st.sampled_from([*LISTED["industry_code"], "9999"]),
    "area_code": st.sampled_from([*STREETS, *STREETS, ""]),
    "unit_type": st.sampled_from(["1", "2", "1", "3", "7"]),
    "operating_status": st.sampled_from(["1", "2", "4", "6", "1", ""]),
    "uscc": st.sampled_from([*USCC, "", WRONG]),
    "org_code": st.sampled_from([*ORG, ""]),
    "parent_uscc": st.sampled_from([*USCC, ""]),
    "superior_uscc": st.sampled_from([*USCC, ""]),
    "employees": st.sampled_from([0, 3, 12, -3]),
    "temp_code": st.sampled_from([*TEMP[1:], "", ""]),
}
EVENTS = (
    "closed", "deregistered", "revoked", "pause", "resume", "void", "reinstate", "merge", "conversion", "split", "move_out",
    "move_in", "move_within", "treated_as_legal",
)  # fmt: skip
BEFORE: tuple[dict[str, Any], ...] = (
    {"name": "母公司", "unit_type": "1", "area_code": STREETS[0], "industry_code": "5165", "uscc": USCC[0]},
    {"name": "邻公司", "unit_type": "1", "area_code": STREETS[1], "uscc": USCC[1], "temp_code": TEMP[0]},
    {"name": "分店", "unit_type": "2", "area_code": STREETS[1], "parent_uscc": USCC[0], "employees": 3},
)
"""Units that are there before anybody does anything."""
days = st.integers(0, 40)
some_values = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names})
)
births = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["丙公司", "丁公司"]),
        "unit_type": st.sampled_from(["1", "1", "2"]),
        "area_code": st.sampled_from(STREETS),
        "industry_code": st.sampled_from(LISTED["industry_code"]),
        "uscc": st.sampled_from(["", *USCC]),
    },
    optional={"operating_status": st.sampled_from(["1", "3", "6"]), "parent_uscc": st.sampled_from(USCC), "org_code": st.sampled_from(ORG),
              "temp_code": st.sampled_from(["", TEMP[1]])},
)  # fmt: skip
tellings = st.builds(
    lambda kind, unit, start, length, bounded, values, heir: _telling(kind, unit, start, length, bounded, values, heir),
    st.sampled_from(["change", "change", "correction", "correction", "correction", "code_change", "recoding", *EVENTS]),
    st.integers(0, 7), days, st.integers(1, 20), st.booleans(), some_values, st.integers(0, 7),
)  # fmt: skip

parts = st.lists(
    st.fixed_dictionaries(
        {"unit": st.integers(0, 7), "new": st.one_of(st.none(), births), "codes": st.lists(st.integers(0, 3), max_size=2),
         "children": st.lists(st.integers(0, 3), max_size=2)}
    ),
    min_size=1, max_size=2,
)  # fmt: skip
"""Who goes on from a unit: one that is held, or a new one; which of its codes and children go along, by their places."""
beside = st.tuples(st.sampled_from(["uscc", "org_code", "reg_no", "temp_code"]), st.booleans(), st.integers(0, 5))
"""A code beside the fields: its scheme, whether it is borne no more, and which."""
CODES = {"uscc": (*USCC, WRONG), "org_code": ORG, "reg_no": ("500105202812349",), "temp_code": TEMP}

ROW = {
    "kind": st.sampled_from("12"), "name": st.sampled_from(["丙公司", "重庆鑫源商贸有限公司", "重庆宏泰建材有限公司"]),
    "uscc": st.sampled_from([*USCC, ""]), "area": st.sampled_from(STREETS), "status": st.sampled_from("123"),
    "industry": st.sampled_from(LISTED["industry_code"]),
}  # fmt: skip
LINE = "{kind},{name},{uscc},张三丰,1380000{n}111,{area},测云路{n}号,{status},批发日用品,{industry}\n"


def _telling(kind: str, unit: int, start: int, length: int, bounded: bool, values: Any, heir: int) -> Told:
    end = start + length if (kind == "correction" and bounded) or kind == "recoding" else None
    named = heir if kind in ("merge", "conversion") or (kind == "split" and bounded) else None
    if kind == "recoding":
        values = {"industry_code": LISTED["industry_code"][heir % 3]}
    said = {} if kind in EVENTS and kind != "move_within" else values
    return Told(unit, kind, start, end, {"area_code": STREETS[heir % 2]} if kind == "move_within" else said, named)
