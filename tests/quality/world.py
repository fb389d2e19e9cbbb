"""What the tests of spot checks share: an order, findings, a frame to draw from, a check under way."""

from __future__ import annotations

from app.quality import verbs
from tests.factories.house import do
from tests.factories.units import make_unit
from tests.frames.world import make_frozen

NEW = {"name": "抽查", "frame": "框", "seed": "2024", "size": 2, "fields": ["name", "address", "employees", "mobile"]}
WRONG = {
    "version": 1,
    "presence": "found",
    "verdicts": {"name": "right", "address": "wrong"},
    "found": {"address": "新地址8号"},
}


def freeze(database, units=3):
    with database.write() as session:
        for number in range(units):
            make_unit(session, uscc="", name=f"重庆第{number}商贸有限公司")
        make_frozen(session, "框", definition={"conditions": []})


def begun(house, *checkers, **told):
    """A check that the survey team has drawn and started."""
    check = do(house, verbs.draw, "survey", **(NEW | told))
    return do(house, verbs.start, "survey", check_id=check.check_id, checkers=list(checkers or ("survey",)))
