"""Random people who do random things: what each wants is made of the verb's own schema and of what is there.

Half of the steps come from the road that work really takes, so that there is something to get in each other's way with.
Seeded: the same number, the same wishes, though threads meet otherwise each time.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from sqlalchemy import func, select

from app.core.errors import AppError, Fault
from app.models import ChangeRequest
from app.verbs import VERBS, House, Verb, perform
from app.worker import run_once
from tests.factories.files import CLOCK, MARKET_HEADER, person
from tests.factories.world import PEOPLE, TODAY
from tests.frames.world import TRADE
from tests.house.parity import load_all

NOT_TRIED = frozenset(
    {
        "user.deactivate",  # who is gone does nothing more, and soon nobody would be there
        "user.roles",
        "user.password",
        "me.password",
        "matrix.show",
    }
)
"""What would end the trial rather than be tried by it; races of their own try these."""

_FAMILIES = ("宏泰", "鑫源", "大江", "嘉陵", "金科", "长安", "渝中", "两江")
_TRADES = ("商贸", "建材", "农业开发", "物流", "科技", "餐饮")
_TEXTS = ("据来函", "核对底册", "电话核实", "", "x")


@dataclass
class Person:
    """One thread's people: it takes one at a time and has them do something."""

    house: House
    folder: Path
    seed: int
    heard: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        load_all()
        self.verbs = sorted((one for one in VERBS.values() if one.name not in NOT_TRIED), key=lambda one: one.name)

    def live(self, steps: int) -> Person:
        for _ in range(steps):
            if self.dice.random() < 0.15:
                self._try("worker", lambda: run_once(self.house.database, CLOCK))
            elif self.dice.random() < 0.6:
                self._on_the_road()
            else:
                self._anything()
        return self

    def _on_the_road(self) -> None:
        login, name, told = self.dice.choice(ROAD)(self)
        self._do(login, VERBS[name], told)

    def _anything(self) -> None:
        verb = self.dice.choice(self.verbs)
        told = {name: self._value(name, one.annotation) for name, one in verb.takes.model_fields.items()}
        self._do(self.dice.choice([*PEOPLE]), verb, told)

    def _do(self, login: str, verb: Verb[Any, Any], told: Mapping[str, Any]) -> None:
        self._try(verb.name, lambda: perform(self.house, verb, person(self.house.database, login), verb.takes(**told)))

    def _try(self, what: str, act: Callable[[], Any]) -> None:
        try:
            act()
        except ValidationError:
            self.heard["not a wish"] += 1
        except AppError as refused:
            self.heard[refused.code] += 1
            if isinstance(refused, Fault):
                self.broken.append(f"{what}: {refused!r}")
        except Exception as fault:
            self.broken.append(f"{what}: {type(fault).__name__}: {fault}"[:500])
        else:
            self.heard[f"done {what}"] += 1

    def any_id(self) -> int:
        return self.dice.randint(1, 12)

    def any_request(self) -> int:
        """One of the newest: the first dozen are all settled soon, and then nobody would meet anybody any more."""
        with self.house.database.read() as session:
            newest = session.execute(select(func.max(ChangeRequest.request_id))).scalar_one() or 1
        return int(max(1, newest - self.dice.randrange(12)))

    def name(self) -> str:
        return f"重庆{self.dice.choice(_FAMILIES)}{self.dice.choice(_TRADES)}有限公司"

    def file(self) -> Path:
        path = self.folder / f"{self.seed}-{self.dice.randrange(10**9)}.csv"
        lines = "".join(
            f",{self.name()},有限责任公司,李四,2019-03-05,重庆市江北区演江路{self.dice.randint(1, 9)}号,5165,存续,1380000{self.dice.randint(1000, 9999)}\n"
            for _ in range(self.dice.randint(1, 6))
        )
        path.write_text(MARKET_HEADER + lines, "utf-8")
        return path

    def _value(self, name: str, kind: Any) -> Any:
        if name in _NAMED:
            return _NAMED[name](self)
        kinds = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
        if NoneType in kinds and self.dice.random() < 0.5:
            return None
        return self._plain(next(one for one in kinds if one is not NoneType))

    def _plain(self, kind: Any) -> Any:
        kind = getattr(kind, "__origin__", None) if hasattr(kind, "__metadata__") else kind
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self.dice.choice(list(kind))
        if kind is bool:
            return self.dice.random() < 0.5
        if kind is int:
            return self.any_id()
        if kind is date:
            return TODAY + timedelta(days=self.dice.randint(-400, 40))
        if kind is datetime:
            return datetime(2024, 12, self.dice.randint(1, 31))
        if get_origin(kind) is list:
            return [self._value("", get_args(kind)[0]) for _ in range(self.dice.randint(0, 2))]
        if get_origin(kind) is dict:
            return {}
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return {name: self._value(name, one.annotation) for name, one in kind.model_fields.items()}
        return self.dice.choice(_TEXTS)


