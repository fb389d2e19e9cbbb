"""Is this unit in the register? One code or ten thousand, for collection systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.accounts.actor import Actor
from app.accounts.service import Client
from app.api.access import access_log
from app.api.deps import CheckCaller, Now, ReadSession, TheDatabase
from app.checks.access import entry_of
from app.checks.receipts import key_id, verify_receipt
from app.checks.service import CheckAnswer, check_items
from app.core.clock import iso_moment
from app.register.queries import list_changes, register_version

router = APIRouter(prefix="/api/v1", tags=["check"])


class Item(BaseModel):
    code: str = Field(max_length=64)
    name: str = Field("", max_length=256)


class Batch(BaseModel):
    """Up to 10 000 items; answers come in their order."""

    items: list[Item]
    survey: str = Field("", max_length=64)
    on: date | None = None


class ReceiptToVerify(BaseModel):
    receipt: str
    items: list[dict[str, Any]] | None = None


@router.get("/check/{code}")
def check_one(
    code: str,
    request: Request,
    session: ReadSession,
    caller: CheckCaller,
    now: Now,
    name: Annotated[str, Query(max_length=256)] = "",
    survey: Annotated[str, Query(max_length=64)] = "",
    on: date | None = None,
) -> dict[str, Any]:
    """One code, the answer flat."""
    answer = _ask(request, session, caller, [{"code": code, "name": name}], survey, on, now).as_json()
    return {**{key: value for key, value in answer.items() if key != "items"}, **answer["items"][0]}


@router.post("/check")
def check_many(body: Batch, request: Request, session: ReadSession, caller: CheckCaller, now: Now) -> dict[str, Any]:
    """Many codes at once."""
    items = [{"code": item.code, "name": item.name} for item in body.items]
    return _ask(request, session, caller, items, body.survey, body.on, now).as_json()


def _ask(
    request: Request,
    session: Session,
    caller: Actor | Client,
    items: Sequence[Mapping[str, str]],
    survey: str,
    on: date | None,
    now: datetime,
) -> CheckAnswer:
    keys = request.app.state.database.keys
    answer = check_items(
        session, items, keys=keys, now=now, survey=survey, on=on, last_known=request.app.state.last_known
    )
    who = caller.login if isinstance(caller, Actor) else f"client:{caller.name}"
    codes = [item["code"] for item in items]
    entry = entry_of(keys, who[:64], codes, at=now, register_version=answer.register_version, survey=survey)
    access_log(request).note(entry)
    return answer


@router.post("/check/verify")
def verify(body: ReceiptToVerify, database: TheDatabase) -> dict[str, Any]:
    """Whether this register gave a receipt, and, with `items`, gave it for these answers."""
    found = verify_receipt(database.keys, body.receipt, body.items)
    return {
        "valid": True,
        "register_version": found.register_version,
        "on": found.on,
        "at": found.at,
        "survey": found.survey,
        "count": found.count,
    }


@router.get("/check-keys")
def keys(database: TheDatabase) -> dict[str, str]:
    """The public key that receipts are signed with, so that anybody can verify them alone."""
    return {"kid": key_id(database.keys), "algorithm": "EdDSA", "public_key": database.keys.receipts_public_pem}


@router.get("/changes")
def changes(
    session: ReadSession,
    _caller: CheckCaller,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> dict[str, Any]:
    """The change feed behind an entry: gap-free numbers, the last of which is the register version."""
    found = list_changes(session, after, limit)
    items = [
        {
            "seq": entry.seq,
            "unit_id": entry.unit_id,
            "reason": entry.reason,
            "valid_from": entry.valid_from,
            "recorded_at": iso_moment(entry.recorded_at),
        }
        for entry in found
    ]
    return {"register_version": register_version(session), "items": items}
