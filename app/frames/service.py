"""The steps of a frame's life: draft, redefine, build, confirm, freeze, discard, verify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.audit.queries import list_events, payload_of
from app.audit.service import record_event
from app.audit.tags import Tag
from app.core.actor import Actor
from app.core.clock import day_of
from app.core.dialect import insert_or_skip
from app.core.moves import move
from app.core.rights import territory
from app.core.turns import Turns
from app.domain.period import Period
from app.domain.words import FrameStatus
from app.exports.rows import fingerprint
from app.frames import building, queries, rules
from app.frames.definition import Definition, parse
from app.frames.errors import EmptyText, FrameNameTaken, FrameNotBuilt, FrameNotFound, NameIsNumber
from app.frames.rules import Side
from app.models import Frame, FrameConfirmation, table_of
from app.register.queries import AsOf
from app.surveys.queries import get_survey
from app.surveys.rules import require_valid


def preview(session: Session, definition: Any, *, on: date, actor: Actor) -> queries.Counts:
    """How many units a definition would hold on a day as known now, in total and by condition."""
    return queries.count(session, parse(definition, within=territory(actor, on)), AsOf(on))


def draft(
    session: Session,
    name: str,
    *,
    survey: str,
    period: Period,
    definition: Any,
    reference_date: date,
    actor: Actor,
    now: datetime,
) -> Frame:
    """Write down what a frame shall hold. Its area is at most that of the drafting office.

    Raises EmptyText, NameIsNumber, InvalidDefinition, UnknownSurvey, SurveyNotValid, NotTheSection; FrameNameTaken also where another of that name comes at once.
    """
    _require_text(name=name, survey=survey)
    if name.isdigit():
        raise NameIsNumber
    owned = get_survey(session, survey)
    require_valid(owned.survey, period)
    rules.require_of_section(actor, owned)
    row = Frame(
        name=name,
        survey=survey,
        period_from=period.valid_from,
        period_until=period.valid_until,
        definition=parse(definition, within=territory(actor, day_of(now))).as_json(),
        reference_date=reference_date,
        code_lists=[],
        status=FrameStatus.DRAFT,
        section_id=owned.survey.section_id,
        office_id=actor.office_id,
        created_by=actor.user_id,
        created_at=now,
    )
    if not insert_or_skip(session, table_of(Frame), [row.model_dump(exclude={"frame_id"})]):
        raise FrameNameTaken(name=name)
    frame = queries.get_frame(session, name)
    _log(session, frame, Tag.FRAME_BUILD, actor, now, {"step": "draft", "definition": frame.definition})
    return frame


def redefine(
    turns: Turns, reference: int | str, definition: Any, *, reference_date: date, actor: Actor, now: datetime
) -> Frame:
    """Replace the definition: what was built and confirmed before is void, and who does it wrote the list too.

    Raises NotTheSection, as building and discarding do: another section would void what two sides confirmed.
    """

    def replace(session: Session) -> Frame:
        frame = _worked_on(session, reference, actor, day_of(now))
        before = frame.definition
        frame.definition = parse(definition, within=territory(actor, day_of(now))).as_json()
        frame.reference_date = reference_date
        frame.section_id = get_survey(session, frame.survey).survey.section_id
        frame.redefined_by = sorted({*frame.redefined_by, actor.user_id})
        building.void(session, frame)
        facts = {"step": "redefine", "old": before, "new": frame.definition}
        _log(session, frame, Tag.FRAME_BUILD, actor, now, facts)
        return frame

    frame = turns.write(replace)
    building.drop_void_rows(turns)
    return frame


def build(
    turns: Turns, reference: int | str, *, actor: Actor, now: datetime, known_at: datetime | None = None
) -> Frame:
    """Draw the units as of the reference date, as known at a moment; confirmations given before are void.

    `known_at` is at most the last moment the register gave out, read in one snapshot with it: everything recorded up
    to then is committed, so the frame can be drawn again to the same bytes for ever, and in parts. Until it is built
    the rows are there for nobody. Raises BuiltElsewhere where another build began meanwhile.
    """
    begun = turns.write(
        lambda session: building.begin(session, _worked_on(session, reference, actor, day_of(now)), known_at, now)
    )
    building.draw(turns, begun)
    columns = begun.definition.columns
    found = turns.read(lambda session: fingerprint(columns, queries.stored_rows(session, begun.frame_id, columns)))

    def finish(session: Session) -> Frame:
        frame = building.finish(session, begun, found)
        facts = {"step": "build", "known_at": str(frame.known_at), "rows": found.row_count, "sha256": found.sha256}
        _log(session, frame, Tag.FRAME_BUILD, actor, now, facts)
        return frame

    return turns.write(finish)


def confirm(
    session: Session,
    reference: int | str,
    side: Side,
    *,
    version: int,
    actor: Actor,
    now: datetime,
    comment: str = "",
) -> Frame:
    """One side's confirmation of the rows that were looked at; the two sides, and who wrote the list, are different people."""
    actor.require(rules.PERMISSION[side])
    frame = _opened(session, reference, actor, day_of(now))
    rules.require_built(frame)
    rules.require_looked_at(frame, version)
    held = queries.confirmations_of(session, frame.frame_id)
    owned = get_survey(session, frame.survey)
    rules.require_other_person(actor, side, held)
    rules.require_side(actor, side, frame, owned)
    if side not in {given.side for given in held}:
        # A survey that was nobody's when the list was written down: the list is of the section that speaks first.
        frame.section_id = frame.section_id or owned.survey.section_id
        given = FrameConfirmation(frame_id=frame.frame_id, side=side, actor_id=actor.user_id, comment=comment, at=now)
        session.add(given)
        _log(session, frame, Tag.FRAME_CONFIRM, actor, now, {"side": side, "sha256": frame.rows_sha256})
        if {given.side, *(one.side for one in held)} == set(Side):
            move(session, frame, FrameStatus.CONFIRMED)
    return frame


