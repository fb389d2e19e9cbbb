"""Writes the sample files: an invented district of 江北区 as it might have stood on 2024-12-31.

    python data/samples/generate.py [FOLDER]

Everything is made up: names, people, telephones, addresses. Only division and industry codes are real. The same seed
gives the same bytes. What must come out is written beside the files from the generator's own truth, without using
the product: `expected.json` by file, `truth.csv` row by row (which rows are one unit).
"""

from __future__ import annotations

import csv
import io
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import openpyxl

HERE = Path(__file__).parent
SEED = 20241231
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CORE = "鑫源宏泰恒瑞博远华盛金鼎天和汇丰嘉诚祥云德信明辉星海永康聚力凯越万通卓越锦绣新航国安东升渝州巴山两江江畔山水雅苑欣荣同创众合启航领航佳美诚达瑞丰"
SURNAMES = "王李张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文斌鹏飞宇浩然子轩雨欣思远嘉怡晓东海燕春林"
HOMOPHONES = {
    "鑫": "新",
    "源": "元",
    "宏": "鸿",
    "盛": "胜",
    "瑞": "锐",
    "诚": "城",
    "辉": "晖",
    "康": "慷",
    "华": "桦",
    "丰": "峰",
}
ROADS = [
    "测云路",
    "演江路",
    "样山大道",
    "示水街",
    "仿石路",
    "拟桥街",
    "虚园路",
    "设岭路",
    "例坪街",
    "构滨路",
    "拟江正街",
    "样桥支路",
]
TRADES = [
    ("商贸", "5199", "批发日用品"), ("建材", "5165", "批发建材"), ("科技", "6513", "软件开发"), ("餐饮管理", "6210", "正餐服务"),
    ("物流", "5430", "道路货物运输"), ("装饰工程", "5011", "住宅装饰装修"), ("广告传媒", "7251", "互联网广告"), ("物业管理", "7020", "物业管理"),
    ("机械制造", "3484", "机械零部件加工"), ("汽车服务", "8111", "汽车修理与维护"), ("企业管理咨询", "7243", "社会经济咨询"), ("建筑劳务", "4990", "其他建筑安装"),
    ("食品", "5226", "零售粮油"), ("医疗器械", "5154", "批发医疗用品"), ("教育咨询", "8391", "职业技能培训"), ("农业开发", "0190", "其他农业"),
]  # fmt: skip
SHOPS = [
    ("小吃店", "6291", "小吃服务"), ("火锅店", "6210", "正餐服务"), ("便利店", "5212", "零售食品"), ("五金经营部", "5279", "零售五金"),
    ("理发店", "8040", "理发服务"), ("服装店", "5232", "零售服装"), ("水果店", "5223", "零售果品"), ("汽车修理部", "8111", "汽车修理"),
]  # fmt: skip


def uscc(rng: random.Random, prefix: str, area: str = "500105") -> str:
    """A valid code by the rules of GB 32100-2015 and GB 11714, computed here and not by the product."""
    body = "MA" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(6))
    values = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
    total = sum(values[c] * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    first = prefix + area + body + "0123456789X0"[11 - total % 11]
    check = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(first))
    return first + ALPHABET[(31 - check % 31) % 31]


@dataclass
class Unit:
    """One true unit. `key` is its name in `truth.csv`."""

    key: str
    kind: str
    name: str
    code: str
    person: str
    phone: str
    road: str
    number: int
    room: str
    area: str
    trade: tuple[str, str, str]
    founded: str
    parent: Unit | None = None
    in_census: bool = True
    coded_in_census: bool = True

    @property
    def address(self) -> str:
        return f"{self.road}{self.number}号{self.room}"

    @property
    def full_address(self) -> str:
        return f"重庆市江北区{self.address}"


