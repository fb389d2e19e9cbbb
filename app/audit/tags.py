"""What can be written to the logs: `subject:action`, with labels for people."""

from __future__ import annotations

from enum import StrEnum


class Tag(StrEnum):
    IMPORT_STAGE = "import:stage"
    IMPORT_CONFIRM = "import:confirm"
    MATCH_RUN = "match:run"
    PAIR_DECIDE = "pair:decide"
    REQUEST_DRAFT = "change_request:draft"
    REQUEST_SUBMIT = "change_request:submit"
    REQUEST_APPROVE = "change_request:approve"
    REQUEST_RETURN = "change_request:return"
    REQUEST_REJECT = "change_request:reject"
    REQUEST_WITHDRAW = "change_request:withdraw"
    REQUEST_REFRESH = "change_request:refresh"
    REQUEST_STALE = "change_request:stale"
    REQUEST_RECORD_WRITTEN = "change_request:record_written"
    REQUEST_COUNTERSIGN = "change_request:countersign"
    UNITS_WRITE = "unit:write"
    BATCH_APPLIED = "change_request:applied"
    FRAME_BUILD = "frame:build"
    FRAME_CONFIRM = "frame:confirm"
    FRAME_FREEZE = "frame:freeze"
    FRAME_EXPORT = "frame:export"
    USER_CREATE = "user:create"
    USER_CHANGE = "user:change"
    USER_LOCK = "user:lock"
    SESSION_OPEN = "session:open"
    SESSION_END = "session:end"
    SPOTCHECK_DRAW = "spot_check:draw"
    SPOTCHECK_RECORD = "spot_check:record"
    SPOTCHECK_CLOSE = "spot_check:close"
    REQUEST_COMMENT = "change_request:comment"
    TOKEN_ISSUE = "token:issue"  # noqa: S105 - a tag, not a secret
    TOKEN_REVOKE = "token:revoke"  # noqa: S105
    OFFICE_CREATE = "office:create"
    KEY_ISSUE = "key:issue"
    KEY_REVOKE = "key:revoke"
    POLICY_SET = "policy:set"
    CODELIST_LOAD = "codelist:load"
    OPERATOR_COMMAND = "operator:command"
    PAYLOAD_DESTROY = "payload:destroy"
    UNIT_VIEW = "unit:view"
    UNIT_UNMASK = "unit:unmask"
    UNIT_CHECK = "unit:check"
    LIST_VIEW = "unit:list"
    LIST_EXPORT = "unit:export"


LABELS_ZH = {
    Tag.IMPORT_STAGE: "导入文件",
    Tag.IMPORT_CONFIRM: "确认导入",
    Tag.MATCH_RUN: "比对",
    Tag.PAIR_DECIDE: "判定一对记录",
    Tag.REQUEST_DRAFT: "起草变更申请",
    Tag.REQUEST_SUBMIT: "提交变更申请",
    Tag.REQUEST_APPROVE: "批准变更申请",
    Tag.REQUEST_RETURN: "退回变更申请",
    Tag.REQUEST_REJECT: "否决变更申请",
    Tag.REQUEST_WITHDRAW: "撤回变更申请",
    Tag.REQUEST_REFRESH: "更新变更申请",
    Tag.REQUEST_STALE: "变更申请已过时",
    Tag.REQUEST_RECORD_WRITTEN: "登记书面批复",
    Tag.REQUEST_COUNTERSIGN: "会签书面批复",
    Tag.UNITS_WRITE: "写入名录库",
    Tag.BATCH_APPLIED: "变更申请执行完毕",
    Tag.FRAME_BUILD: "建立抽样框",
    Tag.FRAME_CONFIRM: "确认抽样框",
    Tag.FRAME_FREEZE: "冻结抽样框",
    Tag.FRAME_EXPORT: "导出抽样框",
    Tag.USER_CREATE: "新建用户",
    Tag.USER_CHANGE: "修改用户",
    Tag.USER_LOCK: "登录失败锁定",
    Tag.SESSION_OPEN: "登录",
    Tag.SESSION_END: "结束会话",
    Tag.SPOTCHECK_DRAW: "抽取核查样本",
    Tag.SPOTCHECK_RECORD: "记录核查结果",
    Tag.SPOTCHECK_CLOSE: "结束质量抽查",
    Tag.REQUEST_COMMENT: "讨论变更申请",
    Tag.TOKEN_ISSUE: "发放令牌",
    Tag.TOKEN_REVOKE: "收回令牌",
    Tag.OFFICE_CREATE: "新建机构",
    Tag.KEY_ISSUE: "发放接口密钥",
    Tag.KEY_REVOKE: "收回接口密钥",
    Tag.POLICY_SET: "设定审批规则",
    Tag.CODELIST_LOAD: "装载代码表",
    Tag.OPERATOR_COMMAND: "运维命令",
    Tag.PAYLOAD_DESTROY: "销毁日志内容",
    Tag.UNIT_VIEW: "查看单位",
    Tag.UNIT_UNMASK: "查看个人信息",
    Tag.UNIT_CHECK: "查询是否在库",
    Tag.LIST_VIEW: "查看名单",
    Tag.LIST_EXPORT: "导出名单",
}
