"""Where one can go: entries of the side bar, by permission."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.actor import Actor
from app.domain.roles import Permission
from app.web.i18n import N_


@dataclass(frozen=True)
class Entry:
    """A room: address, text, icon, who may enter (any of), and the key after `g`."""

    href: str
    text: str
    icon: str
    any_of: tuple[Permission, ...] = ()
    key: str = ""


_P = Permission
_WORKERS = (_P.VIEW_UNITS, _P.IMPORT, _P.APPROVE)
ENTRIES = (
    Entry("/", N_("首页"), icon="home", key="h"),
    Entry("/units", N_("单位"), icon="building-store", any_of=(_P.VIEW_UNITS,), key="u"),
    Entry("/imports", N_("数据导入"), icon="file-import", any_of=(_P.IMPORT,), key="i"),
    Entry("/review", N_("比对复核"), icon="arrows-join", any_of=(_P.REVIEW,), key="r"),
    Entry("/changes", N_("变更申请"), icon="git-pull-request", any_of=(_P.PROPOSE, _P.APPROVE), key="c"),
    Entry("/findings", N_("问题清单"), icon="info-circle", any_of=(_P.VIEW_UNITS,), key="q"),
    Entry("/values", N_("来源分歧"), icon="arrows-join", any_of=(_P.VIEW_UNITS,), key="d"),
    Entry("/frames", N_("抽样框"), icon="list-check", any_of=(_P.VIEW_UNITS,), key="f"),
    Entry("/surveys", N_("调查"), icon="clipboard-list", any_of=(_P.VIEW_UNITS,), key="v"),
    Entry("/spotchecks", N_("质量抽查"), icon="checkup-list", any_of=(_P.VIEW_UNITS, _P.VISIT), key="s"),
    Entry("/codelists", N_("代码表"), icon="binary-tree", key="l"),
    Entry("/people", N_("人员"), icon="users", any_of=(_P.MANAGE_USERS, _P.MANAGE_ACCOUNTS), key="p"),
    Entry("/offices", N_("机构"), icon="sitemap", any_of=(_P.MANAGE_OFFICES, _P.MANAGE_USERS), key="o"),
    Entry("/keys", N_("接口密钥"), icon="key", any_of=(_P.MANAGE_KEYS, _P.MANAGE_ACCOUNTS), key="k"),
    Entry("/rights", N_("权限确认"), icon="shield-check", any_of=(_P.MANAGE_USERS, _P.MANAGE_ACCOUNTS), key="w"),
    Entry("/case", N_("按案件查看"), icon="eye", any_of=(_P.VIEW_CASE,), key="a"),
    Entry(
        "/matrix",
        N_("权限表"),
        icon="shield-check",
        any_of=(_P.MANAGE_USERS, _P.MANAGE_ACCOUNTS, _P.READ_TRAIL),
        key="m",
    ),
    Entry("/log", N_("日志"), icon="history", any_of=(_P.READ_TRAIL, _P.VIEW_CASE), key="t"),
)


def entries_for(actor: Actor) -> list[Entry]:
    """What this person may enter."""
    return [entry for entry in ENTRIES if not entry.any_of or any(actor.may(needed) for needed in entry.any_of)]
