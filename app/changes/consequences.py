"""What a change would concern beside its unit: who belongs to it, what waits about it, lists that hold it.

Shown as the form is filled in and to who decides, before anything is done: how many, and the first of them, as far as
they are seen. It stops nothing, and says nothing of what people will do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.changes.lands import met_by
from app.changes.queries import frames_to_come, open_requests_about
from app.changes.rules import ItemDraft
from app.changes.schemas import Concerned, Consequence
from app.core.rights import Territory, territory
from app.core.said import Said, said, word, worded
from app.domain.steps import standing_after
from app.domain.words import Reason, Standing, UnitType
from app.register import around
from app.register.around import Around
from app.register.brought import SPOKEN_OF, brought
from app.register.queries import stretches_of
from app.verbs import Call
from app.verbs.schemas import SaidAnswer

BRINGS = word("concerned_brings", "按事由一并填写：{what}", "the reason itself says: {what}")
SAYS = word("field_says", "{field:field}填“{value}”", "{field:field} “{value}”")
EMPTIES = word("field_emptied", "{field:field}清空", "{field:field} emptied")
CHILDREN = word(
    "concerned_children",
    "名下有在库的产业活动单位 {count} 个",
    "live establishments that belong to it: {count}",
)
SUBORDINATES = word("concerned_subordinates", "以其为上一级法人的在库单位 {count} 个", "live units below it: {count}")
FOLLOWED = word(
    "concerned_followed",
    "已并入（转入）该单位、查询时指向它的单位 {count} 个",
    "units that went on in it, and lead to it when they are asked for: {count}",
)
BY_CODE = word(
    "concerned_by_code",
    "按将要失去的代码填写该单位的在库单位 {count} 个",
    "live units that name it by a code that it loses: {count}",
)
HEIR = word(
    "concerned_heir",
    "已由其他单位承接；恢复后两者并存",
    "it went on in another unit: both will stand beside each other",
)
PARENT = word(
    "concerned_parent",
    "归属法人名下不再重复计这个产业活动单位；请核对其产业活动单位数和财务指标",
    "its legal unit does not count it among its establishments any more: look at their number and at the figures",
)
REQUESTS = word(
    "concerned_requests", "涉及该单位、尚未办结的其他申请 {count} 件", "other open requests about it: {count}"
)
FRAMES = word(
    "concerned_frames",
    "含有该单位、尚未冻结的名单 {count} 份，须重新生成",
    "lists not frozen yet that hold it: {count}; build them anew",
)

_ENDS = (CHILDREN, SUBORDINATES, FOLLOWED, FRAMES)
_ORDER = (CHILDREN, SUBORDINATES, BY_CODE, FOLLOWED, HEIR, PARENT, REQUESTS, FRAMES)
_PLACE = ("area_code", "park_code")
_CODES = ("uscc", "org_code", "reg_no")
_NAMES = sorted({"standing", "successor_id", *_PLACE, *_CODES, *SPOKEN_OF})


@dataclass(frozen=True)
class Touched:
    """What an item does to its unit, as far as others are concerned: the sorts to look for, and the codes it takes away."""

    unit_id: int
    sorts: frozenset[str]
    codes: frozenset[str] = frozenset()
    heir: int | None = None
    brings: tuple[Said, ...] = ()


def touched_by(item: ItemDraft, held: Mapping[str, Any]) -> Touched:
    """Decided by what the unit says on the first day of the item, and what it would say then."""
    reason, says = item.reason, item.changes
    before = str(held["standing"])
    after = standing_after(reason, before, says.get("operating_status"))
    lost = _codes(held) - _codes({**held, **says})
    moves = any(name in says and says[name] != held[name] for name in _PLACE)
    changes_kind = "unit_type" in says and says["unit_type"] != held["unit_type"]
    sorts = {REQUESTS}
    if before == Standing.LIVE != after:
        sorts.update(_ENDS)
    if before != Standing.LIVE == after and held["successor_id"] is not None:
        sorts.update((HEIR, FRAMES))
    if lost and after == Standing.LIVE:
        sorts.add(BY_CODE)
    if reason is Reason.SPLIT or changes_kind:
        sorts.add(CHILDREN)
    if reason is Reason.TREATED_AS_LEGAL and held["unit_type"] == UnitType.ESTABLISHMENT:
        sorts.add(PARENT)
    if moves or changes_kind:
        sorts.add(FRAMES)
    heir = held["successor_id"] if HEIR in sorts else None
    return Touched(item.unit_id or 0, frozenset(sorts), frozenset(lost), heir, _brings(item, held))


def _brings(item: ItemDraft, held: Mapping[str, Any]) -> tuple[Said, ...]:
    """What the reason says of the unit that its author does not state."""
    found = brought(item.reason, item.valid_from, item.precision, item.changes, held)
    return tuple(
        said(SAYS, field=name, value=value) if value else said(EMPTIES, field=name)
        for name, value in found.items()
        if value != (held[name] or "")
    )


def _codes(values: Mapping[str, Any]) -> set[str]:
    """The codes that others may know a unit by, and the organisation code inside the credit code."""
    said_ = {str(values.get(name) or "") for name in _CODES}
    return {code for code in said_ | {str(values.get("uscc") or "")[8:17]} if code}


def of_items(call: Call, items: Sequence[ItemDraft], *, request_id: int = 0) -> list[list[Consequence]]:
    """What each item of a request would concern, each question asked once for all; `request_id` is the request itself."""
    held = stretches_of(call.session, [item.unit_id for item in items if item.unit_id is not None], _NAMES)
    touched = [touched_by(item, _then(item, held[item.unit_id])) if item.unit_id in held else None for item in items]
    found = _found(call, [one for one in touched if one is not None], request_id)
    return [_told(one, found) if one is not None else [] for one in touched]


def together(told: Sequence[Sequence[Consequence]]) -> list[Consequence]:
    """The same of all items: what reasons bring, and each sort once, in order."""
    found: dict[str, list[Consequence]] = {}
    for one in (one for some in told for one in some):
        found.setdefault(one.said.code, []).append(one)
    return [*found.get(BRINGS, ()), *(_joined(sort, found[sort]) for sort in _ORDER if sort in found)]


def _joined(sort: str, some: Sequence[Consequence]) -> Consequence:
    count, first = sum(one.count for one in some), [named for one in some for named in one.first]
    return Consequence(said=SaidAnswer.of(said(sort, count=count)), count=count, first=first[: around.FIRST])


def _then(item: ItemDraft, stretches: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What the unit says on the first day of the item, or nearest to it."""
    return (met_by(item, stretches) or list(stretches))[0]


