"""Is this unit in the register? One code or ten thousand, for collection systems."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.api.deps import CheckCaller, Now, ReadSession, TheDatabase
from app.checks.access import entry_of
from app.checks.queries import changes_after
from app.checks.receipts import key_id, verify_receipt
from app.checks.service import CheckAnswer, check_items
from app.core.actor import Actor, Client
from app.core.clock import iso_moment
from app.domain.words import CheckResult
from app.http.access import access_log
from app.register.queries import register_version

router = APIRouter(prefix="/api/v1", tags=["check"])


Language = Literal["zh", "en"]


class Item(BaseModel):
    code: str = Field(max_length=256)
    name: str = Field("", max_length=256)


class Batch(BaseModel):
    """Up to 10 000 items; answers come in their order."""

    items: list[Item]
    survey: str = Field("", max_length=64)
    on: date | None = None
    lang: Language = "zh"


class Said(BaseModel):
    """A stable code for programs, a sentence for people."""

    code: str
    text: str


class UnitShown(BaseModel):
    id: int
    code: str
    name: str
    unit_type: str
    area_code: str


class ItemAnswer(BaseModel):
    """`successor` where it was merged or converted; `candidates`: others with the code, or the code one slip away."""

    code: str
    result: CheckResult
    may_report: bool
    reason: Said
    unit: UnitShown | None = None
    successor: UnitShown | None = None
    candidates: list[dict[str, Any]] | None = None
    warnings: list[Said] | None = None


class Rest(BaseModel):
    """What the answers rest on."""

    register_version: int
    on: date
    receipt: str


class OneAnswer(ItemAnswer, Rest):
    pass


class ManyAnswers(Rest):
    items: list[ItemAnswer]


class ReceiptToVerify(BaseModel):
    receipt: str
    items: list[dict[str, Any]] | None = None


@router.get("/check/{code}", response_model=OneAnswer)
def check_one(
    code: Annotated[str, Path(max_length=256)],
    request: Request,
    session: ReadSession,
    caller: CheckCaller,
    now: Now,
    name: Annotated[str, Query(max_length=256)] = "",
    survey: Annotated[str, Query(max_length=64)] = "",
    on: date | None = None,
    lang: Language = "zh",
) -> Response:
    """One code, the answer flat."""
    body = Batch(items=[Item(code=code, name=name)], survey=survey, on=on, lang=lang)
    answer = _ask(request, session, caller, body, now).as_json()
    item = answer.pop("items")[0]
    return _json(answer | item)


@router.post("/check", response_model=ManyAnswers)
def check_many(body: Batch, request: Request, session: ReadSession, caller: CheckCaller, now: Now) -> Response:
    """Many codes at once, answered in their order."""
    return _json(_ask(request, session, caller, body, now).as_json())


def _json(content: Any) -> Response:
    """The response model is the documentation; encoding ten thousand answers by it would take longer than they did."""
    return Response(orjson.dumps(content), media_type="application/json")


def _ask(request: Request, session: Session, caller: Actor | Client, body: Batch, now: datetime) -> CheckAnswer:
    state = request.app.state
    if isinstance(caller, Client):  # one of the batch was counted when the key was read
        state.limits.take(caller.key_id, caller.per_minute, cost=len(body.items) - 1)
    answer = check_items(
        session,
        [{"code": item.code, "name": item.name} for item in body.items],
        keys=state.database.keys,
        now=now,
        survey=body.survey,
        on=body.on,
        language=body.lang,
        last_known=state.last_known,
    )
    who = caller.login if isinstance(caller, Actor) else f"client:{caller.name}"
    codes = [item.code for item in body.items]
    version = answer.register_version
    entry = entry_of(state.database.keys, who[:64], codes, at=now, register_version=version, survey=body.survey)
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
    """The change feed behind an entry: gap-free numbers, the last of which is the register version.

    `codes` are all that the unit carries or carried, so that a caller drops what it keeps under any of them.
    """
    found = changes_after(session, after, limit)
    items = [{**entry, "recorded_at": iso_moment(entry["recorded_at"])} for entry in found]
    return {"register_version": register_version(session), "items": items}
