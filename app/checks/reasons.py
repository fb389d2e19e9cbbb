"""The reasons of the existence check: a stable code, and a sentence for the person who sees the answer."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

from app.domain.words import Reason as Cause


class Reason(StrEnum):
    IN_REGISTER = "in_register"
    FORMER_CODE = "former_code"
    FORMER_NAME = "former_name"
    BY_ORG_CODE = "by_org_code"
    ON_LIST = "on_list"
    NOT_ON_LIST = "not_on_list"
    NO_LIST = "no_list"
    CLOSED = "closed"
    CLOSED_BUT_ON_LIST = "closed_but_on_list"
    MERGED = "merged"
    CONVERTED = "converted"
    NO_SUCCESSOR = "no_successor"
    MOVED_OUT = "moved_out"
    IN_REQUEST = "in_request"
    IN_INTAKE = "in_intake"
    OTHER_NAME = "other_name"
    UNKNOWN_CODE = "unknown_code"
    VOID = "void"
    NOT_YET = "not_yet"
    CODE_EMPTY = "code_empty"
    CODE_LENGTH = "code_length"
    CODE_SCIENTIFIC = "code_scientific"
    CODE_CHARACTER = "code_character"
    CODE_CHECK = "code_check"
    ORG_PART_CHECK = "org_part_check"
    UNAVAILABLE = "unavailable"


_R = Reason
TEXTS: dict[Reason, tuple[str, str]] = {
    _R.IN_REGISTER: ("该单位在库。", "The unit is in the register."),
    _R.FORMER_CODE: (
        "该单位在库;所填为原代码,现行代码为 {code}。",
        "In the register; this is a former code, now {code}.",
    ),
    _R.FORMER_NAME: (
        "该单位在库;所填为曾用名,现名为“{name}”。",
        "In the register; this is a former name, now “{name}”.",
    ),
    _R.BY_ORG_CODE: (
        "该单位在库,登记的是组织机构代码 {code},尚无统一社会信用代码。",
        "In the register under its organisation code {code}, without a unified social credit code yet.",
    ),
    _R.ON_LIST: (
        "该单位在“{survey}”本期调查名单内,可以填报。",
        "The unit is on the list of “{survey}” for the period.",
    ),
    _R.NOT_ON_LIST: (
        "该单位在库,但不在“{survey}”本期调查名单内,不能填报。",
        "The unit is in the register but not on the list of “{survey}” for the period.",
    ),
    _R.NO_LIST: (
        "“{survey}”在 {on} 没有已确认并冻结的调查名单,不能填报。",
        "“{survey}” has no confirmed list for {on}.",
    ),
    _R.CLOSED: ("该单位已于 {since} {how},不再填报。", "The unit has ceased ({how_en}) on {since}."),
    _R.CLOSED_BUT_ON_LIST: (
        "该单位已于 {since} {how},但仍在“{survey}”本期调查名单内,本期照常填报。",
        "The unit has ceased ({how_en}) on {since} but is on the list of “{survey}” for the period: it still reports.",
    ),
    _R.MERGED: (
        "该单位已并入“{successor}”({code}),请用合并后单位的代码填报。",
        "The unit was merged into “{successor}” ({code}): report under that code.",
    ),
    _R.CONVERTED: (
        "该单位已转为“{successor}”({code}),请用新代码填报。",
        "The unit was converted into “{successor}” ({code}): report under that code.",
    ),
    _R.NO_SUCCESSOR: (
        "该单位已合并或转制,承接单位没有记载,请与名录库管理部门联系。",
        "The unit was merged or converted; its successor is not recorded: ask the register department.",
    ),
    _R.MOVED_OUT: (
        "该单位已于 {since} 迁出,由迁入地统计机构管理。",
        "The unit moved out on {since}; the office of its new area keeps it.",
    ),
    _R.IN_REQUEST: (
        "该单位的入库申请正在办理,批准以后才能填报。",
        "A request to enter this unit is under way: it may report once that is approved.",
    ),
    _R.IN_INTAKE: (
        "该单位已出现在部门资料中,正在核实,尚未入库。",
        "The unit has come in with a department's file and awaits a decision; it is not in the register yet.",
    ),
    _R.OTHER_NAME: (
        "该代码的单位是“{name}”,与所填名称不符,请核对代码和名称。",
        "The unit with this code is “{name}”, not the name given: look at both again.",
    ),
    _R.UNKNOWN_CODE: (
        "名录库中没有这个代码的单位,请先办理入库(先进库、后报数)。",
        "No unit of the register carries this code: it has to be entered before it reports.",
    ),
    _R.VOID: (
        "这个代码的记录已于 {since} 作为差错剔除,不是名录库中的单位。",
        "The record with this code was removed as an error on {since}.",
    ),
    _R.NOT_YET: ("该单位在 {on} 尚未在库。", "The unit was not in the register yet on {on}."),
    _R.CODE_EMPTY: ("没有填写代码。", "No code was given."),
    _R.CODE_LENGTH: (
        "代码有 {length} 位,长度不对:统一社会信用代码应为 18 位,组织机构代码 9 位,工商注册号 15 位。{hint}",
        "The code has {length} characters; a unified social credit code has 18, an organisation code 9, "
        "a registration number 15. {hint}",
    ),
    _R.CODE_SCIENTIFIC: (
        "代码被电子表格写成了科学计数法,后面的位数已经丢失,请从原件重新录入。",
        "A spreadsheet has turned the code into a number and lost its end: enter it again from the document.",
    ),
    _R.CODE_CHARACTER: (
        "代码第 {position} 位“{character}”不是这一位可用的字符。{hint}",
        "Character {position} of the code, “{character}”, cannot stand there. {hint}",
    ),
    _R.CODE_CHECK: (
        "代码的校验位不对,有一位写错或两位颠倒。{hint}",
        "The check character does not fit: a slip in the code. {hint}",
    ),
    _R.ORG_PART_CHECK: (
        "代码第 9–17 位(组织机构代码)的校验位不对,但整个代码的校验位正确。",
        "The organisation code inside (9–17) fails its own check while the whole code passes.",
    ),
    _R.UNAVAILABLE: (
        "名录库现在无法查询,不能回答;最近一次可查询是在 {last}(版本 {version})。",
        "The register cannot be asked now; it last answered at {last} (version {version}).",
    ),
}

NAMELESS: dict[Reason, tuple[str, str]] = {
    _R.FORMER_NAME: ("该单位在库;所填为曾用名。", "In the register; this is a former name."),
    _R.MERGED: (
        "该单位已并入代码为 {code} 的单位,请用该代码填报。",
        "The unit was merged into the one with the code {code}: report under that code.",
    ),
    _R.CONVERTED: (
        "该单位已转为代码为 {code} 的单位,请用新代码填报。",
        "The unit was converted into the one with the code {code}: report under that code.",
    ),
    _R.OTHER_NAME: (
        "所填名称与该代码的单位不符,请核对代码和名称。",
        "The unit with this code has another name than the one given: look at both again.",
    ),
}
"""For who may know the codes in question and no name."""
FACTLESS: dict[Reason, tuple[str, str]] = NAMELESS | {
    _R.FORMER_CODE: ("该单位在库;所填为原代码。", "In the register; this is a former code."),
    _R.BY_ORG_CODE: (
        "该单位在库,登记的是组织机构代码,尚无统一社会信用代码。",
        "In the register under its organisation code, without a unified social credit code yet.",
    ),
    _R.MERGED: (
        "该单位已并入另一单位,请与名录库管理部门联系。",
        "The unit was merged into another one: ask the register department.",
    ),
    _R.CONVERTED: (
        "该单位已转为另一单位,请与名录库管理部门联系。",
        "The unit was converted into another one: ask the register department.",
    ),
}
"""For who may know nothing of the unit but whether it is there."""


class Told(IntEnum):
    """How much is told of a unit: that it is there, its code, all that an answer shows."""

    NOTHING = 0
    CODE = 1
    ALL = 2


_TEXTS = {Told.NOTHING: TEXTS | FACTLESS, Told.CODE: TEXTS | NAMELESS, Told.ALL: TEXTS}

HINT = ("在库单位 {code} 与它只差一处。", "The registered code {code} is one slip away.")
NEVER = ("未知", "unknown")

_HOW = {
    Cause.DEREGISTERED: ("注销", "deregistered"),
    Cause.REVOKED: ("吊销", "licence revoked"),
    Cause.BANKRUPT: ("破产", "bankrupt"),
    Cause.CLOSED: ("关闭", "closed"),
}
_STATUS = {"4": _HOW[Cause.CLOSED], "5": _HOW[Cause.BANKRUPT], "6": _HOW[Cause.DEREGISTERED], "7": _HOW[Cause.REVOKED]}


def how_closed(cause: str, operating_status: str) -> dict[str, str]:
    """How a unit ceased, by what began its present state, else by its operating status (attributes.md §2.3)."""
    word = _HOW.get(cause) if cause in set(_HOW) else None  # type: ignore[call-overload]  # a plain text is a key too
    zh, en = word or _STATUS.get(operating_status) or _HOW[Cause.CLOSED]
    return {"how": zh, "how_en": en}


def said(reason: Reason, language: str, told: Told = Told.ALL, **facts: Any) -> dict[str, str]:
    """Code and text of a reason, as the answer carries it to who is told so much of the unit it is about."""
    zh, en = _TEXTS[told][reason]
    return {"code": reason.value, "text": (en if language == "en" else zh).format(**facts).strip()}
