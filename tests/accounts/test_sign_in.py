"""Signing in: what is hashed where, how many at once, who waits, and for whose failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select, text

from app.accounts import myself, passwords, sessions, verbs
from app.accounts.actor import get_actor
from app.accounts.errors import CommonPassword, WeakPassword, WrongPassword, WrongSignIn
from app.accounts.limits import FIRST_WAIT, FORGOTTEN, LONGEST_WAIT, Held, Waits
from app.accounts.passwords import Gate, hash_password, own_part
from app.accounts.service import deactivate
from app.accounts.sessions import FAILURES_HERE, FAILURES_OF_ADDRESS, Attempt, sign_in
from app.core.address import comes_from
from app.core.db import Database
from app.core.errors import TooMany
from app.models import UserAccount, WebSession
from app.verbs import House, perform
from tests.factories.alterations import behind_the_back
from tests.factories.house import do, housing
from tests.factories.http import serving
from tests.factories.people import hashed, set_own_password, signed_in
from tests.factories.races import at_once
from tests.factories.timer import Timer
from tests.factories.world import NOW, PASSWORD

WRONG = "Wrong-password-1"


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def house(database: Database, timer: Timer) -> Iterator[House]:
    known = hashed(PASSWORD)
    with database.write() as session:
        for login in ("maintainer", "approver"):
            set_own_password(session, login, known)
    with housing(database) as house:
        house.kept[Waits] = Waits(timer)
        yield house
    comes_from("")


def tried(house: House, login: str = "maintainer", password: str = WRONG, *, device: str = "", times: int = 1) -> str:
    """How the last of so many tries ended: `in`, or the code of its refusal."""
    for _ in range(times):
        try:
            sign_in(house, Attempt(login, password, device=device))
            ended = "in"
        except (WrongSignIn, TooMany) as refused:
            ended = refused.code
    return ended


@pytest.fixture
def written_meanwhile(house: House, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each hashing whether another thread could write while it went on."""
    could: list[bool] = []

    def write() -> None:
        with house.database.write() as session:
            session.execute(select(UserAccount).with_for_update()).all()
            could.append(True)

    class Slow:
        def _meanwhile(self) -> None:
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()

        def hash(self, password: str) -> str:
            self._meanwhile()
            return f"hash of {password}"

        def verify(self, stored: str, password: str) -> bool:
            self._meanwhile()
            return stored in (f"hash of {password}", hashed(PASSWORD)) and password != WRONG

    hashed(PASSWORD)
    monkeypatch.setattr(passwords, "_hasher", Slow())
    monkeypatch.setattr(passwords, "_nobodys", lambda: "nobody's")
    return could


def test_others_write_while_a_password_is_hashed(house: House, written_meanwhile: list[bool]) -> None:
    """D25: the sign-in hashed within BEGIN IMMEDIATE, so 40 of them stopped every check and write."""
    assert (tried(house), tried(house, password=PASSWORD), tried(house, "nobody")) == (
        "wrong_sign_in",
        "in",
        "wrong_sign_in",
    )
    assert len(written_meanwhile) == 3


def test_others_write_while_a_password_is_set_on_any_road(house: House, written_meanwhile: list[bool]) -> None:
    """D25: so did every verb that takes a password."""
    new = {"login": "zhao", "name": "赵工", "office": "district", "password": "Quite-new-pass-1"}
    with house.database.read() as session:
        admin = get_actor(session, "sysadmin")
    perform(house, verbs.create_user, admin, verbs.create_user.takes(**new))
    do(house, myself.set_my_password, "maintainer", old=PASSWORD, new="Another-pass-1")
    assert len(written_meanwhile) == 3
    assert tried(house, password="Another-pass-1") == "in"


def test_a_password_is_never_hashed_within_a_transaction(database: Database) -> None:
    with database.write(), pytest.raises(RuntimeError, match="writer is held"):
        hash_password("Quite-new-pass-1")


def test_forty_at_once_are_few_at_a_time_and_the_rest_hear_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """D25: 40 hashings at once are 2.5 GB of memory and every processor."""
    monkeypatch.setattr(passwords, "_gate", Gate(1, 2))
    monkeypatch.setattr(passwords, "_nobodys", lambda: "nobody's")
    everybody_came = threading.Event()
    inside, most, came = [0], [0], [0]

    def slowly(stored: str, password: str) -> bool:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        everybody_came.wait()
        inside[0] -= 1
        return password == PASSWORD

    class Counted:
        hash = staticmethod(lambda password: password)
        verify = staticmethod(slowly)

    monkeypatch.setattr(passwords, "_hasher", Counted())
    lock = threading.Lock()

    def attempt(number: int) -> str:
        comes_from(f"10.0.0.{number}")
        try:
            sign_in(house, Attempt(f"login{number}", WRONG))
        except (WrongSignIn, TooMany) as refused:
            with lock:
                came[0] += isinstance(refused, TooMany)
                if came[0] == 37:
                    everybody_came.set()
            return refused.code
        return "in"

    ended = at_once(*[lambda number=number: attempt(number) for number in range(40)])
    assert sorted(ended) == ["too_many"] * 37 + ["wrong_sign_in"] * 3
    assert most[0] == 1


