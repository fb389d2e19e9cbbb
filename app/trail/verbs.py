"""What whoever audits can do: list, read, verify, take the head along."""

from __future__ import annotations

from app.audit import proof, queries, sights
from app.audit.queries import EntryAltered, EntryNotFound
from app.audit.tags import Tag
from app.core.case import CaseMissing, on_case
from app.core.rights import Reach
from app.domain.roles import Permission
from app.trail import schemas
from app.verbs import Call, verb
from app.verbs.schemas import Items

_READ, _CASE = Permission.READ_TRAIL, Permission.VIEW_CASE


@verb("log.list", _READ, _CASE, route="GET /log", reach=Reach.HOUSE)
def list_(call: Call, wish: schemas.EntriesWanted) -> Items[schemas.EntryLine]:
    """Entries of a log, the newest first."""
    found = queries.browse(call.session, **wish.model_dump())
    items = [schemas.EntryLine.model_validate(entry) for entry in found]
    return Items(items=items, next=items[-1].seq if len(items) == wish.limit else None)


@verb(
    "log.access",
    _READ,
    _CASE,
    errors=(CaseMissing,),
    route="GET /log/access",
    reach=Reach.HOUSE,
)
def access(call: Call, wish: schemas.AccessWanted) -> schemas.Sights:
    """Who saw a unit and when, whatever the road: pages, lists, exports, checks, requests, pairs, rows, spot checks.

    The newest first. `next` goes on with older ones; so long as there is one, a page may hold fewer than asked for.
    Entries that were altered are named in `altered` and not believed.
    """
    if call.actor.may(_CASE):
        on_case(call.actor, wish.case, wish.reason)
        call.saw(Tag.LOG_OPEN, f"sights of unit {wish.unit}", {"case": wish.case, "reason": wish.reason}, units=())
    found = sights.of_unit(call.session, wish.unit, after=wish.after, limit=wish.limit)
    items = [schemas.Sight(**entry.model_dump(), units=units) for entry, units in found.seen]
    return schemas.Sights(items=items, altered=found.altered, next=found.further)


@verb(
    "log.entry",
    _READ,
    _CASE,
    errors=(EntryNotFound, EntryAltered, CaseMissing),
    route="GET /log/{chain}/{seq}",
    command="log entry {chain} {seq}",
    reach=Reach.HOUSE,
)
def entry(call: Call, wish: schemas.EntryWanted) -> schemas.EntryShown:
    """One entry with its ground, before and after; what stands in units is open to an inspector on a case alone."""
    opened = call.actor.may(_CASE)
    if opened:
        on_case(call.actor, wish.case, wish.reason)
    found, payload = queries.get_entry(call.session, wish.chain, wish.seq)
    if opened:
        case = {"case": wish.case, "reason": wish.reason}
        call.saw(Tag.LOG_OPEN, f"{wish.chain} {wish.seq}", case, units=schemas.units_written(payload))
    return schemas.EntryShown.of(wish.chain, found, payload, opened=opened)


@verb("log.verify", _READ, route="GET /log/verify", reach=Reach.HOUSE)
def verify(call: Call, wish: schemas.VerificationWanted) -> schemas.Verified:
    """Prove both logs and the register: names the first entry that was changed, and the rows the log does not bear out."""
    found = proof.prove(call.session, known_head=wish.head, every=wish.all, files=call.house.files_dir)
    return schemas.Verified.of(found, call.language)


@verb("log.head", _READ, route="GET /log/head", reach=Reach.HOUSE)
def head(call: Call, wish: schemas.ChainWanted) -> schemas.HeadShown:
    """A log's head, to be kept elsewhere: only that shows a cut tail or a log re-chained as a whole."""
    seq, last = queries.head_of(call.session, wish.chain)
    return schemas.HeadShown(chain=wish.chain, seq=seq, head=last)
