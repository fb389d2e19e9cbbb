"""Pure decisions of the writer: how one write re-states a unit's history on two clocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from app.core.personal import Personal
from app.core.persons import NAMED, NAMING, without_persons
from app.domain.fields import BY_NAME, IDENTIFIERS, NAMES, NUMBERS, PERSONAL
from app.domain.partial_date import partial_date, precision_of
from app.domain.period import FOREVER, Period
from app.domain.steps import ENDING, HAS_END, STEPS, standing_after
from app.domain.words import ADDING, Reason, Standing
from app.register import sources
from app.register.brought import brought, days_of_endings
from app.register.codes import organisation_code_in
from app.register.stated import NOTHING, Stated
from app.register.steps import require_onward, require_step

LEGAL = "1"
"""Unit type of a legal unit (units.md)."""

Row = dict[str, Any]
"""A version as a row of `unit_version`; one without `version_id` is new."""

STATED = (*NAMES, "standing", "successor_id")
"""What a write may set, and what a version says of the world."""


@dataclass(frozen=True)
class Write:
    """One unit's part of a request, ready to be written.

    `unit_id` None adds a unit, `undoes` names the request whose writes are taken back. `period` is when it holds in the world: from the day of the event on, or the days a
    correction speaks of. `changes` maps fields to new values ("" or None clears). `origin` is packed sources.
    """

    seq: int
    unit_id: int | None
    base_revision: int
    reason: Reason
    period: Period
    precision: str
    changes: Mapping[str, Any]
    origin: sources.Packed
    successor_id: int | None = None
    expects: Mapping[str, Any] = field(default_factory=dict)
    stated: Stated = NOTHING
    undoes: int = 0


@dataclass
class History:
    """The believed versions of one unit, in order of validity, while writes are laid over them."""

    unit_id: int
    revision: int
    believed: list[Row]
    superseded: list[int] = field(default_factory=list)
    reason: str = ""
    changed: set[str] = field(default_factory=set)


def empty_value(name: str) -> Any:
    return None if name in PERSONAL or name in NUMBERS or name == "successor_id" else ""


def _typed(name: str, value: Any) -> Any:
    if value in ("", None):
        return empty_value(name)
    return Personal(value) if name in PERSONAL and isinstance(value, str) else value


FOLLOWED = (Standing.MERGED, Standing.CONVERTED)
"""Units that go on whole in another: whoever means one of them means that other from then on."""
_UNFOLLOWED = (Standing.LIVE, Standing.VOID)
"""Nobody follows a unit that lives, nor one that never was."""


def stated_values(write: Write, before: Mapping[str, Any]) -> Row:
    """The fields a write sets, with the standing and whatever else its reason brings to what was `before`."""
    by_itself = brought(write.reason, write.period.valid_from, write.precision, write.changes, before)
    values = {name: _typed(name, value) for name, value in {**write.changes, **by_itself}.items()}
    standing = standing_after(write.reason, before["standing"], values.get("operating_status"))
    if STEPS[write.reason].leaves is not None or standing != before["standing"]:
        values["standing"] = standing
    if write.successor_id is not None or STEPS[write.reason].leaves in _UNFOLLOWED:
        values["successor_id"] = write.successor_id
    return values | _names_shown(values, before)


def _names_shown(values: Row, before: Mapping[str, Any]) -> Row:
    """The unit's names as everybody sees them, where one of them or a person is stated: what names one by now is masked."""
    if values.keys().isdisjoint((*NAMED, *NAMING)):
        return {}
    names = {name: values.get(name, before.get(name)) for name in NAMING}
    masked = without_persons(names, values, before)
    return {name: text for name, text in masked.items() if name in values or text != names[name]}


def is_stale(history: History, write: Write) -> bool:
    """Whether the unit moved on since the write was proposed, in one of the fields that the write sets, on any of its days.

    A change elsewhere in the unit is no conflict: two sections may correct phone and industry in one week.
    """
    if history.revision == write.base_revision:
        return False
    if write.undoes or _goes_on_elsewhere(history, write):
        return True
    return not write.expects or any(_moved(history, write, name, old) for name, old in write.expects.items())


def _goes_on_elsewhere(history: History, write: Write) -> bool:
    """Whether what would be written of a unit is to be said of the one that went on for it meanwhile."""
    row = row_on(history, write.period.valid_from)
    restates = write.reason in HAS_END or "standing" in write.expects
    return row is not None and row["standing"] in FOLLOWED and not restates