def test_no_rush_of_tries_gets_past_the_wait(house: House) -> None:
    ended = list(at_once(*[lambda: tried(house)] * 8))
    assert ended.count("wrong_sign_in") <= FAILURES_HERE
    assert tried(house, password=PASSWORD) in ("in", "too_many")


def test_waits_grow_to_a_most_and_end(house: House, timer: Timer) -> None:
    assert tried(house, times=FAILURES_HERE) == "wrong_sign_in"
    waits = []
    for _ in range(8):
        with pytest.raises(TooMany) as refused:
            sign_in(house, Attempt("maintainer", PASSWORD))
        waits.append(refused.value.retry_after)
        timer.seconds += refused.value.retry_after
        assert tried(house) == "wrong_sign_in"
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT
    timer.seconds += LONGEST_WAIT
    assert tried(house, password=PASSWORD) == "in"
    assert tried(house, times=FAILURES_HERE - 1) == "wrong_sign_in"  # and begins anew


def test_failures_elsewhere_keep_nobody_out(house: House) -> None:
    """D34: five tries each quarter of an hour, from anywhere, kept the approver out for good."""
    comes_from("10.9.9.9")
    assert tried(house, "approver", times=FAILURES_HERE + 1) == "too_many"
    comes_from("10.1.1.1")
    assert tried(house, "approver", PASSWORD) == "in"


def test_a_known_browser_waits_for_its_own_failures_alone(house: House) -> None:
    """D34: not for those of a colleague at the same address, nor of thousands elsewhere."""
    tried(house, "approver", times=FAILURES_HERE + 1)
    for number in range(60):
        comes_from(f"10.2.0.{number}")
        tried(house, "approver")
    comes_from("10.3.3.3")
    assert tried(house, "approver", PASSWORD) == "too_many"
    assert tried(house, "approver", PASSWORD, device="his") == "in"
    assert tried(house, "approver", device="his", times=FAILURES_HERE + 1) == "too_many"


def test_an_address_that_tries_many_logins_waits(house: House) -> None:
    """D34: there was no limit per address."""
    comes_from("10.4.4.4")
    ended = [tried(house, f"somebody{number}") for number in range(FAILURES_OF_ADDRESS + 1)]
    assert ended == ["wrong_sign_in"] * FAILURES_OF_ADDRESS + ["too_many"]
    assert tried(house, password=PASSWORD) == "too_many"
    comes_from("10.5.5.5")
    assert tried(house, password=PASSWORD) == "in"


def test_a_right_sign_in_sets_no_wait_for_others_at_its_address(house: House, timer: Timer) -> None:
    """What counts as failed until it is known to be right kept its wait, so that one colleague kept out the next."""
    comes_from("10.6.6.6")
    for number in range(FAILURES_OF_ADDRESS):
        tried(house, f"somebody{number}")
    timer.seconds += FIRST_WAIT
    assert [tried(house, login, PASSWORD) for login in ("maintainer", "approver", "maintainer")] == ["in"] * 3
    assert tried(house, "nobody") == "wrong_sign_in"
    with pytest.raises(TooMany) as refused:
        sign_in(house, Attempt("maintainer", PASSWORD))
    assert refused.value.retry_after == 2 * FIRST_WAIT, "what others failed stays"


def test_right_sign_ins_do_not_keep_the_failures_of_others_alive(house: House, timer: Timer) -> None:
    """Each moved the hour after which failures are forgotten, which so never came while an office was at work."""
    comes_from("10.7.7.7")
    for number in range(FAILURES_OF_ADDRESS):
        tried(house, f"somebody{number}")
    for _ in range(7):
        timer.seconds += FORGOTTEN / 6
        assert tried(house, password=PASSWORD) == "in"
    assert [tried(house, f"somebody{number}") for number in range(2)] == ["wrong_sign_in"] * 2


