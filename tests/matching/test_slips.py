"""What a mistyped code may have been: worked out, and the same as by trying every keystroke."""

from __future__ import annotations

import random

import pytest

from matching.standardise.codes import ALPHABET, check_uscc
from matching.standardise.slips import one_keystroke_codes

CODE = "91500105MA60X0016Y"
SLIPS = {
    "replaced": "91500105MA60X0016X",
    "swapped": "91500105MA60X0061Y",
    "a letter no code holds": "91500105MA6OX0016Y",
    "missing": "9150105MA60X0016Y",
    "too many": "91500105MA60X00166Y",
}
ODD = [
    CODE,
    "0" * 18,
    "0" * 17 + "1",
    "0" * 17,
    "0" * 19,
    "12345678E123456789",
    "91500I05MA6OX0016Y",
    "9150010M5A60X0016Y",
    "重" * 18,
    "",
    "9" * 255,
]


def by_trying(code: str) -> list[str]:
    """Every code that one keystroke makes, whatever its sum; those that stand."""
    changed = {code[:i] + c + code[i + 1 :] for i in range(len(code)) for c in ALPHABET}
    swapped = {code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(len(code) - 1)}
    longer = {code[:i] + c + code[i:] for i in range(len(code) + 1) for c in ALPHABET}
    shorter = {code[:i] + code[i + 1 :] for i in range(len(code))}
    verdicts = {other: check_uscc(other) for other in changed | swapped | longer | shorter if len(other) == 18}
    return sorted(o for o, v in verdicts.items() if o != code and v.ok and v.rule != "org_check")


def random_codes(count: int) -> list[str]:
    """Digits alone, any characters, and what two slips leave of a code."""
    draw = random.Random(11)
    digits = ["".join(draw.choices("0123456789", k=draw.choice((17, 18, 19)))) for _ in range(count)]
    others = ["".join(draw.choices(ALPHABET + "OIZ", k=18)) for _ in range(count)]
    twice = [draw.choice(one_keystroke_codes(CODE[:-1] + draw.choice(ALPHABET)) or [CODE])[:-1] for _ in range(count)]
    return digits + others + twice


@pytest.mark.parametrize("slip", SLIPS)
def test_one_keystroke_leads_back_to_the_code(slip: str) -> None:
    assert CODE in one_keystroke_codes(SLIPS[slip])


@pytest.mark.parametrize("code", [*ODD[:9], *SLIPS.values(), *random_codes(12)])
def test_what_is_worked_out_is_what_trying_finds(code: str) -> None:
    assert one_keystroke_codes(code) == by_trying(code)


@pytest.mark.parametrize("code", ODD[9:])
def test_what_is_far_too_short_or_long_was_no_code_one_keystroke_ago(code: str) -> None:
    assert one_keystroke_codes(code) == []


def test_few_codes_are_judged_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand wrong codes at once are a batch like any other: the verdict is not asked for every keystroke."""
    from matching.standardise import slips

    judged: list[str] = []
    monkeypatch.setattr(slips, "check_uscc", lambda code: judged.append(code) or check_uscc(code))
    codes = random_codes(20)
    assert sum(len(one_keystroke_codes(code)) for code in codes) <= len(judged) < 5 * len(codes)
