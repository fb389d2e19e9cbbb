"""Why a change request is refused; each refusal changes nothing."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.said import word
from app.domain.values import FAULTS


class RequestNotFound(NotFound):
    """There is no such request, or it belongs to an office that the actor does not stand above."""

    code = "request_not_found"
    zh = "没有变更申请 {request_id}，或者它不属于您的机构。"
    en = "there is no change request {request_id}"


class NotTheAuthor(Conflict):
    """Only who proposed a request hands it in, refreshes it or takes it back; a colleague takes back what nobody answers for."""

    code = "not_the_author"
    zh = "变更申请 {request_id} 不是您提出的；提交、刷新、撤回须由申请人本人办理；申请人已离岗的，由本机构同事撤回。"
    en = "only the author of request {request_id} submits, refreshes or withdraws it; once gone, a colleague withdraws it"


class StaleChange(Conflict):
    """The unit was written since the request was made; refresh the request against the new version."""

    code = "stale"
    zh = "变更申请 {request_id} 提出后，单位 #{unit_id} 又有变动；请申请人打开申请，点“按最新内容刷新”后再提交。"
    en = "unit #{unit_id} was written since request {request_id} was made; its author refreshes and submits it again"


class CannotBeWritten(Conflict):
    """What a request says does not fit the unit's history, so that the writer cannot lay it in."""

    code = "cannot_be_written"
    zh = "变更申请 {request_id} 的内容与单位在库的历史对不上，无法写入；请退回申请人核对日期和事由。"
    en = "what request {request_id} says does not fit the unit's history; return it, so that its author looks at the days"


class ApprovalMissing(Conflict):
    """A request stands as approved and the log knows of no approval: the row was altered by other means."""

    code = "approval_missing"
    zh = "变更申请 {request_id} 标为已批准，日志中却没有批准的记录，不予执行。请立即报告审计管理员并保全数据库。"
    en = "request {request_id} stands as approved and the log has no approval of it; nothing is written: tell the auditor at once"


class SelfApproval(Forbidden):
    """Nobody decides on what they proposed (DESIGN.md, promise 4)."""

    code = "own_proposal"
    zh = "这是您本人提出的申请，不能由您审批；请上级机构的审批员处理。"
    en = "{login} proposed this and cannot decide on it"


class NotAbove(Forbidden):
    """The policy wants an office above the proposer's."""

    code = "not_above"
    zh = "按规定须由申请人的上级机构审批，您所在的机构不在其上级。"
    en = "the office of {login} does not stand above the proposer's"


class NeedRose(NotAbove):
    """The units or the rules moved, and what was at the level when it was handed in is the office above's by now."""

    code = "need_rose"
    zh = "变更申请 {request_id} 提交时属于“{was:need}”，按单位和规则的现状已属于“{now:need}”，须由上级机构审批；也可退回申请人核对。"
    en = "request {request_id} was handed in as {was} and is {now} by now: an office above decides, or it is returned"


class LeftArea(Conflict):
    """The unit left the area of the office that proposed, or would lie where nobody who agreed keeps it by now: nothing of it is
    written for that office."""

    code = "left_area"
    zh = "变更申请 {request_id} 提出后，单位或其迁入地已不在申请机构（及同意接收的机构）的辖区以内，不能写入；请退回或否决。"
    en = (
        "since request {request_id} was made its unit, or where it would lie, left the area of the office that proposed it "
        "(and of the one that agreed); return or reject it"
    )


class TooLateToStop(Conflict):
    """A batch is stopped within the hour; what it wrote is mended by requests of their own then."""

    code = "too_late_to_stop"
    zh = "变更申请 {request_id} 批准已超过一小时（{at}），不能整批停止；请逐个单位提出更正。"
    en = "request {request_id} was approved more than an hour ago ({at}): propose corrections of its units"


class StoppedAlready(Conflict):
    """Somebody stopped the batch before."""

    code = "stopped_already"
    zh = "变更申请 {request_id} 已经有人停止，正在收回或已收回。"
    en = "request {request_id} was stopped by somebody, and is taken back"


