"""What people call the closed words of the product. Terms from the glossary of the dossier."""

from __future__ import annotations

import re

from app.audit.tags import LABELS_ZH
from app.web.i18n import N_, _, language

WORDS: dict[str, dict[str, str]] = {
    "unit_type": {"1": N_("法人单位"), "2": N_("产业活动单位"), "3": N_("个体经营户")},
    "source": {
        "census": N_("经济普查"),
        "market": N_("市场监管（企业）"),
        "household": N_("市场监管（个体工商户）"),
        "institution": N_("机构编制登记"),
        "hand": N_("人工填报"),
        "spot_check": N_("质量抽查"),
        "survey": N_("统计调查"),
    },
    "standing": {
        "live": N_("在库"),
        "closed": N_("已注销"),
        "merged": N_("已合并"),
        "converted": N_("已转型"),
        "moved_out": N_("已迁出"),
        "void": N_("已剔除"),
    },
    "reason": {
        "new": N_("设立"),
        "found_missing": N_("补录"),
        "change": N_("变更"),
        "correction": N_("更正"),
        "code_change": N_("代码变更"),
        "recoding": N_("重编"),
        "pause": N_("停业"),
        "resume": N_("恢复营业"),
        "closed": N_("关闭"),
        "bankrupt": N_("破产"),
        "deregistered": N_("注销"),
        "revoked": N_("吊销"),
        "merge": N_("合并"),
        "split": N_("分立"),
        "move_in": N_("迁入"),
        "move_out": N_("迁出"),
        "move_within": N_("区内搬迁"),
        "conversion": N_("转型"),
        "treated_as_legal": N_("视同法人"),
        "void": N_("剔除"),
        "reinstate": N_("恢复"),
    },
    "need": {"add": N_("增加单位"), "replace": N_("替换单位"), "remove": N_("减少单位"), "change": N_("变更信息")},
    "request": {
        "draft": N_("草稿"),
        "in_review": N_("待审批"),
        "approved": N_("已批准"),
        "scheduled": N_("待生效"),
        "applying": N_("执行中"),
        "applied": N_("已入库"),
        "returned": N_("已退回"),
        "rejected": N_("已否决"),
        "withdrawn": N_("已撤回"),
        "stale": N_("已过时"),
    },
    "item": {"open": N_("未执行"), "applied": N_("已执行"), "stale": N_("已过时"), "excluded": N_("已排除")},
    "verb": {
        "submit": N_("提交"),
        "approve": N_("批准"),
        "returned": N_("退回"),
        "rejected": N_("否决"),
        "withdraw": N_("撤回"),
        "stale": N_("过时"),
        "comment": N_("留言"),
        "record_written": N_("登记书面批复"),
        "countersign": N_("会签"),
    },
    "outcome": {
        "pending": N_("待比对"),
        "applied": N_("已入库"),
        "proposed": N_("已申请"),
        "to_review": N_("待复核"),
        "unchanged": N_("无变化"),
        "problem": N_("有问题"),
        "skipped": N_("已跳过"),
    },
    "batch": {
        "reading": N_("读取中"),
        "held": N_("等待确认"),
        "staged": N_("已暂存"),
        "matched": N_("已比对"),
        "repeated": N_("重复文件"),
        "discarded": N_("已放弃"),
    },
    "skipped_line": {
        "blank": N_("空行"),
        "title": N_("标题"),
        "header": N_("表头"),
        "total": N_("合计"),
        "note": N_("说明"),
    },
    "pair": {
        "open": N_("待判定"),
        "decided": N_("已判定"),
        "accepted": N_("按规则认可"),
        "settled": N_("随之解决"),
        "superseded": N_("已被取代"),
    },
    "verdict": {"same": N_("同一单位"), "different": N_("不同单位"), "unsure": N_("暂不确定")},
    "frame": {
        "draft": N_("草稿"),
        "built": N_("已编制"),
        "confirmed": N_("已确认"),
        "frozen": N_("已冻结"),
        "discarded": N_("已放弃"),
    },
    "side": {"register": N_("名录库管理部门"), "section": N_("专业部门")},
    "job": {
        "todo": N_("排队中"),
        "doing": N_("进行中"),
        "succeeded": N_("已完成"),
        "failed": N_("失败"),
        "cancelled": N_("已取消"),
    },
    "task": {
        "change.apply": N_("执行变更申请"),
        "import.run": N_("读取文件"),
        "match.run": N_("比对"),
    },
    "role": {
        "maintainer": N_("名录库维护员"),
        "section": N_("专业科室"),
        "approver": N_("审批员"),
        "survey_team": N_("调查队"),
        "post": N_("街道统计员"),
        "api_client": N_("接口用户"),
        "sys_admin": N_("系统管理员"),
        "sec_admin": N_("安全管理员"),
        "aud_admin": N_("审计管理员"),
    },
    "office_level": {
        "national": N_("国家"),
        "municipal": N_("市级"),
        "district": N_("区县级"),
        "post": N_("街道（乡镇）统计所"),
    },
    "scheme": {
        "uscc": N_("统一社会信用代码"),
        "org_code": N_("组织机构代码"),
        "reg_no": N_("登记注册号"),
        "tax_no": N_("纳税人识别号"),
        "temp_code": N_("临时代码"),
        "base_list_no": N_("底册顺序码"),
    },
    "relation": {"parent": N_("归属法人"), "superior": N_("上级法人"), "succession": N_("承继")},
    "group": {
        "identification": N_("标识"),
        "registration": N_("登记"),
        "state": N_("状态"),
        "location": N_("所在地"),
        "contact": N_("联系方式"),
        "activity": N_("经济活动"),
        "classification": N_("分类"),
        "relation": N_("归属关系"),
        "figures": N_("主要指标"),
        "registrar": N_("登记机关信息"),
    },
    "why_lost": {
        "weaker_source": N_("来源较弱"),
        "older": N_("时间较早"),
        "locked": N_("人工锁定"),
    },
    "presence": {"found": N_("找到"), "not_found": N_("找不到")},
    "finding": {
        "right": N_("正确"),
        "wrong": N_("错误"),
        "not_applicable": N_("不适用"),
        "cannot_tell": N_("无法判断"),
    },
    "level": {"error": N_("错误"), "warning": N_("警告")},
    "operator": {
        "eq": N_("等于"),
        "not_eq": N_("不等于"),
        "prefix": N_("开头为"),
        "not_prefix": N_("开头不为"),
        "ge": N_("不小于"),
        "le": N_("不大于"),
        "empty": N_("为空"),
        "not_empty": N_("不为空"),
    },
    "event": {tag.value: text for tag, text in LABELS_ZH.items()},
}