@dataclass
class Sheet:
    """One file being written: records in order, which of them is which unit, why others are no rows."""

    name: str
    source: str
    as_of: str
    encoding: str
    records: list[list[str]] = field(default_factory=list)
    units: dict[int, str] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    stopped: int = 0
    merges: list[str] = field(default_factory=list)

    def no_row(self, reason: str, cells: list[str]) -> None:
        self.records.append(cells)
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def row(self, key: str, cells: list[Any]) -> None:
        self.records.append([str(cell) for cell in cells])
        self.units[len(self.records)] = key


class District:
    """The invented district: its units, and the ways of writing them down badly."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.areas = (HERE / "villages_500105.txt").read_text("utf-8").split()
        self.cores = self._cores(900)
        self.agents = [self._phone() for _ in range(6)]
        self.units: list[Unit] = []
        self.names: set[str] = set()

    def _cores(self, count: int) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < count:
            found["".join(self.rng.sample(CORE, self.rng.choice((2, 2, 2, 3))))] = None
        return list(found)

    def _phone(self) -> str:
        return self.rng.choice(("138", "139", "159", "186")) + "0000" + f"{self.rng.randrange(10000):04}"

    def person(self) -> str:
        return self.rng.choice(SURNAMES) + "".join(self.rng.sample(GIVEN, self.rng.choice((1, 2, 2))))

    def _place(self) -> tuple[str, int, str, str]:
        room = self.rng.choice(
            ("", "", f"{self.rng.randrange(1, 30)}-{self.rng.randrange(1, 12)}", f"附{self.rng.randrange(1, 20)}号")
        )
        return self.rng.choice(ROADS), self.rng.randrange(1, 400), room, self.rng.choice(self.areas)

    def _founded(self, first: int = 1998, last: int = 2023) -> str:
        return f"{self.rng.randrange(first, last + 1)}-{self.rng.randrange(1, 13):02}-{self.rng.randrange(1, 28):02}"

    def add(self, kind: str, name: str, trade: tuple[str, str, str], prefix: str, **rest: Any) -> Unit:
        road, number, room, area = self._place()
        phone = self.rng.choice(self.agents) if self.rng.random() < 0.06 else self._phone()
        made = Unit(
            key=f"{kind}{len(self.units):05}",
            kind=kind,
            name=name,
            code=uscc(self.rng, prefix),
            person=self.person(),
            phone=phone,
            road=road,
            number=number,
            room=room,
            area=area,
            trade=trade,
            founded=self._founded(),
        )
        unit = replace(made, **rest)
        self.units.append(unit)
        self.names.add(name)
        return unit

    def fresh_name(self, make: Callable[[], str]) -> str:
        while (name := make()) in self.names:
            pass
        return name

    def company(self, **rest: Any) -> Unit:
        trade = self.rng.choice(TRADES)
        form = self.rng.choice(("有限公司", "有限公司", "有限责任公司", "股份有限公司"))
        name = self.fresh_name(
            lambda: f"重庆{self.rng.choice(('', '市', '江北'))}{self.rng.choice(self.cores)}{trade[0]}{form}"
        )
        return self.add("L", name, trade, "91", **rest)

    def sister(self, of: Unit) -> Unit:
        """Another firm of the same owner at the same place with a like name: not the same unit."""
        core = of.name.removeprefix("重庆").removeprefix("市").removeprefix("江北").split(of.trade[0])[0]
        trades = [t for t in TRADES if f"重庆{core}{t[0]}有限公司" not in self.names]
        trade = self.rng.choice(trades)
        place = {"road": of.road, "number": of.number, "room": of.room, "area": of.area}
        name = f"重庆{core}{trade[0]}有限公司"
        return self.add("L", name, trade, "91", person=of.person, phone=of.phone, **place)

    def branch(self, of: Unit, place: str, **rest: Any) -> Unit:
        return self.add("E", f"{of.name}{place}分公司", of.trade, "91", parent=of, **rest)

    def household(self, **rest: Any) -> Unit:
        trade = self.rng.choice(SHOPS)
        name = self.fresh_name(lambda: f"江北区{self.rng.choice(self.cores)}{trade[0]}")
        return self.add("H", name, trade, "92", **rest)

    def institution(self, name: str, prefix: str = "12", **rest: Any) -> Unit:
        return self.add("I", name, ("", "9221" if prefix == "11" else "8334", "公共服务"), prefix, **rest)

    # --- ways of writing a unit down badly -------------------------------------------------------------------------

    def near_name(self, name: str) -> str:
        """The name as another clerk wrote it: brackets, prefix, a homophone, a lost or added word."""
        way = self.rng.randrange(6)
        if way == 0 and any(c in name for c in HOMOPHONES):
            place = self.rng.choice([i for i, c in enumerate(name) if c in HOMOPHONES])
            return name[:place] + HOMOPHONES[name[place]] + name[place + 1 :]
        if way == 1:
            return (
                name.replace("有限责任公司", "有限公司")
                if "有限责任" in name
                else name.replace("有限公司", "有限责任公司")
            )
        if way == 2 and name.startswith("重庆市"):
            return name.replace("重庆市", "重庆", 1)
        if way == 3 and name.startswith("重庆"):
            return "（重庆）" + name.removeprefix("重庆市").removeprefix("重庆").removeprefix("江北")
        if way == 4:
            return name.replace("有限公司", "公司").replace("有限责任公司", "公司")
        return (
            name.replace("重庆", "重庆市", 1)
            if name.startswith("重庆") and not name.startswith("重庆市")
            else name + "（江北）"
        )

    def bad_code(self, code: str) -> str:
        """A code mistyped, full-width, or lost to a spreadsheet."""
        way = self.rng.randrange(5)
        if way == 0:
            return "".join(chr(ord(c) + 0xFEE0) for c in code)
        if way == 1:
            return code.replace("0", "O", 1)
        if way == 2:
            place = self.rng.randrange(9, 16)
            return code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        if way == 3:
            return f"{code[0]}.{code[1:3]}E+17"
        return f"'{code} "

    def code_as_written(self, code: str, rate: float = 0.03) -> str:
        return self.bad_code(code) if self.rng.random() < rate else code

    def day_as_written(self, day: str) -> str:
        year, month, date_ = day.split("-")
        ways = (
            day,
            f"{year}/{int(month)}/{int(date_)}",
            f"{year}{month}{date_}",
            f"{year}年{int(month)}月{int(date_)}日",
            f"{year}.{int(month)}",
        )
        return self.rng.choices(ways, weights=(60, 15, 12, 10, 3))[0]

    def phone_as_written(self, phone: str) -> str:
        ways = (phone, f"{phone[:3]} {phone[3:7]} {phone[7:]}", f"023-6700{phone[-4:]}/{phone}", "-", "")
        return self.rng.choices(ways, weights=(80, 5, 5, 4, 6))[0]

    def industry_as_written(self, unit: Unit) -> str:
        code = unit.trade[1]
        ways = (code, f"{code} {unit.trade[2]}", code.lstrip("0"), code[:2], "")
        return self.rng.choices(ways, weights=(86, 4, 4, 3, 3))[0]


CENSUS = [
    "底册唯一标识码",
    "单位类型",
    "单位详细名称",
    "统一社会信用代码",
    "组织机构代码",
    "法定代表人",
    "开业成立时间-年",
    "开业成立时间-月",
    "长途区号",
    "固定电话",
    "移动电话",
    "邮政编码",
    "单位所在地-县(市、区、旗)",
    "单位所在地-街(村)、门牌号",
    "单位所在地区划代码",
    "运营状态",
    "主要业务活动1",
    "行业代码",
    "机构类型",
    "登记注册类型",
    "隶属关系",
    "企业控股情况",
    "单位规模",
    "从业人员人数",
    "从业人员人数(女性)",
    "营业收入;千元",
    "资产总计;千元",
    "归属法人单位-单位类别",
    "归属法人单位-统一社会信用代码",
    "归属法人单位-详细名称",
    "资料来源",
    "填表日期",
]


def census_row(d: District, unit: Unit, name: str | None = None, *, coded: bool | None = None) -> list[Any]:
    r = d.rng
    coded = unit.coded_in_census if coded is None else coded
    staff = r.choice((1, 2, 3, 5, 8, 12, 20, 45, 120))
    code = d.code_as_written(unit.code, 0.02) if coded else ""
    parent = unit.parent
    if parent and r.random() < 0.18:
        code = parent.code  # the branch wrote its parent's code
    person = unit.person if r.random() < 0.93 else d.person()
    area = unit.area if r.random() < 0.95 else r.choice((unit.area[:6], unit.area[:9], ""))
    return [
        f"500105JB{int(unit.key[1:]):06}", {"L": "1", "E": "2", "H": "3", "I": "1"}[unit.kind], name or unit.name, code, "", person,
        unit.founded[:4], str(int(unit.founded[5:7])), "023", "", d.phone_as_written(unit.phone), "400020", "江北区",
        d.rng.choice((unit.address, unit.full_address, unit.address.replace("号", "＃"))), area,
        r.choices(("1", "1 正常运营", "2", "9"), weights=(90, 4, 4, 2))[0], unit.trade[2], d.industry_as_written(unit),
        "20" if unit.kind == "I" else "10", "110" if unit.kind == "I" else r.choice(("173", "159", "160")), "90",
        "" if unit.kind == "I" else "3", r.choice(("3", "4")), f"{staff:,}", staff // 2, f"{staff * r.randrange(80, 900):,}",
        staff * r.randrange(50, 700), "2" if parent else "", parent.code if parent else "", parent.name if parent else "", "普查", "2024-02-15",
    ]  # fmt: skip


def census_file(d: District) -> Sheet:
    sheet = Sheet("census_2023_611.csv", "census", "2023-12-31", "gb18030")
    sheet.no_row("header", list(CENSUS))
    units = [u for u in d.units if u.in_census and u.kind in "LEI"]
    d.rng.shuffle(units)
    for unit in units:
        sheet.row(unit.key, census_row(d, unit))
    for unit in d.rng.sample([u for u in units if u.coded_in_census and not u.parent], 30):
        sheet.row(unit.key, census_row(d, unit, coded=True))  # the same unit entered twice under its code
    for unit in d.rng.sample([u for u in units if not u.parent], 25):
        sheet.row(unit.key, census_row(d, unit, d.near_name(unit.name), coded=False))  # and once more without it
    for unit in d.rng.sample(units, 10):
        sheet.records.append(list(sheet.records[next(n for n, key in sheet.units.items() if key == unit.key) - 1]))
        sheet.units[len(sheet.records)] = unit.key  # the very same row again
    for _ in range(4):
        sheet.row("", ["", "1", "", "", *[""] * (len(CENSUS) - 4)])
        sheet.stopped += 1
    sheet.no_row("note", ["填报说明：本表由普查员填报", *[""] * (len(CENSUS) - 1)])
    return sheet


def establishments_file(d: District) -> Sheet:
    sheet = Sheet("census_2023_establishments.xlsx", "census", "2023-12-31", "xlsx")
    labels = [
        "(法人)统一社会信用代码",
        "单位类别",
        "统一社会信用代码",
        "组织机构代码",
        "单位详细名称",
        "详细地址",
        "区划代码",
        "联系电话",
        "主要业务活动",
        "行业代码（GB/T4754-2017）",
        "从业人员期末人数",
        "经营性单位收入",
    ]
    sheet.no_row("title", ["江北区法人单位所属产业活动单位情况", *[""] * (len(labels) - 1)])
    sheet.merges.append("A1:L1")
    sheet.no_row("header", labels)
    parents = d.rng.sample([u for u in d.units if u.kind == "L" and u.in_census and u.coded_in_census], 40)
    for parent in parents:
        head = f"O{parent.key[1:]}"
        sheet.row(
            head,
            [
                parent.code,
                "1",
                "",
                parent.code[8:16] + "B",
                f"{parent.name}本部",
                parent.full_address,
                parent.area,
                parent.phone,
                parent.trade[2],
                parent.trade[1],
                6,
                900,
            ],
        )
        for place in d.rng.sample(["北滨路", "港城", "鱼嘴", "五里店"], d.rng.choice((1, 2, 3))):
            shop = d.branch(parent, place, in_census=False)
            sheet.row(
                shop.key,
                [
                    parent.code,
                    "2",
                    shop.code if d.rng.random() < 0.8 else "",
                    "",
                    shop.name,
                    shop.full_address,
                    shop.area,
                    shop.phone,
                    shop.trade[2],
                    shop.trade[1],
                    4,
                    600,
                ],
            )
    return sheet


MARKET_NEW = [
    "序号",
    "统一社会信用代码",
    "注册号",
    "企业（机构）名称",
    "企业（机构）类型",
    "法定代表人（负责人）",
    "注册资本（万元）",
    "币种",
    "成立日期",
    "营业期限自",
    "营业期限至",
    "登记机关",
    "核准日期",
    "住所",
    "住所所在行政区划",
    "生产经营地",
    "行业门类",
    "行业代码",
    "经营范围",
    "登记状态",
    "联系电话",
    "从业人数",
]


def market_row(d: District, number: int, unit: Unit, name: str | None = None, code: str | None = None) -> list[Any]:
    kind = (
        "有限责任公司分公司"
        if unit.parent
        else d.rng.choice(("有限责任公司(自然人独资)", "有限责任公司", "1151", "股份有限公司"))
    )
    return [
        number, d.code_as_written(unit.code) if code is None else code, "", name or unit.name, kind, unit.person, d.rng.choice(("50", "100", "500.5", "1,000")),
        "人民币", d.day_as_written(unit.founded), d.day_as_written(unit.founded), d.rng.choice(("长期", "9999-12-31", "")), "江北区市场监督管理局", d.day_as_written(unit.founded),
        unit.full_address, "500105", "", "F", d.industry_as_written(unit), f"{unit.trade[2]}；{unit.trade[0]}", "存续（在营、开业、在册）", d.phone_as_written(unit.phone), "",
    ]  # fmt: skip


def market_new_file(d: District) -> Sheet:
    sheet = Sheet("market_2024_new.csv", "market", "2024-12-31", "gb18030")
    width = len(MARKET_NEW)
    sheet.no_row("title", ["江北区2024年新设立和存续市场主体名单", *[""] * (width - 1)])
    sheet.no_row("blank", [""] * width)
    sheet.no_row("header", list(MARKET_NEW))
    held = [u for u in d.units if u.kind == "L" and u.in_census]
    coded = d.rng.sample([u for u in held if u.coded_in_census], 330)
    uncoded = [u for u in held if not u.coded_in_census]
    rows: list[tuple[Unit, str | None, str | None]] = [
        (u, d.near_name(u.name) if d.rng.random() < 0.12 else None, None) for u in coded
    ]
    rows += [
        (u, d.near_name(u.name) if d.rng.random() < 0.6 else None, u.code)
        for u in d.rng.sample(uncoded, min(220, len(uncoded)))
    ]
    for _ in range(380):
        unit = d.company(in_census=False)
        rows.append(
            (replace(unit, founded=f"2024-{d.rng.randrange(1, 13):02}-{d.rng.randrange(1, 28):02}"), None, None)
        )
    for parent in d.rng.sample(held, 60):
        rows.append((d.branch(parent, d.rng.choice(["寸滩", "大石坝", "石马河"]), in_census=False), None, None))
    d.rng.shuffle(rows)
    for number, (unit, name, code) in enumerate(rows, 1):
        sheet.row(unit.key, market_row(d, number, unit, name, code))
        if d.rng.random() < 0.01:
            sheet.row(unit.key, market_row(d, number, unit, name, unit.code))
    sheet.row("", [9999, "", "", "", *[""] * (width - 4)])
    sheet.stopped += 1
    sheet.no_row("total", ["合计", str(len(rows)), *[""] * (width - 2)])
    return sheet


def market_change_file(d: District) -> Sheet:
    sheet = Sheet("market_2024_change.csv", "market", "2024-12-31", "utf-8")
    sheet.no_row(
        "header",
        ["统一社会信用代码", "注册号", "企业名称", "变更事项", "变更前内容", "变更后内容", "变更日期", "登记机关"],
    )
    for unit in d.rng.sample([u for u in d.units if u.kind == "L" and u.in_census and u.coded_in_census], 350):
        day = f"2024-{d.rng.randrange(1, 13):02}-{d.rng.randrange(1, 28):02}"
        road = f"重庆市江北区{d.rng.choice(ROADS)}{d.rng.randrange(1, 400)}号"
        renamed = unit.name.replace(unit.trade[0], d.rng.choice(TRADES)[0])
        item, before, after = d.rng.choices(
            [("法定代表人变更", unit.person, d.person()), ("住所变更", unit.full_address, road), ("名称变更", unit.name, renamed),
             ("注册资本变更", "100万元", "500万元"), ("经营范围变更", unit.trade[2], f"{unit.trade[2]}；技术服务"), ("章程备案", "旧章程", "新章程")],
            weights=(30, 25, 15, 12, 12, 6),
        )[0]  # fmt: skip
        sheet.row(
            unit.key, [unit.code, "", unit.name, item, before, after, d.day_as_written(day), "江北区市场监督管理局"]
        )
    return sheet


def market_cancelled_file(d: District) -> Sheet:
    sheet = Sheet("market_2024_cancelled.xlsx", "market", "2024-12-31", "xlsx")
    sheet.no_row("title", ["江北区2024年注销市场主体名单", "", "", "", "", ""])
    sheet.merges.append("A1:F1")
    sheet.no_row("header", ["统一社会信用代码", "注册号", "企业名称", "注销日期", "注销原因", "登记机关"])
    known = d.rng.sample([u for u in d.units if u.kind == "L" and u.in_census and u.coded_in_census], 160)
    unknown = [d.company(in_census=False) for _ in range(40)]
    for unit in known + unknown:
        day = f"2024-{d.rng.randrange(1, 13):02}-{d.rng.randrange(1, 28):02}"
        sheet.row(
            unit.key if unit.in_census else f"?{unit.key}",
            [unit.code, "", unit.name, day, d.rng.choice(("决议解散", "简易注销", "")), "江北区市场监督管理局"],
        )
    return sheet


def household_file(d: District) -> Sheet:
    sheet = Sheet("household_2024.csv", "household", "2024-12-31", "utf-8-sig")
    labels = [
        "统一社会信用代码",
        "注册号",
        "字号名称",
        "经营者姓名",
        "组成形式",
        "成立日期",
        "经营场所",
        "经营范围",
        "行业代码",
        "登记机关",
        "登记状态",
        "联系电话",
        "资金数额（万元）",
    ]
    sheet.no_row("header", labels)
    for number in range(1320):
        unit = d.household(in_census=False)
        name = d.rng.choices((unit.name, "***", ""), weights=(84, 8, 8))[0]
        code = d.rng.choices((d.code_as_written(unit.code), ""), weights=(95, 5))[0]
        cells = [code, "", name, unit.person, "个人经营", d.day_as_written(unit.founded), unit.full_address, unit.trade[2], d.industry_as_written(unit),
                 "江北区市场监督管理局", "存续", d.phone_as_written(unit.phone), d.rng.choice(("2", "5", "1.5"))]  # fmt: skip
        sheet.row(unit.key, cells)
        if number % 50 == 7:  # the same shop, re-registered or entered again by hand without its code
            sheet.row(unit.key, ["", "", d.near_name(unit.name) if name == unit.name else unit.name, *cells[3:]])
        if number % 60 == 11:  # the same operator has a second shop
            second = d.household(in_census=False, person=unit.person, phone=unit.phone)
            sheet.row(second.key, [second.code, "", second.name, second.person, "个人经营", d.day_as_written(second.founded), second.full_address,
                                   second.trade[2], second.trade[1], "江北区市场监督管理局", "存续", second.phone, "3"])  # fmt: skip
    return sheet


def institution_file(d: District, units: list[Unit]) -> Sheet:
    sheet = Sheet("institution_2024.xlsx", "institution", "2024-12-31", "xlsx")
    labels = [
        "序号",
        "统一社会信用代码",
        "单位名称",
        "第二名称",
        "法定代表人",
        "住所",
        "宗旨和业务范围",
        "经费来源",
        "开办资金（万元）",
        "举办单位",
        "登记管理机关",
        "证书有效期自",
        "证书有效期至",
        "业务类型",
        "变更事项",
        "核准日期",
    ]
    sheet.no_row("title", ["江北区事业单位法人登记名册", *[""] * (len(labels) - 1)])
    sheet.merges.append("A1:P1")
    sheet.no_row("header", labels)
    for number, unit in enumerate(units, 1):
        business = d.rng.choices(("设立", "变更", "注销"), weights=(80, 15, 5))[0] if unit.in_census else "设立"
        sheet.row(
            unit.key,
            [
                number,
                unit.code,
                unit.name,
                "",
                unit.person,
                unit.full_address,
                unit.trade[2],
                "财政补助",
                20,
                "江北区教育委员会（演示）",
                "江北区事业单位登记管理局",
                "2022-01-01",
                "2027-01-01",
                business,
                "",
                "2024-06-30",
            ],
        )
    return sheet


def agency_file(units: list[Unit]) -> Sheet:
    sheet = Sheet("agency_2024.csv", "institution", "2024-12-31", "gb18030")
    sheet.no_row(
        "header",
        [
            "序号",
            "统一社会信用代码",
            "机构名称",
            "机构性质",
            "负责人",
            "机构地址",
            "赋码机关",
            "颁发日期",
            "状态",
            "备注",
        ],
    )
    for number, unit in enumerate(units, 1):
        sheet.row(
            unit.key,
            [
                number,
                unit.code,
                unit.name,
                "机关",
                unit.person,
                unit.full_address,
                "江北区委编办",
                "2016-05-01",
                "正常",
                "",
            ],
        )
    return sheet


def populate(d: District) -> tuple[list[Unit], list[Unit]]:
    """Everything the census knows, and the institutions."""
    for _ in range(2050):
        unit = d.company(coded_in_census=d.rng.random() > 0.2)
        if d.rng.random() < 0.03:
            d.sister(unit)
    parents = d.rng.sample(d.units, 260)
    for parent in parents:
        for place in d.rng.sample(["观音桥", "江北嘴", "红旗河沟", "鸿恩"], d.rng.choice((1, 1, 2))):
            d.branch(parent, place, coded_in_census=d.rng.random() > 0.3)
    schools = [
        d.institution(f"重庆市江北区{place}{kind}", coded_in_census=d.rng.random() > 0.4, in_census=d.rng.random() > 0.3)
        for place in (f"{road[:2]}" for road in ROADS)
        for kind in ("小学校", "幼儿园", "中学", "社区卫生服务中心", "文化服务中心", "社保服务所", "图书馆", "敬老院", "农业服务中心", "环卫所", "房管所", "质检站", "档案室", "规划馆", "应急中心", "青少年宫", "体育馆", "培训学校", "福利院", "公证处")
    ]  # fmt: skip
    agencies = [
        d.institution(f"重庆市江北区{name}（演示）", "11", coded_in_census=d.rng.random() > 0.4)
        for name in [
            "发展改革委",
            "教育局",
            "科技局",
            "民政局",
            "司法局",
            "财政局",
            "人社局",
            "规划局",
            "生态局",
            "住建委",
            "交通局",
            "水利局",
            "农业局",
            "商务委",
            "文旅委",
            "卫健委",
            "应急局",
            "审计局",
            "国资委",
            "统计局",
            "医保局",
            "信访办",
            "林业局",
            "城管局",
            "机关事务局",
        ]
    ]
    return schools, agencies


def write(sheet: Sheet, folder: Path) -> None:
    path = folder / sheet.name
    if sheet.encoding == "xlsx":
        _write_workbook(sheet, path)
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(sheet.records)
    path.write_bytes(text.getvalue().encode(sheet.encoding))


def _write_workbook(sheet: Sheet, path: Path) -> None:
    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = datetime(2024, 12, 31)  # noqa: DTZ001 - a workbook knows no time zone
    page = book.active
    assert page is not None
    for record in sheet.records:
        page.append([None if cell == "" else cell for cell in record])
    for merge in sheet.merges:
        page.merge_cells(merge)
    held = io.BytesIO()
    book.save(held)
    with ZipFile(held) as source, ZipFile(path, "w", ZIP_DEFLATED) as target:
        for item in source.infolist():  # openpyxl stamps the time of writing; the same bytes are wanted every time
            body = source.read(item)
            if item.filename == "docProps/core.xml":
                head, _, rest = body.partition(b"<dcterms:modified")
                body = (
                    head
                    + b"<dcterms:modified"
                    + rest.partition(b">")[0]
                    + b">2024-12-31T00:00:00Z"
                    + rest[rest.index(b"</dcterms:modified") :]
                )
            target.writestr(ZipInfo(item.filename, (2024, 12, 31, 0, 0, 0)), body, ZIP_DEFLATED)


def expected(sheets: list[Sheet], kept: dict[str, Any]) -> dict[str, Any]:
    """What must come out, from the truth alone; `demo` (frozen results of the demo) is kept as it is."""
    files = {
        sheet.name: {
            "source": sheet.source,
            "as_of": sheet.as_of,
            "encoding": sheet.encoding,
            "rows": len(sheet.units),
            "skipped_lines": dict(sorted(sheet.skipped.items())),
            "stopped": sheet.stopped,
            "true_units": len({key for key in sheet.units.values() if key}),
        }
        for sheet in sheets
    }
    every = {key for sheet in sheets for key in sheet.units.values() if key and not key.startswith("?")}
    # A code mistyped into another unit's valid code cannot be told from the outside; nothing else may mix two units.
    totals = {"rows": sum(len(sheet.units) for sheet in sheets), "true_units": len(every)}
    return {"seed": SEED, "files": files, "totals": totals, "mixed_units_at_most": 0, "demo": kept}


def main(folder: Path) -> None:
    d = District(SEED)
    schools, agencies = populate(d)
    sheets = [
        census_file(d),
        establishments_file(d),
        market_new_file(d),
        market_change_file(d),
        market_cancelled_file(d),
    ]
    sheets += [household_file(d), institution_file(d, schools), agency_file(agencies)]
    for sheet in sheets:
        write(sheet, folder)
    truth = io.StringIO()
    table = csv.writer(truth, lineterminator="\n")
    table.writerow(["file", "row_no", "unit"])
    table.writerows([sheet.name, number, key] for sheet in sheets for number, key in sheet.units.items())
    (folder / "truth.csv").write_text(truth.getvalue(), "utf-8")
    path = HERE / "expected.json"
    kept = json.loads(path.read_text("utf-8")).get("demo", {}) if path.exists() else {}
    text = json.dumps(expected(sheets, kept), ensure_ascii=False, indent=1) + "\n"
    (folder / "expected.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
