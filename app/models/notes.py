"""What the program notes on source rows and how it names the requests that it makes: codes with their words.

They stand beside the tables that keep them, so that whoever reads a row or a request can say them.
"""

from __future__ import annotations

from app.core.said import word

STOPPED = word("row_stopped", "读入时被挡下，见这一行的问题", "stopped at intake: see the problems of the row")
REPEATED_HERE = word("row_repeated_here", "文件前面已有同样的一行", "the same row stands earlier in this file")
REPEATED_OPEN = word(
    "row_repeated_open", "以前文件的同样一行还在等待处理", "the same row of an earlier file still waits"
)
BATCH_DISCARDED = word("row_batch_discarded", "整个批次已放弃", "the batch was discarded")
GIVEN_BACK = word(
    "row_given_back",
    "所重复的那一行已不再办理，本行重新比对",
    "the row it repeated is no longer on its way; it is matched itself",
)
UNIT_ARRIVED = word(
    "row_unit_arrived", "所说的单位已入库，重新比对", "its unit came into the register; it is matched anew"
)
HANDED_IN_AGAIN = word("row_handed_in_again", "重新提交，等待比对", "handed in again, waits to be matched")
CANNOT_BE_WRITTEN = word(
    "row_cannot_be_written",
    "申请 #{request} 执行时写不进该单位的历史；核对后可以重新提交",
    "request {request} could not write this into the unit's history; once looked at it can be handed in again",
)
CODE_TAKEN = word(
    "row_code_taken",
    "{scheme:scheme} {value} 已由另一个在册单位使用（行政区划 {area}）；查明后可以重新提交",
    "{scheme:scheme} {value} is borne by another unit (area {area}); once looked at it can be handed in again",
)
GUARDED = word(
    "row_guarded",
    "名录不接受这一行：{why}；改正后可以重新提交",
    "the register does not take this row: {why}; once that is mended it can be handed in again",
)
REQUEST_REJECTED = word("row_request_rejected", "申请 #{request} 被否决", "request {request} was rejected")
REQUEST_STOPPED = word(
    "row_request_stopped", "申请 #{request} 批准后被停止并收回", "request {request} was stopped and taken back"
)
ITEM_REFUSED = word(
    "row_item_refused",
    "审批申请 #{request} 时这一项未获批准，其余已批准；可以说明理由后重新提交",
    "request {request} was approved without this one; it can be handed in again with a reason",
)
REQUEST_WITHDRAWN = word("row_request_withdrawn", "申请 #{request} 已撤回", "request {request} was withdrawn")
TAKEN_BACK = word("row_taken_back", "判定已撤回", "a decision was taken back")
WAITS_FOR_UNIT = word("row_waits_for_unit", "等待正在申请的单位", "waits for a unit that is proposed")
WAITS_LONGER = word("row_waits_longer", "等待办理，无须操作", "waits, and nothing is to be done")
"""The same where the unit is on its way in another office: whose rows those are, and that there are any, is not said."""
ASKS = word("row_asks", "须由人判定是否为在库单位", "a person decides whether it is a unit we hold")
NOTHING_NEW = word("row_nothing_new", "没有新内容", "says nothing new")
UNIT_UNKNOWN = word(
    "row_unit_unknown",
    "说的是不在库的单位；该单位入库后自动重新比对",
    "speaks of a unit that is not in the register; matched by itself once that comes in",
)
OUT_OF_AREA = word(
    "row_out_of_area",
    "单位不在（或将不在）导入机构的辖区内，请由所属机构导入",
    "the unit lies, or would lie, outside the area of the office that took the file in",
)
BARE = word(
    "row_bare",
    "新单位没有“{field:field}”，不能入库；补上后重新提交",
    "a new unit without the field {field:field} does not come in; hand it in again with it",
)
UNIT_MOVED_ON = word("row_unit_moved_on", "执行前该单位又有变动", "the unit changed before this was applied")

BATCH_TITLES = {
    "add": word("title_add", "新增单位：批次 {batch}，{count} 个", "New units: batch {batch}, {count}"),
    "remove": word(
        "title_remove",
        "注销、吊销单位：批次 {batch}，{count} 个",
        "Deregistered and revoked units: batch {batch}, {count}",
    ),
    "accept": word("title_accept", "按规则变更：批次 {batch}，{count} 个", "Changes by rule: batch {batch}, {count}"),
    "change": word("title_change", "变更单位：批次 {batch}，{count} 个", "Changed units: batch {batch}, {count}"),
}
"""Titles of the requests of a match run, by the kind of their items."""

SAME_UNIT = word("title_same_unit", "复核认定为同一单位 #{unit}", "Found in review to be unit #{unit}")
NEW_UNIT = word("title_new_unit", "复核认定为新单位：{name}", "Found in review to be a new unit: {name}")
DECISION_TAKEN_BACK = word("opinion_taken_back", "判定已撤回", "the decision was taken back")
"""What the request of a decision is told when that is taken back."""
