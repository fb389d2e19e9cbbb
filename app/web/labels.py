"""How the closed words of the product are coloured, and what the program noted, in the language spoken."""

from __future__ import annotations

import re

from app.core.said import Said
from app.web.i18n import N_, _, language

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


def reason_text(said: Said | str | None) -> str:
    """What the program noted about a row, a batch or a job, in the language spoken."""
    if said is None:
        return ""
    if isinstance(said, Said):
        return said.text(language())
    if language() == "en":
        return said
    for pattern, text in _REASONS:
        found = pattern.fullmatch(said)
        if found:
            return _(text, **found.groupdict())
    return said
