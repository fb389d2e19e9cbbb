"""The small world of the tests: offices in a tree with a neighbour and a park, sections, one person for each part."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codelists.service import load_standard_policies
from app.core.crypto import Keys
from app.domain.period import FOREVER
from app.models import Office, OfficeArea, Section, Survey, UserAccount, UserRole

TEST_KEYS = Keys(bytes(range(32)))
NOW = datetime(2024, 12, 31, 2, 0, 0)
TODAY = date(2024, 12, 31)
PASSWORD = "Minglu-test-2024!"

PEOPLE = {
    "maintainer": ("district", ["maintainer"]),
    "maintainer2": ("district", ["maintainer"]),
    "section": ("district", ["section"]),
    "approver": ("municipal", ["approver"]),
    "district_approver": ("district", ["approver"]),
    "survey": ("district", ["survey_team"]),
    "post": ("post", ["post"]),
    "sysadmin": ("municipal", ["sys_admin"]),
    "secadmin": ("municipal", ["sec_admin"]),
    "audadmin": ("municipal", ["aud_admin"]),
    "neighbour": ("district2", ["maintainer"]),
    "neighbour_approver": ("district2", ["approver"]),
    "park": ("park", ["park"]),
    "section2": ("district", ["section"]),
    "checker": ("district", ["checker"]),
    "statistician": ("district", ["statistician"]),
    "inspector": ("district", ["inspector"]),
    "general_office": ("district", ["general_office"]),
    "nowhere": ("empty", ["maintainer"]),
}
SECTIONS = {"section": ("trade", "贸易投资科"), "section2": ("industry", "工交能源科")}
"""Of the district: who belongs to which."""

OFFICES = (
    ("municipal", "测试市统计局", "", "50", ""),
    ("district", "测试区统计局", "municipal", "500105", ""),
    ("post", "测试街道统计所", "district", "500105006", ""),
    ("district2", "邻区统计局", "municipal", "500112", ""),
    ("park", "测试园区", "district", "500105", "P01"),
    ("empty", "没有辖区的机构", "district", "", ""),
)
"""Code, name, code of the office above, area, park."""


SURVEYS = ("retail", "hotel", "E204", "x", "s", "年报")
"""Registered surveys, all of the trade section."""


def seed_world(session: Session) -> None:
    """Offices, people and standard policies, as the template of every test database."""
    offices = make_offices(session)
    for login, (office, roles) in PEOPLE.items():
        make_user(session, login, offices[office], roles, section=SECTIONS.get(login))
    trade = session.execute(select(Section.section_id).where(Section.code == "trade")).scalar_one()
    for code in SURVEYS:
        days = {"valid_from": date(2000, 1, 1), "valid_until": FOREVER}
        session.add(Survey(code=code, name=code, section_id=trade, created_at=NOW, **days))
    load_standard_policies(session, actor="test", now=NOW)


def make_offices(session: Session) -> dict[str, Office]:
    offices: dict[str, Office] = {}
    for code, name, above, area, park in OFFICES:
        parent = offices.get(above)
        office = Office(
            code=code,
            name=name,
            level=code if code in ("municipal", "district") else "district" if code == "district2" else "post",
            kind="functional" if park else "administrative",
            path="",
            parent_id=parent.office_id if parent else None,
        )
        session.add(office)
        session.flush()
        office.path = f"{parent.path if parent else '/'}{office.office_id}/"
        offices[code] = office
        if area:
            give_area(session, office, area, park)
    session.flush()
    return offices


def give_area(session: Session, office: Office, area: str, park: str = "") -> None:
    ever = {"valid_from": date.min, "valid_until": FOREVER}
    session.add(OfficeArea(office_id=office.office_id, area_prefix=area, park_code=park, **ever))
    session.flush()


def make_user(
    session: Session, login: str, office: Office, roles: list[str], *, section: tuple[str, str] | None = None
) -> UserAccount:
    user = UserAccount(login=login, name=login, office_id=office.office_id, created_at=NOW, settled_at=NOW)
    if section:
        user.section_id = _section(session, office, *section)
    session.add(user)
    session.flush()
    session.add_all(UserRole(user_id=user.user_id, role=role) for role in roles)
    session.flush()
    return user


def _section(session: Session, office: Office, code: str, name: str) -> int:
    own = Section(office_id=office.office_id, code=code, name=name)
    session.add(own)
    session.flush()
    return own.section_id


def user_named(session: Session, login: str) -> UserAccount:
    return session.execute(select(UserAccount).where(UserAccount.login == login)).scalar_one()
