"""Every road to every verb, a route, a page, a command: who may is let in, who may not hears so and nothing is done.

One allowed and one refused person for each in the gate, every role in `make trials`; all as the printed matrix says.
The roads are those that the parity test knows, the wishes are made of the verbs' own schemas: a new verb, a new page or
command is walked without a line here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import common
from app.core.db import Database
from app.domain.roles import Role
from app.verbs import VERBS, Opens
from app.verbs.verb import Verb
from tests.factories.house import housing
from tests.factories.http import serving
from tests.factories.people import knows
from tests.factories.wishes import furnish
from tests.rights.roads import Heard, Traveller, opened, roads_to, verbs_at
from tests.rights.test_matrix import PERSON, printed

FAULTS = frozenset({"unauthenticated", "rights_not_asked", "fault", "bad_payload"})
"""What nobody hears who may call a verb and says what it asks for, whatever it says of the thing itself."""
IN_PLACE = frozenset({"POST /frames/preview", "POST /rules/try"})
"""Parts of pages whose refusals stand where their answers would."""


class Walk:
    """People on their way, and the verbs that were called by the last of them."""

    def __init__(self, traveller: Traveller, called: list[str]) -> None:
        self.traveller, self.called, self.wrong, self.counted = traveller, called, list[str](), 0
        self._roles = {name: roles for name, (_, roles) in printed().items()}

    def all(self, *, whole: bool) -> None:
        """First those who may not, so that all is there that could be touched; then those who may, lookers first."""
        ways = [(verb, *way) for verb in _in_order() for way in roads_to(verb)]
        for verb, road, address in ways:
            for role in self._chosen([role for role in reversed(PERSON) if not self._may(role, verb.name)], whole):
                self._refused(verb, road, address, role)
        for verb, road, address in ways:
            together = verbs_at(road, address)
            may = [role for role in PERSON if self._may(role, verb.name)]
            may.sort(key=lambda role: not all(self._may(role, other) for other in together))
            for role in self._chosen(may, whole):
                self._let_in(verb, road, address, role)

    def _may(self, role: Role, verb: str) -> bool:
        return str(role) in self._roles[verb]

    def _chosen(self, roles: list[Role], whole: bool) -> list[Role]:
        return roles if whole else roles[:1]

    def _go(self, verb: Verb, road: str, address: str, role: Role) -> Heard:
        self.called.clear()
        self.counted += 1
        return self.traveller.go(road, address, verb, PERSON[role])

    def _refused(self, verb: Verb, road: str, address: str, role: Role) -> None:
        """He hears of the permission; at a page with another verb that he may call, perhaps of the thing, or sees the
        page without what this one would show. In no case is the verb called."""
        heard = self._go(verb, road, address, role)
        told = heard.code == "permission_missing" and heard.status in (400 if road == "command" else 403,)
        sooner = heard.status < 500 and any(self._may(role, other) for other in verbs_at(road, address))
        if verb.name in self.called or not (told or sooner or (address in IN_PLACE and "没有" in heard.text)):
            self.wrong.append(f"{role} is not refused {verb.name} at {address}: {heard.status} {heard.code}")

    def _let_in(self, verb: Verb, road: str, address: str, role: Role) -> None:
        """He is where the verb is called, or at a page where another that he may as well had the first word."""
        heard = self._go(verb, road, address, role)
        barred = any(not self._may(role, other) for other in verbs_at(road, address))
        let_in = set(self.called) & {verb.name, *verbs_at(road, address)} and heard.code not in FAULTS
        if heard.status >= 500 or not (let_in or (barred and heard.code == "permission_missing")):
            self.wrong.append(f"{role} is not let in to {verb.name} at {address}: {heard.status} {heard.code}")


def _in_order() -> list[Verb]:
    """Those that look, then those that do, then those that end what one shows at the door."""
    found = [verb for verb in VERBS.values() if not verb.name.startswith("test.")]
    return sorted(found, key=lambda verb: (verb.name.startswith("me."), verb.opens is not Opens.READ, verb.name))


@pytest.fixture
def walk(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    """A district with one of each, its application served, its commands at hand."""
    knows(database, "maintainer")
    with housing(database) as house:
        furnish(house, tmp_path)
    called: list[str] = []
    run = Verb.run

    def watched(verb, call, wish):
        called.append(verb.name)
        return run(verb, call, wish)

    monkeypatch.setattr(Verb, "run", watched)
    monkeypatch.setattr(common, "_opened", opened(database, tmp_path))
    with serving(database) as client:
        yield Walk(Traveller(database, client, tmp_path), called)


def test_every_road_to_every_verb_lets_in_whom_the_matrix_names_and_nobody_else(walk: Walk) -> None:
    walk.all(whole=False)
    assert not walk.wrong, "\n".join(walk.wrong)
    assert walk.counted > 600


@pytest.mark.long
def test_every_road_to_every_verb_for_every_role(walk: Walk) -> None:
    walk.all(whole=True)
    assert not walk.wrong, "\n".join(walk.wrong)
    assert walk.counted > 4000
