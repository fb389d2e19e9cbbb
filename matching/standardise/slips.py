"""What a mistyped unified social credit code may have been: the valid codes one keystroke away.

The check is a sum, so at each place one character alone makes it come out and is worked out. Trying all 31 took forty
times as long, and a caller may send ten thousand wrong codes at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import mul

from matching.standardise.codes import ALPHABET, check_uscc, normalise_code, org_check_character

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = [*(pow(3, place, 31) for place in range(17)), 1]
"""Of GB 32100-2015; the check character itself counts once, so that the whole sum is a multiple of 31."""
_INVERSE = [pow(weight, -1, 31) for weight in _WEIGHTS]
_FORM = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")


def one_keystroke_codes(text: str) -> list[str]:
    """Every valid code one keystroke away: a character replaced, two neighbours swapped, one missing or too many."""
    code = normalise_code(text)
    near = {other for way in _WAYS.get(len(code), ()) for other in way(code)}
    return sorted(other for other in near if other != code and _sound(other))


def _sound(code: str) -> bool:
    """The cheap rules first: few codes are left for the verdict."""
    if not _FORM.fullmatch(code) or org_check_character(code[8:16]) != code[16]:
        return False
    return not _excess(code) and check_uscc(code).ok


def _excess(code: str) -> int:
    """By how much the sum is beyond a multiple of 31; characters that no code holds count as nothing."""
    total: int = sum(map(mul, [_VALUE.get(character, 0) for character in code], _WEIGHTS))
    return total % 31


def _replaced(code: str) -> Iterator[str]:
    excess = _excess(code)
    for place, character in enumerate(code):
        right = ALPHABET[(_VALUE.get(character, 0) - excess * _INVERSE[place]) % 31]
        yield code[:place] + right + code[place + 1 :]


def _swapped(code: str) -> Iterator[str]:
    return (code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(len(code) - 1))


def _completed(code: str) -> Iterator[str]:
    for place in range(18):
        excess = _excess(f"{code[:place]}0{code[place:]}")
        yield code[:place] + ALPHABET[-excess * _INVERSE[place] % 31] + code[place:]


def _shortened(code: str) -> Iterator[str]:
    return (code[:place] + code[place + 1 :] for place in range(19))


_WAYS: dict[int, tuple[Callable[[str], Iterator[str]], ...]] = {
    17: (_completed,),
    18: (_replaced, _swapped),
    19: (_shortened,),
}
"""What may have happened to a code of this length."""
