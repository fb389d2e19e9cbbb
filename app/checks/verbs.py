"""What can be asked about the register by systems that only need to know whether a unit is in it."""

from __future__ import annotations

from typing import cast

from app.accounts.limits import RateLimits
from app.audit.tags import Tag
from app.checks import schemas
from app.checks.access import entry_of
from app.checks.queries import changes_after
from app.checks.receipts import InvalidReceipt, ReceiptMismatch, key_id, verify_receipt
from app.checks.service import LastKnown, TooManyItems, check_items
from app.core.actor import Client
from app.core.errors import TooMany
from app.core.rights import Reach
from app.domain.roles import Permission
from app.register.queries import register_version
from app.surveys.errors import UnknownSurvey
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Nothing
from app.verbs.verb import Body


@verb(
    "check.ask",
    Permission.CHECK,
    scope="check",
    errors=(TooManyItems, TooMany, UnknownSurvey),
    body=Body.BATCH,
    brief=True,
)
def ask(call: Call, wish: schemas.Questions) -> schemas.Answers:
    """Is this unit in the register, and may it report? One code or ten thousand, answered in their order."""
    if isinstance(call.caller, Client):  # one of the batch was counted when the key was read
        limits, cost = call.house.one(RateLimits), len(wish.items) - 1
        limits.take(call.caller.key_id, call.caller.per_minute, cost=cost)
    keys = call.house.database.keys
    found = check_items(
        call.session,
        [{"code": item.code, "name": item.name} for item in wish.items],
        keys=keys,
        now=call.now,
        survey=wish.survey,
        on=wish.on,
        language=wish.lang,
        last_known=call.house.one(LastKnown),
    )
    codes, version = [item.code for item in wish.items], found.register_version
    note = entry_of(keys, call.caller_name, codes, at=call.now, register_version=version, survey=wish.survey)
    call.house.access.note(note)
    # The items stay plain data: making models of ten thousand takes longer than answering them did.
    items = cast("list[schemas.ItemAnswer]", found.items)
    return schemas.Answers.model_construct(register_version=version, on=found.on, receipt=found.receipt, items=items)


@verb(
    "check.verify",
    Permission.CHECK,
    opens=Opens.OWN,
    scope="check",
    errors=(InvalidReceipt, ReceiptMismatch),
    route="POST /check/verify",
    body=Body.BATCH,
)
def verify(call: Call, wish: schemas.ReceiptToVerify) -> schemas.ReceiptShown:
    """Whether this register gave a receipt, and, with `items`, gave it for these answers."""
    return schemas.ReceiptShown.model_validate(verify_receipt(call.house.database.keys, wish.receipt, wish.items))


@verb("check.keys", opens=Opens.OWN, public=True, route="GET /check-keys")
def keys(call: Call, _wish: Nothing) -> schemas.KeyOfReceipts:
    """The public key that receipts are signed with, so that anybody can verify them alone."""
    own = call.house.database.keys
    return schemas.KeyOfReceipts(kid=key_id(own), algorithm="EdDSA", public_key=own.receipts_public_pem)


@verb("feed.list", Permission.CHECK, scope="feed", route="GET /changes", reach=Reach.HOUSE, sees=True)
def feed(call: Call, wish: schemas.FeedWanted) -> schemas.Feed:
    """The change feed behind an entry: gap-free numbers, the last of which is the register version.

    `codes` are all that the unit carries or carried, so that a caller drops what it keeps under any of them.
    """
    items = [schemas.FeedEntry(**entry) for entry in changes_after(call.session, wish.after, wish.limit)]
    call.saw(Tag.FEED_READ, payload={"after": wish.after, "rows": len(items)})
    further = items[-1].seq if len(items) == wish.limit else None
    return schemas.Feed(register_version=register_version(call.session), items=items, next=further)
