"""Random people at once: nothing is done twice, nothing lost, nobody approves his own, and nothing but refusals is heard."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.audit.proof import prove
from app.core.db import Database
from app.frames import verbs as frames
from app.models import ChangeRequest, RequestItem, RequestOpinion, SourceRecord, UserAccount
from app.verbs import House
from app.worker import run_all
from tests.factories.files import CENSUS, CLOCK, taken
from tests.factories.house import do, housing
from tests.factories.units import make_unit
from tests.trials.people import Person, failures

ONCE = {
    "two standing decisions of a pair": "SELECT pair_id FROM decision WHERE stands_on IS NOT NULL GROUP BY pair_id HAVING count(*) > 1",
    "an item of a request that made two units": "SELECT request_id FROM request_item WHERE unit_id IS NOT NULL AND status = 'applied' AND reason IN ('new', 'found_missing') GROUP BY request_id, unit_id HAVING count(*) > 1",
    "a gap in the feed": "SELECT max(seq) FROM change_feed HAVING max(seq) <> count(*)",
    "a job that nobody does": "SELECT job_id FROM job WHERE status = 'doing'",
    "a row of a discarded file that waits": "SELECT record_id FROM source_record r JOIN import_batch b ON b.batch_id = r.batch_id WHERE b.status = 'discarded' AND r.outcome = 'pending'",
    "a run that is on": "SELECT run_id FROM match_run WHERE open_key IS NOT NULL",
}
"""What must not be there when all have gone home, and how it would be found."""


def after_people(database: Database, folder: Path, *, threads: int, steps: int, seed: int) -> Counter[str]:
    """Let them live, then look at what they leave; returns what was done and refused, counted."""
    with database.write() as session:
        make_unit(session)
        make_unit(session, uscc="", name="重庆第二商贸有限公司", area_code="500112001001")
    taken(database, folder, CENSUS)
    with housing(database) as house:
        people = [Person(house, folder, seed * 100 + number) for number in range(threads)]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda one: one.live(steps), people))
        assert failures(people) == []
        run_all(database, CLOCK)
        _nothing_twice_nothing_lost(house)
    return sum((one.heard for one in people), Counter())


def _nothing_twice_nothing_lost(house: House) -> None:
    with house.database.read() as session:
        found = {what: session.execute(text(sql)).first() for what, sql in ONCE.items()}
        assert {what: row for what, row in found.items() if row is not None} == {}
        assert session.execute(select(func.count()).select_from(SourceRecord)).scalar_one() >= 3
        own = (
            select(RequestOpinion)
            .join(ChangeRequest, ChangeRequest.request_id == RequestOpinion.request_id)
            .join(UserAccount, UserAccount.user_id == ChangeRequest.proposer_id)
            .where(RequestOpinion.actor_id == ChangeRequest.proposer_id, RequestOpinion.verb == "approve")
        )
        assert session.execute(own.where(~UserAccount.is_system)).first() is None, "approved by who proposed it"
        made = select(func.count()).select_from(RequestItem)
        births = made.where(RequestItem.status == "applied", RequestItem.reason.in_(("new", "found_missing")))
        units = session.execute(text("SELECT count(*) FROM unit")).scalar_one()
        assert units == 2 + session.execute(births).scalar_one()
        assert prove(session).differences == ()
    _frames_are_what_was_frozen(house)


def _frames_are_what_was_frozen(house: House) -> None:
    for one in do(house, frames.list_, "section", status="frozen").items:
        assert do(house, frames.verify, "section", reference=one.name).intact


def test_random_people_at_once(database: Database, tmp_path: Path) -> None:
    heard = after_people(database, tmp_path, threads=3, steps=25, seed=1)
    assert sum(count for what, count in heard.items() if what.startswith("done ")) > 5


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_random_people_for_long(database: Database, tmp_path: Path, seed: int) -> None:
    heard = after_people(database, tmp_path, threads=6, steps=250, seed=100 + seed)
    assert {"done change.approve", "done match.run", "done import.start", "wrong_state"} <= set(heard), heard
