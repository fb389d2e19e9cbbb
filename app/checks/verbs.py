"""What can be asked about the register by systems that only need to know whether a unit is in it."""

from __future__ import annotations

from typing import cast

from app.accounts.limits import RateLimits
from app.audit.tags import Tag
from app.checks import schemas
from app.checks.access import asked_for
from app.checks.queries import changes_after
from app.checks.receipts import InvalidReceipt, ReceiptMismatch, key_id, verify_receipt
from app.checks.rules import Sight
from app.checks.service import LastKnown, TooManyItems, check_items
from app.core.actor import Actor, Client
from app.core.errors import Forbidden, TooLarge, TooMany
from app.core.rights import Reach, territory
from app.domain.roles import Permission
from app.register.queries import register_version
from app.surveys.errors import UnknownSurvey
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Nothing
from app.verbs.verb import Body


class SurveyNotForKey(Forbidden):
    """A key that is for some surveys is asked with about another."""

    code = "survey_not_for_key"
    zh = "这个密钥不能用于调查“{survey}”；请联系安全管理员。"
    en = "this key is not for the survey {survey}; ask the security administrator"


class BatchOverLimit(TooLarge):
    """More codes at once than the key may ask in a minute, for which there is never room."""

    code = "batch_over_limit"
    zh = "这个密钥每分钟最多查询 {limit} 个代码，这次有 {count} 个；请分批查询，或联系安全管理员换发密钥。"
    en = "{count} items; this key is for {limit} a minute: ask in smaller batches, or the security administrator for another key"


@verb(
    "check.ask",
    Permission.CHECK,
    scope="check",
    errors=(TooManyItems, BatchOverLimit, TooMany, UnknownSurvey, SurveyNotForKey),
    body=Body.BATCH,
    brief=True,
    reach=Reach.AREA,
    sees=True,
)
def ask(call: Call, wish: schemas.Questions) -> schemas.Answers:
    """Is this unit in the register, and may it report? One code or ten thousand, answered in their order.

    What a unit is called, its kind and area are told to who may see them (persons units of their area, keys with the
    scope `units`), and to who said its name; of units outside the caller's area only whether they are there.
    """
    if isinstance(call.caller, Client):
        _count(call, call.caller, wish)
    keys = call.house.database.keys
    found = check_items(
        call.session,
        [{"code": item.code, "name": item.name} for item in wish.items],
        keys=keys,
        now=call.now,
        survey=wish.survey,
        on=wish.on,
        language=wish.lang,
        sight=_sight(call, wish),
        last_known=call.house.one(LastKnown),
    )
    codes, version = [item.code for item in wish.items], found.register_version
    told = asked_for(keys, codes, register_version=version, survey=wish.survey)
    call.saw(Tag.UNIT_CHECK, payload=told, units=found.units)
    # The items stay plain data: making models of ten thousand takes longer than answering them did.
    items = cast("list[schemas.ItemAnswer]", found.items)
    return schemas.Answers.model_construct(register_version=version, on=found.on, receipt=found.receipt, items=items)


def _count(call: Call, client: Client, wish: schemas.Questions) -> None:
    """Count a batch against a key's limit, one of it was when the key was read.

    Raises SurveyNotForKey, BatchOverLimit, TooMany.
    """
    if wish.survey and client.surveys is not None and wish.survey not in client.surveys:
        raise SurveyNotForKey(survey=wish.survey)
    if len(wish.items) > client.per_minute:
        raise BatchOverLimit(limit=client.per_minute, count=len(wish.items))
    call.house.one(RateLimits).take(client.key_id, client.per_minute, cost=len(wish.items) - 1)


def _sight(call: Call, wish: schemas.Questions) -> Sight:
    """What the caller may be told of units: a person's area is that of the day asked about, a key's that of today."""
    caller = call.caller
    if isinstance(caller, Actor):
        return Sight(territory(caller, wish.on or call.today), names=caller.may(Permission.VIEW_UNITS))
    assert isinstance(caller, Client), "whoever asks is known"
    return Sight(territory(caller, call.today), names="units" in caller.scopes)


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


@verb("feed.list", Permission.VIEW_UNITS, scope="feed", route="GET /changes", reach=Reach.AREA, sees=True)
def feed(call: Call, wish: schemas.FeedWanted) -> schemas.Feed:
    """The change feed behind an entry, as far as units of the caller's area are concerned, before a change or after it.

    The numbers of all entries have no gap, and the last is the register version; a page may leave some out, and goes on
    behind the last that was looked at. `codes` are all that the unit carries or carried, so that a caller drops what it
    keeps under any of them.
    """
    caller = call.caller
    assert isinstance(caller, Actor | Client), "whoever reads is known"
    found, further = changes_after(call.session, wish.after, wish.limit, within=territory(caller, call.today))
    items = [schemas.FeedEntry(**entry) for entry in found]
    call.saw(Tag.FEED_READ, payload={"after": wish.after, "rows": len(items)})
    return schemas.Feed(register_version=register_version(call.session), items=items, next=further)
