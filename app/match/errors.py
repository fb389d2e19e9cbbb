"""Why a match run is refused."""

from __future__ import annotations

from app.core.errors import Conflict


class RunIsOn(Conflict):
    """One run at a time: what two took up at once would go in twice."""

    code = "match_running"
    zh = "第 {run_id} 次比对正在进行；请等它结束后再比对。"
    en = "match run {run_id} is on; start another when it has ended"


class RowsMovedOn(Conflict):
    """Rows that the run took up were settled otherwise meanwhile; nothing of the run was kept."""

    code = "rows_moved_on"
    zh = "第 {run_id} 次比对期间，有 {missing} 行另作了处理，本次比对没有保存；请重新比对。"
    en = "{missing} rows were settled otherwise while match run {run_id} was on; nothing of it was kept, run it again"
