"""How rules and findings refuse."""

from __future__ import annotations

from app.core.errors import NotFound


class FindingNotFound(NotFound):
    """There is no such finding, or it is of a unit beyond one's area."""

    code = "finding_not_found"
    zh = "没有这条问题；请在问题清单中查找。"
    en = "there is no such finding about a unit of your area"


class RuleNotFound(NotFound):
    code = "rule_not_found"
    zh = "没有规则 {rule}；请在规则清单中查找。"
    en = "there is no rule {rule}"