def test_tries_of_an_address_are_counted_right_or_wrong(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SIGN_INS_A_MINUTE", 3)
    assert [tried(house, password=PASSWORD) for _ in range(4)] == ["in", "in", "in", "too_many"]


def test_what_is_said_and_done_is_the_same_for_logins_that_do_not_exist(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D34: answers and timings told which logins exist: each try hashes once, whoever it is for."""
    hashings: list[str] = []
    true = passwords._hasher

    class Counted:
        def verify(self, stored: str, password: str) -> bool:
            hashings.append(stored.split("$")[3])
            return true.verify(stored, password)

    passwords._nobodys()
    monkeypatch.setattr(passwords, "_hasher", Counted())
    with house.database.write() as session:
        deactivate(session, "approver", actor=get_actor(session, "secadmin"), now=NOW)
    logins = ("maintainer", "approver", "post", "nobody")
    assert [tried(house, login, times=6) for login in logins] == ["too_many"] * 4
    assert len(hashings) == 4 * FAILURES_HERE
    assert len(set(hashings)) == 1  # the same cost


def test_the_old_password_is_not_guessed_in_a_session_of_anothers(house: House) -> None:
    for _ in range(FAILURES_HERE):
        with pytest.raises(WrongPassword):
            do(house, myself.set_my_password, "maintainer", old=WRONG, new="Another-pass-1")
    with pytest.raises(TooMany):
        do(house, myself.set_my_password, "maintainer", old=PASSWORD, new="Another-pass-1")


def test_who_lost_his_access_meanwhile_gets_no_session(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    true = passwords._hasher

    class Meanwhile:
        def verify(self, stored: str, password: str) -> bool:
            thread = threading.Thread(target=end)
            thread.start()
            thread.join()
            return true.verify(stored, password)

    def end() -> None:
        with house.database.write() as session:
            deactivate(session, "maintainer", actor=get_actor(session, "secadmin"), now=NOW)

    monkeypatch.setattr(passwords, "_hasher", Meanwhile())
    assert tried(house, password=PASSWORD) == "wrong_sign_in"
    with house.database.read() as session:
        assert session.execute(select(WebSession)).first() is None


@pytest.mark.parametrize(
    "password",
    [
        "Password123",
        "qwerty12345A",
        "P@ssw0rd2024!",
        "Admin@123456",
        "1qaz@WSX3edc",
        "Abcd1234!@#$",
        "Aa123456789",
        "Zhang123456!",
        "Aaaaaaaaa1!",
        "zhaomin2024Zz!",
        "赵敏赵敏赵敏12345A",
        "Welcome2024!!",
        "Chongqing@2024",
        "Woaini1314520!",
    ],
)
def test_a_password_that_many_have_is_refused(password: str) -> None:
    """D34: Password123, qwerty12345A and a password made of the login passed."""
    with pytest.raises(CommonPassword):
        hash_password(password, "zhaomin", "赵敏")


@pytest.mark.parametrize(
    "password", ["aB3$kM9!xQ", "correct-Horse-7-battery", PASSWORD, "Minglu-2024", "晨雾里的Lamp7盏"]
)
def test_a_password_of_ones_own_passes(password: str) -> None:
    assert hash_password(password, "zhaomin", "赵敏").startswith("$argon2id$")


def test_a_short_one_is_refused_before_all_else() -> None:
    with pytest.raises(WeakPassword):
        hash_password("Pass1!")


def test_what_is_ones_own_is_what_is_left() -> None:
    assert own_part("Zhaomin-lamp-2024", "zhaomin") == "-lamp-"
    assert own_part("nimoahz-x") != own_part("nimoahz-x", "zhaomin")


def test_what_is_remembered_of_strangers_is_bounded(monkeypatch: pytest.MonkeyPatch, timer: Timer) -> None:
    monkeypatch.setattr("app.accounts.limits.MOST", 100)
    waits = Waits(timer)
    for number in range(1000):
        with pytest.raises(WrongSignIn), waits.trying([Held(number, 5)], WrongSignIn):
            raise WrongSignIn
    assert len(waits._failures) <= 100


def test_a_session_made_another_persons_in_the_database_is_nobodys(database: Database) -> None:
    """The inspector had his own session say the approver's number, approved, and put it back; nothing told of it."""
    with serving(database) as site:
        mine = {"cookie": signed_in(database, "maintainer")}
        assert site.get("/me", headers=mine, follow_redirects=False).status_code == 200
        with behind_the_back(database) as connection:
            approver = connection.execute(
                text("SELECT user_id FROM user_account WHERE login = 'approver'")
            ).scalar_one()
            connection.execute(text("UPDATE web_session SET user_id = :approver"), {"approver": approver})
        assert site.get("/me", headers=mine, follow_redirects=False).headers["location"].startswith("/login")
