"""The small world of the tests: three offices in a tree and one person for each part of the road."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codelists.service import load_standard_policies
from app.core.crypto import Keys
from app.models import Office, UserAccount, UserRole

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
}


def seed_world(session: Session) -> None:
    """Offices, people and standard policies, as the template of every test database."""
    offices = make_offices(session)
    for login, (office, roles) in PEOPLE.items():
        make_user(session, login, offices[office], roles)
    load_standard_policies(session, actor="test", now=NOW)


def make_offices(session: Session) -> dict[str, Office]:
    offices: dict[str, Office] = {}
    parent: Office | None = None
    for level, name, area in (
        ("municipal", "测试市统计局", "50"),
        ("district", "测试区统计局", "500105"),
        ("post", "测试街道统计所", "500105006"),
    ):
        office = Office(
            code=level,
            name=name,
            level=level,
            area_prefix=area,
            path="",
            parent_id=parent.office_id if parent else None,
        )
        session.add(office)
        session.flush()
        office.path = f"{parent.path if parent else '/'}{office.office_id}/"
        offices[level] = parent = office
    session.flush()
    return offices


def make_user(session: Session, login: str, office: Office, roles: list[str]) -> UserAccount:
    user = UserAccount(login=login, name=login, office_id=office.office_id, created_at=NOW)
    session.add(user)
    session.flush()
    session.add_all(UserRole(user_id=user.user_id, role=role) for role in roles)
    session.flush()
    return user


def user_named(session: Session, login: str) -> UserAccount:
    return session.execute(select(UserAccount).where(UserAccount.login == login)).scalar_one()
