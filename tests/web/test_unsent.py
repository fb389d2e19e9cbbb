"""What was typed when the session ended is not lost, not kept, not another's, and not sent by itself."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.models import ChangeRequest, WebSession
from app.web.visitor import COOKIE
from tests.factories.world import PASSWORD
from tests.web.test_again import TYPED, sign_in, site, stood_again

__all__ = ["site"]
SECRET = "新华路8号"


def too_late(site, database, **more):
    """The answer to a form that comes after its session ended."""
    token = sign_in(site, "maintainer")
    ended(database)
    told = {"csrf": token, "came_from": "/units/1/propose", **TYPED, "address": SECRET, **more}
    return site.post("/units/propose", data=told)


def ended(database):
    with database.write() as session:
        for one in session.execute(select(WebSession)).scalars():
            one.expires_at = one.created_at - timedelta(days=1)


def unsent(answer):
    return re.search(r'name="unsent" value="([^"]+)"', answer.text).group(1)


def enter(site, login, sealed, password=PASSWORD):
    told = {"login": login, "password": password, "next": "/", "unsent": sealed}
    return site.post("/login", data=told, follow_redirects=False)


def requests(database):
    with database.read() as session:
        return session.query(ChangeRequest).count()


def test_a_form_sent_after_the_session_ended_stands_again_once_the_same_person_signed_in(site, database):
    """It was gone: the sign-in led home."""
    answer = too_late(site, database)
    assert answer.status_code == 401
    assert SECRET not in answer.text
    assert COOKIE not in site.cookies
    again = enter(site, "maintainer", unsent(answer))
    assert again.status_code == 200
    assert COOKIE in site.cookies
    told = stood_again(again)
    assert (told["action"], told["typed"]["address"]) == ("/units/propose", [SECRET])
    assert "csrf" not in told["typed"]
    assert requests(database) == 0
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', again.text).group(1)
    sent = {"csrf": token, "came_from": "/units/1/propose", **TYPED, "address": SECRET}
    assert site.post("/units/propose", data=sent).url.path.startswith("/changes/")
    assert requests(database) == 1


def test_a_wrong_password_in_between_loses_nothing(site, database):
    sealed = unsent(too_late(site, database))
    wrong = enter(site, "maintainer", sealed, "Wrong-password-1")
    assert wrong.status_code in {401, 403, 422}
    assert SECRET in enter(site, "maintainer", unsent(wrong)).text


def test_whoever_else_signs_in_there_sees_nothing_of_it(site, database):
    sealed = unsent(too_late(site, database))
    other = enter(site, "approver", sealed)
    assert (other.status_code, other.headers["location"]) == (303, "/")
    assert SECRET not in site.get("/").text


@pytest.mark.parametrize("altered", ["x", "AA==", "!!", "é"])
def test_what_was_altered_is_not_opened(site, database, altered):
    sealed = unsent(too_late(site, database))
    for one in (altered, sealed[:-8] + "AAAAAAA="):
        site.cookies.clear()
        assert enter(site, "maintainer", one).status_code == 303


@pytest.mark.parametrize("more", [{"csrf": "0" * 64}, {"address": "路" * 4000}, {"came_from": ""}])
def test_what_is_no_form_of_that_session_or_too_long_leads_to_the_sign_in_as_ever(site, database, more):
    token = sign_in(site, "maintainer")
    ended(database)
    told = {"csrf": token, "came_from": "/units/1/propose", **TYPED, **more}
    answer = site.post("/units/propose", data=told, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_a_stranger_is_not_read(site):
    site.cookies.clear()
    answer = site.post("/units/propose", data={"csrf": "0", **TYPED}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_passwords_do_not_come_back(site, database):
    token = sign_in(site, "maintainer")
    ended(database)
    typed = {"old": PASSWORD, "new": "Some-new-2024!", "again": "Some-new-2024!"}
    answer = site.post("/me/password", data={"csrf": token, "came_from": "/me", **typed})
    shown = enter(site, "maintainer", unsent(answer))
    assert not [value for value in typed.values() if value in shown.text]


def test_a_form_that_says_it_stood_on_a_file_does_not_keep_its_owner_out(site, database):
    """The sign-in was a fault: a file waits for who asks to go away, and was asked again instead."""
    token = sign_in(site, "maintainer")
    ended(database)
    told = {"csrf": token, "came_from": "/static/app.js", **TYPED}
    late = site.post("/units/propose", data=told, follow_redirects=False)
    answer = enter(site, "maintainer", unsent(late))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert COOKIE in site.cookies