def _moved(history: History, write: Write, name: str, old: Any) -> bool:
    """Runs are compared over all the days of the write; a lone value, as a match run lays it for what an item before this
    one sets, with what is said last."""
    if isinstance(old, list):
        return runs_over(history, write.period, name) != old
    return bool(plain(history.believed[-1][name]) != old)


def runs_over(history: History, period: Period, name: str) -> list[list[Any]]:
    """What a unit says in a field over a stretch of time: [first day, value], as JSON knows them, equal neighbours joined."""
    runs: list[list[Any]] = []
    for row in history.believed:
        inside = Period(row["valid_from"], row["valid_until"]).intersection(period)
        if inside is not None and (not runs or runs[-1][1] != plain(row[name])):
            runs.append([inside.valid_from.isoformat(), plain(row[name])])
    return runs


def plain(value: Any) -> Any:
    """A value as JSON knows it, personal ones in clear."""
    if isinstance(value, Personal):
        return value.reveal()
    return value.isoformat() if isinstance(value, date) else value


class NotThen(LookupError):
    """The register knows nothing of the unit on the day of a write: one of an earlier version can end."""


def lay_over(history: History, write: Write) -> list[str]:
    """Re-state the history with one write; returns the names of the fields that changed anywhere.

    From the first day of the write's period each value runs on through later versions for as long as these still
    say what was said before: a change learned late does not undo a later change already known. A correction of a stretch
    with both its days, and a removal as void, hold in all of it, whatever stood there; a correction that begins before the
    unit's first day says that it was there already (`valid_from` is among the names then).

    Raises BadStep, StatusAgainst; NotThen where no version holds on the first day.
    """
    changed = _began_earlier(history, write)
    start = max(write.period.valid_from, history.believed[0]["valid_from"])
    if start >= write.period.valid_until:
        return []
    period = Period(start, write.period.valid_until)
    before = row_on(history, start)
    if before is None:
        raise NotThen(f"unit {history.unit_id} has no version on {start}")
    require_step(write.reason, before, write.changes, start)
    values = stated_values(write, before)
    carried = _differing(values, before)
    result: list[Row] = []
    for row in history.believed:
        pieces, touched = _rewrite(row, period, before, carried, write)
        result += pieces
        changed |= touched
        if touched and "version_id" in row:
            history.superseded.append(row["version_id"])
    if "standing" in values and not _restates(write) and write.reason is not Reason.CORRECTION:
        require_onward(history.believed, result, start)
    changed |= _let_days_follow(history, result, write)
    history.believed = result
    history.reason = str(write.reason)
    history.changed |= changed
    history.revision += 1 if changed else 0
    return sorted(changed)


def _let_days_follow(history: History, result: list[Row], write: Write) -> set[str]:
    """Where an ending begins on another day than it did, what bore the former day as that of the ending bears the new one."""
    former = dict(zip((row["valid_until"] for row in history.believed), days_of_endings(history.believed), strict=True))
    moved = False
    for place, (row, day) in enumerate(zip(result, days_of_endings(result), strict=True)):
        was = former.get(row["valid_until"], "")
        if day and was and day != was and row["closed_on"] == was:
            moved = True
            history.superseded += [row["version_id"]] if "version_id" in row else []
            whole = Period(row["valid_from"], row["valid_until"])
            told = sources.overlay(row["sources"], write.origin, ["closed_on"])
            result[place] = {**_piece(row, whole, write), "closed_on": day, "sources": told}
    return {"closed_on"} if moved else set()


def row_on(history: History, day: date) -> Row | None:
    """What is believed of a unit on a day."""
    return next((row for row in history.believed if row["valid_from"] <= day < row["valid_until"]), None)


def _restates(write: Write) -> bool:
    """Whether a write says what held over a stretch, whatever was said of it: one of which both days are known, or all that
    follows the day from which a unit is void."""
    stretch = write.reason is Reason.CORRECTION and write.period.valid_until != FOREVER
    return stretch or write.reason is Reason.VOID


def _began_earlier(history: History, write: Write) -> set[str]:
    """Let the history begin with a correction of days before it: the unit was there, and said what it says first."""
    first = history.believed[0]
    if write.reason is not Reason.CORRECTION or write.period.valid_from >= first["valid_from"]:
        return set()
    history.superseded += [first["version_id"]] if "version_id" in first else []
    whole = Period(write.period.valid_from, first["valid_until"])
    history.believed[0] = {**_piece(first, whole, write), "date_precision": write.precision}
    return {"valid_from"}


def _differing(values: Row, row: Row) -> Row:
    """The fields in which a version says otherwise than a write, with what it says."""
    return {name: row[name] for name, value in values.items() if row[name] != value}


