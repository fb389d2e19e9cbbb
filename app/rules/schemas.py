"""What goes into the verbs of rules and findings and comes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.domain.lives import FindingStatus
from app.domain.words import Level
from app.models import Rule
from app.verbs.schemas import After, Answer, Day, Ground, Id, Moment, Wish, Word


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