class ConsentMissing(Conflict):
    """A unit would move into another office's area, which has not agreed to take it over."""

    code = "consent_missing"
    zh = "变更申请 {request_id} 把单位迁往另一机构的辖区，该机构尚未同意接收，不能批准。"
    en = "request {request_id} moves a unit into another office's area, which has not agreed to take it over"


class NothingToAgreeTo(Conflict):
    """No unit would move into another office's area, or that office has agreed already."""

    code = "nothing_to_agree_to"
    zh = "变更申请 {request_id} 没有等待接收机构同意的迁移。"
    en = "no move waits for the receiver's word on request {request_id}"


class NotTheReceiver(Forbidden):
    """Only the office into whose area a unit would move speaks for itself."""

    code = "not_the_receiver"
    zh = "变更申请 {request_id} 须由接收机构表示意见；您的机构不是接收机构。"
    en = "the office that would take the unit of request {request_id} over speaks for itself, and yours is another"


class NoPolicy(Conflict):
    """No dated policy says who decides on such a change, so nobody may."""

    code = "no_policy"
    zh = "{on} 没有现行的审批规则涵盖“{need:need}”；请系统管理员先设定规则。"
    en = "no policy in force on {on} says who decides on {need}"


class DocumentWaits(Conflict):
    """A written approval that another person recorded waits to be countersigned."""

    code = "document_waits"
    zh = "变更申请 {request_id} 已有他人登记的书面批复在等待会签。"
    en = "a written approval that another person recorded waits to be countersigned on request {request_id}"


class DocumentNotFound(NotFound):
    """The request has no such written approval, or one of a version that kept no document."""

    code = "document_not_found"
    zh = "变更申请 {request_id} 没有留存编号为 {approval_id} 的批复文件。"
    en = "request {request_id} has no written approval {approval_id} whose document was kept"


class NothingToCountersign(Conflict):
    """No written approval was recorded, or it was countersigned already."""

    code = "nothing_to_countersign"
    zh = "变更申请 {request_id} 没有等待会签的书面批复；请先登记批复文件。"
    en = "no written approval waits to be countersigned on request {request_id}"


class NotTheRecorder(Conflict):
    """Who recorded a written approval takes it back; what somebody else recorded, he countersigns or leaves."""

    code = "not_the_recorder"
    zh = "变更申请 {request_id} 的书面批复不是您登记的，只能由登记人撤回。"
    en = "the written approval of request {request_id} was recorded by somebody else, who alone takes it back"


class BadChange(Invalid):
    """The change itself makes no sense. `faults` are all that is wrong with it, each a code with facts."""

    code = "bad_change"
    zh = "变更内容有误：{faults}。"
    en = "{faults}"


for _code, (_zh, _en) in FAULTS.items():
    word(_code, _zh, _en)