_Found = dict[str, dict[int, tuple[int, list[Concerned]]]]
"""By sort and unit: how many, and the first of them."""


def _told(one: Touched, found: _Found) -> list[Consequence]:
    lines = [(sort, found[sort][one.unit_id]) for sort in _ORDER if sort in one.sorts and one.unit_id in found[sort]]
    brings = said(BRINGS, what=list(one.brings))
    own = [Consequence(said=SaidAnswer.of(brings), count=len(one.brings), first=[])] if one.brings else []
    return own + [
        Consequence(said=SaidAnswer.of(said(sort, count=count)), count=count, first=first)
        for sort, (count, first) in lines
    ]


def _found(call: Call, touched: Sequence[Touched], request_id: int) -> _Found:
    """Every sort of all units, asked for in one go each."""
    meant = {sort: [one for one in touched if sort in one.sorts] for sort in _ORDER}
    within = territory(call.actor, call.today)
    found: _Found = {
        sort: _units(around.related_to(call.session, _ids(meant[sort]), kind, on=call.today, within=within, live=live))
        for sort, kind, live in _RELATED
    }
    found[BY_CODE] = _by_code(call, meant[BY_CODE], within)
    found[PARENT] = _units(around.parents_of(call.session, _ids(meant[PARENT]), on=call.today, within=within))
    heirs = {one.unit_id: one.heir for one in meant[HEIR] if one.heir is not None}
    found[HEIR] = _units(around.named(call.session, heirs, on=call.today, within=within))
    found[REQUESTS] = _requests(call, _ids(meant[REQUESTS]), request_id)
    found[FRAMES] = _frames(call, _ids(meant[FRAMES]), within)
    return found


_RELATED = ((CHILDREN, "parent", True), (SUBORDINATES, "superior", True), (FOLLOWED, "succession", False))


def _ids(touched: Sequence[Touched]) -> list[int]:
    return [one.unit_id for one in touched]


def _units(found: Mapping[int, Around]) -> dict[int, tuple[int, list[Concerned]]]:
    return {
        unit_id: (some.count, [Concerned(unit_id=other, name=name) for other, name in some.first])
        for unit_id, some in found.items()
    }


def _by_code(call: Call, touched: Sequence[Touched], within: Territory) -> dict[int, tuple[int, list[Concerned]]]:
    codes = frozenset().union(*(one.codes for one in touched))
    if not codes:
        return {}
    units, day = _ids(touched), call.today
    kinds = ("parent", "superior")
    return _units(around.related_to(call.session, units, *kinds, on=day, within=within, codes=codes))


def _requests(call: Call, units: Sequence[int], request_id: int) -> dict[int, tuple[int, list[Concerned]]]:
    found: dict[int, list[Concerned]] = {}
    for unit_id, number, title in open_requests_about(call.session, units, call.actor, but=request_id):
        found.setdefault(unit_id, []).append(Concerned(request_id=number, name=worded(title, call.language)))
    return _counted(found)


def _frames(call: Call, units: Sequence[int], within: Territory) -> dict[int, tuple[int, list[Concerned]]]:
    found: dict[int, list[Concerned]] = {}
    for unit_id, frame_id, name, scope in frames_to_come(call.session, units):
        if within.holds_all_of(scope):
            found.setdefault(unit_id, []).append(Concerned(frame_id=frame_id, name=name))
    return _counted(found)


def _counted(found: Mapping[int, list[Concerned]]) -> dict[int, tuple[int, list[Concerned]]]:
    return {unit_id: (len(some), some[: around.FIRST]) for unit_id, some in found.items()}
