"""Why nothing is taken out."""

from __future__ import annotations

from app.core.errors import Invalid


class PersonalField(Invalid):
    """A list of units never holds personal fields."""

    code = "personal_field"
    zh = "个人信息只随已冻结的抽样框导出：{fields:field}"
    en = "personal fields go out with frozen frames alone: {fields}"