def _rewrite(row: Row, period: Period, before: Row, carried: Row, write: Write) -> tuple[list[Row], set[str]]:
    """One believed version as the write leaves it: itself, or the pieces that replace it."""
    whole = Period(row["valid_from"], row["valid_until"])
    inside = whole.intersection(period)
    if inside is None:
        return [row], set()
    values = stated_values(write, row if _restates(write) else before)
    if _restates(write):
        if row["standing"] != Standing.VOID:
            require_step(write.reason, row, write.changes, inside.valid_from)
        touched = set(_differing(values, row))
    else:
        _drop_what_moved_on(row, carried, write.reason)
        touched = set(carried)
    if not touched:
        return [row], set()
    outside = [_piece(row, part, write) for part in whole.minus(period)]
    new = {**_piece(row, inside, write), **{name: values[name] for name in touched}}
    new["began_by"] = _began_by(row, inside, period, write, new)
    new["date_precision"] = write.precision if inside.valid_from == period.valid_from else row["date_precision"]
    new["sources"] = sources.overlay(row["sources"], write.origin, touched & BY_NAME.keys())
    return sorted([*outside, new], key=lambda piece: piece["valid_from"]), touched


def _drop_what_moved_on(row: Row, carried: Row, reason: Reason) -> None:
    """Stop carrying a value where the history already says something else; a standing that follows from a status which is
    corrected, with that status."""
    moved = {name for name, before in carried.items() if row[name] != before}
    if reason is Reason.CORRECTION and "operating_status" in moved:
        moved.add("standing")
    for name in moved & carried.keys():
        del carried[name]


def _piece(row: Row, part: Period, write: Write) -> Row:
    piece = {**row, "valid_from": part.valid_from, "valid_until": part.valid_until, "reason": str(write.reason)}
    piece.pop("version_id", None)
    piece.pop("request_id", None)
    return piece


def _began_by(row: Row, inside: Period, period: Period, write: Write, new: Row) -> str:
    """What began this stretch in the world: a correction invents no event, a birth stays a birth, what happened later
    stays what it was where a value runs on through it, and a status that ends a unit tells of the event whatever the
    change is called."""
    starts_with_row = inside.valid_from == row["valid_from"]
    corrects = write.reason in {Reason.CORRECTION, Reason.RECODING}
    later = inside.valid_from > period.valid_from and not _restates(write)
    if starts_with_row and (corrects or later or Reason(row["began_by"]) in ADDING):
        return str(row["began_by"])
    ends = STEPS[write.reason].leaves is None and new["standing"] != row["standing"] and not corrects
    return str(ENDING[new["operating_status"]] if ends else write.reason)


_NOTHING: Row = {name: empty_value(name) for name in NAMES}


def first_version(write: Write) -> Row:
    """The version that a unit begins with."""
    row = dict(_NOTHING)
    row.update(standing=str(Standing.LIVE), successor_id=None)
    row.update(stated_values(write, row))
    row.update(
        valid_from=write.period.valid_from,
        valid_until=write.period.valid_until,
        reason=str(write.reason),
        began_by=str(write.reason),
        date_precision=write.precision,
        sources=sources.of_version(write.origin),
    )
    return row


def first_versions(write: Write) -> list[Row]:
    """The same, and the one after its end where a unit comes in with a status that says it is gone: it lived until then."""
    born = first_version(write)
    event = ENDING.get(born["operating_status"])
    if event is None:
        return [born]
    told = str(born["closed_on"] or sources.origin_of(write.origin, "operating_status").on)
    ended = partial_date(told) or write.period.valid_from
    gone = {**born, "standing": str(Standing.CLOSED)}
    if ended <= write.period.valid_from:
        return [gone]
    lived = {**born, "valid_until": ended, **dict.fromkeys(("operating_status", "closed_on", "closed_reason"), "")}
    return [lived, {**gone, "valid_from": ended, "began_by": str(event), "date_precision": precision_of(told)}]


@dataclass(frozen=True, order=True)
class Link:
    """An identifier or relation of a unit over a period, kept apart to be found by.

    `value` is a code, of a succession the number of the unit that follows. `within` is the scheme of the code that it is
    a part of, empty where the unit bears it by itself. `origin` says who gave it; one that is `stated` no version implies.
    """

    kind: str
    value: str
    valid_from: date
    valid_until: date
    within: str = ""
    origin: sources.Origin | None = field(default=None, compare=False)
    stated: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Holder:
    """A unit that bears or bore a code; `kind` and `standing` are what it is by now."""

    unit_id: int
    valid_from: date
    valid_until: date
    kind: str | None
    standing: str | None = None


