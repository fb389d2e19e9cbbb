"""The roads on which a process can die, each from where it begins to where it ends, and how people go on behind a death.

`goes` is what dies; `goes_on` is what people do then by the documented road, the worker's start included. Both say what
is heard, and a death anywhere on the road ends as if there had been none.
"""

from __future__ import annotations

import json
import socket
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from app.changes import verbs as changes
from app.frames import verbs as frames
from app.intake import verbs as intake
from app.intake.reading import import_file
from app.match import verbs as matching
from app.review import verbs as review
from app.verbs import House
from app.worker import run_all
from tests.factories.files import person
from tests.factories.frames import confirm
from tests.factories.house import do
from tests.factories.people import signed_in
from tests.factories.world import TODAY
from tests.trials.dying import PATIENCE, Death, Ended, Living
from tests.trials.papers import census, market
from tests.trials.place import Place

# ------------------------------------------------------------------------------------------------ how far installations are


def take(house: House, place: Place, name: str, text: str, source: str = "market") -> int:
    path = place.folder / name
    path.write_text(text, "utf-8")
    told: dict[str, Any] = {"clock": house.clock, "as_of": date(2024, 12, 31), "keep_in": house.files_dir}
    maintainer = person(house.database, "maintainer")
    return import_file(house.database, path, source, actor=maintainer, **told).batch_id


def work(house: House) -> None:
    run_all(house.database, house.clock)


def approve(house: House, request_id: int) -> None:
    version = do(house, changes.show, "approver", request_id=request_id).version
    do(house, changes.approve, "approver", request_id=request_id, version=version, comment="核对无误")


def units(house: House, place: Place) -> None:
    """A register of thirty units, and a file that waits on somebody's desk."""
    take(house, place, "census.csv", census(*range(30)), "census")
    for request in do(house, matching.run, "maintainer").requests:
        approve(house, request)
    work(house)
    known, new, doubtful = market(*range(12)), market(*range(40, 64)), market(*range(20, 26), codes=False)
    lines = [*known.splitlines(), *new.splitlines()[1:], *doubtful.splitlines()[1:]]
    (place.folder / "market.csv").write_text("\n".join([*lines, lines[1], ",,,,,,,,"]) + "\n", "utf-8")


def handed(house: House, place: Place) -> None:
    """The file was handed up, and its job waits."""
    told = {"path": place.folder / "market.csv", "source": "market", "as_of": TODAY, "match": True}
    place.told["batch"] = do(house, intake.start, "maintainer", **told).batch_id


def staged(house: House, place: Place) -> None:
    """The file was read, and somebody vouched for it."""
    text = (place.folder / "market.csv").read_text("utf-8")
    place.told["batch"] = take(house, place, "market.csv", text)
    do(house, intake.confirm, "maintainer2", batch_id=place.told["batch"])


def to_match(house: House, place: Place) -> None:
    """The worker was asked to match."""
    do(house, matching.start, "maintainer")


def proposed(house: House, place: Place) -> None:
    """Requests wait for an approver, questions for a maintainer, what policy accepts for the worker."""
    do(house, matching.run, "maintainer")
    waiting = do(house, changes.list_, "approver", status=["in_review"]).items
    place.told["request"] = max(waiting, key=lambda one: one.items).request_id
    place.told["pair"] = do(house, review.list_, "maintainer").items[0].pair_id


def approved(house: House, place: Place) -> None:
    """All requests were approved, and their jobs wait."""
    for one in do(house, changes.list_, "approver", status=["in_review"]).items:
        approve(house, one.request_id)


def one_approved(house: House, place: Place) -> None:
    """The large request alone was approved, and its job waits."""
    work(house)
    approve(house, place.told["request"])


def rejected(house: House, place: Place) -> None:
    """The large request was rejected; its rows can be handed in again."""
    do(house, changes.reject, "approver", request_id=place.told["request"], comment="依据不足")
    work(house)


def held(house: House, place: Place) -> None:
    """A file asks whether it is meant, and rows of the next were set aside because of it."""
    take(house, place, "large.csv", market(*range(30, 80)))
    place.told["batch"] = take(house, place, "small.csv", market(*range(80, 100), said="赵六"))
    take(house, place, "next.csv", market(*range(80, 92), *range(30, 50), said="赵六"))


TOMORROW = "2025-01-02T09:00:00+08:00"


def tomorrow(house: House, place: Place) -> None:
    """A request was approved for a day to come."""
    told = {"reason": "change", "unit_id": 3, "changes": {"address": "演江路300号"}, "valid_from": TODAY}
    then = TODAY + timedelta(days=2)
    request = do(house, changes.propose, "maintainer", **told, effective_on=then, submit=True).request_id
    approve(house, request)
    place.told["request"] = request


