"""What may become of a unit is asked of the table of steps, and told in the register's words (DESIGN.md, promise 14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.errors import Conflict
from app.domain.steps import STEPS, go_together, may_find, standing_after
from app.domain.words import Reason, Standing


class Guard(Conflict):
    """A guard of the register stops what a request would write. A single request is refused, of a batch the item is."""


class BadStep(Guard):
    """What a request calls its reason cannot happen to a unit of this standing."""

    code = "bad_step"
    zh = "该单位在 {on} 为“{standing:standing}”（运营状态代码 {status}），不能办理“{reason:reason}”；请核对事由和日期。"
    en = "on {on} the unit is {standing:standing} (operating status {status}), so {reason:reason} cannot happen to it"


class StatusAgainst(Guard):
    """The operating status that a request states is not one of a unit in the standing that it leaves."""

    code = "status_against_standing"
    zh = (
        "运营状态代码 {status} 与单位状态“{standing:standing}”不符；误注销的请用“{reinstate:reason}”，其余请核对事由“{reason:reason}”"
        "和运营状态。"
    )
    en = (
        "the operating status {status} is none of a unit that is {standing:standing} after {reason:reason}; to undo an ending "
        "use {reinstate:reason}"
    )


def require_step(reason: Reason, before: Mapping[str, Any], changes: Mapping[str, Any], on: object) -> None:
    """What a write calls its reason can happen to a unit that says `before`. Raises BadStep, StatusAgainst.

    A status that the unit says already is not brought in by a write that takes no step.
    """
    standing, held = str(before["standing"]), str(before["operating_status"] or "")
    if not may_find(reason, standing, held):
        raise BadStep(on=str(on), standing=standing, status=held or "–", reason=str(reason))
    status = str(changes.get("operating_status") or "")
    after = standing_after(reason, standing, status)
    steps = bool(STEPS[reason].status) or after != standing
    if status and (steps or status != held) and not go_together(reason, after, status):
        told = {"reason": str(reason), "reinstate": str(Reason.REINSTATE)}
        raise StatusAgainst(status=status, standing=str(Standing(after)), **told)