def identifiers_of(versions: Sequence[Row]) -> set[Link]:
    """The identifiers that the versions imply, equal neighbours joined; with the organisation code in a credit code."""
    own = {link for scheme in IDENTIFIERS for link in _runs(versions, scheme, scheme)}
    return own | set(_runs(versions, "uscc", "org_code", _contained, within="uscc"))


def _contained(row: Row) -> str:
    """The organisation code inside a credit code that stands, unless the unit bears it by itself (identifiers.md §3)."""
    code = organisation_code_in(str(row["uscc"] or ""))
    return "" if code == row["org_code"] else code


RELATION_FIELDS = {"parent": ("parent_uscc", "parent_org_code"), "superior": ("superior_uscc",)}


def relations_of(versions: Sequence[Row]) -> set[Link]:
    """Parent and superior by code, succession by the unit id, as the versions imply them."""
    links = {link for kind, names in RELATION_FIELDS.items() for name in names for link in _runs(versions, name, kind)}
    return links | set(_runs(versions, "successor_id", "succession"))


Heirs = Mapping[int, Sequence[tuple[date, date, int]]]
"""Units that others went on from: over which days, and in whom."""


def targets_of(
    unit_id: int, valid_from: date, valid_until: date, holders: Sequence[Holder], heirs: Heirs
) -> list[tuple[Period, int | None]]:
    """The units that another means by the code of its parent or superior, one after the other: from the day on which a unit
    is merged into another, that one is meant.

    A branch may bear its parent's code, so itself is never meant and a legal unit before its branches. A code counts
    beyond its days: whoever was not told of the parent's new code still means the parent.
    """
    others = [holder for holder in holders if holder.unit_id != unit_id]
    days = {day for number in _reached(others, heirs) for day in _turns(heirs[number])}
    cuts = [valid_from, *sorted(day for day in days if valid_from < day < valid_until), valid_until]
    found: list[tuple[Period, int | None]] = []
    for start, end in pairwise(cuts):
        near = [holder for holder in others if holder.valid_from < end and start < holder.valid_until]
        target = _target_on(unit_id, start, near or others, heirs)
        if found and found[-1][1] == target:
            found[-1] = (Period(found[-1][0].valid_from, end), target)
        else:
            found.append((Period(start, end), target))
    return found


def _turns(runs: Sequence[tuple[date, date, int]]) -> set[date]:
    """The days from which somebody else goes on for a unit, or nobody: not those on which it says something new itself."""
    return {day for day, _ in {(start, heir) for start, _, heir in runs} ^ {(end, heir) for _, end, heir in runs}}


def _reached(holders: Sequence[Holder], heirs: Heirs) -> set[int]:
    """Those who bear a code and those who go on for them, as far as others go on for them in turn."""
    found, ahead = set[int](), {holder.unit_id for holder in holders}
    while ahead:
        found |= ahead
        ahead = {heir for number in ahead for _, _, heir in heirs.get(number, ())} - found
    return found & heirs.keys()


def _target_on(unit_id: int, on: date, holders: Sequence[Holder], heirs: Heirs) -> int | None:
    """Who is meant on a day by a code that all these bear; None where none or several could be."""
    meant: dict[int, set[str | None]] = {}
    for holder in holders:
        meant.setdefault(_goes_on(holder.unit_id, on, heirs), set()).add(holder.kind)
    meant.pop(unit_id, None)
    found = [number for number, kinds in meant.items() if LEGAL in kinds] or list(meant)
    return found[0] if len(found) == 1 else None


def _goes_on(unit_id: int, on: date, heirs: Heirs) -> int:
    """Who goes on for a unit on a day: itself, unless it was merged or converted by then."""
    seen = {unit_id}
    while heir := next((heir for start, end, heir in heirs.get(unit_id, ()) if start <= on < end), None):
        if heir in seen:
            return unit_id
        seen.add(heir)
        unit_id = heir
    return unit_id


def _runs(
    versions: Sequence[Row], name: str, kind: str, value_of: Callable[[Row], str] | None = None, *, within: str = ""
) -> list[Link]:
    """The stretches over which a field says one thing, or what `value_of` takes from it."""
    runs: list[Link] = []
    for row in versions:
        value = value_of(row) if value_of else str(row[name] or "")
        last = runs[-1] if runs else None
        if last and last.value == value and last.valid_until == row["valid_from"]:
            runs[-1] = replace(last, valid_until=row["valid_until"])
        elif value:
            origin = sources.origin_of(row["sources"], name)
            runs.append(Link(kind, value, row["valid_from"], row["valid_until"], within, origin))
    return runs
