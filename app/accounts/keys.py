"""Clients of the check and their keys: what a key is for, when, where from and about which units."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from app.accounts import grants
from app.accounts.errors import BadCredentials, BadNetwork, KeyNotFound, SurveyNotThere
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor, Client
from app.core.clock import day_of
from app.core.crypto import secret_hash
from app.core.dialect import insert_or_skip
from app.core.moves import move
from app.core.rights import OutOfArea, Stretch, territory
from app.domain.lives import KeyStatus
from app.domain.period import FOREVER
from app.domain.roles import Permission
from app.models import ApiClient, ApiKey, ApiKeyLimit, RightGrant, Survey, table_of

PREFIX = "mlk_"
DAYS = 365
PER_MINUTE, MOST_PER_MINUTE = 10_000, 600_000
"""Checks a minute of a key that nobody thought about, one whole batch; and the most that one is issued for."""
AREA, SURVEY, NETWORK = "area", "survey", "network"


@dataclass(frozen=True)
class Wanted:
    """What a key shall be for; its areas are always said, so that nobody issues or confirms more than he meant."""

    areas: Sequence[str]
    scopes: str = "check"
    per_minute: int = PER_MINUTE
    days: int = DAYS
    surveys: Sequence[str] = ()
    networks: Sequence[str] = ()


@dataclass(frozen=True)
class Key:
    """A key with its client's name and its limits."""

    key: ApiKey
    client: str
    limits: list[ApiKeyLimit] = field(default_factory=list)

    def __str__(self) -> str:
        """All that it opens, in a line."""
        limits = (f"{kind}={','.join(self._of(kind)) or '*'}" for kind in (AREA, SURVEY, NETWORK))
        until = day_of(self.key.expires_at)
        number, pace = f"#{self.key.key_id}", f"{self.key.per_minute}/min"
        return " ".join((number, self.key.scopes, *limits, pace, f"until={until}"))

    def _of(self, kind: str) -> list[str]:
        return [one.value for one in self.limits if one.kind == kind]


def create_client(session: Session, *, name: str, contact: str, actor: Actor, now: datetime) -> ApiClient:
    """The client of this name, made when it is new."""
    actor.require(Permission.MANAGE_KEYS)
    made = ApiClient(name=name, contact=contact, created_at=now)
    insert_or_skip(session, table_of(ApiClient), [made.model_dump(exclude={"client_id"})])
    found: ApiClient = session.execute(select(ApiClient).where(col(ApiClient.name) == name)).scalar_one()
    return found


def issue(
    session: Session, wanted: Wanted, *, client: str, actor: Actor, now: datetime, contact: str = ""
) -> tuple[str, RightGrant]:
    """A key for a client (made when it is new): its first half, shown this once. It opens nothing before its right is
    confirmed, and whoever confirms is shown the second half, so that neither of the two can ask by it.

    Raises OutOfArea, SurveyNotThere, BadNetwork.
    """
    owner = create_client(session, name=client, contact=contact, actor=actor, now=now)
    limits = _limits(session, wanted, actor, day_of(now))
    first, second = PREFIX + secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    row = ApiKey(
        client_id=owner.client_id,
        secret_hash=secret_hash(first + second),
        scopes=wanted.scopes,
        per_minute=wanted.per_minute,
        created_at=now,
        expires_at=now + timedelta(days=wanted.days),
        status=KeyStatus.PENDING,
    )
    session.add(row)
    session.flush()
    session.add_all(_rows(row.key_id, limits, day_of(now)))
    told = {"scopes": wanted.scopes, "per_minute": wanted.per_minute, "days": wanted.days, **limits}
    _log(session, Tag.KEY_ISSUE, f"client {client}", actor.login, now, {"client": client, **told})
    return first, grants.give_key(session, row, second, actor=actor, now=now)


def _limits(session: Session, wanted: Wanted, actor: Actor, today: date) -> dict[str, list[str]]:
    """The limits of each kind, each once. Raises OutOfArea, SurveyNotThere, BadNetwork."""
    own = territory(actor, today)
    for area in wanted.areas:
        if not own.holds_all_of(area):
            raise OutOfArea(area=area, office_area=str(own), login=actor.login)
    known = set(session.execute(select(col(Survey.code)).where(col(Survey.code).in_(wanted.surveys))).scalars())
    for survey in wanted.surveys:
        if survey not in known:
            raise SurveyNotThere(survey=survey)
    asked = {AREA: wanted.areas, SURVEY: wanted.surveys, NETWORK: map(_network, wanted.networks)}
    return {kind: list(dict.fromkeys(values)) for kind, values in asked.items()}


