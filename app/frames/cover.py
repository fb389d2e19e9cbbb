"""The cover sheet of a package: what it is, for whom and what for, on one page that prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from app.core.clock import iso_moment
from app.domain.labels import label
from app.frames.wording import in_words

if TYPE_CHECKING:
    from app.exports.package import DataFile
    from app.frames.export import Facts

_STYLE = """body{font:15px/1.6 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.1em;margin-top:1.6em}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}th{width:14em;background:#f2f2f2}
code{word-break:break-all}.note{border:2px solid #900;padding:.6em 1em}small{color:#555}"""

_NOTE = (
    "本数据包含统计调查对象的单项资料,仅限统计用途,不得提供、泄露给任何单位或个人,不得用于所列用途以外的目的。",
    "This package holds records of single respondents: for statistical use only, for the purpose named here alone.",
)


def cover_sheet(facts: Facts, files: Sequence[DataFile]) -> str:
    """HTML without a reference to anything outside itself."""
    sections = (
        f"<h1>{escape(facts.name)}</h1>",
        f'<p class="note">{_NOTE[0]}<br><small>{_NOTE[1]}</small></p>',
        _table("导出 Export", _export_lines(facts)),
        _table("抽样框 Frame", _frame_lines(facts)),
        _table(
            "文件 Files", [(file.path, f"{file.rows} 行 rows, {file.size} B, sha256:{file.sha256}") for file in files]
        ),
        _table("条件 Conditions", _condition_lines(facts)),
        _table(
            "字段 Columns", [(name, f"{label('field', name)} / {label('field', name, 'en')}") for name in facts.columns]
        ),
        _table("确认 Confirmations", [(side, f"{who}, {iso_moment(at)}") for side, who, at in facts.confirmations]),
        _table("代码表 Code lists", [(item["name"], item["edition"]) for item in facts.code_lists]),
    )
    head = f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{escape(facts.name)}</title>'
    return f"{head}<style>{_STYLE}</style></head><body>{''.join(sections)}</body></html>\n"


def _export_lines(facts: Facts) -> list[tuple[str, Any]]:
    lines = [
        ("导出编号 export id", facts.export_id),
        ("用途 purpose", facts.purpose),
        ("接收方 recipient", facts.recipient),
        ("导出单位 office", facts.office),
        ("导出人 exported by", facts.exported_by),
        ("导出时间 (UTC) at", iso_moment(facts.at)),
    ]
    if facts.reason_for_personal:
        lines.append(("含个人信息的理由 reason for personal fields", facts.reason_for_personal))
    return lines


def _frame_lines(facts: Facts) -> list[tuple[str, Any]]:
    return [
        ("编号 frame id", facts.frame_id),
        ("调查 survey", facts.survey),
        ("期间 period", f"{facts.period_from} — {facts.period_until}(不含 excluded)"),
        ("基准日 reference date", facts.reference_date),
        ("已知时点 (UTC) known at", iso_moment(facts.known_at)),
        ("单位数 rows", facts.row_count),
        ("规范行哈希 hash of the canonical rows", f"sha256:{facts.rows_sha256}"),
    ]


def _condition_lines(facts: Facts) -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = [("区划 area", facts.definition.scope or "不限 any")]
    for number, condition in enumerate(facts.definition.conditions, start=1):
        lines.append((str(number), f"{in_words(condition)} / {in_words(condition, 'en')}"))
    return lines


def _table(title: str, lines: Iterable[tuple[str, Any]]) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(said))}</td></tr>" for name, said in lines)
    return f"<h2>{title}</h2><table>{rows}</table>" if rows else ""
