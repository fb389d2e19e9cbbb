"""What a rule asks, as data, and the same as SQL over any units: of the register, or as a proposal would leave them.

A rule is broken where one of its asks holds. Each ask is an object with one of these keys; `when` beside it narrows it to
some units, and `of` says of which standing, `live` where it is not said:

    {"holds": [condition, …]}                        all conditions (app.register.conditions) hold
    {"unlisted": "industry_code"}                    a code in no edition of its list that is in force
    {"area": "area_code"}                            an area above a village, or in no edition of the divisions
    {"fails": {"schemes": ["uscc"], "within": ""}}   a code borne that fails its own check
    {"differs": {"field": "org_code", "of": "uscc", "first": 9, "length": 9}}      not the part that it should be
    {"shorter": {"field": "industry_code", "than": 4}}                             a code of fewer characters
    {"shared": {"field": "name", "more_than": 1, "same": {"area_code": 6}, "among": [condition, …]}}
                                                     said by more live units than that, of those that meet the conditions
    {"lacks_child": [condition, …]}                  no live unit below it meets the conditions
    {"has_child": [condition, …]}                    a live unit below it meets the conditions
    {"children_exceed": "employees"}                 its children say more between them than itself
    {"after_first_day": "opened_on"}                 a day behind the first that is known of the unit
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    String,
    and_,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlmodel import col

from app.core.errors import Conflict
from app.core.said import Said, said, word
from app.domain.fields import BY_NAME, IDENTIFIERS, Field, Kind
from app.domain.places import STREET, VILLAGE
from app.domain.words import Standing
from app.models import CodeItem, relation
from app.register.conditions import Condition, Group, InvalidDefinition, as_sql, leaves, parse_conditions
from app.rules.worlds import ASKED, FOUND_AT_ONCE, Crowd, World

MOST = 10**6
MOST_SAID = 1000
"""Words and figures of one rule: all rules are asked by one statement, which holds so many."""
DEEPEST = 20
"""Groups lie in each other less deep than that."""

NO_ASK = word("rule_no_ask", "没有“{given}”这种检查", "there is no check “{given}”")
NO_FIELD = word("rule_no_field", "“{given}”不是单位的栏目", "“{given}” is no attribute of a unit")
UNFIT_FIELD = word("rule_unfit_field", "“{field:field}”不能用于“{kind}”检查", "{field} cannot be checked by “{kind}”")
TOO_LONG = word(
    "rule_too_long", "写得太长，各项合计最多 {most} 个值", "it is too long: {most} values altogether at most"
)
NO_PARTS = word("rule_no_parts", "“{given}”的写法不对", "“{given}” is not written as it has to be")


class BadRule(Conflict):
    """A rule says something that nobody understands; it is neither loaded nor asked."""

    code = "bad_rule"
    zh = "规则 {rule} 不能用：{fault}；请改正写法。"
    en = "the rule {rule} cannot be used: {fault}"


class _Wrong(Exception):
    def __init__(self, fault: Said) -> None:
        super().__init__(fault.code)
        self.fault = fault


Test = Callable[[World], ColumnElement[bool]]


@dataclass(frozen=True)
class Ask:
    """One ask, read. `whole` is one that looks at all units at once, and not at one after the other; `by_index`, that of one
    unit it can be asked all the same, as an index finds those that share something with it."""

    test: Test
    fields: frozenset[str]
    whole: bool = False
    by_index: bool = False

    @property
    def alone(self) -> bool:
        """Whether it can be asked of a unit that is only told."""
        return self.by_index or not self.whole


def read_asks(rule: str, asks: Any) -> list[Ask]:
    """What a rule asks. Raises BadRule."""
    try:
        if _said_in(asks) > MOST_SAID:
            raise _Wrong(said(TOO_LONG, most=MOST_SAID))
        return [_read(ask) for ask in _listed(asks, "asks")]
    except _Wrong as wrong:
        raise BadRule(rule=rule, fault=wrong.fault) from wrong
    except InvalidDefinition as wrong:
        raise BadRule(rule=rule, fault=wrong.said) from wrong


def _said_in(told: Any) -> int:
    """How many values stand in something told; of what is nested deeper than any rule, more than there may be."""
    count, waiting = 0, [(told, 0)]
    while waiting and count <= MOST_SAID:
        one, depth = waiting.pop()
        inner = list(one.values() if isinstance(one, Mapping) else one) if isinstance(one, Mapping | list) else None
        if inner is None:
            count += 1
        elif depth > DEEPEST:
            return MOST_SAID + 1
        else:
            waiting += [(value, depth + 1) for value in inner]
    return count


def broken(asks: Sequence[Ask], world: World) -> ColumnElement[bool]:
    """Whether a unit breaks a rule: where one of its asks holds."""
    return or_(false(), *(ask.test(world) for ask in asks))


_NARROWS = ("when", "of")


def _read(ask: Any) -> Ask:
    if not isinstance(ask, Mapping):
        raise _Wrong(said(NO_PARTS, given="asks"))
    [(kind, told), *more] = [(key, value) for key, value in ask.items() if key not in _NARROWS] or [("", None)]
    if more or kind not in _KINDS:
        raise _Wrong(said(NO_ASK, given=", ".join(sorted(map(str, ask)))[:64]))
    standing, read = ask.get("of", str(Standing.LIVE)), _KINDS[kind](told)
    if standing not in ASKED:
        raise _Wrong(said(NO_PARTS, given="of"))
    narrowed = _holds(ask.get("when", []))

    def test(world: World) -> ColumnElement[bool]:
        return and_(world.subject.c.standing == standing, narrowed.test(world), read.test(world))

    return replace(read, test=test, fields=read.fields | narrowed.fields)


def _holds(told: Any) -> Ask:
    conditions = parse_conditions(told)

    def test(world: World) -> ColumnElement[bool]:
        return and_(true(), *(as_sql(one, world.subject) for one in conditions))

    return Ask(test, _spoken_of(conditions))


def _spoken_of(conditions: Sequence[Condition | Group]) -> frozenset[str]:
    """The fields that conditions look at."""
    return frozenset(name for one in leaves(conditions) for name in (one.field, one.other) if name)


def _unlisted(told: Any) -> Ask:
    name = _fit(told, "unlisted", lambda field: bool(field.codelist))
    return Ask(lambda world: _in_no_edition(world, name), frozenset({name}))


def _in_no_edition(world: World, name: str) -> ColumnElement[bool]:
    edition = world.edition_of(BY_NAME[name].codelist)
    said_code = world.subject.c[name]
    return false() if edition is None else and_(said_code != "", ~_listed_in(edition, said_code))


def _listed_in(edition: int, code: ColumnElement[Any]) -> ColumnElement[bool]:
    return exists(select(1).where(col(CodeItem.list_id) == edition, col(CodeItem.code) == code))


def _area(told: Any) -> Ask:
    name = _fit(told, "area", lambda field: field.kind is Kind.CODE)
    return Ask(lambda world: _no_village(world, name), frozenset({name}))


def _no_village(world: World, name: str) -> ColumnElement[bool]:
    """Above a village, or listed neither itself nor, where villages are not loaded, by its street."""
    code = world.subject.c[name]
    above = or_(func.length(code) < VILLAGE, func.substr(code, STREET + 1) == "0" * (VILLAGE - STREET))
    edition = world.edition_of(BY_NAME[name].codelist)
    if edition is None:
        return and_(code != "", above)
    street = func.substr(code, 1, STREET) + literal("0" * (VILLAGE - STREET))
    return and_(code != "", or_(above, ~or_(_listed_in(edition, code), _listed_in(edition, street))))


def _fails(told: Any) -> Ask:
    parts = _parts(told, "fails", {"schemes"}, {"within"})
    schemes = [_fit(one, "fails", _is_code) for one in _listed(parts["schemes"], "schemes")]
    within = _fit(parts["within"], "fails", _is_code) if parts.get("within") else ""
    return Ask(lambda world: world.fails(schemes, within), frozenset({*schemes, *([within] if within else [])}))


def _differs(told: Any) -> Ask:
    parts = _parts(told, "differs", {"field", "of", "first", "length"})
    name, of, first, length = (
        _fit(parts["field"], "differs", _is_text),
        _fit(parts["of"], "differs", _is_text),
        _count(parts["first"]),
        _count(parts["length"]),
    )

    def test(world: World) -> ColumnElement[bool]:
        own, whole = world.subject.c[name], world.subject.c[of]
        return and_(own != "", func.length(whole) >= first + length - 1, own != func.substr(whole, first, length))

    return Ask(test, frozenset({name, of}))


def _shared(told: Any) -> Ask:
    parts = _parts(told, "shared", {"field", "more_than"}, {"same", "among"})
    name, most, same = _fit(parts["field"], "shared", _is_shared), _count(parts["more_than"]), parts.get("same", {})
    if not isinstance(same, Mapping):
        raise _Wrong(said(NO_PARTS, given="same"))
    alike = tuple((_fit(field, "shared", _is_text), _count(digits)) for field, digits in sorted(same.items()))
    crowd = Crowd(name, most, alike, parse_conditions(parts.get("among", []), "among"))
    return Ask(
        lambda world: world.crowded(crowd),
        frozenset({name, *(field for field, _ in alike), *_spoken_of(crowd.among)}),
        whole=True,
        by_index=name in FOUND_AT_ONCE,
    )


def _lacks_child(told: Any) -> Ask:
    has = _has_child(told)
    return Ask(lambda world: and_(world.subject.c.unit_id != 0, not_(has.test(world))), frozenset())


def _has_child(told: Any) -> Ask:
    conditions = parse_conditions(told)
    return Ask(
        lambda world: exists(_children(world, 1).where(*(as_sql(one, world.pool) for one in conditions))), frozenset()
    )


def _shorter(told: Any) -> Ask:
    parts = _parts(told, "shorter", {"field", "than"})
    name, than = _fit(parts["field"], "shorter", _is_text), _count(parts["than"])

    def test(world: World) -> ColumnElement[bool]:
        code = world.subject.c[name]
        return and_(code != "", func.length(code) < than)

    return Ask(test, frozenset({name}))


def _children_exceed(told: Any) -> Ask:
    name = _fit(told, "children_exceed", lambda field: field.kind is Kind.NUMBER)

    def test(world: World) -> ColumnElement[bool]:
        total = _children(world, func.sum(cast(world.pool.c[name], Float))).scalar_subquery()
        exceeds: ColumnElement[bool] = total > world.subject.c[name]
        return exceeds

    return Ask(test, frozenset({name}))


def _children(world: World, wanted: Any) -> Any:
    """Something of the live units that name this one as their parent on the day."""
    below = and_(
        relation.c.kind == "parent", relation.c.target_unit_id == world.subject.c.unit_id, world.as_of.holds(relation)
    )
    return (
        select(wanted)
        .select_from(relation.join(world.pool, world.pool.c.unit_id == relation.c.unit_id))
        .where(below)
        .correlate(world.subject)
    )


def _after_first_day(told: Any) -> Ask:
    name = _fit(told, "after_first_day", lambda field: field.kind is Kind.PARTIAL_DATE)

    def test(world: World) -> ColumnElement[bool]:
        day = world.subject.c[name]
        return and_(day != "", day > func.substr(cast(world.first_day(), String), 1, func.length(day)))

    return Ask(test, frozenset({name}))


_KINDS: dict[str, Callable[[Any], Ask]] = {
    "holds": _holds,
    "unlisted": _unlisted,
    "area": _area,
    "fails": _fails,
    "differs": _differs,
    "shared": _shared,
    "shorter": _shorter,
    "lacks_child": _lacks_child,
    "has_child": _has_child,
    "children_exceed": _children_exceed,
    "after_first_day": _after_first_day,
}


def _fit(told: Any, kind: str, fits: Callable[[Field], bool]) -> str:
    """A field of which this can be asked: a sealed or missing column, or one of another type, would stop every look."""
    if not isinstance(told, str) or told not in BY_NAME:
        raise _Wrong(said(NO_FIELD, given=str(told)[:64]))
    if not fits(BY_NAME[told]):
        raise _Wrong(said(UNFIT_FIELD, field=told, kind=kind))
    return told


def _is_text(field: Field) -> bool:
    return not field.personal and field.kind not in (Kind.LIST, Kind.NUMBER)


def _is_code(field: Field) -> bool:
    return field.name in IDENTIFIERS


def _is_shared(field: Field) -> bool:
    """A personal value is compared by its digest."""
    return bool(field.found_by) if field.personal else _is_text(field)


def _count(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or not 1 <= told <= MOST:
        raise _Wrong(said(NO_PARTS, given=str(told)[:64]))
    return told


def _listed(told: Any, given: str) -> Iterator[Any]:
    if not isinstance(told, Sequence) or isinstance(told, str) or not told:
        raise _Wrong(said(NO_PARTS, given=given))
    return iter(told)


def _parts(told: Any, given: str, needed: set[str], more: set[str] = frozenset()) -> Mapping[str, Any]:  # type: ignore[assignment]
    if not isinstance(told, Mapping) or not needed <= told.keys() or told.keys() - needed - set(more):
        raise _Wrong(said(NO_PARTS, given=given))
    return told