TONES = {
    "live": "green",
    "closed": "secondary",
    "merged": "secondary",
    "converted": "secondary",
    "moved_out": "secondary",
    "void": "secondary",
    "in_review": "azure",
    "approved": "blue",
    "scheduled": "blue",
    "applying": "blue",
    "applied": "green",
    "returned": "orange",
    "rejected": "red",
    "stale": "orange",
    "to_review": "orange",
    "proposed": "azure",
    "problem": "red",
    "held": "orange",
    "error": "red",
    "warning": "orange",
    "failed": "red",
    "doing": "blue",
    "succeeded": "green",
    "frozen": "green",
    "confirmed": "blue",
    "built": "azure",
    "same": "green",
    "different": "red",
    "unsure": "orange",
    "right": "green",
    "wrong": "red",
    "open": "azure",
}
"""How a word is coloured; the word itself always stands beside the colour."""


def label(kind: str, word: str | None) -> str:
    """What people call a word of a closed list; the word itself where the list does not hold it."""
    if not word:
        return ""
    return _(WORDS[kind].get(word, word))


_REASONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"stopped at intake.*", N_("读入时被挡下，见这一行的问题")),
        (r"the same row stands earlier in this file", N_("文件前面已有同样的一行")),
        (r"the same row of an earlier file still waits", N_("以前文件的同样一行还在等待处理")),
        (r"the batch was discarded", N_("整个批次已放弃")),
        (r"request (?P<n>\d+) was rejected", N_("申请 #%(n)s 被否决")),
        (r"request (?P<n>\d+) was withdrawn", N_("申请 #%(n)s 已撤回")),
        (r"a decision was taken back", N_("判定已撤回")),
        (r"waits for a unit that is proposed", N_("等待正在申请的单位")),
        (r"says nothing new", N_("没有新内容")),
        (r"speaks of a unit that is not in the register", N_("说的是不在库的单位")),
        (r"the unit changed before this was applied", N_("执行前该单位又有变动")),
        (
            r"(?P<n>\d+) rows, far fewer than the (?P<last>\d+) of .*",
            N_("%(n)s 行，远少于上一个同类文件的 %(last)s 行"),
        ),
        (r"would close (?P<n>\d+) of (?P<all>\d+) live units", N_("将注销 %(all)s 个在库单位中的 %(n)s 个")),
        (r"bad_file: (?P<what>.*)", N_("文件读不了：%(what)s")),
        (r"batch (?P<n>\d+): held, (?P<rows>\d+) rows", N_("批次 %(n)s，%(rows)s 行，看上去不寻常，等您确认")),
        (r"batch (?P<n>\d+): (?P<word>\w+), (?P<rows>\d+) rows", N_("批次 %(n)s，%(rows)s 行")),
        (r"request (?P<n>\d+): (?P<items>\d+) items", N_("申请 #%(n)s，%(items)s 个单位")),
        (r"run (?P<n>\d+): .*, (?P<q>\d+) questions", N_("第 %(n)s 次比对，%(q)s 对待判定")),
    )
)


def reason_text(said: str) -> str:
    """What the program noted about a row, a batch or a job, in the language spoken; kept in English in the database."""
    if language() == "en":
        return said
    for pattern, text in _REASONS:
        found = pattern.fullmatch(said)
        if found:
            return _(text, **found.groupdict())
    return said
