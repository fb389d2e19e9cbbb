"""Requests made to bring the server down, or to be done by mistake. Seeded: the same number, the same bytes.

Half of each is honest, so that what is hostile in it comes as far as it can: a wish that a verb understands with one part
spoilt, a form that carries the right token, a path that leads somewhere.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_from_bytes

from app.domain.roles import PERMISSIONS, Role
from app.verbs import VERBS
from tests.factories.wishes import told
from tests.factories.world import PEOPLE
from tests.house.parity import edges

Doors = Mapping[str, tuple[Mapping[str, str], str]]
"""Who calls, with the headers that say so and the token that a form carries."""


@dataclass(frozen=True)
class Attack:
    """The bytes of a request; `cut` where it breaks off, so that it may stay without an answer."""

    name: str
    sent: bytes
    cut: bool = False


TEXTS = (
    "", " ", "0", "-1", "9" * 19, "9" * 5000, str(2**63), str(-(2**63) - 1), "1e400", "NaN", "٣", "0x1", "1.5", "true",
    "\x00", "a\x00b", "\ud800", "\udfff名", "\u202e\u200b\ufeff", "\x1b[31m", "\r\nX-Own: 1", "\x7f", "😀" * 400,
    "名" * 70_000, "../../../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "file:///etc/passwd", "%2e%2e%2f", "%00",
    "' OR 1=1 --", "\"; DROP TABLE unit; --", "%' ESCAPE '", "_%", "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0", "0001-01-01", "9999-12-31T23:59:59-23:59", "2024-02-30", "[]", "{}", "null", "#1", "#" + "9" * 30,
)  # fmt: skip
THINGS: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1.5, 1e308, [], {}, [[]], [None], [{}] * 50,
    {"": ""}, {"a": {"b": {}}}, ["x"] * 20_000, list(range(20_000)), {str(n): n for n in range(5000)}, "x" * 200_000,
)  # fmt: skip
"""What a part of a wish is said to be that it cannot be."""


class Attacker:
    """Makes requests for all routes and pages, as the callers whose doors it knows."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.places = sorted(
            (name, road, address)
            for name, reached in edges().items()
            for road in ("route", "page")
            for address in reached.get(road, ())
        )

    def attack(self, number: int) -> Attack:
        chance = random.Random(number)
        verb, road, address = self.places[number % len(self.places)]
        method, path = address.split(" ")
        who = chance.choice(self._let_in(verb) if chance.random() < 0.8 else [*self.doors])
        headers, csrf = self.doors[who]
        left = told(VERBS[verb])
        place = _path(chance, path, left)
        head = {"Host": "127.0.0.1", "Connection": "close", **headers, **_headers(chance)}
        body, cut = b"", False
        if method in ("GET", "DELETE", "HEAD"):
            place += _query(chance, left)
        else:
            form = road == "page" or verb in (
                "import.start",
                "import.preview",
                "codelist.load",
                "change.record-written",
            )
            kind, body = chance.choice(FORMS if form else BODIES)(chance, {**left, "csrf": csrf} if form else left)
            head["Content-Type"] = kind if chance.random() < 0.9 else chance.choice(_KINDS)
            cut = chance.random() < 0.05
            head["Content-Length"] = str(len(body) + (1000 if cut else 0))
        lines = [f"{_method(chance, method)} {place} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        sent = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + body
        return Attack(f"{number} {who} {verb} {address}", sent, cut)

    def _let_in(self, verb: str) -> list[str]:
        """Who comes far with this verb; whoever there is, where nobody would."""
        asked = set(VERBS[verb].permissions)
        held = {
            who: {one for role in PEOPLE[who][1] for one in PERMISSIONS[Role(role)]}
            for who in self.doors
            if who in PEOPLE
        }
        return [who for who, permissions in held.items() if not asked or asked & permissions] or [*self.doors]


def _method(chance: random.Random, method: str) -> str:
    return chance.choice(("HEAD", "OPTIONS", "TRACE", "PUT", "get", "X" * 100)) if chance.random() < 0.03 else method


def _path(chance: random.Random, path: str, left: dict[str, Any]) -> str:
    """The address with what it needs, one part of it spoilt now and then."""

    def part(found: re.Match[str]) -> str:
        honest = str(left.pop(found[1], 1))
        text = chance.choice(TEXTS)[:6000] if chance.random() < 0.3 else honest
        return text if chance.random() < 0.02 and text.isascii() and text.isprintable() else _quoted(text)

    return re.sub(r"{(\w+)}", part, path)


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def _query(chance: random.Random, left: Mapping[str, Any]) -> str:
    said = [(name, str(value)) for name, value in left.items()]
    for _ in range(chance.choice((0, 1, 1, 2, 500))):
        name = chance.choice([*left, "after", "limit", "q", "on", "known_at", "status", "reveal", "columns", "x"])
        said.append((name, chance.choice(TEXTS)[: 6000 if len(said) < 4 else 20]))
    joined = "&".join(f"{quote(name)}={_quoted(value)}" for name, value in said)
    return f"?{joined}{chance.choice(('', '', '&&&==', '&%zz=%', '&%ff=%fe', '&a[]=1&a[b]=2'))}"[:60_000]


def _headers(chance: random.Random) -> dict[str, str]:
    """One header that is not as it should be, or none."""
    if chance.random() < 0.5:
        return {}
    name = chance.choice(_SPOILT)
    value = chance.choice(TEXTS)[:8000].replace("\r\n", " ") if chance.random() < 0.95 else "\x01\x02"
    return {name: value}


_SPOILT = (
    "Accept", "Accept-Language", "Authorization", "X-API-Key", "Cookie", "Idempotency-Key", "If-None-Match", "Range",
    "X-Forwarded-For", "X-Forwarded-Proto", "Content-Encoding", "Transfer-Encoding", "Expect", "Origin", "HX-Request",
    "X-Part", "X-CSRF-Token", "Host", "Content-Length",
)  # fmt: skip
_KINDS = (
    "", "text/plain", "application/xml", "application/json; charset=utf-16", "multipart/form-data", "a/b; boundary=",
    "multipart/form-data; boundary=" + "x" * 500, "application/x-www-form-urlencoded; charset=gb18030", "/" * 200,
)  # fmt: skip

Made = tuple[str, bytes]
Maker = Callable[[random.Random, dict[str, Any]], Made]


def _spoilt(chance: random.Random, wish: dict[str, Any]) -> dict[str, Any]:
    """The wish with one part that is something else, one that is not known, or one too few."""
    spoilt = dict(wish)
    names = [name for name in wish if name != "csrf"] or ["x"]
    for _ in range(chance.choice((1, 1, 2))):
        spoilt[chance.choice(names)] = chance.choice(chance.choice((THINGS, TEXTS)))
    if chance.random() < 0.2:
        spoilt.pop(chance.choice(names), None)
    if chance.random() < 0.2:
        spoilt[chance.choice(("__proto__", "x", "class", "login", "role", "office_id", "\ud800"))] = chance.choice(
            TEXTS
        )
    return spoilt


def spoilt_json(chance: random.Random, wish: dict[str, Any]) -> Made:
    return "application/json", json.dumps(_spoilt(chance, wish)).encode()


def twice_named(chance: random.Random, wish: dict[str, Any]) -> Made:
    parts = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in wish.items()]
    other = f"{json.dumps(next(iter(wish), 'x'))}: {json.dumps(chance.choice(TEXTS))}"
    return "application/json", ("{" + ", ".join([*parts, other]) + "}").encode()


