"""Why a spot check is refused."""

from __future__ import annotations

from app.core.errors import Conflict, Invalid, NotFound


class CheckNotFound(NotFound):
    code = "check_not_found"
    zh = "没有抽查 {check_id}，或它不属于您的机构及下级机构。"
    en = "there is no spot check {check_id}"


class UnitNotDrawn(NotFound):
    code = "unit_not_drawn"
    zh = "抽查 {check_id} 没有抽取第 {seq} 户。"
    en = "spot check {check_id} drew no unit {seq}"


class TooSmall(Invalid):
    """The frame holds fewer units than shall be drawn."""

    code = "too_small"
    zh = "抽样框里只有 {population} 个单位，不够抽 {size} 个；请减少样本。"
    en = "the frame holds {population} units, {size} shall be drawn"


class NoSuchField(Invalid):
    """What shall be compared is no attribute of a unit."""

    code = "no_such_field"
    zh = "单位没有这些栏目，无法核对：{fields}"
    en = "no attributes of a unit: {fields}"


class FieldNotCompared(Invalid):
    """Something was said of a field that this check does not compare."""

    code = "field_not_compared"
    zh = "这次抽查不核对这些栏目：{fields}"
    en = "this check does not compare: {fields}"


class NameTaken(Conflict):
    code = "name_taken"
    zh = "已有名为“{name}”的抽查；请换一个名称。"
    en = "there is a spot check {name} already"


class CheckClosed(Conflict):
    code = "check_closed"
    zh = "抽查 {check_id} 已经结束，不能再改；需要时另抽一次。"
    en = "spot check {check_id} is closed"


class CheckedAlready(Conflict):
    """The correction of this unit is proposed: what was found is its evidence and stays."""

    code = "checked_already"
    zh = "这个单位的更正申请 {request_id} 已经提出，核查结果不能再改。"
    en = "request {request_id} rests on what was found"


class NothingToCorrect(Invalid):
    """No field is wrong with its right value stated."""

    code = "nothing_to_correct"
    zh = "没有既判为错误、又填了实际内容的栏目；请先填写并保存。"
    en = "no field is wrong with its right value stated"