FRAME: dict[str, Any] = {"survey": "retail", "period": "2025", "reference_date": TODAY}


def framed(house: House, place: Place) -> None:
    """A frame is written down, its definition lies on the desk."""
    definition = {"conditions": [{"field": "industry_code", "op": "prefix", "value": ["51"]}]}
    (place.folder / "definition.json").write_text(json.dumps(definition))
    do(house, frames.create, "maintainer2", name="框", definition=definition, **FRAME)


def confirmed(house: House, place: Place) -> None:
    """The frame is built, and both sides have confirmed it."""
    do(house, frames.build, "section", reference="框")
    confirm(house, "section", reference="框", side="section")
    confirm(house, "maintainer", reference="框", side="register")


def frozen(house: House, place: Place) -> None:
    do(house, frames.freeze, "section", reference="框")


def copied(house: House, place: Place) -> None:
    """A copy was taken."""
    place.done("backup", "create", _desk(place, "copy"))


def upgraded(house: House, place: Place) -> None:
    """The shipped lists are loaded."""
    place.done("db", "upgrade")


STAGES: dict[str, tuple[str, Any]] = {
    "new": ("", None),
    "units": ("new", units),
    "handed": ("units", handed),
    "staged": ("units", staged),
    "to match": ("staged", to_match),
    "proposed": ("staged", proposed),
    "approved": ("proposed", approved),
    "one approved": ("proposed", one_approved),
    "rejected": ("proposed", rejected),
    "held": ("units", held),
    "tomorrow": ("units", tomorrow),
    "framed": ("units", framed),
    "confirmed": ("framed", confirmed),
    "frozen": ("confirmed", frozen),
    "copied": ("units", copied),
    "upgraded": ("units", upgraded),
}

# ------------------------------------------------------------------------------------------------ roads


@dataclass(frozen=True)
class Road:
    """A road from a stage: what may die on it, and how people go on then."""

    stage: str
    goes: Callable[[Place, Death | None], Ended]
    goes_on: Callable[[Place], Any]
    clock: str = ""
    ends: Callable[[Place], Place] = lambda place: place
    """The installation that is looked at in the end."""
    kills: int = 8


def by_command(
    stage: str, words: Callable[[Place], tuple[str, ...]], login: str = "", done: tuple[str, ...] = ()
) -> Road:
    """A command that is given again behind a death; `done` are the refusals that say it was done before."""
    return Road(
        stage,
        lambda place, death: place.go(*words(place), login=login, death=death),
        lambda place: place.done(*words(place), login=login, told=done),
    )


def by_worker(stage: str, clock: str = "") -> Road:
    """A worker; behind its death another is started."""
    return Road(
        stage, lambda place, death: place.go("worker", "--once", death=death), lambda place: place.work(), clock
    )


def _desk(place: Place, name: str) -> str:
    return str(place.folder / name)


def _import(place: Place) -> tuple[str, ...]:
    return ("import", "run", "market", _desk(place, "market.csv"), "--as-of", "2024-12-31")


def _told(*words: str) -> Callable[[Place], tuple[str, ...]]:
    """A command; what stands in braces was noted when its stage was made, or lies on the desk."""
    return lambda place: tuple(word.format(**place.told, desk=place.folder) for word in words)


_EXPORT = _told(
    "frame", "export", "框", "--purpose", "年报核对", "--recipient", "贸易投资科", "--out", "{desk}/out.zip"
)
_DRAW = _told(
    "spotcheck", "draw", "抽查", "--seed", "x", "--size", "8", "--field", "industry_code", "--field", "address"
)


def _exported_again(place: Place) -> None:
    """What is not in the books has not left; what has left is whole."""
    if Path(_desk(place, "out.zip")).exists():
        _is_whole(place)
    place.done(*_EXPORT(place), login="section")
    _is_whole(place)


def _is_whole(place: Place) -> None:
    with zipfile.ZipFile(_desk(place, "out.zip")) as package:
        assert package.testzip() is None
        assert "datapackage.json" in package.namelist()
    assert place.ask(frames.exports, "section", reference="框").items, "it left, and stands in no book"


def _copied_again(place: Place) -> None:
    """A copy that was not finished is no copy, and the command says so; another folder takes the next."""
    first, fresh = _desk(place, "copy"), _desk(place, "copy2")
    if not place.done("backup", "create", first, told=("not_empty", "keys_inside")):
        place.done("backup", "create", fresh)


def _restore(place: Place, death: Death | None) -> Ended:
    return place.beside().go("backup", "restore", *_copy_of(place), death=death)


def _restored_again(place: Place) -> None:
    place.beside().done("backup", "restore", *_copy_of(place), told=("not_empty",))


def _copy_of(place: Place) -> tuple[str, ...]:
    return (_desk(place, "copy"), "--keys", _desk(place, "copy.keys.json"))


