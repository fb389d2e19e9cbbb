"""One-time codes are those of RFC 6238, and what people type is read as it was meant."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from app.accounts.totp import address_of, code_at, grouped, new_secret, step_of, step_shown
from tests.factories.world import NOW

SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
"""Appendix B, SHA-1: seconds and the code of eight digits."""
RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
"""Appendix D: the codes of six digits of the counters from 0."""


@pytest.mark.parametrize(("seconds", "code"), RFC_6238)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    assert code_at(SECRET, step_of(moment), 8) == code
    assert step_shown(SECRET, code[2:], after=0, now=moment) == seconds // 30


def test_codes_of_six_digits_are_those_of_the_standard() -> None:
    assert [code_at(SECRET, counter) for counter in range(10)] == RFC_4226


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_telephone_may_be_one_step_slow_or_fast(steps: int, taken: bool) -> None:
    step = step_of(NOW) + steps
    assert step_shown(SECRET, code_at(SECRET, step), after=0, now=NOW) == (step if taken else None)


def test_a_step_that_was_used_and_those_before_are_never_shown_again() -> None:
    step = step_of(NOW)
    for used, wanted in ((step - 1, step), (step, None), (step + 1, None)):
        assert step_shown(SECRET, code_at(SECRET, step), after=used, now=NOW) == wanted


def test_a_code_is_read_as_it_was_meant() -> None:
    code = code_at(SECRET, step_of(NOW))
    wide = code.translate({ord("0") + digit: chr(ord("０") + digit) for digit in range(10)})
    for typed in (code, f" {code[:3]} {code[3:]} ", wide):
        assert step_shown(SECRET, typed, after=0, now=NOW) == step_of(NOW)
    for typed in ("", "0", code[:5], f"{code}0", "动态口令", "\ud800"):
        assert step_shown(SECRET, typed, after=0, now=NOW) is None


def test_a_secret_is_as_long_as_the_digest_and_drawn_anew() -> None:
    drawn = {new_secret() for _ in range(50)}
    assert len(drawn) == 50
    assert {len(base64.b32decode(secret)) for secret in drawn} == {20}


def test_an_authenticator_is_told_all_it_needs() -> None:
    told = urlsplit(address_of(SECRET, "zhao@区"))
    assert (told.scheme, told.netloc, told.path) == ("otpauth", "totp", "/Minglu:zhao%40%E5%8C%BA")
    assert parse_qs(told.query) == {
        "secret": [SECRET],
        "issuer": ["Minglu"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }
    assert grouped(SECRET).split() == [SECRET[at : at + 4] for at in range(0, 32, 4)]
