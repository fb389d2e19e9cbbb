"""What goes into the verbs of units and comes out. One wish serves the page's address, route, command and export."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from app.changes.schemas import MOST_BESIDE, Consequence
from app.core.clock import day_of
from app.core.said import word
from app.domain.lives import FindingStatus, PairStatus
from app.domain.roles import Permission
from app.domain.words import Level, RequestStatus, RowOutcome, Standing, UnitType
from app.exports.package import Form
from app.register.demography import Keyed
from app.register.merging import Why
from app.register.queries import AsOf
from app.register.schemas import Borne, UnitView
from app.register.search import Sort, Wanted
from app.verbs import Call
from app.verbs.faults import fault, refused
from app.verbs.schemas import After, Answer, Day, Id, KnownAt, Line, SaidAnswer, Text, Wish, Word

COLUMNS = ("uscc", "name", "unit_type", "area_code", "address", "industry_code", "operating_status")
OFFERED = (
    *("uscc", "org_code", "name", "short_name", "unit_type", "area_code", "address", "industry_code"),
    *("activity_1", "operating_status", "opened_on", "established_on", "org_type", "reg_category", "size_class"),
    *("employees", "revenue", "parent_name", "parent_uscc", "legal_rep", "tel", "mobile", "valid_from"),
)
"""Columns a list may have; personal ones are masked."""
NO_COLUMN = fault(word("no_column", "“{field:field}”只能取：{offered}", "“{field:field}” may be: {offered}"))


def _parted(value: Any) -> Any:
    """Names given again, or parted by commas in one text."""
    given = [value] if isinstance(value, str) else value
    return [name for text in given or () for name in str(text).split(",") if name]


def _offered(name: Any) -> Any:
    if name not in OFFERED:
        raise refused(NO_COLUMN, offered=" / ".join(OFFERED))
    return name


Column = Annotated[Word, BeforeValidator(_offered)]
Columns = Annotated[
    list[Column], BeforeValidator(_parted), Field(max_length=len(OFFERED), description="columns of the list")
]


class Listed(StrEnum):
    """Standing of the units of a list: one, or all."""

    LIVE = Standing.LIVE
    CLOSED = Standing.CLOSED
    MERGED = Standing.MERGED
    CONVERTED = Standing.CONVERTED
    MOVED_OUT = Standing.MOVED_OUT
    VOID = Standing.VOID
    ALL = "all"


class AsOfWanted(Wish):
    """A day in the world, and a moment of our knowledge."""

    on: Day | None = Field(None, description="as of this day; today when not given")
    known_at: KnownAt = None

    def as_of(self, call: Call) -> AsOf:
        return AsOf(self.on or day_of(call.now), self.known_at)


class UnitsFilter(AsOfWanted):
    """Which units are meant."""

    q: Line = Field(
        "",
        description="parts of names or codes, a person's whole name for who may unmask; all must occur; #12 is our own number",
    )
    area: Word = Field("", description="area code, or its beginning")
    industry: Word = Field("", description="industry code, or its beginning")
    unit_type: UnitType | None = Field(None, description="1 legal unit, 2 establishment, 3 household")
    standing: Listed = Field(Listed.LIVE, description="standing in the register, or all")
    status: Word = Field("", description="operating status")

    def wanted(self, call: Call, sort: Sort = Sort.ID, *, descending: bool = False) -> Wanted:
        return Wanted(
            q=self.q.strip(),
            area=self.area,
            industry=self.industry,
            unit_type=self.unit_type or "",
            standing="" if self.standing is Listed.ALL else str(self.standing),
            status=self.status,
            sort=sort,
            descending=descending,
            persons=call.actor.may(Permission.UNMASK),
        )


class UnitsWanted(UnitsFilter):
    """A list of units."""

    sort: Sort = Sort.ID
    desc: bool = Field(False, description="the greatest first")
    after: After = 0
    limit: int = Field(50, ge=1, le=1000)
    columns: Columns = list(COLUMNS)


class UnitsExport(UnitsFilter):
    """A list to be taken out, for whom and what for."""

    purpose: Line = Field(description="what the list is for")
    recipient: Line = Field(description="who receives it")
    format: Form = Field(Form.CSV, description="of the data within the package")
    columns: Columns = list(COLUMNS)


class By(StrEnum):
    """What units are counted by."""

    UNIT_TYPE = "unit_type"
    AREA = "area"
    INDUSTRY = "industry"
    STATUS = "status"
    STANDING = "standing"


class UnitsCounted(UnitsFilter):
    """Units to be counted by something; codes by their first digits where `digits` says how many."""

    by: By = By.UNIT_TYPE
    digits: int = Field(0, ge=0, le=12, description="count codes by so many of their first digits")


class UnitWanted(AsOfWanted):
    """A unit by any code it bears, or by our own number: #12."""

    code: Line = Field(description="any code of the unit, or #ID")


class UnitShow(UnitWanted):
    """A unit; personal fields in clear for a stated reason."""

    reveal: list[Word] = Field(
        [], max_length=20, description="personal field to show in clear; name: the unit's names in full"
    )
    reason: Text = Field("", description="why personal values are needed, or the unit on a case")
    case: Word = Field("", description="number of the case, for who sees units by case alone")