_INSTALL = ("db", "upgrade", "--admins", "sys,sec,aud", "--area", "50")


def _installed_again(place: Place) -> None:
    """Secrets that were never printed are made anew, one by one."""
    if not place.beside().done(*_INSTALL, told=("already_bootstrapped",)):
        for role, login in (("sys_admin", "sys"), ("sec_admin", "sec"), ("aud_admin", "aud")):
            assert place.beside().done("db", "administrator", role, login)


def _demo_place(place: Place) -> Place:
    """Where the demo is: in its folder, and on PostgreSQL in a database of its own."""
    beside = place.beside()
    in_folder = f"sqlite:///{beside.data / 'minglu.db'}"
    return replace(beside, url=in_folder) if beside.url.startswith("sqlite") else beside


def _demo(place: Place, death: Death | None) -> Ended:
    demo = _demo_place(place)
    told = () if demo.url.startswith("sqlite") else ("--database", demo.url)
    return demo.go("demo", "--no-serve", "--data", str(demo.data), *told, death=death)


def _demo_again(place: Place) -> None:
    """The same once more: what was broken off is begun anew by itself."""
    ended = _demo(place, None)
    assert ended.code == 0, ended


def _keys_again(place: Place) -> None:
    """An upgrade seals anew what a rotation left."""
    place.done("db", "upgrade")


# ------------------------------------------------------------------------------------------------ by route and by page


class Server:
    """A server with its worker, and somebody who calls it until it is done or dead."""

    def __init__(self, place: Place, death: Death | None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.living: Living = place.begin("serve", "--port", str(port), death=death)
        self.calls = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)
        self._until_up()

    def _until_up(self) -> None:
        while self.is_on:
            try:
                self.calls.get("/health")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return

    @property
    def is_on(self) -> bool:
        return self.living.process.exitcode is None

    def send(self, call: Callable[[httpx.Client], httpx.Response]) -> httpx.Response | None:
        """The answer, or none where the server died over it."""
        try:
            return call(self.calls)
        except httpx.TransportError:
            self.living.process.join(PATIENCE)
            assert not self.is_on, "a server that is on and does not answer"
            return None

    def until(self, done: Callable[[httpx.Client], bool]) -> None:
        """Look again and again until it is done, or nobody answers."""
        while self.is_on:
            try:
                if done(self.calls):
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)

    def end(self) -> Ended:
        self.calls.close()
        return self.living.stop()


@dataclass(frozen=True)
class Called:
    """A call over HTTP: how it is sent, by which answer it is known as done before, and when all is through."""

    send: Callable[[Place, httpx.Client, str], httpx.Response]
    through: Callable[[Place, httpx.Client], bool]
    before: tuple[str, ...] = ()

    def goes(self, place: Place, death: Death | None) -> Ended:
        server = Server(place, death)
        answer = server.send(lambda calls: self.send(place, calls, "first")) if server.is_on else None
        if answer is not None:
            place.told["answered"] = answer.status_code
            assert answer.status_code < 400, answer.text
            server.until(lambda calls: self.through(place, calls))
        return server.end()

    def goes_on(self, place: Place) -> None:
        """The server is started again; who got no answer sends the same again, and looks where nobody can say."""
        server = Server(place, None)
        try:
            if "answered" not in place.told:
                self._again(place, server)
            server.until(lambda calls: self.through(place, calls))
        finally:
            assert server.end().code == 0

    def _again(self, place: Place, server: Server) -> None:
        answer = server.send(lambda calls: self.send(place, calls, "first"))
        assert answer is not None
        if answer.status_code == 409 and answer.json()["code"] == "outcome_unknown":
            answer = server.send(lambda calls: self.send(place, calls, "second"))
        assert answer is not None
        assert answer.status_code < 400 or answer.json()["code"] in self.before, answer.text


def _by(place: Place, login: str, key: str = "") -> dict[str, str]:
    return {"Authorization": f"Bearer {place.tokens[login]}"} | ({"Idempotency-Key": key} if key else {})


def _post(path: str, login: str, **body: Any) -> Callable[[Place, httpx.Client, str], httpx.Response]:
    return lambda place, calls, key: calls.post(
        f"/api/v1{path}".format(**place.told), json=body, headers=_by(place, login, key)
    )


def _get(place: Place, calls: httpx.Client, path: str, login: str) -> Any:
    answer = calls.get(f"/api/v1{path}".format(**place.told), headers=_by(place, login))
    assert answer.status_code == 200, answer.text
    return answer.json()


def _hand_up(place: Place, calls: httpx.Client, key: str) -> httpx.Response:
    files = {"file": ("market.csv", (place.folder / "market.csv").read_bytes())}
    data = {"source": "market", "as_of": "2024-12-31", "match": "true"}
    return calls.post("/api/v1/imports", files=files, data=data, headers=_by(place, "maintainer", key))


