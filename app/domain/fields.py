"""Every attribute of a register record, once: label, group, kind, length, code list, personal or not.

Source: dossier attributes.md §1.1–1.8. The columns of `unit_version`, the diff of a change request, the
priority of sources, masking and exports are all driven by this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    TEXT = "text"
    CODE = "code"
    PARTIAL_DATE = "partial_date"
    NUMBER = "number"
    FLAG = "flag"
    LIST = "list"


class Group(StrEnum):
    """Which source is believed first is decided per group (maintenance.md §4)."""

    IDENTIFICATION = "identification"
    REGISTRATION = "registration"
    STATE = "state"
    LOCATION = "location"
    CONTACT = "contact"
    ACTIVITY = "activity"
    CLASSIFICATION = "classification"
    RELATION = "relation"
    FIGURES = "figures"
    REGISTRAR = "registrar"


@dataclass(frozen=True)
class Field:
    """One attribute. `codelist` names a code list of `app.codelists`; `length` counts characters.

    `found_by` says how a sealed value is found again: by the `whole`, or by its `tail` too, the last four digits.
    `least` is the smallest figure there can be.
    """

    name: str
    zh: str
    en: str
    group: Group
    kind: Kind = Kind.TEXT
    length: int = 128
    codelist: str = ""
    personal: bool = False
    identifier: bool = False
    found_by: tuple[str, ...] = ()
    least: int | None = None


def _f(name: str, zh: str, en: str, group: Group, kind: Kind = Kind.TEXT, **rest: object) -> Field:
    return Field(name, zh, en, group, kind, **rest)  # type: ignore[arg-type]  # rest is checked by Field


_I, _R, _S, _L = Group.IDENTIFICATION, Group.REGISTRATION, Group.STATE, Group.LOCATION
_C, _A, _K, _P = Group.CONTACT, Group.ACTIVITY, Group.CLASSIFICATION, Group.RELATION
_M, _G = Group.FIGURES, Group.REGISTRAR
_CODE, _DATE, _NUM, _FLAG = Kind.CODE, Kind.PARTIAL_DATE, Kind.NUMBER, Kind.FLAG

FIELDS: tuple[Field, ...] = (
    _f("unit_type", "单位类型", "unit type", _I, _CODE, length=1, codelist="unit_type"),
    _f("name", "单位详细名称", "full registered name", _R, length=256),
    _f("short_name", "简称", "short name", _I, length=128),
    _f("former_names", "曾用名", "former names", _R, Kind.LIST, length=1024),
    _f("uscc", "统一社会信用代码", "unified social credit code", _R, _CODE, length=32, identifier=True),
    _f("org_code", "组织机构代码", "organisation code", _R, _CODE, length=16, identifier=True),
    _f("reg_no", "登记注册号", "business registration number", _R, _CODE, length=32, identifier=True),
    _f("tax_no", "纳税人识别号", "taxpayer number", _R, _CODE, length=32, identifier=True),
    _f("temp_code", "临时代码", "temporary code", _I, _CODE, length=32, identifier=True),
    _f("base_list_no", "底册顺序码", "base list number", _I, _CODE, length=32, identifier=True),
    _f("legal_rep", "法定代表人", "legal representative", _R, personal=True, length=64, found_by=("whole",)),
    _f("operator", "经营者", "operator", _R, personal=True, length=64, found_by=("whole",)),
    _f("treated_as_legal", "视同法人单位", "treated as a legal unit", _I, _FLAG, length=1),
    _f("part_kind", "单位类别", "head office or branch", _I, _CODE, length=1, codelist="part_kind"),
    _f("opened_on", "开业时间", "opened on", _S, _DATE, length=10),
    _f("established_on", "成立时间", "established on", _R, _DATE, length=10),
    _f("operating_status", "运营状态", "operating status", _S, _CODE, length=2, codelist="operating_status"),
    _f("closed_on", "注销日期", "closed on", _S, _DATE, length=10),
    _f("closed_reason", "注销原因", "reason of closure", _S, length=256),
    _f("area_code", "单位所在地区划代码", "area code", _L, _CODE, length=12, codelist="division"),
    _f("address", "详细地址", "address", _L, length=512),
    _f("urban_rural_code", "城乡代码", "urban-rural code", _L, _CODE, length=3, codelist="urban_rural"),
    _f("park_code", "所属园区代码", "park code", _L, _CODE, length=32),
    _f("park_name", "所属园区名称", "park name", _L),
    _f("enum_block", "普查小区代码", "enumeration block", _L, _CODE, length=32),
    _f("building_code", "建筑物编码", "building code", _L, _CODE, length=32),
    _f("reg_same_as_location", "注册地与所在地一致", "registered where located", _R, _FLAG, length=1),
    _f("reg_area_code", "注册地区划代码", "registered area code", _R, _CODE, length=12, codelist="division"),
    _f("reg_address", "注册地详细地址", "registered address", _R, length=512),
    _f("processing_area", "数据处理地", "processing area", _L, _CODE, length=12),
    _f("tel_area", "长途区号", "telephone area", _C, _CODE, length=8),
    _f("tel", "固定电话", "telephone", _C, personal=True, length=64, found_by=("whole", "tail")),
    _f("tel_ext", "电话分机", "extension", _C, length=16),
    _f("mobile", "移动电话", "mobile", _C, personal=True, length=64, found_by=("whole", "tail")),
    _f("fax", "传真", "fax", _C, length=32),
    _f("postcode", "邮政编码", "postcode", _C, _CODE, length=6),
    _f("email", "电子邮箱", "e-mail", _C, personal=True, length=128),
    _f("website", "网址", "website", _C, length=256),
    _f("contact_name", "统计负责人", "contact", _C, personal=True, length=64, found_by=("whole",)),
    _f("activity_1", "主要业务活动1", "main activity 1", _A, length=256),
    _f("activity_2", "主要业务活动2", "main activity 2", _A, length=256),
    _f("activity_3", "主要业务活动3", "main activity 3", _A, length=256),
    _f("industry_code", "行业代码", "industry code", _A, _CODE, length=4, codelist="industry"),
    _f("industry_code_2011", "行业代码(2011)", "industry code (2011)", _A, _CODE, length=4),
    _f("org_type", "机构类型", "kind of body", _K, _CODE, length=2, codelist="org_type"),
    _f(
        "reg_category",
        "登记注册统计类别",
        "registration category",
        _K,
        _CODE,
        length=3,
        codelist="reg_category",
    ),
    _f(
        "reg_type_old",
        "登记注册类型",
        "registration type (1998)",
        _K,
        _CODE,
        length=3,
        codelist="reg_type_old",
    ),
    _f("hmt_investor", "港澳台商投资情况", "HMT investor", _K, _CODE, length=8),
    _f("holding", "企业控股情况", "holding", _K, _CODE, length=1, codelist="holding"),
    _f("affiliation", "隶属关系", "affiliation", _K, _CODE, length=2, codelist="affiliation"),
    _f("accounting_type", "执行会计标准类别", "accounting standard", _K, _CODE, length=1),
    _f("enterprise_standard", "执行企业会计准则情况", "enterprise standard", _K, _CODE, length=1),
    _f("size_class", "单位规模", "size class", _K, _CODE, length=1, codelist="size_class"),
    _f("profession", "专业类别", "profession", _K, _CODE, length=2, codelist="profession"),
    _f("has_superior", "有上一级法人", "has a superior", _P, _FLAG, length=1),
    _f("superior_uscc", "上级法人代码", "superior's code", _P, _CODE, length=32),
    _f("superior_name", "上级法人名称", "superior's name", _P, length=256),
    _f("has_establishments", "有下属产业活动单位", "has establishments", _P, _FLAG, length=1),
    _f("establishment_count", "产业活动单位数", "number of establishments", _P, _NUM, least=0),
    _f("parent_uscc", "归属法人代码", "parent's code", _P, _CODE, length=32),
    _f("parent_org_code", "归属法人组织机构代码", "parent's organisation code", _P, _CODE, length=16),
    _f("parent_name", "归属法人名称", "parent's name", _P, length=256),
    _f("parent_address", "归属法人地址", "parent's address", _P, length=512),
    _f("parent_area_code", "归属法人区划代码", "parent's area code", _P, _CODE, length=12),
    _f("registrar_type", "企业类型", "registrar's type", _G, length=128),
    _f("registrar_status", "登记状态", "registrar's status", _G, length=64),
    _f("reg_capital", "注册资本(千元)", "registered capital (thousand yuan)", _G, _NUM, least=0),
    _f("reg_authority", "登记机关", "registrar", _G, length=128),
    _f("business_scope", "经营范围", "business scope", _G, length=4000),
    _f("figures_year", "指标年份", "year of the figures", _M, _NUM, least=1949),
    _f("employees", "从业人员期末人数", "employees at year end", _M, _NUM, least=0),
    _f("employees_female", "其中:女性", "of them women", _M, _NUM, least=0),
    _f("revenue", "营业收入(千元)", "revenue (thousand yuan)", _M, _NUM),
    _f("assets", "资产总计(千元)", "total assets (thousand yuan)", _M, _NUM),
    _f("taxes", "税金及附加(千元)", "taxes and surcharges (thousand yuan)", _M, _NUM),
    _f("expenditure", "支出(费用)(千元)", "expenditure (thousand yuan)", _M, _NUM),
    _f("op_income", "经营性单位收入(千元)", "operating income (thousand yuan)", _M, _NUM),
    _f("nonop_expense", "非经营性单位支出(千元)", "non-operating expense (thousand yuan)", _M, _NUM),
)

BY_NAME = {field.name: field for field in FIELDS}
NAMES = tuple(BY_NAME)
PERSONAL = frozenset(field.name for field in FIELDS if field.personal)
IDENTIFIERS = tuple(field.name for field in FIELDS if field.identifier)
NUMBERS = frozenset(field.name for field in FIELDS if field.kind is Kind.NUMBER)
DATES = frozenset(field.name for field in FIELDS if field.kind is Kind.PARTIAL_DATE)
CODED = {field.name: field.codelist for field in FIELDS if field.codelist}
"""Field to the list that its code is of."""


def unknown_fields(names: set[str]) -> list[str]:
    """Names that are no attribute of a unit, sorted."""
    return sorted(names - BY_NAME.keys())
