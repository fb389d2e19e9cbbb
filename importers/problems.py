"""What can be wrong with a file or a row: code, level, and what to do, in two languages. A report is data."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from importers.refusal import FileProblem

__all__ = ["COLUMNS", "KINDS", "FileProblem", "Kind", "problem_table"]
COLUMNS = ("row_no", "sheet", "code", "level", "column", "field", "value", "message_zh", "message_en")


@dataclass(frozen=True)
class Kind:
    level: str
    zh: str
    en: str


KINDS: dict[str, Kind] = {
    "identity_missing": Kind("error", "既无名称也无代码，本行停下；请补充名称或代码", "neither name nor code: the row stops; give one of them"),
    "row_unreadable": Kind("error", "本行列数与表头不符，无法读取；请检查分隔符和引号", "the row does not fit the header; look at separators and quotes"),
    "code_scientific": Kind("warning", "代码被表格软件改成了科学计数，无法恢复，已舍去；请按文本重新导出", "the code was turned into a number by a spreadsheet and is lost; export it as text"),
    "code_length": Kind("warning", "统一社会信用代码应为18位", "a credit code has 18 characters"),
    "code_character": Kind("warning", "代码含有不允许的字符，请核对（如字母O与数字0）", "the code holds a character it may not hold; look for O and 0, I and 1"),
    "code_check": Kind("warning", "代码校验位不符，请核对执照", "the check character does not fit; compare with the licence"),
    "code_org_check": Kind("warning", "代码第9—17位校验不符（整体校验相符，可保留）", "places 9-17 fail their own check, the whole stands"),
    "code_prefix": Kind("warning", "代码前两位不在登记部门目录中", "the first two characters are in no list of registrars"),
    "code_citizen_number": Kind("warning", "填的是居民身份证号，属于个人信息，不作为代码，已留空；请补单位自己的代码", "the number of a citizen's identity card: personal and no code, left empty; give the unit's own"),
    "org_code_check": Kind("warning", "组织机构代码不符合规则", "the organisation code does not follow its rule"),
    "reg_no_check": Kind("warning", "注册号校验位不符", "the registration number fails its check"),
    "parent_code_on_branch": Kind("warning", "分支机构填了归属法人的代码，已移到归属法人代码栏", "the branch carried its parent's code; it was moved to the parent's column"),
    "date_unreadable": Kind("warning", "日期无法识别，已留空；请写成2019-03-05、2019-03或2019", "no date; write 2019-03-05, 2019-03 or 2019"),
    "date_future": Kind("warning", "日期晚于资料截止日，请核对", "the date lies behind the day of the file"),
    "date_old": Kind("warning", "日期早于1900年，请核对", "the date is before 1900"),
    "number_unreadable": Kind("warning", "数值无法识别，已留空", "no number; left empty"),
    "number_rounded": Kind("warning", "数值含小数，已四舍五入", "the number had decimals and was rounded"),
    "industry_zero": Kind("warning", "行业代码疑似丢失首位0，已补上，请复核", "the industry code seems to have lost its leading zero; it was put back, check it"),
    "industry_incomplete": Kind("warning", "行业代码不足4位", "the industry code has fewer than four digits"),
    "industry_unreadable": Kind("warning", "行业代码无法识别，已留空", "no industry code; left empty"),
    "area_short": Kind("warning", "区划代码不足12位，已补0，请补到村（居）级", "the area code was filled with zeros; give it down to the village"),
    "area_unreadable": Kind("warning", "区划代码无法识别，已留空", "no area code; left empty"),
    "phone_unreadable": Kind("warning", "电话无法识别，已留空", "no telephone number; left empty"),
    "phone_several": Kind("warning", "一格内有多个号码，已拆分", "several numbers in one cell; they were taken apart"),
    "name_missing": Kind("warning", "没有名称，已按经营者和业务组成名称，请补正", "no name; one was made of operator and activity, put the right one"),
    "name_lost_character": Kind("warning", "名称含有无法显示的字符，请按执照补正", "the name holds a lost character; put it right from the licence"),
    "name_test": Kind("warning", "名称像是测试数据，请核对", "the name looks like test data"),
    "code_value_unknown": Kind("warning", "取值不在代码表中，已留空", "the value is in no code list; left empty"),
    "change_item_unknown": Kind("warning", "变更事项不能对应到名录库字段，原文保留", "the changed item is no field of the register; the text is kept"),
}  # fmt: skip


def problem_table(rows: list[tuple[int, str, str, str, str, str]]) -> pd.DataFrame:
    """Problems (row_no, sheet, code, column, field, value) with level and messages."""
    table = pd.DataFrame(rows, columns=["row_no", "sheet", "code", "column", "field", "value"])
    kinds = [KINDS[code] for code in table["code"]]
    table["level"] = [kind.level for kind in kinds]
    table["message_zh"] = [kind.zh for kind in kinds]
    table["message_en"] = [kind.en for kind in kinds]
    return table[list(COLUMNS)].sort_values("row_no", kind="stable", ignore_index=True)
