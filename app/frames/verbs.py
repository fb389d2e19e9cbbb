"""What people do with frames: write down, count, draw, confirm by two, freeze, draw again, take out."""

from __future__ import annotations

from typing import IO

from app.audit.queries import EntryAltered
from app.audit.tags import Tag
from app.changes.queries import people_of
from app.core.errors import PermissionMissing, SecondPersonNeeded, VersionMoved
from app.core.rights import Reach, territory
from app.domain.fields import BY_NAME, Kind
from app.domain.labels import label
from app.domain.roles import Permission
from app.exports.files import package_file
from app.frames import queries, rules, service
from app.frames.errors import (
    BuiltElsewhere,
    EmptyText,
    FrameFrozen,
    FrameNameTaken,
    FrameNotBuilt,
    FrameNotConfirmed,
    FrameNotFound,
    FrameNotFrozen,
    InvalidPeriod,
    NameIsNumber,
    SamePersonConfirms,
    SurveyMoved,
)
from app.frames.export import Order
from app.frames.export import export as write_export
from app.frames.schemas import (
    BuildWanted,
    ConfirmationGiven,
    ConfirmationShown,
    Exports,
    ExportShown,
    ExportWanted,
    FrameInFull,
    FrameOptions,
    Frames,
    FrameShown,
    FramesWanted,
    FrameUnits,
    FrameWanted,
    NewFrame,
    PreviewShown,
    PreviewWanted,
    Redefinition,
    SelectableField,
    UnitsWanted,
    VerificationShown,
)
from app.frames.wording import in_words
from app.models import ExportPackage, Frame
from app.register.conditions import OFFERED_OPERATORS, OPERATORS, SELECTABLE, InvalidDefinition
from app.register.present import NotPersonal, ReasonMissing
from app.surveys.errors import NotTheSection, SurveyNotValid, UnknownSurvey
from app.surveys.queries import get_survey
from app.verbs import Call, Opens, verb
from app.verbs.schemas import Download, Nothing

_SEEN = (FrameNotFound,)
_CHANGED = (*_SEEN, FrameFrozen)
_WORKED_ON = (*_CHANGED, UnknownSurvey, NotTheSection)
_BUILT = (FrameFrozen, BuiltElsewhere)


@verb("frame.options", Permission.FRAME_BUILD, route="GET /frame-options", reach=Reach.AREA)
def options(call: Call, _wish: Nothing) -> FrameOptions:
    """What conditions can be written of: fields with their comparisons."""
    items = [
        SelectableField(field=name, zh=label("field", name), en=label("field", name, "en"), operators=_operators(name))
        for name in SELECTABLE
    ]
    scope = territory(call.actor, call.today).scope
    return FrameOptions(items=items, operators=list(OFFERED_OPERATORS), scope=scope, today=call.today)


def _operators(name: str) -> list[str]:
    return sorted(OPERATORS[BY_NAME[name].kind if name in BY_NAME else Kind.CODE])


@verb(
    "frame.preview", Permission.FRAME_BUILD, errors=(InvalidDefinition,), route="POST /frames/preview", reach=Reach.AREA
)
def preview(call: Call, wish: PreviewWanted) -> PreviewShown:
    """How many units a definition would hold, in total and by condition."""
    counts = service.preview(call.session, wish.definition, on=wish.on or call.today, actor=call.actor)
    return PreviewShown.of(counts, call.language)


@verb(
    "frame.create",
    Permission.FRAME_BUILD,
    opens=Opens.OWN,
    errors=(
        InvalidDefinition,
        InvalidPeriod,
        NameIsNumber,
        EmptyText,
        FrameNameTaken,
        *_BUILT,
        UnknownSurvey,
        SurveyNotValid,
        NotTheSection,
    ),
    route="POST /frames",
    status=201,
    reach=Reach.AREA,
)
def create(call: Call, wish: NewFrame) -> FrameShown:
    """Write down what a frame shall hold."""
    frame = call.writing(
        lambda inner: service.draft(
            inner.session,
            wish.name,
            survey=wish.survey,
            period=rules.period_of(wish.period),
            definition=wish.definition,
            reference_date=wish.reference_date,
            actor=inner.actor,
            now=inner.now,
        )
    )
    return FrameShown.of(_built(call, frame) if wish.build else frame)


