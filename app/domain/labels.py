"""What people call the closed words of the product, in both languages: terms of the glossary of the dossier.

One table and one function: pages, answers, messages and packages all name a word here.
"""

from __future__ import annotations

from app.domain.fields import BY_NAME

WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "row_difference": {
        "altered": ("被改动", "Altered"),
        "missing": ("被删去", "Deleted"),
        "extra": ("被加入", "Inserted"),
    },
    "unit_type": {
        "1": ("法人单位", "Legal unit"),
        "2": ("产业活动单位", "Establishment"),
        "3": ("个体经营户", "Self-employed household"),
    },
    "source": {
        "census": ("经济普查", "Economic census"),
        "market": ("市场监管（企业）", "Market regulation (enterprises)"),
        "household": ("市场监管（个体工商户）", "Market regulation (households)"),
        "institution": ("机构编制登记", "Establishment registration"),
        "hand": ("人工填报", "Entered by hand"),
        "spot_check": ("质量抽查", "Spot checks"),
        "survey": ("统计调查", "Survey"),
    },
    "standing": {
        "live": ("在库", "In the register"),
        "closed": ("已注销", "Deregistered"),
        "merged": ("已合并", "Merged"),
        "converted": ("已转型", "Converted"),
        "moved_out": ("已迁出", "Moved out"),
        "void": ("已剔除", "Void"),
    },
    "reason": {
        "new": ("设立", "Set up"),
        "found_missing": ("补录", "Found missing"),
        "change": ("变更", "Change"),
        "correction": ("更正", "Correction"),
        "code_change": ("代码变更", "Code change"),
        "recoding": ("重编", "Recoding"),
        "pause": ("停业", "Pause"),
        "resume": ("恢复营业", "Resume"),
        "closed": ("关闭", "Closed down"),
        "bankrupt": ("破产", "Bankrupt"),
        "deregistered": ("注销", "Deregistration"),
        "revoked": ("吊销", "Revocation"),
        "merge": ("合并", "Merger"),
        "split": ("分立", "Split"),
        "move_in": ("迁入", "Move in"),
        "move_out": ("迁出", "Move out"),
        "move_within": ("区内搬迁", "Move within"),
        "conversion": ("转型", "Conversion"),
        "treated_as_legal": ("视同法人", "Treated as legal unit"),
        "void": ("剔除", "Removal as void"),
        "reinstate": ("恢复", "Reinstatement"),
    },
    "need": {
        "add": ("增加单位", "Add a unit"),
        "replace": ("替换单位", "Replace a unit"),
        "remove": ("减少单位", "Remove a unit"),
        "change": ("变更信息", "Change data"),
    },
    "request": {
        "draft": ("草稿", "Draft"),
        "in_review": ("待审批", "In review"),
        "approved": ("已批准", "Approved"),
        "scheduled": ("待生效", "Scheduled"),
        "applying": ("执行中", "Applying"),
        "applied": ("已入库", "Applied"),
        "returned": ("已退回", "Returned"),
        "rejected": ("已否决", "Rejected"),
        "withdrawn": ("已撤回", "Withdrawn"),
        "stale": ("已过时", "Stale"),
    },
    "item": {
        "open": ("未执行", "Not applied"),
        "applied": ("已执行", "Applied"),
        "stale": ("已过时", "Stale"),
        "excluded": ("已排除", "Excluded"),
    },
    "verb": {
        "submit": ("提交", "Submit"),
        "approve": ("批准", "Approve"),
        "returned": ("退回", "Return"),
        "rejected": ("否决", "Reject"),
        "withdraw": ("撤回", "Withdraw"),
        "stale": ("过时", "Stale"),
        "comment": ("留言", "Comment"),
        "record_written": ("登记书面批复", "Record written approval"),
        "countersign": ("会签", "Countersign"),
    },
    "outcome": {
        "pending": ("待比对", "To be matched"),
        "applied": ("已入库", "Applied"),
        "proposed": ("已申请", "Proposed"),
        "to_review": ("待复核", "To review"),
        "unchanged": ("无变化", "Unchanged"),
        "problem": ("有问题", "Problem"),
        "skipped": ("已跳过", "Skipped"),
    },
    "batch": {
        "reading": ("读取中", "Reading"),
        "held": ("等待确认", "Waits for confirmation"),
        "staged": ("已暂存", "Staged"),
        "matched": ("已比对", "Matched"),
        "repeated": ("重复文件", "Repeated file"),
        "discarded": ("已放弃", "Discarded"),
        "refused": ("读不了", "Refused"),
    },
    "skipped_line": {
        "blank": ("空行", "Blank"),
        "title": ("标题", "Title"),
        "header": ("表头", "Header"),
        "total": ("合计", "Total"),
        "note": ("说明", "Note"),
    },
    "pair": {
        "open": ("待判定", "To decide"),
        "decided": ("已判定", "Decided"),
        "settled": ("随之解决", "Settled with another"),
    },
    "verdict": {
        "same": ("同一单位", "Same unit"),
        "different": ("不同单位", "Different units"),
        "unsure": ("暂不确定", "Unsure"),
    },
    "frame": {
        "draft": ("草稿", "Draft"),
        "built": ("已编制", "Built"),
        "confirmed": ("已确认", "Confirmed"),
        "frozen": ("已冻结", "Frozen"),
        "discarded": ("已放弃", "Discarded"),
    },
    "side": {
        "register": ("名录库管理部门", "Register department"),
        "section": ("专业部门", "Professional section"),
    },
    "job": {
        "todo": ("排队中", "Queued"),
        "doing": ("进行中", "Running"),
        "succeeded": ("已完成", "Done"),
        "failed": ("失败", "Failed"),
        "cancelled": ("已取消", "Cancelled"),
    },
    "task": {
        "change.apply": ("执行变更申请", "Apply change request"),
        "change.free": ("处理申请的原始记录行", "Settle rows of a request"),
        "import.discard": ("处理已放弃批次的行", "Settle rows of a discarded batch"),
        "import.run": ("读取文件", "Read file"),
        "match.run": ("比对", "Match"),
    },
    "role": {
        "maintainer": ("名录库维护员", "Register maintainer"),
        "section": ("专业科室", "Survey section"),
        "approver": ("审批员", "Approver"),
        "survey_team": ("调查队", "Survey team"),
        "checker": ("抽查员", "Spot checker"),
        "post": ("街道统计员", "Sub-district statistician"),
        "park": ("园区统计员", "Park statistician"),
        "statistician": ("综合核算科", "Comprehensive statistics section"),
        "inspector": ("执法检查员", "Law enforcement inspector"),
        "general_office": ("办公室", "General office"),
        "api_client": ("接口用户", "API client"),
        "sys_admin": ("系统管理员", "System administrator"),
        "sec_admin": ("安全管理员", "Security administrator"),
        "aud_admin": ("审计管理员", "Audit administrator"),
    },
    "reach": {
        "nothing": ("不涉及具体对象", "No thing of anybody"),
        "own": ("本人、本机构的", "One's own"),
        "area": ("辖区内的单位", "Units of the area"),
        "office": ("本机构及下级机构的", "The office's and those below"),
        "section": ("本科室的调查", "The section's surveys"),
        "house": ("系统管理", "The installation"),
    },
    "permission": {
        "import": ("导入文件", "Import files"),
        "match": ("比对", "Match"),
        "review": ("复核", "Review pairs"),
        "propose": ("申请变更", "Propose changes"),
        "approve": ("审批变更", "Approve changes"),
        "view_units": ("查看单位", "View units"),
        "view_case": ("按案件查看单位", "View units by case"),
        "view_counts": ("查看汇总数", "View counts"),
        "unmask": ("查看个人信息", "See personal data"),
        "check": ("核查", "Check"),
        "frame_build": ("编制抽样框", "Build frames"),
        "frame_confirm_register": ("代表名录库管理部门确认抽样框", "Confirm frames for the register department"),
        "frame_confirm_section": ("代表专业部门确认抽样框", "Confirm frames for the professional section"),
        "export": ("导出", "Export"),
        "spot_check": ("组织抽查", "Run spot checks"),
        "visit": ("现场核查", "Check in the field"),
        "manage_surveys": ("管理调查项目", "Manage surveys"),
        "manage_accounts": ("管理账号", "Manage accounts"),
        "manage_users": ("管理用户", "Manage users"),
        "manage_offices": ("管理机构", "Manage offices"),
        "manage_keys": ("管理密钥", "Manage keys"),
        "manage_codelists": ("管理代码表", "Manage code lists"),
        "manage_jobs": ("管理任务", "Manage jobs"),
        "read_trail": ("查看日志", "Read the logs"),
    },
    "office_level": {
        "national": ("国家", "National"),
        "municipal": ("市级", "Municipal"),
        "district": ("区县级", "District"),
        "post": ("街道（乡镇）统计所", "Sub-district post"),
    },
    "scheme": {
        "uscc": ("统一社会信用代码", "Unified social credit code"),
        "org_code": ("组织机构代码", "Organisation code"),
        "reg_no": ("登记注册号", "Registration number"),
        "tax_no": ("纳税人识别号", "Taxpayer number"),
        "temp_code": ("临时代码", "Temporary code"),
        "base_list_no": ("底册顺序码", "Base list number"),
    },
    "relation": {
        "parent": ("归属法人", "Owning legal unit"),
        "superior": ("上级法人", "Superior legal unit"),
        "succession": ("承继", "Succession"),
    },
    "group": {
        "identification": ("标识", "Identification"),
        "registration": ("登记", "Registration"),
        "state": ("状态", "State"),
        "location": ("所在地", "Location"),
        "contact": ("联系方式", "Contact"),
        "activity": ("经济活动", "Economic activity"),
        "classification": ("分类", "Classification"),
        "relation": ("归属关系", "Relations"),
        "figures": ("主要指标", "Main figures"),
        "registrar": ("登记机关信息", "Registrar's data"),
    },
    "why_lost": {
        "weaker_source": ("来源较弱", "Weaker source"),
        "older": ("时间较早", "Older"),
        "locked": ("人工锁定", "Locked by hand"),
    },
    "presence": {
        "found": ("找到", "Found"),
        "not_found": ("找不到", "Not found"),
    },
    "finding": {
        "right": ("正确", "Right"),
        "wrong": ("错误", "Wrong"),
        "not_applicable": ("不适用", "Not applicable"),
        "cannot_tell": ("无法判断", "Cannot tell"),
    },
    "rate": {
        "not_found": ("找不到的单位", "Units not found"),
        "unit_error": ("有错的单位", "Units with an error"),
    },
    "backup_fault": {
        "no_backup": ("里面没有备份", "it holds no backup"),
        "altered": ("文件缺失、多出或被改动", "it is missing, too many or was altered"),
        "not_signed": ("清单的签名不是这些密钥的", "its manifest was not signed by these keys"),
        "does_not_hold": ("日志或数据行经不起核验", "its log or its rows do not hold"),
        "other_kind": ("它是另一种数据库的备份", "it is of the other kind of database"),
    },
    "life": {
        "row": ("来源记录", "row"),
        "pair": ("记录对", "pair"),
        "item": ("申请项", "item"),
        "request": ("变更申请", "request"),
        "batch": ("导入批次", "batch"),
        "run": ("比对", "match run"),
        "job": ("任务", "job"),
        "frame": ("抽样框", "frame"),
        "check": ("质量抽查", "spot check"),
        "key": ("密钥", "key"),
        "session": ("登录", "sign-in"),
        "call": ("请求", "call"),
    },
    "run": {
        "running": ("进行中", "Running"),
        "settling": ("正在保存", "Settling"),
        "stored": ("已完成", "Stored"),
        "broken_off": ("中断", "Broken off"),
    },
    "check": {
        "open": ("进行中", "Open"),
        "closed": ("已结束", "Closed"),
    },
    "key": {
        "issued": ("有效", "Issued"),
        "revoked": ("已收回", "Revoked"),
    },
    "session": {
        "open": ("已登录", "Signed in"),
        "ended": ("已结束", "Ended"),
    },
    "call": {
        "running": ("处理中", "Running"),
        "answered": ("已答复", "Answered"),
    },
    "level": {
        "error": ("错误", "Wrong"),
        "warning": ("警告", "Warning"),
    },
    "operator": {
        "eq": ("等于", "is"),
        "not_eq": ("不等于", "is not"),
        "prefix": ("开头为", "begins with"),
        "not_prefix": ("开头不为", "does not begin with"),
        "ge": ("不小于", "at least"),
        "le": ("不大于", "at most"),
        "empty": ("为空", "is empty"),
        "not_empty": ("不为空", "is not empty"),
    },
}
"""Kind of word, word: what it is called in Chinese and in English."""
WORDS["row"] = WORDS["outcome"]  # the states of each life are found under its name