CODE_OF_ANOTHER = word(
    "code_of_another", "{value} 不是被分立单位的代码", "{value} is no code of the unit that is split"
)
CHILD_OF_ANOTHER = word(
    "child_of_another", "单位 #{unit} 不是被分立单位的下级", "unit #{unit} is no child of the unit that is split"
)
RECORD_OF_ANOTHER = word(
    "record_of_another",
    "来源记录 {record} 不是被分立单位的",
    "source record {record} is none of the unit that is split",
)
PART_NAMED_TWICE = word("part_named_twice", "{what} 写了两次", "{what} is named twice")
PART_BOTH_WAYS = word(
    "part_both_ways",
    "分立后的单位要么是在库单位，要么是新单位，不能两样都写",
    "a unit that goes on is held or new, not both",
)
PART_WITHOUT_CODE = word(
    "part_without_code",
    "接收下级的单位须有统一社会信用代码或组织机构代码，下级以它为归属",
    "a part that takes children bears a credit code or an organisation code, by which they name their parent",
)
NOT_A_SCHEME = word(
    "not_a_scheme", "没有“{scheme}”这种代码；可用：{schemes}", "no codes of a kind {scheme}; there are {schemes}"
)
UNITS_TWICE = word(
    "units_named_twice",
    "并入的单位不能重复，也不能是存续单位自己",
    "the absorbed are named once each, and are not the unit that goes on",
)
NOT_OF_THE_MERGER = word(
    "not_of_the_merger",
    "“{field:field}”只能取参加合并的单位的值",
    "{field:field} takes the value of one of the units of the merger",
)
PARTS_NOT_MEANT = word(
    "parts_not_meant",
    "只有合并写明并入的单位，只有分立写明去向",
    "only a merger names absorbed units, and only a split those that go on",
)
TOO_MANY_UNITS = word("too_many_units", "一个申请最多 {most} 个单位", "a request is about {most} units at most")
UNDOES_NOTHING = word(
    "undoes_nothing",
    "撤销针对一件已办结的申请，请在该申请上提出",
    "an undoing takes an applied request back: ask for it there",
)
NOTHING_TO_UNDO = word(
    "nothing_to_undo",
    "申请 {request} 写入的内容都已被后来的变更取代或已经撤销，没有可撤销的",
    "nothing of what request {request} wrote still stands",
)
NOT_UNDONE = word(
    "not_undone",
    "只能撤销已执行的非整批申请；申请 {request} 不是",
    "only an applied request that is no batch is undone; request {request} is none",
)
UNDONE_ALREADY = word(
    "undone_already",
    "申请 {request} 的撤销已在申请 {other} 中",
    "request {other} is to undo request {request} already",
)
NO_DAY = word("period_without_day", "起止日期之间没有一天", "the period holds no day")
NEEDS_UNIT = word("reason_needs_unit", "事由“{reason:reason}”须指明单位", "the reason {reason} needs a unit")
DAYS_BEYOND = word(
    "days_beyond",
    "起止日期超出 {first} 至 {last} 的范围",
    "the period goes beyond {first} to {last}",
)
DAY_BEYOND = word(
    "day_beyond",
    "“{field:field}”超出 {first} 至 {last} 的范围",
    "{field:field} lies beyond {first} to {last}",
)
CODE_NOT_LISTED = word(
    "code_not_listed",
    "“{field:field}”的代码不在任何一版代码表中；请核对或从代码表中查找",
    "{field:field} is a code of no edition of its list; look it up",
)
TEMP_NOT_ISSUED = word(
    "temp_not_issued",
    "临时代码不在代码池中或校验位不符；请在“临时代码”中领取",
    "the temporary code was never given out, or its check digit is wrong: take one from the pool of temporary codes",
)
TEMP_USED = word(
    "temp_used",
    "该临时代码已发给另一个单位，不再发给他人；请在“临时代码”中另领一个",
    "the temporary code was another unit's, and is given to no second one: take another from the pool",
)
CHANGES_NOTHING = word(
    "changes_nothing",
    "单位在这些日期已是这样，没有要变更的内容",
    "the unit says so already on these days: nothing would be changed",
)
NOT_THEN = word(
    "unit_not_then", "库中没有该单位在起始日期的记录", "the register has nothing of the unit on the first day"
)
MOVES_INSIDE = word(
    "moves_inside",
    "迁出是离开本名录库，不填新的“{field:field}”；迁往本库以内其他地方的，事由用“{within:reason}”",
    "who moves out leaves this register and states no {field:field}; a move to another place within it is {within:reason}",
)
ADDITION_ENDS = word(
    "addition_ends",
    "新增单位不填截止日期；已终止的，入库后另行办理注销",
    "a new unit is added without an end; what has ended is closed by a request of its own",
)
ADDS_UNIT = word(
    "reason_adds_unit",
    "事由“{reason:reason}”用于新增单位，却指明了在库的单位",
    "the reason {reason} adds a unit, but one is named",
)
ONLY_CORRECTIONS_END = word(
    "only_corrections_end",
    "事由“{reason:reason}”不填截止日期，只有更正和重新编码填写",
    "only a correction or a recoding has an end; what begins with {reason} holds on",
)
CLOSES_AHEAD = word(
    "closes_ahead",
    "“{field:field}”晚于今天；请先按在营入库，到期后再办理注销",
    "{field:field} lies ahead; add the unit as it is, and close it when that day has come",
)
SUCCESSOR_NOT_MEANT = word(
    "successor_not_meant",
    "事由“{reason:reason}”不填承接单位，只有合并、改制、分立填写",
    "{reason} names no unit that follows; a merger, a conversion and a split do",
)
NAMELESS = word(
    "new_unit_without_name",
    "新单位须有名称，至少一个字或一个数字",
    "a new unit needs a name, with a letter or a digit in it",
)
NO_NAME = word(
    "no_name",
    "单位须有名称，至少一个字或一个数字，不能清空",
    "a unit has a name, with a letter or a digit in it, which cannot be cleared",
)
BARE = {
    "area_code": word(
        "no_area", "单位须有“{field:field}”，否则谁也看不到它", "a unit has the field {field:field}, or nobody sees it"
    ),
    "unit_type": word("no_kind", "单位须有“{field:field}”", "a unit has the field {field:field}"),
}
"""What no unit is without, with what a refusal says of it."""
NO_SUCH_UNIT = word("named_unit_missing", "申请指明的单位不在库中", "a unit that the request names does not exist")
ITEM_COUNT = word("item_count_wrong", "申请须至少写明一个单位", "a request is about one unit at least")
SAY_WHY = word("say_why", "请写明理由，以便申请人处理", "say why, so that the author can act on it")
EMPTY_COMMENT = word("comment_empty", "请写下要说的话", "a comment says something")
NO_SUCH_ITEMS = word(
    "items_not_open",
    "申请中没有这些可以除外的单位：{items}",
    "the request has no open items with these numbers: {items}",
)
NOT_BY_HAND = word(
    "not_edited_by_hand",
    "只有手工提出的单项申请可以修改；来自文件的请改正文件或判定",
    "only a single request proposed by hand is edited; what comes of a file is mended in the file, or by deciding anew",
)
RECODED_BY_NOBODY = word(
    "recoded_by_nobody",
    "重编只随代码表的改版办理，不能填报；改一个单位的代码用“代码变更”或“更正”",
    "a recoding follows a reform of codes and is typed by nobody: a code of one unit is changed, or corrected",
)
NOT_RECODED = word(
    "not_recoded",
    "重编只改代码，不改“{field:field}”",
    "a recoding says codes of lists anew, and nothing else: not “{field:field}”",
)
MERGER_ANEW = word(
    "merger_anew",
    "合并涉及多个单位，请撤回本申请，另提合并申请",
    "a merger is about several units: withdraw this request and propose the merger",
)
NOTHING_LEFT = word(
    "nothing_left_to_approve",
    "除外之后没有剩下要批准的单位；请退回或否决整个申请",
    "nothing would be left to approve; return or reject the whole request",
)
DOCUMENT_INCOMPLETE = word("document_incomplete", "书面批复须有文号", "a written approval needs the document's number")
DOCUMENT_AHEAD = word(
    "document_ahead", "批复日期 {on} 晚于今天；请核对文件上的日期", "the document's day {on} lies after today"
)
OFFICE_NOT_ABOVE = word(
    "office_not_above",
    "批复机关 {office} 不是申请机构的上级机构；上级机构有：{above}",
    "{office} is no office above the proposer's; those above are: {above}",
)
OFFICE_DECIDES_HERE = word(
    "office_decides_here",
    "{name}在系统中有审批员，应在系统中审批；确须登记书面批复的，请写明“{field:field}”",
    "{name} has approvers in the system and should decide there; where its paper is recorded all the same, state "
    "“{field:field}”",
)
NO_SCAN = word(
    "no_scan",
    "批复文件须为 PDF、OFD、JPEG、PNG 或 TIFF 扫描件，按内容判断，与文件名无关",
    "the document is no PDF, OFD, JPEG, PNG or TIFF file by what it holds, whatever its name",
)
SCAN_EMPTY = word(
    "scan_empty", "批复文件是空的；请重新扫描或选择文件", "the document is empty; scan or choose it again"
)
SCAN_TOO_LARGE = word(
    "scan_too_large",
    "批复文件超过 {most} MiB；请降低扫描精度后再登记",
    "the document is larger than {most} MiB; scan it with less resolution",
)
NOT_ON_ITS_DAY = word(
    "not_on_its_day", "到生效日再次核对，不能写入：{why}", "judged again on its day, it could not be written: {why}"
)
ACCEPTED = word("accepted_by_policy", "依规则 {policy} 直接接受", "accepted by policy {policy}")