def _built(call: Call, frame: Frame) -> Frame:
    return service.build(call.house.turns, frame.frame_id, actor=call.actor, now=call.now)


@verb(
    "frame.redefine",
    Permission.FRAME_BUILD,
    opens=Opens.OWN,
    errors=(*_WORKED_ON, InvalidDefinition, *_BUILT),
    route="PUT /frames/{reference}",
    reach=Reach.AREA,
)
def redefine(call: Call, wish: Redefinition) -> FrameShown:
    """Replace the definition; what was built and confirmed is void."""
    day = wish.reference_date
    frame = service.redefine(
        call.house.turns, wish.reference, wish.definition, reference_date=day, actor=call.actor, now=call.now
    )
    return FrameShown.of(_built(call, frame) if wish.build else frame)


@verb(
    "frame.build",
    Permission.FRAME_BUILD,
    opens=Opens.OWN,
    errors=(*_WORKED_ON, *_BUILT),
    route="POST /frames/{reference}/build",
    command="frame build {reference:frame}",
    reach=Reach.AREA,
)
def build(call: Call, wish: BuildWanted) -> FrameShown:
    """Draw the units as of the reference date; confirmations given before are void."""
    frame = service.build(call.house.turns, wish.reference, actor=call.actor, now=call.now, known_at=wish.known_at)
    return FrameShown.of(frame)


@verb("frame.list", Permission.VIEW_UNITS, route="GET /frames", reach=Reach.AREA)
def list_(call: Call, wish: FramesWanted) -> Frames:
    """Frames of one's area."""
    found = queries.list_frames(
        call.session,
        within=territory(call.actor, call.today),
        survey=wish.survey,
        status=wish.status or "",
        before=wish.after,
        limit=wish.limit,
    )
    return Frames(
        items=[FrameShown.of(frame) for frame in found],
        next=found[-1].frame_id if len(found) == wish.limit else None,
    )


@verb(
    "frame.show",
    Permission.VIEW_UNITS,
    errors=(*_SEEN, UnknownSurvey),
    route="GET /frames/{reference}",
    command="frame show {reference:frame}",
    reach=Reach.AREA,
)
def show(call: Call, wish: FrameWanted) -> FrameInFull:
    """A frame with its definition and who has confirmed it."""
    frame = service.get_visible(call.session, wish.reference, call.actor, call.today)
    definition = service.definition_of(frame)
    given = queries.confirmations_of(call.session, frame.frame_id)
    owned = get_survey(call.session, frame.survey)
    people = people_of(call.session, [frame.created_by, *(one.actor_id for one in given)])
    return FrameInFull.of(
        frame,
        columns=list(definition.columns),
        words=[in_words(condition, call.language) for condition in definition.conditions],
        created_by=people.get(frame.created_by, ""),
        confirmations=[ConfirmationShown.of(one, people) for one in given],
        may_confirm=rules.sides_open_to(call.actor, frame, owned, given),
        may_alter=rules.is_of_section(call.actor, owned),
    )


@verb(
    "frame.units",
    Permission.VIEW_UNITS,
    errors=_SEEN,
    route="GET /frames/{reference}/units",
    command="frame units {reference:frame}",
    reach=Reach.AREA,
    sees=True,
)
def units(call: Call, wish: UnitsWanted) -> FrameUnits:
    """A page of the units as built: what the two sides look at before they confirm."""
    frame = service.get_visible(call.session, wish.reference, call.actor, call.today)
    columns, built = service.definition_of(frame).columns, frame.known_at is not None
    limit = wish.limit if built else 0  # rows of one that is being built are there for nobody
    rows = queries.list_units(call.session, frame.frame_id, columns, after=wish.after, limit=limit)
    call.saw(Tag.LIST_VIEW, f"frame {frame.frame_id}", {"after": wish.after, "rows": len(rows)})
    more = rows[-1]["unit_id"] if rows and len(rows) == wish.limit else None
    return FrameUnits(columns=list(columns), items=rows, next=more)