class UnitUnmask(UnitWanted):
    """A unit whose personal values somebody needs to see."""

    reason: Text = Field("", description="why personal values are needed")


class UnitRow(Answer):
    """A unit in a list: the columns asked for, personal ones masked; `names` says what the codes among them mean."""

    unit_id: int
    standing: Standing
    values: dict[str, Any]
    names: dict[str, str]


class Named(Answer):
    """A unit and what it is called."""

    unit_id: int
    name: str


class UnitList(Answer):
    """A page of a list. `former` are units that once had such a name, where none has it now."""

    items: list[UnitRow]
    total: int
    next: int | None = None
    former: list[Named] = []


class Counted(Answer):
    """How many units have a code; what it is called, nothing where they have none or it is not in its list.

    For who sees no units a small figure is held back: `suppressed`, and the count says nothing.
    """

    code: str
    name: str
    count: int
    suppressed: bool = False


class DemographyWanted(Wish):
    """Entries and exits from a day to another, both of them included."""

    since: Annotated[Day, Field(alias="from", description="the first day")]
    until: Annotated[Day, Field(description="the last day")]
    by: Annotated[Keyed, Field(description="what they are told apart by")] = Keyed.MONTH
    known_at: KnownAt = None

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class BalanceShown(Answer):
    """Units of a key on the day before, those that came and went, and those on the last day."""

    key: str
    name: str
    opening: int
    entries: Annotated[int, Field(serialization_alias="in")]
    exits: Annotated[int, Field(serialization_alias="out")]
    closing: int


class Demography(Answer):
    """Of all keys: `closing` is `opening` + `in` − `out`, for each and in total."""

    items: list[BalanceShown]
    opening: int
    closing: int


class UnitCounts(Answer):
    items: list[Counted]
    total: int


class Choice(Answer):
    """A code that can be picked."""

    code: str
    name: str


class UnitFilters(Answer):
    """What lists of units can be filtered by, as the code lists in force say."""

    areas: list[Choice]
    industries: list[Choice]
    statuses: list[Choice]


class UnitsShown(Answer):
    """The units that a code names."""

    items: list[UnitView]


class RequestOfUnit(Answer):
    """A request about a unit; one of an office that is none of the caller's has no title and is not opened."""

    request_id: int
    title: str
    status: RequestStatus
    may_open: bool


class RecordOfUnit(Answer):
    """A row that was found to be a unit; of a file of another office its source and day alone."""

    record_id: int
    batch_id: int | None
    source: str
    as_of: date
    file_name: str
    row_no: int | None
    outcome: RowOutcome


class PairOfUnit(Answer):
    pair_id: int
    match_probability: float
    status: PairStatus


class UnitTrail(Answer):
    """What led to a unit, the newest first; pairs only for those who review."""

    requests: list[RequestOfUnit]
    records: list[RecordOfUnit]
    pairs: list[PairOfUnit]


class MergeWanted(Wish):
    """Units that may become one: the one that goes on, and those that go into it on a day."""

    unit_id: Annotated[Id, Field(description="our id of the unit that goes on")]
    absorbed: Annotated[
        list[Id],
        Field(min_length=1, max_length=MOST_BESIDE, description="our id of a unit that goes into it; may be repeated"),
    ]
    fields: Annotated[
        dict[Word, Id], Field(max_length=200, description="field to the unit of the merger whose value it shall have")
    ] = {}
    on: Day | None = Field(None, description="the day of the merger; today when not given")


class OfferShown(Answer):
    """What one unit says in a field, personal values masked, who gave it that, and of which day."""

    unit_id: int
    value: str | int | None
    name: str
    source: str
    on: str
    locked: bool


class ContestShown(Answer):
    """A field in which one unit at least says something, the survivor's value first.

    `winner` is the unit whose value is proposed, `why` and `reason` say on what ground; `taken`, whether the survivor
    would then say otherwise than it does.
    """

    field: str
    label: str
    values: list[OfferShown]
    winner: int
    why: Why
    reason: str
    taken: bool


class RecordsCounted(Answer):
    """How many source records of a source were found to be a unit."""

    source: str
    count: int


class FindingOf(Answer):
    """A rule that a unit breaks, as the last look at the register found it."""

    finding_id: int
    rule: str
    level: Level
    text: str
    status: FindingStatus


class MergedUnit(Answer):
    """One of the units: what would go along, and what it concerns. `stops` is what would refuse its part of the merger."""

    unit_id: int
    name: str
    standing: Standing
    unit_type: str
    identifiers: list[Borne]
    records: list[RecordsCounted]
    findings: list[FindingOf]
    consequences: list[Consequence]
    stops: list[SaidAnswer]


class MergePreview(Answer):
    """What a merger would come to: the survivor first, then those that go into it, and field by field whose value wins."""

    unit_id: int
    on: date
    units: list[MergedUnit]
    fields: list[ContestShown]
