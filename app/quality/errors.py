"""Why a spot check is refused."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.said import word

SINCE_BEYOND = word(
    "since_beyond",
    "“{field:field}”从哪天起有错，须在 {first}（该单位入库的起始日期）至 {last} 之间",
    "since when {field:field} is wrong lies between {first}, the first day of the unit, and {last}",
)


class CheckNotFound(NotFound):
    code = "check_not_found"
    zh = "没有抽查 {check_id}，或它不属于您的机构及下级机构。"
    en = "there is no spot check {check_id}"


class UnitNotDrawn(NotFound):
    code = "unit_not_drawn"
    zh = "抽查 {check_id} 没有抽取第 {seq} 户。"
    en = "spot check {check_id} drew no unit {seq}"


class TooSmall(Invalid):
    """There are fewer units than shall be drawn."""

    code = "too_small"
    zh = "总体里只有 {population} 个单位，不够抽 {size} 个；请减少样本。"
    en = "there are {population} units, {size} shall be drawn"


class FrameOrDefinition(Invalid):
    """A sample is drawn from a frame or from the register, not from both."""

    code = "frame_or_definition"
    zh = "从抽样框抽取时不能再写条件、日期或时点：它们由抽样框确定。"
    en = "a frame has its own definition, day and moment: give the frame or these, not both"


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


class NotStarted(Conflict):
    """It is drawn and sealed: the visits begin when the head of the team starts it."""

    code = "check_not_started"
    zh = "抽查 {check_id} 还没有开始；请调查队先开始抽查并指定核查员。"
    en = "spot check {check_id} is not started yet"


class StillSealed(Conflict):
    """A correction would tell those who are checked what was found, while the check is under way."""

    code = "check_under_way"
    zh = "抽查 {check_id} 还没有结束，核查结果对名录维护方保密；请结束后再提出更正。"
    en = "spot check {check_id} is not closed: until then nobody outside the team learns what was found"


class NotTheChecker(Forbidden):
    """A unit is written by its checker alone; the head of the team may name another one."""

    code = "not_the_checker"
    zh = "抽查 {check_id} 第 {seq} 户由指定的核查员填写，不是您；需要时由调查队另行指定。"
    en = "unit {seq} of spot check {check_id} is written by its checker alone; the survey team may name another one"


class NoChecker(Invalid):
    """Who shall visit cannot: no such person, or one whose office or role is not of the team."""

    code = "no_checker"
    zh = "不能指定为核查员：{logins}。核查员须是本机构或下级机构有“现场核查”权限的在用账号。"
    en = "cannot visit for this check: {logins}; a checker is an active person of this office or one below whose role visits"


class CheckerNeeded(Invalid):
    """Nobody is named. Who starts a check does not visit its units by saying nothing."""

    code = "checker_needed"
    zh = "请至少指定一名核查员；由您本人核查的，也请选上自己。"
    en = "name at least one checker; where you visit the units yourself, name yourself"


class NotAllVisited(Conflict):
    """Units are left that nobody visited, and whoever closes has not said that he knows how many."""

    code = "units_not_visited"
    zh = "抽查 {check_id} 还有 {left} 户没有核查；仍要结束的，请确认这个数。"
    en = "{left} units of spot check {check_id} were not visited; to close it all the same, confirm that number"


class BadFinding(Invalid):
    """What was met is no value of its field. `faults` are all that is wrong, each a code with facts."""

    code = "bad_finding"
    zh = "填写的实际内容有误：{faults}。"
    en = "what was met cannot be taken: {faults}"


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
