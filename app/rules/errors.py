"""How rules and findings refuse."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, NotFound


class FindingNotFound(NotFound):
    """There is no such finding, or it is of a unit beyond one's area."""

    code = "finding_not_found"
    zh = "没有这条问题；请在问题清单中查找。"
    en = "there is no such finding about a unit of your area"


class RuleNotFound(NotFound):
    code = "rule_not_found"
    zh = "没有规则 {rule}；请在规则清单中查找。"
    en = "there is no rule {rule}"


class DraftNotFound(NotFound):
    code = "rule_draft_not_found"
    zh = "没有规则草案 {draft_id}；请在规则清单中查找。"
    en = "there is no draft {draft_id} of a rule"


class EditionBegun(Conflict):
    """An edition cannot begin, nor end, on a day gone by or years ahead, nor on the day on which another begins."""

    code = "rule_edition_begun"
    zh = "规则 {rule} 不能从 {on} 起改变：日期已过或过远，或者另一版本从同一天开始；请另定日期。"
    en = "the rule {rule} cannot change from {on}: that day has gone by or is too far off, or another edition begins on it"


class NotTheConfirmer(Forbidden):
    """A draft is confirmed or refused at the office that nobody stands above; taken back by who proposed it."""

    code = "not_the_confirmer"
    zh = "规则草案 {draft_id} 须由最上级机构的审批人员确认（规则对全库生效），只能由提出人撤回。"
    en = "the draft {draft_id} is decided on at the office at the top, for it holds everywhere, and taken back by who proposed it"
