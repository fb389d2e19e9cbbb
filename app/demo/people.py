"""Offices and people of the demo, by the road of every installation: three administrators with a secret each, accounts
by one, rights by another and confirmed by the first (areas the other way), and a token that each person signs in for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.accounts import admins, myself, verbs
from app.accounts.actor import get_actor
from app.accounts.passwords import at_little_cost, hash_password
from app.core.actor import Anybody, Caller
from app.domain.words import OfficeLevel
from app.surveys.verbs import add as add_survey
from app.verbs import House, Verb, perform

PASSWORD = "Minglu-2024"  # noqa: S105 - the demo's, printed for everybody
DAYS = 366

OFFICES = (
    ("jb", "江北区统计局（演示）", "district", "cq", "500105", ""),
    ("gyq", "观音桥街道统计所（演示）", "post", "jb", "500105006", ""),
    ("park", "江北产业园（演示）", "post", "jb", "500105", "P01"),
    ("yb", "渝北区统计局（演示）", "district", "cq", "500112", ""),
    ("ybpost", "渝北区街道统计所（演示）", "post", "yb", "500112", ""),
)
"""Code, name, level, code of the office above, area, park; the first office is the municipal one, `cq`."""

SECTIONS = (("jb", "trade", "贸易投资科"), ("jb", "industry", "工交能源科"), ("yb", "trade", "贸易投资科"))

SURVEYS = (
    ("E204", "批发和零售业商品销售和库存（演示）", "trade"),
    ("B204", "规模以上工业产销（演示）", "industry"),
)
"""Code, name, section; what the real ones are called stands in their schemes, which the bureau registers."""

ADMINS = (("sysadmin", "系统管理员"), ("secadmin", "安全管理员"), ("audadmin", "审计管理员"))


@dataclass(frozen=True)
class Somebody:
    """A person of the demo; `section` is the code of one of the office's."""

    login: str
    name: str
    office: str
    role: str
    section: str = ""


PEOPLE = (
    Somebody("maintainer", "名录库维护员", "jb", "maintainer"),
    Somebody("maintainer2", "名录库维护员乙", "jb", "maintainer"),
    Somebody("section", "贸易投资科", "jb", "section", "trade"),
    Somebody("section2", "工交能源科", "jb", "section", "industry"),
    Somebody("reviewer", "区局审核员", "jb", "approver"),
    Somebody("cq_maint", "市局名录库维护员", "cq", "maintainer"),
    Somebody("approver", "市局审批员", "cq", "approver"),
    Somebody("approver2", "市局审批员乙", "cq", "approver"),
    Somebody("survey", "社会经济调查队", "jb", "survey_team"),
    Somebody("checker", "抽查员", "jb", "checker"),
    Somebody("inspector", "执法检查员", "jb", "inspector"),
    Somebody("post", "街道统计员", "gyq", "post"),
    Somebody("park", "园区统计员", "park", "park"),
    Somebody("yb_maint", "渝北名录库维护员", "yb", "maintainer"),
    Somebody("yb_rev", "渝北区局审核员", "yb", "approver"),
    Somebody("yb_sec", "渝北贸易投资科", "yb", "section", "trade"),
    Somebody("yb_post", "渝北街道统计员", "ybpost", "post"),
)


def settle(house: House) -> tuple[dict[str, str], str]:
    """Offices, people with a token each, and a key for a collection system."""
    with at_little_cost():
        return _settle(house)


def _settle(house: House) -> tuple[dict[str, str], str]:
    tokens = {login: _signs_in(house, login, secret) for login, secret in _install(house).items()}
    for code, name, level, parent, area, park in OFFICES:
        told = {"code": code, "name": name, "level": level, "parent": parent, "area_prefix": area, "park_code": park}
        made = _do(house, verbs.create_office, "sysadmin", **told, kind="functional" if park else "administrative")
        _confirm(house, made.pending, by="secadmin")
    for office, section, name in SECTIONS:
        _do(house, verbs.create_section, "sysadmin", office=office, section=section, name=name)
    for person in PEOPLE:
        tokens[person.login] = _signs_in(house, person.login, _admit(house, person))
    key = {"client": "联网直报（演示）", "areas": ["50"], "scopes": "check feed", "days": 3650}
    issued = _do(house, verbs.issue_key, "secadmin", **key)
    return tokens, issued.key + _confirm(house, issued.pending)


def register_surveys(house: House) -> list[dict[str, str]]:
    """The surveys that the demo's sections have lists for."""
    told = [{"code": code, "name": name, "section": section} for code, name, section in SURVEYS]
    for one in told:
        _do(house, add_survey, "maintainer", **one)
    return told


def _install(house: House) -> dict[str, str]:
    """The first office and its three administrators: login to secret, as `minglu db upgrade --admins` makes them."""
    secrets = {login: admins.new_secret() for login, _name in ADMINS}
    hashed = {login: hash_password(secret) for login, secret in secrets.items()}
    with house.database.write() as session:
        admins.install(
            session,
            hashed,
            office_code="cq",
            office_name="重庆市统计局（演示）",
            level=OfficeLevel.MUNICIPAL,
            area_prefix="50",
            by="demo",
            now=house.clock.now(),
            names=dict(ADMINS),
        )
    return secrets


def _admit(house: House, person: Somebody) -> str:
    """An account, its role and section; returns the secret for the first sign-in, in two halves where the role asks it."""
    made = _do(house, verbs.create_user, "sysadmin", login=person.login, name=person.name, office=person.office)
    given = _do(house, verbs.set_roles, "secadmin", login=person.login, roles=[person.role])
    pending = given.pending
    if person.section:
        pending = _do(house, verbs.set_section, "secadmin", login=person.login, section=person.section).pending
    second = _confirm(house, pending)
    return str(given.secret + second if given.secret else made.secret)


def _confirm(house: House, pending: list[Any], by: str = "sysadmin") -> str:
    """Returns the half of a password or key that was told thereby."""
    return "".join(_do(house, verbs.confirm_right, by, right_id=right.right_id).secret for right in pending)


def _signs_in(house: House, login: str, secret: str) -> str:
    """Somebody signs in for the first time, sets a password of his own, and makes a token."""
    _perform(house, myself.set_my_password, Anybody(), login=login, old=secret, new=PASSWORD)
    return str(_do(house, myself.issue_my_token, login, label="demo", days=DAYS).token)


def _do(house: House, verb: Verb[Any, Any], login: str, /, **told: Any) -> Any:
    with house.database.read() as session:
        actor = get_actor(session, login)
    return _perform(house, verb, actor, **told)


def _perform(house: House, verb: Verb[Any, Any], caller: Caller, **told: Any) -> Any:
    return perform(house, verb, caller, verb.takes(**told))
