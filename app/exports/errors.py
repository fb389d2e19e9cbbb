"""Why nothing is taken out."""

from __future__ import annotations

from app.core.errors import Invalid


class ReasonMissing(Invalid):
    """Purpose and recipient of an export, and the reason for personal fields, are never left empty."""

    code = "reason_missing"
    zh = "请写明理由：导出要写明用途和接收方，含个人信息的还要写明为什么需要。"
    en = "say why: an export names its purpose and its recipient, and the reason where it holds personal fields"


class NoPersonalField(Invalid):
    """What was asked for in clear is no personal field."""

    code = "unknown_field"
    zh = "这些不是个人信息栏目：{fields}"
    en = "no personal fields: {fields}"


class PersonalField(Invalid):
    """A list of units never holds personal fields."""

    code = "personal_field"
    zh = "个人信息只随已冻结的抽样框导出：{fields:field}"
    en = "personal fields go out with frozen frames alone: {fields}"
