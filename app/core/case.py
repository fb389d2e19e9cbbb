"""Who sees units by case alone names the case and says why (执法大队)."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.errors import Invalid
from app.domain.ground import says_something
from app.domain.roles import Permission


class CaseMissing(Invalid):
    """Who may see units by case alone names the case and says why."""

    code = "case_missing"
    zh = "请写明案件编号和理由：按案件查看的内容都要登记。"
    en = "name the case and say why: what is read by case is logged so"


def on_case(actor: Actor, case: str, reason: str) -> dict[str, str]:
    """What the log says beside a unit that was looked at; of somebody who may only by case, that and why.

    Raises CaseMissing.
    """
    if actor.may(Permission.VIEW_UNITS):
        return {}
    if not (case.strip() and says_something(reason)):
        raise CaseMissing
    return {"case": case, "reason": reason}
