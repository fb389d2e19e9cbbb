"""Why a decision on a pair is refused."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, Invalid, NotFound


class PairNotFound(NotFound):
    code = "pair_not_found"
    zh = "没有第 {pair_id} 对记录。"
    en = "there is no candidate pair {pair_id}"


class OtherSideBeyond(Forbidden):
    """The other side lies outside the actor's area, or came with a file of another office: he cannot judge what he may
    not see."""

    code = "other_side_beyond"
    zh = "第 {pair_id} 对的另一方属于其他机构，您看不到，不能由您判定；请由看得到双方的上级机构办理。"
    en = "the other side of pair {pair_id} is of another office: the office above, which sees both, decides on it"


class PairNotOpen(Conflict):
    """The pair was decided, or the question fell away; or there is no decision to take back."""

    code = "pair_not_open"
    zh = "第 {pair_id} 对现在是“{status:pair}”，不能这样做；要改判请先撤回判定，没有判定的无可撤回。"
    en = "pair {pair_id} is {status}: take a decision back before deciding anew; where none stands, none can be taken back"


class UnsureWithoutReason(Invalid):
    """Who looks at the pair next has to know what was looked for and not found."""

    code = "unsure_without_reason"
    zh = "判为“暂不确定”请说明原因（查过什么、还缺什么），供下一位判定人参考。"
    en = "say why you are unsure (what was looked for, what is missing), for who looks at the pair next"


class ContradictoryDecision(Conflict):
    """If A = B and B = C but A ≠ C: the conflict is shown, nothing is merged."""

    code = "contradictory_decision"
    zh = "第 {pair_id} 对的这条记录已被判定与同一单位不同；请先撤回那个判定。"
    en = "the record of pair {pair_id} was decided to be different from the same unit; take that decision back first"


class AlreadyApplied(Conflict):
    """What followed from the decision is in the register; correct it there."""

    code = "already_applied"
    zh = "申请 #{request_id} 已经写入名录库，不能撤回；请在该申请页面提出撤销，或提出更正、分立申请。"
    en = "request {request_id} is in the register: propose to undo it, or a correction or a split"


class RecordMovedOn(Conflict):
    """The record is settled by something else than this pair: applied, or carried by another request."""

    code = "record_moved_on"
    zh = "来源记录 {record_id} 已经另作处理（{outcome:outcome}），不能再由这一对来定；请刷新查看。"
    en = "source record {record_id} is {outcome}, settled otherwise; this pair does not decide on it any more"
