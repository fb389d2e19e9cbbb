"""The screens with 100 000 units and 5 000 open pairs: 95th percentile of list, search, unit page, review and home.

Yardstick: the same search as one raw LIKE over the versions, and a page of FastAPI that returns a constant, both in the
same run. To reach (issue of the workplace): 300 ms at the 95th percentile for list, search, unit page and review; at
most 200 ms and one key a pair.

    python -m benchmarks.screens [--units 100000] [--pairs 5000]
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.codelists.service import load_shipped, load_standard_policies
from app.core import schema
from app.core.clock import Clock
from app.core.db import Database, connect
from app.core.dialect import bulk_insert
from app.core.settings import Settings
from app.demo import people
from app.demo.build import house_of_demo
from app.demo.folder import CLOCK
from app.domain.period import Period
from app.domain.words import Reason
from app.main import create_app
from app.models import CandidatePair, ImportBatch, MatchRun, SourceRecord, table_of
from app.register import sources, writer
from app.register.rules import Write
from matching.standardise.codes import uscc_check_character

LIMIT = 0.300
CHUNK = 2000
WORDS = "瑞信东鼎泰云巴嘉宏达升丰美启国天欣博鑫嘉陵星祥和凯聚航永诚力锦同畔合雅汇安康源盛华茂"
TRADES = ("商贸", "建材", "餐饮管理", "物流", "科技", "装饰工程", "医疗器械", "广告传媒")
BASE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def name_of(rng: random.Random) -> str:
    return f"重庆{''.join(rng.sample(WORDS, 3))}{rng.choice(TRADES)}有限公司"


def code_of(rng: random.Random) -> str:
    body = "91500105MA" + "".join(rng.choices(BASE, k=7))
    return body + uscc_check_character(body)


def values_of(rng: random.Random) -> dict[str, Any]:
    return {
        "unit_type": rng.choice("1123"),
        "name": name_of(rng),
        "uscc": code_of(rng),
        "legal_rep": "".join(rng.sample("赵钱孙李周吴郑王", 2)),
        "mobile": f"13{rng.randrange(10**9):09}",
        "area_code": f"500105{rng.randrange(1, 13):03}{rng.randrange(1, 20):03}",
        "address": f"测云路{rng.randrange(999)}号",
        "industry_code": rng.choice(("5165", "5211", "6220", "7251", "5154", "4811")),
        "operating_status": rng.choice("1112"),
        "employees": rng.randrange(1, 300),
    }


def fill(database: Database, clock: Clock, units: int, pairs: int) -> None:
    """Units by the writer itself, records and pairs in bulk."""
    rng = random.Random(20241231)
    schema.upgrade(database.engine)
    with database.write() as session:
        load_shipped(session, actor="bench", now=clock.now())
        load_standard_policies(session, actor="bench", now=clock.now())
    with house_of_demo(database, clock, Path(tempfile.gettempdir())) as house:
        people.settle(house)
    origin = sources.pack(sources.Origin("census", 1, "2023-12-31"))
    for start in range(0, units, CHUNK):
        births = [
            Write(n, None, 0, Reason.NEW, Period(date(2015 + n % 9, 1 + n % 12, 1)), "day", values_of(rng), origin)
            for n in range(1, min(CHUNK, units - start) + 1)
        ]
        with database.write() as session:
            writer.apply(session, births, request_id=1, actor="bench", now=clock.now())
    with database.write() as session:
        fill_pairs(session, rng, units, pairs, clock)


def fill_pairs(session: Any, rng: random.Random, units: int, pairs: int, clock: Clock) -> None:
    now = clock.now()
    batch = ImportBatch(
        source="market", file_name="bench.csv", file_sha256="0" * 64, file_size=1, as_of=date(2024, 12, 31),
        status="matched", rows=pairs, skipped_lines={}, columns={}, office_id=1, created_by=1, created_at=now,
    )  # fmt: skip
    run = MatchRun(
        model="register",
        model_version="1",
        thresholds={},
        report={},
        office_id=1,
        actor_id=1,
        at=now,
        status="stored",
    )
    session.add_all([batch, run])
    session.flush()
    records = [values_of(rng) for _ in range(pairs)]
    columns: dict[str, list[Any]] = {
        "batch_id": [batch.batch_id] * pairs, "sheet": [""] * pairs, "row_no": list(range(1, pairs + 1)),
        "row_hash": [n.to_bytes(16, "big") for n in range(pairs)], "raw": records, "clean": records,
        "code": [record["uscc"] for record in records], "event": ["state"] * pairs, "event_on": [""] * pairs,
        "outcome": ["to_review"] * pairs, "outcome_reason": [None] * pairs,
    }  # fmt: skip
    bulk_insert(session, table_of(SourceRecord), columns)
    levels = {"name": 2, "trade_name": 2, "person": 1, "phone": 0, "address": 1}
    made: dict[str, list[Any]] = {
        "run_id": [run.run_id] * pairs, "record_id": list(range(1, pairs + 1)), "other_kind": ["unit"] * pairs,
        "other_id": [rng.randrange(1, units + 1) for _ in range(pairs)], "match_weight": [5300] * pairs,
        "match_probability": [0.97] * pairs, "rule": ["trade_name"] * pairs, "veto": [""] * pairs,
        "levels": [levels] * pairs, "facts": [f"{n:064}" for n in range(pairs)], "status": ["open"] * pairs,
    }  # fmt: skip
    bulk_insert(session, table_of(CandidatePair), made)


def timed(ask: Callable[[], Any], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        answer = ask()
        taken.append(time.perf_counter() - started)
        assert answer.status_code == 200, answer.status_code
    return taken


def p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]


def constant_page() -> TestClient:
    """The yardstick: a page that costs nothing."""
    app = FastAPI()
    app.add_api_route("/", lambda: HTMLResponse("x" * 30_000))
    return TestClient(app)


def raw_like(database: Database, term: str) -> float:
    """The yardstick of searching: one LIKE over the table, counting."""
    started = time.perf_counter()
    with database.engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM unit_version WHERE name LIKE :like"), {"like": f"%{term}%"})
    return time.perf_counter() - started


def measure(client: TestClient, database: Database, units: int) -> None:
    rng = random.Random(7)

    def term() -> str:
        """A word typed."""
        return "".join(rng.sample(WORDS, 2))

    pages: dict[str, Callable[[], Any]] = {
        "home": lambda: client.get("/"),
        "list, first page": lambda: client.get("/units"),
        "list, filtered, sorted, far": lambda: client.get("/units?area=500105003&sort=name&page=40"),
        "search by the middle of a name": lambda: client.get("/units", params={"q": term()}),
        "search by part of a code": lambda: client.get("/units", params={"q": "".join(rng.choices(BASE, k=5))}),
        "unit page": lambda: client.get(f"/units/{rng.randrange(1, units + 1)}"),
        "review queue": lambda: client.get("/review"),
        "a pair": lambda: client.get(f"/review/{rng.randrange(1, 5000)}"),
    }
    yardstick = p95(timed(lambda: constant.get("/"), 100)) if (constant := constant_page()) else 0
    like = p95([raw_like(database, term()) for _ in range(30)])
    print(f"yardsticks: a constant page {1000 * yardstick:.1f} ms, raw LIKE with count {1000 * like:.0f} ms (p95)")
    print(f"{'page':34}{'median ms':>10}{'p95 ms':>8}{'of 300 ms':>10}{'× constant':>11}{'× LIKE':>8}")
    for name, ask in pages.items():
        ask()
        taken = timed(ask, 60)
        high = p95(taken)
        print(
            f"{name:34}{1000 * statistics.median(taken):10.0f}{1000 * high:8.0f}{high / LIMIT:10.2f}"
            f"{high / yardstick:11.1f}{high / like:8.2f}"
        )
    decided = decide_pairs(client)
    print(f"{'a decision (next pair in answer)':34}{1000 * statistics.median(decided):10.0f}{1000 * p95(decided):8.0f}"
          f"   (200 ms a pair, 1 key)")  # fmt: skip


def decide_pairs(client: TestClient) -> list[float]:
    """Fifty pairs decided as the script of the page does: one request each, answered with the next pair."""
    token = client.get("/units").text.split('name="csrf" content="')[1].split('"')[0]
    headers = {"X-CSRF-Token": token, "X-Part": "pair"}
    taken, at = [], "1"
    for n in range(50):
        verdict = {"verdict": "same" if n % 3 else "different"}
        started = time.perf_counter()
        answer = client.post(f"/review/{at}/decision", data=verdict, headers=headers)
        taken.append(time.perf_counter() - started)
        assert answer.status_code == 200, answer.text
        at = answer.headers["X-Pair"]
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=5_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="minglu-bench-") as folder:
        settings = Settings(data_dir=Path(folder), database_url="", clock=CLOCK, token="")
        database, clock = connect(settings), Clock(CLOCK)
        started = time.perf_counter()
        fill(database, clock, asked.units, asked.pairs)
        print(f"{asked.units:,} units and {asked.pairs:,} pairs in {time.perf_counter() - started:.0f} s")
        with TestClient(create_app(database, clock, settings)) as client:
            client.post("/login", data={"login": "maintainer", "password": people.PASSWORD})
            measure(client, database, asked.units)
        database.engine.dispose()


if __name__ == "__main__":
    main()
