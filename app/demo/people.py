"""Offices and people of the demo."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.actor import get_actor
from app.accounts.passwords import Hashed
from app.core.actor import Actor

PASSWORD = "Minglu-2024"  # noqa: S105 - the demo's, printed for everybody

OFFICES = (
    ("cq", "重庆市统计局（演示）", "municipal", "", "50"),
    ("jb", "江北区统计局（演示）", "district", "cq", "500105"),
    ("gyq", "观音桥街道统计所（演示）", "post", "jb", "500105006"),
)

PEOPLE = (
    ("maintainer", "名录库维护员", "jb", ["maintainer"]),
    ("maintainer2", "名录库维护员乙", "jb", ["maintainer"]),
    ("section", "贸易投资科", "jb", ["section"]),
    ("reviewer", "区局审核员", "jb", ["approver"]),
    ("approver", "市局审批员", "cq", ["approver"]),
    ("survey", "社会经济调查队", "jb", ["survey_team"]),
    ("post", "街道统计员", "gyq", ["post"]),
    ("sysadmin", "系统管理员", "cq", ["sys_admin"]),
    ("audadmin", "审计管理员", "cq", ["aud_admin"]),
)


def settle(session: Session, now: datetime, password: Hashed) -> tuple[dict[str, str], str]:
    """Offices, people with tokens, and a key for a collection system; made by the first administrator."""
    service.bootstrap(session, login="secadmin", office_name=OFFICES[0][1], now=now, office_code="cq", area_prefix="50")
    first = get_actor(session, "secadmin")
    service.set_password(session, "secadmin", password, actor=first, now=now)
    service.create_user(
        session, login="sysadmin", name="系统管理员", office="cq", roles=["sys_admin"], actor=first, now=now,
        password=password,
    )  # fmt: skip
    _offices(session, get_actor(session, "sysadmin"), now)
    for login, name, office, roles in PEOPLE:
        if login != "sysadmin":
            service.create_user(
                session, login=login, name=name, office=office, roles=roles, actor=first, now=now, password=password
            )
    logins = ["secadmin", *(login for login, *_ in PEOPLE)]
    tokens = {
        login: service.issue_token(session, login, actor=first, now=now, label="demo", days=3650) for login in logins
    }
    key = service.issue_key(session, client="联网直报（演示）", scopes="check feed", actor=first, now=now, days=3650)
    return tokens, key


def _offices(session: Session, actor: Actor, now: datetime) -> None:
    for code, name, level, parent, area in OFFICES[1:]:
        service.create_office(
            session, code=code, name=name, level=level, parent=parent, area_prefix=area, actor=actor, now=now
        )
