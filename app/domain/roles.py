"""Roles and what each may do: the one table behind every permission question."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is in the bureau. Of the sections that do not work the register the 综合核算科 (statistician) reads
    counts, the 执法大队 (inspector) units by case with a reason, the 办公室 (general_office) none."""

    MAINTAINER = "maintainer"
    SECTION = "section"
    APPROVER = "approver"
    SURVEY_TEAM = "survey_team"
    CHECKER = "checker"
    POST = "post"
    PARK = "park"
    STATISTICIAN = "statistician"
    INSPECTOR = "inspector"
    GENERAL_OFFICE = "general_office"
    API_CLIENT = "api_client"
    SYS_ADMIN = "sys_admin"
    SEC_ADMIN = "sec_admin"
    AUD_ADMIN = "aud_admin"


class Permission(StrEnum):
    IMPORT = "import"
    MATCH = "match"
    REVIEW = "review"
    PROPOSE = "propose"
    APPROVE = "approve"
    VIEW_UNITS = "view_units"
    VIEW_CASE = "view_case"
    VIEW_COUNTS = "view_counts"
    UNMASK = "unmask"
    CHECK = "check"
    FRAME_BUILD = "frame_build"
    FRAME_CONFIRM_REGISTER = "frame_confirm_register"
    FRAME_CONFIRM_SECTION = "frame_confirm_section"
    EXPORT = "export"
    SPOT_CHECK = "spot_check"
    VISIT = "visit"
    MANAGE_SURVEYS = "manage_surveys"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_USERS = "manage_users"
    MANAGE_OFFICES = "manage_offices"
    MANAGE_KEYS = "manage_keys"
    MANAGE_CODELISTS = "manage_codelists"
    MANAGE_RULES = "manage_rules"
    MANAGE_JOBS = "manage_jobs"
    READ_TRAIL = "read_trail"


_P = Permission
ADMIN_ROLES = frozenset({Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUD_ADMIN})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.MAINTAINER: frozenset(
        {
            _P.IMPORT,
            _P.MATCH,
            _P.REVIEW,
            _P.PROPOSE,
            _P.VIEW_UNITS,
            _P.VIEW_COUNTS,
            _P.UNMASK,
            _P.CHECK,
            _P.FRAME_BUILD,
            _P.FRAME_CONFIRM_REGISTER,
            _P.EXPORT,
            _P.MANAGE_JOBS,
            _P.MANAGE_SURVEYS,
            _P.MANAGE_RULES,
        }
    ),
    Role.SECTION: frozenset(
        {
            _P.VIEW_UNITS,
            _P.VIEW_COUNTS,
            _P.CHECK,
            _P.FRAME_BUILD,
            _P.FRAME_CONFIRM_SECTION,
            _P.EXPORT,
            _P.PROPOSE,
        }
    ),
    Role.APPROVER: frozenset({_P.APPROVE, _P.VIEW_UNITS, _P.VIEW_COUNTS, _P.UNMASK, _P.CHECK, _P.MANAGE_JOBS}),
    Role.SURVEY_TEAM: frozenset({_P.VIEW_UNITS, _P.VIEW_COUNTS, _P.CHECK, _P.PROPOSE, _P.SPOT_CHECK, _P.VISIT}),
    Role.CHECKER: frozenset({_P.VISIT, _P.CHECK}),
    Role.POST: frozenset({_P.VIEW_UNITS, _P.VIEW_COUNTS, _P.CHECK, _P.PROPOSE}),
    Role.PARK: frozenset({_P.VIEW_UNITS, _P.VIEW_COUNTS, _P.CHECK, _P.PROPOSE}),
    Role.STATISTICIAN: frozenset({_P.VIEW_COUNTS}),
    Role.INSPECTOR: frozenset({_P.VIEW_CASE, _P.CHECK}),
    Role.GENERAL_OFFICE: frozenset(),
    Role.API_CLIENT: frozenset({_P.CHECK}),
    Role.SYS_ADMIN: frozenset({_P.MANAGE_ACCOUNTS, _P.MANAGE_OFFICES, _P.MANAGE_CODELISTS, _P.MANAGE_JOBS}),
    Role.SEC_ADMIN: frozenset({_P.MANAGE_USERS, _P.MANAGE_KEYS}),
    Role.AUD_ADMIN: frozenset({_P.READ_TRAIL}),
}

DECIDING = ADMIN_ROLES | {role for role, may in PERMISSIONS.items() if _P.APPROVE in may}
"""Who approves or administers: of these a second factor is asked, where one is asked at all."""

ACTING = DECIDING | {
    role for role, may in PERMISSIONS.items() if may & {_P.PROPOSE, _P.VISIT, _P.VIEW_UNITS, _P.VIEW_CASE}
}
"""Who proposes, approves or administers, writes what a spot check met, or sees units: in whose name nobody shall act or look
alone, so his password is reset in two hands."""


def decides(roles: frozenset[Role]) -> bool:
    return bool(roles & DECIDING)


CHECKED = frozenset({Role.MAINTAINER, Role.APPROVER, Role.SECTION, Role.POST, Role.PARK})
"""Who works the register or its lists: what spot checks look into."""

CHECKING = frozenset({Role.SURVEY_TEAM, Role.CHECKER, Role.INSPECTOR})
"""Who looks into the work of others, and is independent of them."""


def conflict(roles: frozenset[Role]) -> bool:
    """Whether these roles may not be held by one person.

    The three administrators (三员) are three people and none of them works the data (DESIGN.md, promise 10); who checks
    is none of those checked.
    """
    return bool(roles & ADMIN_ROLES and len(roles) > 1) or bool(roles & CHECKED and roles & CHECKING)


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    return frozenset().union(*(PERMISSIONS[role] for role in roles)) if roles else frozenset()
