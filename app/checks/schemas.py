"""What goes into the verbs of the check and comes out."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from app.checks.service import MAX_ITEMS, TooManyItems
from app.domain.words import CheckResult
from app.verbs.schemas import After, Answer, Day, Line, Moment, Wish, Word

Language = Literal["zh", "en"]
Asked = Annotated[Line, Field(description="as people type it")]


class Question(Wish):
    """One unit asked about."""

    code: Asked
    name: Asked = ""


class About(Wish):
    """What all questions of one request share."""

    survey: Word = ""
    on: Annotated[Day | None, Field(description="the day asked about; today when not given")] = None
    lang: Language = "zh"


class OneQuestion(About):
    """About the code in the path."""

    name: Asked = ""


def _counted(items: Any) -> Any:
    """Counted before any of them is looked at. Raises TooManyItems."""
    if isinstance(items, list) and len(items) > MAX_ITEMS:
        raise TooManyItems(count=len(items), limit=MAX_ITEMS)
    return items


class Questions(About):
    """Up to 10 000 items; answers come in their order."""

    items: Annotated[list[Question], BeforeValidator(_counted), Field(json_schema_extra={"maxItems": MAX_ITEMS})]


class ReasonShown(Answer):
    """A stable code for programs, a sentence for people."""

    code: str
    text: str


class UnitShown(Answer):
    """A unit; name, kind and area for who may see them, or said himself what it is called."""

    id: int
    code: str
    name: str | None = None
    unit_type: str | None = None
    area_code: str | None = None


class ItemAnswer(Answer):
    """`successor` where it was merged or converted; `candidates`: others with the code, or the code one slip away."""

    code: str
    result: CheckResult
    may_report: bool
    reason: ReasonShown
    unit: UnitShown | None = None
    successor: UnitShown | None = None
    candidates: list[dict[str, Any]] | None = None
    warnings: list[ReasonShown] | None = None


class Rest(Answer):
    """What the answers rest on."""

    register_version: int
    on: date
    receipt: str


class OneAnswer(ItemAnswer, Rest):
    """The answer to one question, flat."""


class Answers(Rest):
    """The answers in the order of the questions."""

    items: list[ItemAnswer]


_AsReceived = Annotated[dict[str, Any], Field(max_length=50)]


class ReceiptToVerify(Wish):
    """A receipt, and the answers that are said to be its own."""

    receipt: Annotated[str, Field(max_length=10_000)]
    items: Annotated[list[_AsReceived] | None, Field(max_length=MAX_ITEMS)] = None


class ReceiptShown(Answer):
    """What a receipt states."""

    valid: bool = True
    register_version: int
    on: str
    at: str
    survey: str
    count: int


class KeyOfReceipts(Answer):
    """The public key that receipts are signed with, so that anybody can verify them alone."""

    kid: str
    algorithm: str
    public_key: str


class FeedWanted(Wish):
    """The change feed behind an entry."""

    after: After = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000


class FeedEntry(Answer):
    """A change of a unit. `codes` are all that it carries or carried: drop what is held under any of them."""

    seq: int
    unit_id: int
    codes: list[str]
    reason: str
    valid_from: date
    recorded_at: Moment


class Feed(Answer):
    """Gap-free numbers, the last of which is the register version."""

    register_version: int
    items: list[FeedEntry]
    next: int | None