def freeze(session: Session, reference: int | str, *, actor: Actor, now: datetime) -> Frame:
    """After both sides have confirmed: from now on the frame never changes."""
    frame = _worked_on(session, reference, actor, day_of(now))
    rules.require_built(frame)
    rules.require_same_section(frame, get_survey(session, frame.survey))
    rules.require_confirmed(queries.confirmations_of(session, frame.frame_id))
    move(session, frame, FrameStatus.FROZEN, frozen_at=now)
    _log(session, frame, Tag.FRAME_FREEZE, actor, now, {"rows": frame.row_count, "sha256": frame.rows_sha256})
    return frame


def discard(turns: Turns, reference: int | str, *, actor: Actor, now: datetime) -> Frame:
    """Give up a frame that is not frozen; its name and number stay taken."""

    def give_up(session: Session) -> Frame:
        frame = _worked_on(session, reference, actor, day_of(now))
        building.void(session, frame, FrameStatus.DISCARDED)
        _log(session, frame, Tag.FRAME_BUILD, actor, now, {"step": "discard"})
        return frame

    frame = turns.write(give_up)
    building.drop_void_rows(turns)
    return frame


@dataclass(frozen=True)
class Verification:
    """A frame drawn again: from its definition and two dates, and from the units it holds."""

    frame: str
    row_count: int
    sha256: str
    drawn_rows: int
    drawn_sha256: str
    stored_sha256: str
    logged_sha256: str

    @property
    def intact(self) -> bool:
        hashes = {self.sha256, self.drawn_sha256, self.stored_sha256, self.logged_sha256}
        return len(hashes) == 1 and self.row_count == self.drawn_rows


def verify(session: Session, reference: int | str, *, actor: Actor, on: date) -> Verification:
    """Draw a built frame again and compare the hashes: of what is drawn, what is held, what it says and what the log says."""
    frame = get_visible(session, reference, actor, on)
    rules.require_built(frame)
    definition = definition_of(frame)
    logged = _logged_sha256(session, frame)
    found = _drawn_again(session, frame, definition, logged, whole=False)
    # One that was frozen before names were masked is hashed with names in full.
    return found if found.intact else _whole_if_intact(session, frame, definition, logged, found)


def _whole_if_intact(
    session: Session, frame: Frame, definition: Definition, logged: str, found: Verification
) -> Verification:
    whole = _drawn_again(session, frame, definition, logged, whole=True)
    return whole if whole.intact else found


def _drawn_again(session: Session, frame: Frame, definition: Definition, logged: str, *, whole: bool) -> Verification:
    columns = definition.columns
    drawn = fingerprint(columns, queries.drawn_rows(session, definition, as_of_frame(frame), whole=whole))
    stored = fingerprint(columns, queries.stored_rows(session, frame.frame_id, columns, whole=whole))
    return Verification(
        frame.name, frame.row_count, frame.rows_sha256, drawn.row_count, drawn.sha256, stored.sha256, logged
    )


def _logged_sha256(session: Session, frame: Frame) -> str:
    """The hash that the log says was frozen, else built last; what the frame says itself is no witness."""
    for entry in list_events(session, subject=_subject(frame), events=(Tag.FRAME_FREEZE, Tag.FRAME_BUILD)):
        if sha256 := (payload_of(session, entry.seq) or {}).get("sha256"):
            return str(sha256)
    return ""


def get_visible(session: Session, reference: int | str, actor: Actor, on: date) -> Frame:
    """A frame this person may look at: one whose area lies within that of the person's office; others are as if they were
    not there. Raises FrameNotFound."""
    frame = queries.get_frame(session, reference)
    if not queries.in_area(frame, territory(actor, on)):
        raise FrameNotFound(frame=reference)
    return frame


def definition_of(frame: Frame) -> Definition:
    return parse(frame.definition)


def as_of_frame(frame: Frame) -> AsOf:
    """The two dates of a frame. Raises FrameNotBuilt where it has no known-at moment yet."""
    if frame.known_at is None:
        raise FrameNotBuilt(name=frame.name)
    return AsOf(frame.reference_date, frame.known_at)


def _opened(session: Session, reference: int | str, actor: Actor, on: date) -> Frame:
    """The frame, locked, that this person sees and that can still change."""
    queries.lock_frame(session, reference)
    frame = get_visible(session, reference, actor, on)
    rules.require_open(frame.name, frame.status)
    return frame


def _worked_on(session: Session, reference: int | str, actor: Actor, on: date) -> Frame:
    """The same, of a survey whose lists this person may alter. Raises NotTheSection."""
    frame = _opened(session, reference, actor, on)
    rules.require_of_section(actor, get_survey(session, frame.survey))
    return frame


def _require_text(**values: str) -> None:
    for name, value in values.items():
        if not value.strip():
            raise EmptyText(field=name)


def _log(session: Session, frame: Frame, event: Tag, actor: Actor, now: datetime, payload: dict[str, Any]) -> None:
    session.flush()
    record_event(session, event, actor=actor.login, at=now, subject=_subject(frame), payload=payload)


def _subject(frame: Frame) -> str:
    return f"frame {frame.frame_id}"
