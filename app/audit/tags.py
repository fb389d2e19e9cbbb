"""What can be written to the logs: `subject:action`, and what people call it."""

from __future__ import annotations

from enum import StrEnum

from app.domain.labels import WORDS


class Tag(StrEnum):
    """One kind of entry, with its name in both languages."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str, en: str) -> Tag:
        made = str.__new__(cls, value)
        made._value_, made.zh, made.en = value, zh, en
        return made

    IMPORT_STAGE = "import:stage", "导入文件", "Import file"
    IMPORT_CONFIRM = "import:confirm", "确认导入", "Confirm import"
    IMPORT_RESUME = "import:resume", "重新读取文件", "Read file anew"
    IMPORT_HAND_IN_AGAIN = "import:hand_in_again", "重新提交行", "Hand rows in again"
    MATCH_RUN = "match:run", "比对", "Match"
    PAIR_DECIDE = "pair:decide", "判定一对记录", "Decide a pair"
    REQUEST_DRAFT = "change_request:draft", "起草变更申请", "Draft change request"
    REQUEST_SUBMIT = "change_request:submit", "提交变更申请", "Submit change request"
    REQUEST_APPROVE = "change_request:approve", "批准变更申请", "Approve change request"
    REQUEST_RETURN = "change_request:return", "退回变更申请", "Return change request"
    REQUEST_REJECT = "change_request:reject", "否决变更申请", "Reject change request"
    REQUEST_WITHDRAW = "change_request:withdraw", "撤回变更申请", "Withdraw change request"
    REQUEST_EDIT = "change_request:edit", "修改变更申请", "Edit change request"
    REQUEST_REFRESH = "change_request:refresh", "更新变更申请", "Refresh change request"
    REQUEST_STALE = "change_request:stale", "变更申请已过时", "Change request became stale"
    REQUEST_RECORD_WRITTEN = "change_request:record_written", "登记书面批复", "Record written approval"
    REQUEST_COUNTERSIGN = "change_request:countersign", "会签书面批复", "Countersign written approval"
    REQUEST_TAKE_BACK_WRITTEN = "change_request:written_back", "撤回书面批复", "Take written approval back"
    UNITS_WRITE = "unit:write", "写入名录库", "Write to the register"
    BATCH_APPLIED = "change_request:applied", "变更申请执行完毕", "Change request applied"
    FRAME_BUILD = "frame:build", "建立抽样框", "Build frame"
    FRAME_CONFIRM = "frame:confirm", "确认抽样框", "Confirm frame"
    FRAME_FREEZE = "frame:freeze", "冻结抽样框", "Freeze frame"
    FRAME_EXPORT = "frame:export", "导出抽样框", "Export frame"
    USER_CREATE = "user:create", "新建用户", "Create user"
    USER_CHANGE = "user:change", "修改用户", "Change user"
    RIGHT_GIVE = "right:give", "授予权限", "Give rights"
    RIGHT_CONFIRM = "right:confirm", "确认权限", "Confirm a right"
    RIGHT_REFUSE = "right:refuse", "不予确认权限", "Refuse a right"
    RIGHT_WITHDRAW = "right:withdraw", "撤回权限", "Withdraw a right"
    RIGHT_END = "right:end", "取消权限", "End a right"
    RIGHT_ASK_END = "right:ask_end", "申请取消管理员角色", "Ask to end an administrator's role"
    PASSWORD_ASK_RESET = "user:ask_password", "申请重设密码", "Ask to reset a password"
    USER_LOCK = "user:lock", "登录失败锁定", "Lock after failed sign-ins"
    SECOND_FACTOR_BEGIN = "second_factor:begin", "开始设置动态口令", "Begin a second factor"
    SECOND_FACTOR_SET = "second_factor:set", "设置动态口令", "Set a second factor"
    SECOND_FACTOR_ASK_RESET = "second_factor:ask_reset", "申请重置动态口令", "Ask to reset a second factor"
    SECOND_FACTOR_RESET = "second_factor:reset", "重置动态口令", "Reset a second factor"
    SESSION_OPEN = "session:open", "登录", "Sign in"
    SESSION_END = "session:end", "结束会话", "End session"
    SPOTCHECK_DRAW = "spot_check:draw", "抽取核查样本", "Draw spot check"
    SPOTCHECK_START = "spot_check:start", "开始质量抽查", "Start spot check"
    SPOTCHECK_ASSIGN = "spot_check:assign", "指定核查员", "Assign checker"
    SPOTCHECK_RECORD = "spot_check:record", "记录核查结果", "Record spot check finding"
    SPOTCHECK_CLOSE = "spot_check:close", "结束质量抽查", "Close spot check"
    REQUEST_COMMENT = "change_request:comment", "讨论变更申请", "Discuss change request"
    TOKEN_ISSUE = "token:issue", "发放令牌", "Issue a token"
    TOKEN_REVOKE = "token:revoke", "收回令牌", "Revoke token"
    SURVEY_ADD = "survey:add", "登记调查", "Register survey"
    SURVEY_CHANGE = "survey:change", "修改调查", "Change survey"
    SURVEY_PROPOSE_OWNER = "survey:propose_owner", "提出调查归口变更", "Propose another section for a survey"
    SURVEY_CONFIRM_OWNER = "survey:confirm_owner", "确认调查归口变更", "Confirm another section for a survey"
    SURVEY_REFUSE_OWNER = "survey:refuse_owner", "不同意调查归口变更", "Refuse another section for a survey"
    SURVEY_WITHDRAW_OWNER = "survey:withdraw_owner", "撤回调查归口变更", "Take back another section for a survey"
    OFFICE_CREATE = "office:create", "新建机构", "Create office"
    OFFICE_AREA = "office:area", "调整机构辖区", "Change an office's areas"
    SECTION_CREATE = "section:create", "新建科室", "Create section"
    KEY_ISSUE = "key:issue", "发放接口密钥", "Issue API key"
    KEY_REVOKE = "key:revoke", "收回接口密钥", "Revoke API key"
    POLICY_SET = "policy:set", "设定审批规则", "Set policy"
    RULES_SET = "rule:set", "设定检查规则", "Set rules"
    RULE_PROPOSE = "rule:propose", "提出检查规则", "Propose a rule"
    RULE_CONFIRM = "rule:confirm", "确认检查规则", "Confirm a rule"
    RULE_REFUSE = "rule:refuse", "不予确认检查规则", "Refuse a rule"
    RULE_WITHDRAW = "rule:withdraw", "撤回检查规则", "Withdraw a rule"
    FINDING_NOTE = "finding:note", "说明问题", "Explain a finding"
    TEMP_CODES_ISSUE = "temp_code:issue", "发放临时代码", "Issue temporary codes"
    FIELD_LOCK = "unit:lock", "锁定栏目", "Lock fields"
    FIELD_UNLOCK = "unit:unlock", "解除锁定", "End locks"
    VALUE_KEEP = "value:keep", "维持现值", "Keep a value"
    CODELIST_LOAD = "codelist:load", "装载代码表", "Load code list"
    OPERATOR_COMMAND = "operator:command", "运维命令", "Operator's command"
    ROWS_WRITE = "rows:write", "写入数据行", "Write rows"
    ROWS_VOUCH = "rows:vouch", "登记既有数据行", "Vouch for rows that are there"
    KEYS_ROTATE = "keys:rotate", "更换密钥", "Rotate keys"
    PAYLOAD_DESTROY = "payload:destroy", "销毁日志内容", "Destroy log payload"
    UNIT_VIEW = "unit:view", "查看单位", "View unit"
    UNIT_UNMASK = "unit:unmask", "查看个人信息", "See personal data"
    UNITS_SEEN = "unit:seen", "看到单位数据", "See data of units"
    FEED_READ = "feed:read", "读取变更流", "Read the change feed"
    REFUSED = "access:refused", "拒绝访问", "Refuse access"
    LOG_OPEN = "log:open", "按案件查看日志内容", "Open log entry on a case"
    UNIT_CHECK = "unit:check", "查询是否在库", "Check whether registered"
    LIST_VIEW = "unit:list", "查看名单", "View list"
    LIST_EXPORT = "unit:export", "导出名单", "Export the list"


WORDS["event"] = {str(tag): (tag.zh, tag.en) for tag in Tag}
