"""What goes into the verbs of rules and findings and comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from app.domain.labels import label
from app.domain.lives import DraftStatus, FindingStatus
from app.domain.words import Level
from app.models import Rule
from app.register.present import Presented
from app.verbs.schemas import After, Answer, Day, Ground, Id, Line, Moment, Name, Wish, Word


class RulesWanted(Wish):
    """The rules in force on a day."""

    on: Day | None = Field(None, description="as of this day; today when not given")


class RuleShown(Answer):
    """A rule. `waits_for` names what it needs before it is asked; then it finds nothing yet."""

    code: str
    level: Level
    text: str
    source: str
    fields: list[str]
    waits_for: str
    open: int = Field(description="units of the caller's area that break it, unexplained")
    explained: int


class Rules(Answer):
    """Rules with what they found; `looked_at` is when the whole register was asked last."""

    items: list[RuleShown]
    looked_at: Moment | None
    on: Day | None


class FindingsWanted(Wish):
    """Findings in the order in which they were first found, from behind `after` on."""

    rule: Word = Field("", description="code of the rule")
    unit: Annotated[Id | None, Field(description="number of the unit")] = None
    status: FindingStatus | None = Field(None, description="open or explained when not given")
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Beside(Answer):
    """A field that a rule speaks of, and what the unit says in it; masked where personal."""

    field: str
    label: str
    value: str


def beside(shown: Presented, fields: Sequence[str], language: str) -> list[Beside]:
    """What a unit says in some fields, its codes with what they are called."""
    return [
        Beside(
            field=name,
            label=label("field", name, language),
            value=" ".join(filter(None, (_text_of(shown.values.get(name)), shown.names.get(name, "")))),
        )
        for name in fields
    ]


def _text_of(value: Any) -> str:
    return "" if value is None else str(value)


class NoteShown(Answer):
    note: str
    by: str
    at: Moment


class FindingShown(Answer):
    """A unit that breaks a rule."""

    finding_id: int
    rule: str
    level: Level
    text: str
    unit_id: int
    name: str
    status: FindingStatus
    found_at: Moment
    fields: list[Beside]
    notes: list[NoteShown]


class Findings(Answer):
    items: list[FindingShown]
    next: int | None
    looked_at: Moment | None


class Explanation(Wish):
    """Why a unit is right although it breaks a rule."""

    finding_id: Id
    note: Annotated[Ground, Field(description="备注: why the unit is right; a full stop says nothing")]


class Spoken(Answer):
    """What a rule says of a unit as it would be; it stops nothing. `brought`: the request breaks it, not what was there."""

    rule: str
    level: Level
    text: str
    fields: list[str]
    brought: bool


def told(rule: Rule, language: str, *, brought: bool) -> Spoken:
    """A rule that is broken, in the language spoken."""
    text = rule.en if language == "en" else rule.zh
    return Spoken(rule=rule.code, level=rule.level, text=text, fields=rule.fields, brought=brought)


class First(Answer):
    """One of the first rows or items that break a rule, with what it says in the fields that the rule speaks of, masked where
    personal: of a file by sheet and row, of a request by its number."""

    seq: int | None = None
    sheet: str = ""
    row_no: int | None = None
    unit_id: int | None
    name: str
    fields: list[Beside]


class RuleCounted(Answer):
    """A rule that rows or items break: how many, and how many of these bring that in."""

    rule: str
    level: Level
    text: str
    fields: list[str]
    items: int
    brought: int
    first: list[First]


class GuardCounted(Answer):
    """A guard that stops rows or items. `text` is what it says of the first."""

    code: str
    text: str
    fields: list[str]
    items: int
    first: list[First]


class RulesCounted(Answer):
    """What the rules say of all rows of a file, or of all items of a request that are open; it stops nothing, the guards do.

    Of what is large it was counted by a job, `at` a moment and `on` a day: not yet where `counted` is false; `job_id` is the
    job that counts now. `items` were looked at; `now` where they were few and looked at as they were asked for.
    """

    items: int
    rules: list[RuleCounted]
    guards: list[GuardCounted]
    counted: bool
    now: bool
    at: Moment | None
    on: Day | None
    job_id: int | None


RuleCode = Annotated[str, Field(pattern="^[A-Z][A-Za-z0-9]{0,15}$", description="code of the rule, such as B01")]
Asks = Annotated[
    list[Annotated[dict[str, Any], Field(max_length=8)]],
    Field(max_length=20, description="what it asks, as data (docs/rules.md); a JSON file on the command line"),
]
Worded = Annotated[Line, Field(min_length=4, max_length=500)]


class RuleTried(Wish):
    """What a rule would ask, tried on the register as it stands."""

    code: RuleCode = "X"
    asks: Asks


class RuleProposed(Wish):
    """An edition of a rule, of a new code or in the place of the one that is in force."""

    code: RuleCode
    level: Level = Level.WARNING
    zh: Annotated[Worded, Field(description="what it says, in Chinese: what is wrong and what to do")]
    en: Annotated[Worded, Field(description="the same in English")]
    source: Annotated[Name, Field(description="the paper that it rests on")]
    fields: Annotated[list[Word], Field(max_length=20, description="fields beside which it speaks; may be repeated")]
    asks: Asks
    valid_from: Annotated[Day, Field(description="the first day on which it is asked, today or later")]


class RuleEnded(Wish):
    """A rule that is to be asked no more."""

    code: RuleCode
    on: Annotated[Day | None, Field(description="the first day on which it is not asked; today when not given")] = None


class DraftWanted(Wish):
    """One draft of a rule."""

    draft_id: Id


class DraftsWanted(Wish):
    """Drafts of rules in the order in which they were proposed: all, or those in a state."""

    status: DraftStatus | None = None
    newest: Annotated[bool, Field(description="those proposed last first, and none behind them")] = False
    after: After = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class DraftShown(Answer):
    """An edition of a rule that was proposed, or with `ends` the end of one; `may_decide` and `may_withdraw` for the caller."""

    draft_id: int
    code: str
    ends: bool
    level: str
    zh: str
    en: str
    source: str
    fields: list[str]
    asks: list[Any]
    valid_from: Day
    status: DraftStatus
    by: str
    at: Moment
    may_decide: bool
    may_withdraw: bool


class FoundFirst(Answer):
    unit_id: int
    name: str


class Tried(Answer):
    """How many units of one's area would break a rule, of so many that were looked at; `all` where none is left."""

    looked: int
    found: int
    all: bool
    first: list[FoundFirst]
