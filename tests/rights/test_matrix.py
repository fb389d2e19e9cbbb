"""Every verb, every role, every place: the decision is what the printed matrix says, on every road."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.accounts.actor import get_actor
from app.core.actor import Actor
from app.core.errors import PermissionMissing
from app.core.rights import Reach, Stretch, Territory, is_above, keeps, mine, owns, territory
from app.domain.roles import PERMISSIONS, Role
from app.verbs import VERBS, perform
from app.verbs.verb import RightsNotAsked, Verb
from tests.factories.house import housing
from tests.factories.world import TODAY
from tests.house.parity import load_all

load_all()
DOC = Path("docs/matrix.md")
SOMEBODY = Actor(1, "x", "x", 2, "/1/2/", (Stretch("500105"),), frozenset())


def printed() -> dict[str, tuple[str, set[str]]]:
    """Verb to reach and roles, read from the page that people read."""
    found = {}
    for line in DOC.read_text("utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0] in VERBS:
            everyone = {str(role) for role in Role}
            named = set(cells[2].split(", "))
            found[cells[0]] = (cells[1], everyone if "whoever" in cells[2] or cells[2] == "anybody" else named - {""})
    return found


@pytest.mark.parametrize("name", sorted(VERBS))
def test_a_role_may_call_what_the_printed_matrix_says_and_nothing_else(name: str) -> None:
    reach, roles = printed()[name]
    assert VERBS[name].reach == reach
    for role in Role:
        actor = replace(SOMEBODY, roles=frozenset({role}))
        try:
            VERBS[name].require(actor)
            may = True
        except PermissionMissing:
            may = False
        assert may == (str(role) in roles), (name, role)


PLACES = {
    "own": ("500105006001", ""),
    "another's": ("500112001001", ""),
    "the parent's": ("500103001001", ""),
    "a park's of one's own area": ("500105006001", "P01"),
    "none": ("", ""),
}
OFFICES: dict[str, tuple[Stretch, ...]] = {
    "district": (Stretch("500105"),),
    "municipal": (Stretch("50"),),
    "neighbour": (Stretch("500112"),),
    "park": (Stretch("500105", "P01"),),
    "country": (Stretch("000000"),),
    "no area": (),
    "two areas": (Stretch("500105"), Stretch("500112")),
}
REACHED = {
    "district": {"own", "a park's of one's own area"},
    "municipal": {"own", "another's", "the parent's", "a park's of one's own area"},
    "neighbour": {"another's"},
    "park": {"a park's of one's own area"},
    "country": set(PLACES),
    "no area": set(),
    "two areas": {"own", "another's", "a park's of one's own area"},
}


@pytest.mark.parametrize("office", sorted(OFFICES))
@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_unit_is_reached_where_it_lies(office: str, place: str) -> None:
    own = territory(replace(SOMEBODY, areas=OFFICES[office]), TODAY)
    assert own.holds(*PLACES[place]) == (place in REACHED[office])


def test_an_area_is_kept_for_its_days_alone() -> None:
    areas = (Stretch("500105", valid_until=date(2026, 1, 1)), Stretch("500157", valid_from=date(2026, 1, 1)))
    actor = replace(SOMEBODY, areas=areas)
    assert territory(actor, date(2025, 12, 31)) == Territory((("500105", ""),))
    assert territory(actor, date(2026, 1, 1)) == Territory((("500157", ""),))


PATHS = {"own": "/1/2/", "below": "/1/2/3/", "above": "/1/", "beside": "/1/4/", "alike in digits": "/1/22/"}


def test_an_office_keeps_its_own_and_what_is_below() -> None:
    assert {name for name, path in PATHS.items() if keeps(SOMEBODY, path)} == {"own", "below"}
    assert {name for name, path in PATHS.items() if is_above(SOMEBODY, path)} == {"below"}
    assert not any(keeps(replace(SOMEBODY, office_path=""), path) for path in PATHS.values())


def test_a_section_owns_its_own_alone() -> None:
    trader = replace(SOMEBODY, section_id=7)
    assert [owns(trader, section) for section in (7, 8, None)] == [True, False, False]
    assert not owns(SOMEBODY, None)
    assert [mine(SOMEBODY, user) for user in (1, 2)] == [True, False]


ASKS = [verb for verb in VERBS.values() if verb.reach in (Reach.AREA, Reach.OFFICE, Reach.SECTION)]


@pytest.mark.parametrize("verb", ASKS, ids=lambda verb: verb.name)
def test_a_verb_that_asks_nobody_is_refused(verb: Verb[Any, Any]) -> None:
    """What a new verb forgets fails closed: it is refused, and its transaction goes with it."""
    forgetful = replace(verb, name="test.forgetful", do=lambda _call, _wish: SimpleNamespace())
    with pytest.raises(RightsNotAsked):
        forgetful.run(SimpleNamespace(), SimpleNamespace())  # type: ignore[arg-type]


def test_administrators_hold_no_permission_that_shows_units() -> None:
    shows = {verb.name for verb in VERBS.values() if verb.reach in (Reach.AREA, Reach.SECTION)}
    for role in (Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUD_ADMIN, Role.GENERAL_OFFICE, Role.API_CLIENT):
        may = {
            name for name in shows if not VERBS[name].permissions or set(VERBS[name].permissions) & PERMISSIONS[role]
        }
        # the check says that a unit is there; what it is called it tells who may see units (tests/checks/test_told.py)
        assert may == ({"check.ask"} if role is Role.API_CLIENT else set()), role


PERSON = {
    Role.MAINTAINER: "maintainer", Role.SECTION: "section", Role.APPROVER: "approver", Role.SURVEY_TEAM: "survey",
    Role.CHECKER: "checker", Role.POST: "post", Role.PARK: "park", Role.STATISTICIAN: "statistician",
    Role.INSPECTOR: "inspector", Role.GENERAL_OFFICE: "general_office", Role.SYS_ADMIN: "sysadmin",
    Role.SEC_ADMIN: "secadmin", Role.AUD_ADMIN: "audadmin",
}  # fmt: skip


def test_every_verb_refuses_who_may_not_before_anything_is_opened(database: Any) -> None:
    """All roads call one function (`test_roads.py` walks them): it asks before a session is begun."""
    with housing(database) as house, database.read() as session:
        nobody = get_actor(session, "general_office")
        closed = replace(house, database=None)  # type: ignore[arg-type]  # whoever opened it would fall over
        for verb in VERBS.values():
            if verb.permissions:
                with pytest.raises(PermissionMissing):
                    perform(closed, verb, nobody, SimpleNamespace())  # type: ignore[type-var]