_OWN_FIELDS = {
    "unit_id": ("单位内部编号", "unit id"),
    "standing": ("在库状态", "standing"),
}
"""Columns of a unit that are no attribute of it."""

_PARTS = {
    "body": ("请求内容", "the request body"),
    "on": ("日期", "day"),
    "known_at": ("知悉时刻", "known at"),
    "as_of": ("资料日期", "as of"),
    "valid_from": ("生效日期", "valid from"),
    "valid_until": ("截止日期", "valid until"),
    "approved_on": ("批复日期", "approved on"),
    "reference_date": ("标准时点", "reference date"),
    "limit": ("每页条数", "limit"),
    "page": ("页码", "page"),
    "columns": ("显示的列", "columns"),
    "q": ("查找内容", "search text"),
    "login": ("登录名", "login"),
    "password": ("密码", "password"),
    "roles": ("角色", "roles"),
    "office": ("机构", "office"),
    "client": ("接口用户", "client"),
    "scopes": ("密钥用途", "scopes"),
    "per_minute": ("每分钟次数", "calls a minute"),
    "days": ("天数", "days"),
    "purpose": ("用途", "purpose"),
    "recipient": ("接收单位", "recipient"),
    "reason": ("原因", "reason"),
    "comment": ("意见", "comment"),
    "evidence": ("依据", "evidence"),
    "title": ("标题", "title"),
    "note": ("备注", "note"),
    "source": ("来源", "source"),
    "survey": ("调查", "survey"),
    "definition": ("定义", "definition"),
    "successor_id": ("承继单位", "succeeding unit"),
    "verdict": ("判定", "verdict"),
    "presence": ("是否找到", "presence"),
    "size": ("样本量", "sample size"),
    "seed": ("随机种子", "seed"),
    "event": ("事项", "event"),
    "subject": ("对象", "subject"),
}
"""What people fill in that is no attribute of a unit, as refusals call it."""


def label(kind: str, word: str | None, language: str = "zh") -> str:
    """What people call a word of a closed list; the word itself where the list does not hold it.

    `kind` is a key of `WORDS`, or `field` for the attributes of a unit and what else people fill in.
    """
    if not word:
        return ""
    zh, en = _field(word) if kind == "field" else WORDS[kind].get(word, (word, word))
    return en if language == "en" else zh


def _field(name: str) -> tuple[str, str]:
    known = BY_NAME.get(name)
    return (known.zh, known.en) if known else _OWN_FIELDS.get(name) or _PARTS.get(name, (name, name))