def _nothing_goes_on(place: Place, calls: httpx.Client) -> bool:
    jobs = _get(place, calls, "/jobs", "maintainer")["items"]
    return all(job["status"] not in ("todo", "doing") for job in jobs)


def _page(place: Place, calls: httpx.Client, path: str, **data: Any) -> httpx.Response:
    """Press a button of a page, as somebody who is signed in."""
    files = data.pop("files", None)
    if "cookie" not in calls.headers:
        with place.house() as house:
            calls.headers["cookie"] = place.told.get("cookie") or signed_in(
                house.database, data.pop("login", "maintainer")
            )
            place.told["cookie"] = calls.headers["cookie"]
    page = calls.get("/imports").text
    found = page.partition('name="csrf" content="')[2].partition('"')[0]
    return calls.post(path, data={"csrf": found, **data}, files=files)


def _hand_up_by_page(place: Place, calls: httpx.Client, _key: str) -> httpx.Response:
    files = {"file": ("market.csv", (place.folder / "market.csv").read_bytes())}
    said = {"source": "market", "as_of": "2024-12-31", "sheet": ""}
    seen = _page(place, calls, "/imports/preview", files=files, **said)
    assert seen.status_code == 200, seen.text
    sha256 = seen.text.partition('name="sha256" value="')[2].partition('"')[0]
    return _page(place, calls, "/imports", name="market.csv", sha256=sha256, match="true", **said)


def served(stage: str, call: Called) -> Road:
    return Road(stage, call.goes, call.goes_on)


ROADS: dict[str, Road] = {
    "import by command": by_command("units", _import, "maintainer"),
    "import by worker": by_worker("handed"),
    "import by route": served("units", Called(_hand_up, _nothing_goes_on)),
    "import by page": served("units", Called(_hand_up_by_page, _nothing_goes_on)),
    "confirm": by_command("held", _told("import", "confirm", "{batch}", "--match"), "maintainer2", ("batch_not_held",)),
    "discard": by_command("held", _told("import", "discard", "{batch}"), "maintainer", ("batch_not_held",)),
    "match by command": by_command("staged", _told("match", "run"), "maintainer"),
    "match by worker": by_worker("to match"),
    "match by route": served("staged", Called(_post("/match-runs", "maintainer"), _nothing_goes_on)),
    "pair by route": served(
        "proposed",
        Called(_post("/pairs/{pair}/decision", "maintainer", verdict="same"), _nothing_goes_on, ("wrong_state", "pair_settled")),
    ),
    "approve by command": by_command(
        "proposed", _told("change", "approve", "{request}", "--version", "1"), "approver", ("wrong_state",)
    ),
    "approve by route": served(
        "proposed", Called(_post("/changes/requests/{request}/approve", "approver", version=1), _nothing_goes_on, ("wrong_state",))
    ),
    "apply by worker": by_worker("approved"),
    "apply one by worker": by_worker("one approved"),
    "reject": by_command(
        "proposed", _told("change", "reject", "{request}", "--comment", "依据不足"), "approver", ("wrong_state",)
    ),
    "withdraw": by_command(
        "proposed", _told("change", "withdraw", "{request}"), "maintainer", ("wrong_state",)
    ),
    "hand in again": by_command(
        "rejected", _told("import", "hand-in-again", "{batch}", "--reason", "补充依据后再报"), "maintainer",
        ("nothing_to_hand_in",),
    ),
    "on its day": by_worker("tomorrow", TOMORROW),
    "frame build": by_command("framed", _told("frame", "build", "框"), "section"),
    "frame redefine": by_command(
        "confirmed",
        _told("frame", "redefine", "框", "--definition", "{desk}/definition.json", "--reference-date", "2024-12-30", "--build"),
        "section",
    ),
    "frame freeze": by_command("confirmed", _told("frame", "freeze", "框"), "section", ("frame_frozen",)),
    "frame discard": by_command("confirmed", _told("frame", "discard", "框"), "section", ("frame_frozen",)),
    "frame export": Road("frozen", lambda place, death: place.go(*_EXPORT(place), login="section", death=death), _exported_again),
    "spot check": by_command("units", _DRAW, "survey", ("check_name_taken",)),
    "backup": Road("units", lambda place, death: place.go("backup", "create", _desk(place, "copy"), death=death), _copied_again),
    "restore": Road("copied", _restore, _restored_again, ends=Place.beside),
    "install": Road("new", lambda place, death: place.beside().go(*_INSTALL, death=death), _installed_again, ends=Place.beside, kills=3),
    "demo": Road("new", _demo, _demo_again, ends=_demo_place, kills=3),
    "keys": Road("upgraded", lambda place, death: place.go("db", "rotate-keys", death=death), _keys_again),
}  # fmt: skip
