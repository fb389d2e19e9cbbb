"""How locks, conflicts and gaps refuse."""

from __future__ import annotations

from app.core.errors import Conflict, Invalid, NotFound


class ValueNotFound(NotFound):
    """There is no such losing value, its source says another by now, or it is of a unit beyond one's area."""

    code = "value_not_found"
    zh = "没有这条未采用的值，或来源已有新的说法；请刷新清单再办理。"
    en = "there is no such value about a unit of your area, or its source says another by now: look at the list anew"


class NotLocked(NotFound):
    code = "not_locked"
    zh = "这些栏目没有锁定，无须解除。"
    en = "none of these fields is locked"


class LockDay(Invalid):
    """A lock ends ahead of today, and not in a future that nobody can answer for."""

    code = "lock_day"
    zh = "锁定须截止到今天以后、{last} 以前的一天。"
    en = "a lock holds until a day after today and not after {last}"


class NothingToFill(Conflict):
    """The source could fill nothing: all of it was proposed, settled or put right."""

    code = "nothing_to_fill"
    zh = "这个来源在该栏目没有可补的值了；可能已提出申请或已处理。"
    en = "the source has nothing left to fill in this field: it was proposed, settled or put right"
