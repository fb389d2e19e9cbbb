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
    "row_quote": Kind("error", "本行的引号没有闭合，本行停下，其后各行照常读取；请检查引号", "a quote in this row is never closed: the row stops, those behind it are read; look at the quotes"),
    "row_shifted": Kind("error", "名称栏填的是企业类型或代码，本行疑似错位，停下；请核对各列", "where the name should be stands a type or a code: the row seems shifted and stops; compare the columns"),
    "row_short": Kind("warning", "本行比表头少若干格，可能被截断，请核对", "the row has fewer cells than the header, it may be cut off; check it"),
    "kind_unknown": Kind("error", "单位类型无法识别，本行停下；请填1、2、3或法人单位、产业活动单位、个体经营户", "the kind of unit is not known: the row stops; give 1, 2, 3 or their names"),
    "event_unknown": Kind("error", "业务类型或状态无法识别，本行停下，以免把注销当作新增；请改用设立、变更、注销、吊销等通用词", "the business or status is not known: the row stops, so that no end passes for a new unit; use a usual word"),
    "event_by_hand": Kind("error", "迁移、合并、分立等不由文件办理，本行停下；请由人提出变更申请", "moves, mergers and splits are not done by a file: the row stops; propose the change by hand"),
    "event_conflict": Kind("error", "本行的状态与注（吊）销日期或所在表不一致，停下；请核对", "the row's status contradicts its closing date or its sheet: the row stops; check it"),
    "change_empty": Kind("error", "变更后内容是空的，本行停下；请补充", "what was changed to is empty: the row stops; give it"),
    "change_unreadable": Kind("error", "变更后内容无法识别，本行停下；请核对", "what was changed to cannot be read: the row stops; check it"),
    "change_item_aside": Kind("warning", "变更事项不是名录库的栏目，原文保留，名录库不变", "the changed item is no field of the register: the text is kept, the register stays as it is"),
    "code_in_text": Kind("warning", "代码前后有其他文字，已取出其中唯一有效的代码", "something stood around the code; the one valid code in it was taken"),
    "code_is_org_code": Kind("warning", "填的是组织机构代码，已移到组织机构代码栏", "this is an organisation code; it was moved to its own column"),
    "code_is_reg_no": Kind("warning", "填的是注册号，已移到注册号栏", "this is a registration number; it was moved to its own column"),
    "money_foreign": Kind("warning", "金额是外币，不折算为人民币，请按币种核对", "the amount is in foreign money and is not taken for yuan; check it with its currency"),
    "money_unit_assumed": Kind("warning", "金额没有写明单位，按该来源惯例（如万元）读取，请核对", "nothing says the unit of the amount; it was read by the habit of the source (万元), check it"),
    "industry_doubtful": Kind("warning", "三位行业代码可能是中类，也可能是丢了首位0的小类，已留空，请补正", "three digits may be a group or a class that lost its zero; left empty, give the four digits"),
    "phone_zero": Kind("warning", "电话区号丢失首位0，已补上，请复核", "the area code of the telephone had lost its zero; it was put back, check it"),
    "postcode_odd": Kind("warning", "邮政编码应为6位数字，请核对", "a postcode has six digits; check it"),
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
    "date_unreadable": Kind("warning", "日期无法识别（或日月次序、两位年份不明），已留空；请写成2019-03-05、2019-03或2019", "no date, or day and month or the century in doubt: left empty; write 2019-03-05, 2019-03 or 2019"),
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
    "phone_several": Kind("warning", "一格内有多个号码，取第一个固定电话和第一个手机，其余留在原文", "several numbers in one cell: the first landline and the first mobile are taken, the others stay in the row as it came"),
    "name_missing": Kind("warning", "没有名称，已按经营者和业务组成名称，请补正", "no name; one was made of operator and activity, put the right one"),
    "name_lost_character": Kind("warning", "名称含有无法显示的字符，请按执照补正", "the name holds a lost character; put it right from the licence"),
    "name_test": Kind("warning", "名称像是测试数据，请核对", "the name looks like test data"),
    "code_value_unknown": Kind("warning", "取值不在代码表中，已留空", "the value is in no code list; left empty"),
    "change_item_unknown": Kind("error", "变更事项无法识别，本行停下，原文保留；请改用通用的事项名称或由人处理", "the changed item is not known: the row stops, its text is kept; use a usual name, or see to it by hand"),
}  # fmt: skip

STOPPING = frozenset(code for code, kind in KINDS.items() if kind.level == "error")
"""Problems that stop their row."""


def problem_table(rows: list[tuple[int, str, str, str, str, str]]) -> pd.DataFrame:
    """Problems (row_no, sheet, code, column, field, value) with level and messages."""
    table = pd.DataFrame(rows, columns=["row_no", "sheet", "code", "column", "field", "value"])
    kinds = [KINDS[code] for code in table["code"]]
    table["level"] = [kind.level for kind in kinds]
    table["message_zh"] = [kind.zh for kind in kinds]
    table["message_en"] = [kind.en for kind in kinds]
    return table[list(COLUMNS)].sort_values("row_no", kind="stable", ignore_index=True)
