"""Files of the sources, taken in as a person would."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from app.accounts.actor import get_actor
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.db import Database
from app.intake.reading import import_file
from app.models import ImportBatch

CLOCK = Clock("2024-12-31T10:00:00+08:00")
MARKET_HEADER = (
    "统一社会信用代码,企业（机构）名称,企业（机构）类型,法定代表人（负责人）,成立日期,住所,行业代码,登记状态,联系电话\n"
)
CENSUS_HEADER = "单位类型,单位详细名称,统一社会信用代码,法定代表人,移动电话,单位所在地区划代码,单位所在地-街(村)、门牌号,运营状态,主要业务活动1,行业代码\n"
CENSUS = f"""{CENSUS_HEADER}1,重庆鑫源商贸有限公司,91500105MA60X0016Y,张三丰,13800001111,500105006001,测云路1号,1,批发日用品,5199
1,重庆宏泰建材有限公司,,李四光,13800002222,500105006001,演江路2号,1,批发建材,5165
1,四川大江农业开发有限公司,,赵六,13800003333,500105006001,江北路3号,1,种植,0111
"""
"""Three units that are like none of each other."""

DOUBTFUL = f"""{MARKET_HEADER}91500105MA5U8K3N95,重庆市宏泰建材有限公司,有限责任公司,李四光,2019-03-05,重庆市江北区演江路2号,5165,存续,13800002222
"""
"""A record of which a person has to say whether it is the second of them."""


def person(database: Database, login: str) -> Actor:
    with database.read() as session:
        return get_actor(session, login)


def taken(
    database: Database,
    folder: Path,
    text: str,
    *,
    source: str = "census",
    name: str = "file.csv",
    login: str = "maintainer",
) -> ImportBatch:
    """The batch of a file with this text, handed in by this person."""
    path = folder / name
    path.write_text(text, "utf-8")
    return import_file(database, path, source, actor=person(database, login), clock=CLOCK, as_of=date(2024, 12, 31))