@verb(
    "frame.confirm",
    Permission.FRAME_CONFIRM_REGISTER,
    Permission.FRAME_CONFIRM_SECTION,
    opens=Opens.WRITE,
    errors=(
        *_CHANGED,
        FrameNotBuilt,
        VersionMoved,
        SurveyMoved,
        SamePersonConfirms,
        SecondPersonNeeded,
        PermissionMissing,
        NotTheSection,
        UnknownSurvey,
    ),
    route="POST /frames/{reference}/confirm",
    command="frame confirm {reference:frame} {side}",
    reach=Reach.AREA,
)
def confirm(call: Call, wish: ConfirmationGiven) -> FrameShown:
    """Confirm for one side, register or the section of the survey, the version looked at; who wrote the list does neither."""
    given = wish.model_dump(include={"reference", "side", "version", "comment"})
    return FrameShown.of(service.confirm(call.session, **given, actor=call.actor, now=call.now))


@verb(
    "frame.freeze",
    Permission.FRAME_BUILD,
    opens=Opens.WRITE,
    errors=(*_WORKED_ON, FrameNotBuilt, FrameNotConfirmed, SurveyMoved),
    route="POST /frames/{reference}/freeze",
    command="frame freeze {reference:frame}",
    reach=Reach.AREA,
)
def freeze(call: Call, wish: FrameWanted) -> FrameShown:
    """Freeze after both sides have confirmed."""
    return FrameShown.of(service.freeze(call.session, wish.reference, actor=call.actor, now=call.now))


@verb(
    "frame.discard",
    Permission.FRAME_BUILD,
    opens=Opens.OWN,
    errors=_WORKED_ON,
    route="POST /frames/{reference}/discard",
    command="frame discard {reference:frame}",
    reach=Reach.AREA,
)
def discard(call: Call, wish: FrameWanted) -> FrameShown:
    """Give up a frame that is not frozen; its name and number stay taken."""
    return FrameShown.of(service.discard(call.house.turns, wish.reference, actor=call.actor, now=call.now))


@verb(
    "frame.verify",
    Permission.VIEW_UNITS,
    errors=(*_SEEN, FrameNotBuilt, EntryAltered),
    route="GET /frames/{reference}/verify",
    reach=Reach.AREA,
)
def verify(call: Call, wish: FrameWanted) -> VerificationShown:
    """Draw a frame again from its definition and dates, and compare the hashes."""
    found = service.verify(call.session, wish.reference, actor=call.actor, on=call.today)
    return VerificationShown(
        frame=found.frame,
        intact=found.intact,
        rows=found.row_count,
        sha256=found.sha256,
        drawn=found.drawn_sha256,
        drawn_rows=found.drawn_rows,
        drawn_sha256=found.drawn_sha256,
        stored_sha256=found.stored_sha256,
        logged_sha256=found.logged_sha256,
    )


@verb(
    "frame.exports",
    Permission.VIEW_UNITS,
    errors=_SEEN,
    route="GET /frames/{reference}/exports",
    command="frame exports {reference:frame}",
    reach=Reach.AREA,
)
def exports(call: Call, wish: FrameWanted) -> Exports:
    """What of a frame left the house: when, for whom, what for."""
    frame = service.get_visible(call.session, wish.reference, call.actor, call.today)
    packages = queries.exports_of(call.session, frame.frame_id)
    people = people_of(call.session, [package.actor_id for package in packages])
    return Exports(items=[ExportShown.of(package, people) for package in packages])


@verb(
    "frame.export",
    Permission.EXPORT,
    opens=Opens.OWN,
    errors=(*_SEEN, FrameNotFrozen, ReasonMissing, NotPersonal),
    route="POST /frames/{reference}/exports",
    reach=Reach.AREA,
    sees=True,
)
def export(call: Call, wish: ExportWanted) -> Download:
    """Write the package of a frozen frame: a zip of data, `datapackage.json` and a cover sheet.

    It is handed over after the commit: what is not in the logs does not leave.
    """
    order = Order(wish.purpose, wish.recipient, wish.form, tuple(wish.personal), wish.reason)

    def write(out: IO[bytes]) -> ExportPackage:
        return write_export(call.house.turns, wish.reference, out, order, actor=call.actor, now=call.now)

    return package_file("frame", write)
