"""Processes killed at any moment, on every road and stage: taken up by the road people know, and nothing tells of it after.

200 kills on each database in `make trials`, some in the gate. A failure names the seed of its death, which is drawn by it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from app.changes import verbs as changes
from app.frames import verbs as frames
from app.intake import verbs as intake
from app.jobs import verbs as jobs
from app.jobs.schemas import JobShown
from app.worker import run_all
from tests.conftest import Databases
from tests.factories.house import do
from tests.trials.dying import Death, Ended
from tests.trials.place import Bases, Place, require_equal, require_proof, what_is_there
from tests.trials.roads import ROADS, STAGES, Road

SEED = 1126
IN_THE_GATE = ("import by command", "frame build")
READ = ("held", "staged", "matched")
BY_JOB = ("import by worker", "match by worker", "apply one by worker", "on its day")


@pytest.fixture(scope="session")
def bases(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return Bases(databases, tmp_path_factory.mktemp("places"), STAGES)


@dataclass(frozen=True)
class Undisturbed:
    """A road without a death: its steps, and what is there at its end."""

    steps: int
    there: Mapping[str, Counter[str]]


def begun(bases: Bases, road: Road) -> Place:
    place = bases.copy(road.stage)
    return place.later(road.clock) if road.clock else place


def undisturbed(bases: Bases, road: Road) -> Undisturbed:
    place = begun(bases, road)
    ended = road.goes(place, None)
    assert (ended.code, ended.steps > 0) == (0, True), ended
    there = settled(road, place)
    bases.drop(place)
    return Undisturbed(ended.steps, there)


def settled(road: Road, place: Place) -> Mapping[str, Counter[str]]:
    """What is there when the worker has done all that is left to do."""
    with road.ends(place).house() as house:
        run_all(house.database, house.clock)
        require_proof(house)
        return what_is_there(house)


def killed(bases: Bases, road: Road, calm: Undisturbed, dice: random.Random) -> bool:
    """One death and what comes after it; False where the process was through before it came."""
    place, death = begun(bases, road), Death.drawn(dice, calm.steps)
    with telling(f"{death} of {calm.steps} steps"):
        ended: Ended = road.goes(place, death)
        if ended.killed:
            require_truth(place)
            road.goes_on(place)
            require_equal(settled(road, place), calm.there)
    bases.drop(place)
    return ended.killed


def require_truth(place: Place) -> None:
    """What people are told before anybody goes on is true: what is said to be done is, and all else says it is not."""
    with place.house() as house:
        for batch in do(house, intake.list_, "maintainer").items:
            assert batch.status not in READ or sum(batch.outcomes.values()) == batch.rows, batch
            assert batch.status != "reading" or batch.stalled or batch.job_id, batch
        for request in do(house, changes.list_, "maintainer", status=["applied"]).items:
            counts = do(house, changes.show, "maintainer", request_id=request.request_id).counts
            assert "open" not in counts.status, request
        for frame in do(house, frames.list_, "section").items:
            built = frame.status in ("built", "confirmed", "frozen")
            assert not built or do(house, frames.verify, "section", reference=frame.name).intact, frame


@contextmanager
def telling(what: str) -> Iterator[None]:
    """A failure within says where it was."""
    try:
        yield
    except BaseException as fault:
        fault.add_note(what)
        raise


def killed_often(bases: Bases, name: str, kills: int) -> None:
    road, done, tries = ROADS[name], 0, 0
    calm = undisturbed(bases, road)
    while done < kills:
        tries += 1
        assert tries < 4 * kills + 20, f"{name}: deaths come too late again and again"
        seed = f"{SEED} {name} {tries}"
        with telling(f"seed {seed}"):
            done += killed(bases, road, calm, random.Random(seed))


@pytest.mark.parametrize("name", IN_THE_GATE)
def test_a_death_is_not_seen_at_the_end(bases: Bases, name: str) -> None:
    killed_often(bases, name, 1)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(ROADS))
def test_no_death_is_seen_at_the_end(bases: Bases, name: str) -> None:
    killed_often(bases, name, ROADS[name].kills)


def died_of(bases: Bases, road: Road, calm: Undisturbed, dice: random.Random) -> Place:
    """An installation whose job five workers died of, one after the other."""
    for _ in range(5):
        place, ended = begun(bases, road), None
        while ended is None or ended.killed:
            ended = road.goes(place, Death(dice.randint(calm.steps // 8, calm.steps // 3)))
            if place.ask(jobs.list_, "maintainer", status="failed").items:
                return place
        bases.drop(place)
    raise AssertionError("the worker was through before five had died")


@pytest.mark.long
@pytest.mark.parametrize("name", BY_JOB)
def test_a_job_that_five_workers_died_of_is_told_and_started_again(bases: Bases, name: str) -> None:
    road, seed = ROADS[name], f"{SEED} five {name}"
    calm = undisturbed(bases, road)
    with telling(f"seed {seed}"):
        place = died_of(bases, road, calm, random.Random(seed))
        (job,) = place.ask(jobs.list_, "maintainer", status="failed").items
        assert job.reason.code == "worker_died"
        assert place.done("job", "show", str(job.job_id), login="maintainer")
        _start_again(place, job)
        require_equal(settled(road, place), calm.there)
    bases.drop(place)


def _start_again(place: Place, job: JobShown) -> None:
    """By the page of what failed: the file's batch says why it was refused, any other job is started as such."""
    if job.task != "import.run":
        assert place.done("job", "restart", str(job.job_id), login="maintainer")
        return
    batch = place.ask(intake.show, "maintainer", batch_id=place.told["batch"])
    assert (batch.status, batch.refused.code) == ("refused", "worker_died")
    assert place.done("import", "resume", str(batch.batch_id), login="maintainer")