_NAMED: dict[str, Callable[[Person], Any]] = {
    "reference": lambda one: one.dice.choice(("框1", "框2", "1", "2")),
    "frame": lambda one: one.dice.choice(("框1", "框2")),
    "login": lambda _: "nowhere",
    "path": lambda one: one.file(),
    "definition": lambda _: TRADE,
    "changes": lambda one: one.dice.choice(({"name": one.name()}, {"address": "别处1号"}, {"operating_status": "6"}, {})),
    "period": lambda one: one.dice.choice(("2025", "2025Q1")),
    "code": lambda one: one.dice.choice(("91500105MA60X0016Y", "1", "nowhere")),
    "purpose": lambda _: "年报核对",
    "recipient": lambda _: "贸易投资科",
    "limit": lambda one: one.dice.randint(1, 50),
    "base_revision": lambda _: 0,
}  # fmt: skip
"""What a part of a wish may hold, by its name, where its kind alone would hit nothing."""


def _propose(one: Person) -> dict[str, Any]:
    new = {"unit_type": "1", "name": one.name(), "area_code": "500105006001", "industry_code": "5165"}
    grown = one.dice.random() < 0.3
    about = {"reason": "found_missing", "changes": new} if grown else {"reason": "correction", "unit_id": one.any_id()}
    return {"changes": {"name": one.name()}, "valid_from": TODAY, "submit": one.dice.random() < 0.8, **about}


Step = Callable[[Person], tuple[str, str, dict[str, Any]]]


def _by(logins: str, verb: str, told: Callable[[Person], dict[str, Any]]) -> Step:
    return lambda one: (one.dice.choice(logins.split()), verb, told(one))


def _request(one: Person) -> dict[str, Any]:
    return {"request_id": one.any_request()}


def _approval(one: Person) -> dict[str, Any]:
    return {**_request(one), "version": one.dice.randint(1, 2)}


def _batch(one: Person) -> dict[str, Any]:
    return {"batch_id": one.dice.randint(1, 6)}


def _frame(one: Person) -> dict[str, Any]:
    return {"reference": f"框{one.dice.randint(1, 3)}"}


ROAD: tuple[Step, ...] = (
    _by("maintainer maintainer2 post neighbour", "change.propose", _propose),
    _by("maintainer maintainer2", "change.propose", _propose),
    _by("maintainer maintainer2", "change.submit", _request),
    _by("approver district_approver maintainer", "change.approve", _approval),
    _by("approver approver district_approver", "change.approve", _approval),
    _by("approver district_approver", "change.return", lambda one: {**_request(one), "comment": "请补充依据"}),
    _by("approver district_approver", "change.reject", lambda one: {**_request(one), "comment": "依据不足"}),
    _by("maintainer maintainer2 neighbour", "change.withdraw", _request),
    _by("maintainer maintainer2", "change.refresh", _request),
    _by("maintainer neighbour", "import.start", lambda one: {"path": one.file(), "source": "market", "as_of": TODAY}),
    _by("maintainer maintainer2", "import.confirm", _batch),
    _by("maintainer maintainer2", "import.discard", _batch),
    _by("maintainer maintainer2", "import.hand-in-again", lambda one: {**_batch(one), "reason": "补充依据后再报"}),
    _by("maintainer maintainer2 neighbour", "match.run", lambda _: {}),
    _by("maintainer maintainer2", "review.decide", lambda one: {"pair_id": one.any_id(), "verdict": one.dice.choice(("same", "different", "unsure")), "comment": "看过两边"}),
    _by("maintainer maintainer2", "review.undo", lambda one: {"pair_id": one.any_id()}),
    _by("section section2 maintainer2", "frame.create", lambda one: {"name": f"框{one.dice.randint(1, 3)}", "survey": "retail", "period": "2025", "definition": TRADE, "reference_date": TODAY}),
    _by("section section2", "frame.build", _frame),
    _by("section maintainer", "frame.confirm", lambda one: {**_frame(one), "side": one.dice.choice(("section", "register")), "version": one.dice.randint(1, 3)}),
    _by("section", "frame.freeze", _frame),
    _by("section", "frame.discard", _frame),
)  # fmt: skip
"""Who does what on the way of a file to a list."""


def failures(people: list[Person]) -> list[str]:
    """What none of them should have met: faults, and anything that is no refusal."""
    return [told for one in people for told in one.broken]
