"""The same call sent twice acts once: calls that come with a key of their own (DESIGN.md, §2 and promise 15).

A call is entered before it begins and its answer is kept for a day, sealed. A verb of one transaction keeps it within
that, so that neither is there without the other; a process that dies in between has done nothing, and the call is taken
up. What works in many transactions keeps it at its end; where it died before, nobody can say how far it came, and that
is what is said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.core import heartbeat
from app.core.actor import Actor, Caller, Client
from app.core.dialect import insert_or_skip, locked
from app.core.errors import AppError, Conflict, Invalid
from app.core.moves import move_where
from app.core.types import InPlace
from app.domain.lives import CallStatus
from app.models import KeyedCall, table_of
from app.verbs.call import House
from app.verbs.verb import Opens, Verb, settling

KEPT = timedelta(days=1)
LONGEST = timedelta(minutes=15)
"""After so long a call of another machine counts as dead; of this one, its process tells."""


LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001 - moments are stored as naive UTC


class KeyReused(Invalid):
    """The key came before with something else."""

    code = "idempotency_key_reused"
    zh = "这个 Idempotency-Key 已用于另一个请求；内容不同的请求请换一个。"
    en = "this Idempotency-Key came with another request before; take another for another request"


class InProgress(Conflict):
    """The call that came first with this key is still being done."""

    code = "in_progress"
    zh = "带同一 Idempotency-Key 的请求还在处理，请稍后再取结果。"
    en = "the request that came first with this Idempotency-Key is still being done; ask again soon"


class OutcomeUnknown(Conflict):
    """A process died over the call, and it may have been done in part."""

    code = "outcome_unknown"
    zh = "处理这个请求时程序中断，不知做到哪一步。请先查看结果，需要再做时换一个 Idempotency-Key。"
    en = "the program stopped over this request, and may have done part of it; look first, then use another Idempotency-Key"


class AnswerNotKept(Conflict):
    """The call was done, and its answer was a file, which is not kept."""

    code = "answer_not_kept"
    zh = "这个请求已经完成，文件当时已发出，没有留存；需要再出一份时换一个 Idempotency-Key。"
    en = "this was done, and its file was sent then and is not kept; for another one use another Idempotency-Key"


REFUSALS: tuple[type[AppError], ...] = (KeyReused, InProgress, OutcomeUnknown, AnswerNotKept)


@dataclass(frozen=True)
class Kept:
    """What became of a call: its answer (none where it was a file), and the digest of what was sent."""

    status: int
    body: str | None
    sent: str


@dataclass(frozen=True)
class Begun:
    """A call with a key that is being done by this process. `sent` tells the digest of what was sent, once it was read."""

    house: House
    verb: Verb[Any, Any]
    caller: str
    key: str
    worker: str
    sent: Callable[[], str]

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Have the answer kept within the transaction of a verb that has one."""
        token = settling.set(self._settle)
        try:
            yield
        finally:
            settling.reset(token)

    def _settle(self, session: Session, status: int, body: bytes) -> None:
        """Raises InProgress, and nothing was done, where the call was taken from us because we seemed dead."""
        if not self._keep(session, status, body.decode()):
            raise InProgress

    def keep(self, status: int, body: str | None) -> None:
        """Keep the answer of a verb that had no transaction of its own to keep it in."""
        self.house.writing(lambda session: self._keep(session, status, body))

    def _keep(self, session: Session, status: int, body: str | None) -> bool:
        answer = InPlace({"status": status, "body": self._without_secrets(body)}, (self.caller, self.key))
        kept = move_where(
            session, KeyedCall, CallStatus.ANSWERED, *self._mine(), sent_digest=self.sent(), answer=answer
        )
        return bool(kept)

    def _without_secrets(self, body: str | None) -> str | None:
        if body is None or not self.verb.tells_once:
            return body
        told = orjson.loads(body)
        return orjson.dumps(
            {name: "" if name in self.verb.tells_once else cell for name, cell in told.items()}
        ).decode()

    def let_go(self) -> None:
        """It was refused, so nothing was done, and it may come again."""
        ours = delete(KeyedCall).where(col(KeyedCall.status) == CallStatus.RUNNING, *self._mine())
        self.house.writing(lambda session: session.execute(ours))

    def lose(self) -> None:
        """It broke off somewhere: whoever sends it again hears that nobody knows how far it came."""
        self.house.writing(
            lambda session: move_where(session, KeyedCall, CallStatus.RUNNING, *self._mine(), begun_at=LONG_AGO)
        )

    def _mine(self) -> tuple[Any, ...]:
        return (
            col(KeyedCall.caller) == self.caller,
            col(KeyedCall.key_digest) == self.key,
            col(KeyedCall.worker) == self.worker,
        )


def begin(house: House, verb: Verb[Any, Any], caller: Caller, key: str, sent: Callable[[], str]) -> Begun | Kept:
    """Enter a call that came with a key, or say what became of it. Raises InProgress, OutcomeUnknown."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    ours = Begun(house, verb, _name_of(caller), digest, heartbeat.worker_name(), sent)
    return house.writing(lambda session: _entered(session, ours, heartbeat.moment()))


def _name_of(caller: Caller) -> str:
    if isinstance(caller, Actor):
        return f"user:{caller.user_id}"
    return f"client:{caller.client_id}" if isinstance(caller, Client) else "anybody"


def _entered(session: Session, ours: Begun, now: datetime) -> Begun | Kept:
    session.execute(delete(KeyedCall).where(col(KeyedCall.kept_until) <= now))
    told = {"caller": ours.caller, "key_digest": ours.key, "status": CallStatus.RUNNING, "sent_digest": ""}
    row = {**told, "worker": ours.worker, "begun_at": now, "kept_until": now + KEPT}
    if insert_or_skip(session, table_of(KeyedCall), [row]):
        return ours
    return _again(session, ours, now)


def _again(session: Session, ours: Begun, now: datetime) -> Begun | Kept:
    this = (col(KeyedCall.caller) == ours.caller, col(KeyedCall.key_digest) == ours.key)
    found: KeyedCall | None = session.execute(locked(select(KeyedCall).where(*this))).scalar_one_or_none()
    if found is not None and found.status == CallStatus.ANSWERED:
        return Kept(found.answer["status"], found.answer["body"], found.sent_digest)
    if found is None or not (heartbeat.is_gone(found.worker) or now - found.begun_at > LONGEST):
        raise InProgress
    if ours.verb.opens is not Opens.WRITE:
        raise OutcomeUnknown
    move_where(session, KeyedCall, CallStatus.RUNNING, *this, worker=ours.worker, begun_at=now)
    return ours