def deep_json(chance: random.Random, wish: dict[str, Any]) -> Made:
    depth = chance.choice((50, 900, 1100, 100_000))
    opened, closed = chance.choice((("[", "]"), ('{"a":', "}")))
    inner = opened * depth + "1" + (closed * depth if chance.random() < 0.7 else "")
    name = json.dumps(next(iter(wish), "x"))
    return "application/json", (inner if chance.random() < 0.5 else f"{{{name}: {inner}}}").encode()


def no_json(chance: random.Random, wish: dict[str, Any]) -> Made:
    whole = json.dumps(wish, ensure_ascii=False)
    made = (
        whole.encode("utf-16"), whole.encode("gb18030"), b"\xef\xbb\xbf" + whole.encode(), whole.encode()[:-1], b"", b"null",
        whole.replace("1", "NaN").encode(), whole.replace("1", "1e999").encode(), b'"' + b"x" * 10_000, b"\xff\xfe\x00",
        whole.encode() + b"\x00", whole.encode() * 2, b"[" + whole.encode() + b"]", chance.randbytes(300), b"x" * (2 << 20),
    )  # fmt: skip
    return "application/json", chance.choice(made)


def spoilt_form(chance: random.Random, wish: dict[str, Any]) -> Made:
    said = [(name, value if isinstance(value, str) else str(value)) for name, value in _spoilt(chance, wish).items()]
    said += said[: chance.choice((0, 0, 1, 3))]
    text = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in said)
    return "application/x-www-form-urlencoded", text.encode()[:900_000]


def broken_form(chance: random.Random, wish: dict[str, Any]) -> Made:
    honest = "&".join(f"{quote(name)}={quote(str(value))}" for name, value in wish.items()).encode()
    ends = (
        b"&%zz=%",
        b"&\xff=\xfe",
        b"&\x00=\x00",
        b"&" * 5000,
        b"=" * 5000,
        b"&a" * 3000,
        b"&" + chance.randbytes(200),
    )
    return "application/x-www-form-urlencoded", honest + chance.choice(ends)


def multipart(chance: random.Random, wish: dict[str, Any]) -> Made:
    """A form in parts, with a file whose name leads elsewhere; now and then cut off, nested or without end."""
    edge = chance.choice(("edge", "-" * 60, "a b", "x'()+_,-./:=?"))
    names = (
        "a.csv",
        "../../../etc/cron.d/x",
        "..\\x.xlsx",
        "a\x00.csv",
        "名" * 300,
        '"; filename="b',
        "",
        ".",
        "C:\\a.xls",
    )
    parts = [_part(edge, name, str(value).encode("utf-8", "replace")) for name, value in wish.items()]
    file = chance.choice((b"", b"\x00" * 500, b"PK\x03\x04", "单位详细名称\n甲\n".encode(), chance.randbytes(3000)))
    for name in ("file", "document"):
        parts.append(_part(edge, name, file, f'; filename="{chance.choice(names)}"'))
    if chance.random() < 0.1:
        parts += [_part(edge, f"x{n}", b"1") for n in range(1500)]
    if chance.random() < 0.1:
        parts.append(_part(edge, "file", b"twice", '; filename="b.csv"'))
    whole = b"".join(parts) + f"--{edge}--\r\n".encode()
    if chance.random() < 0.3:
        whole = whole[: chance.randrange(len(whole))]
    return f'multipart/form-data; boundary="{edge}"', whole


def _part(edge: str, name: str, content: bytes, more: str = "") -> bytes:
    head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode("utf-8", "surrogatepass") + content + b"\r\n"


BODIES: tuple[Maker, ...] = (
    spoilt_json,
    spoilt_json,
    spoilt_json,
    twice_named,
    deep_json,
    no_json,
    spoilt_form,
    multipart,
)
FORMS: tuple[Maker, ...] = (spoilt_form, spoilt_form, spoilt_form, broken_form, multipart, multipart, spoilt_json)