def _network(told: str) -> str:
    """A network as it is compared later: 10.1.2.3/24 is 10.1.2.0/24, an address alone a network of one."""
    try:
        return str(ipaddress.ip_network(told.strip(), strict=False))
    except ValueError as wrong:
        raise BadNetwork(network=told) from wrong


def _rows(key_id: int, limits: Mapping[str, Iterable[str]], today: date) -> list[ApiKeyLimit]:
    told = [(kind, value) for kind, values in limits.items() for value in values]
    return [
        ApiKeyLimit(key_id=key_id, kind=kind, value=value, valid_from=today, valid_until=FOREVER)
        for kind, value in told
    ]


def revoke(session: Session, key_id: int, *, actor: Actor, now: datetime) -> None:
    """End a key, confirmed or not. Raises KeyNotFound, and WrongState where it was ended before."""
    actor.require_any(Permission.MANAGE_KEYS, Permission.MANAGE_ACCOUNTS)
    key = session.get(ApiKey, key_id)
    if key is None:
        raise KeyNotFound(key_id=key_id)
    move(session, key, KeyStatus.REVOKED, revoked_at=now)
    grants.key_revoked(session, key, by=actor.user_id, now=now)
    _log(session, Tag.KEY_REVOKE, f"key {key_id}", actor.login, now, {})


def list_keys(session: Session, only: Sequence[int] | None = None) -> list[Key]:
    """Every key, or those of these numbers."""
    statement = select(ApiKey, col(ApiClient.name)).join(ApiClient, col(ApiClient.client_id) == col(ApiKey.client_id))
    limits = select(ApiKeyLimit).order_by(col(ApiKeyLimit.limit_id))
    if only is not None:
        statement = statement.where(col(ApiKey.key_id).in_(only))
        limits = limits.where(col(ApiKeyLimit.key_id).in_(only))
    found = {key.key_id: Key(key, client) for key, client in session.execute(statement.order_by(col(ApiKey.key_id)))}
    for limit in session.execute(limits).scalars():
        found[limit.key_id].limits.append(limit)
    return list(found.values())


def authenticate(session: Session, secret: str, *, now: datetime) -> Client:
    """The client a key belongs to, with what the key is for today. Raises BadCredentials."""
    statement = (
        select(ApiKey, col(ApiClient.name), ApiKeyLimit)
        .join(ApiClient, col(ApiClient.client_id) == col(ApiKey.client_id))
        .outerjoin(ApiKeyLimit, col(ApiKeyLimit.key_id) == col(ApiKey.key_id))
        .where(
            col(ApiKey.secret_hash) == secret_hash(secret),
            col(ApiKey.status) == KeyStatus.ISSUED,
            col(ApiKey.expires_at) > now,
        )
    )
    found = session.execute(statement).all()
    if not found:
        raise BadCredentials
    key, name, _ = found[0]
    return _client(key, name, [limit for *_, limit in found if limit is not None], day_of(now))


def _client(key: ApiKey, name: str, limits: Sequence[ApiKeyLimit], today: date) -> Client:
    return Client(
        key.client_id,
        key.key_id,
        name,
        frozenset(key.scopes.split()),
        key.per_minute,
        areas=tuple(Stretch(one.value, "", one.valid_from, one.valid_until) for one in limits if one.kind == AREA),
        surveys=_of_today(limits, SURVEY, today),
        networks=_of_today(limits, NETWORK, today),
    )


def _of_today(limits: Sequence[ApiKeyLimit], kind: str, today: date) -> frozenset[str] | None:
    """Where there never was a limit of the kind, None; where all have ended, none is left."""
    own = [limit for limit in limits if limit.kind == kind]
    return frozenset(one.value for one in own if one.valid_from <= today < one.valid_until) if own else None


def _log(session: Session, tag: Tag, subject: str, by: str, now: datetime, payload: dict[str, Any]) -> None:
    record_event(session, tag, actor=by, at=now, subject=subject, payload=payload)
