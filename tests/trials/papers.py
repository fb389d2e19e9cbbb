"""What the files of the trials say: units by their number, so that two files speak of the same ones."""

from __future__ import annotations

from matching.standardise.codes import uscc_check_character
from tests.factories.files import CENSUS_HEADER, MARKET_HEADER

_FIRST, _SECOND = "鑫宏大嘉金长渝恒瑞盛", "源泰江陵科安中丰祥和"


def name_of(n: int) -> str:
    return f"重庆{_FIRST[n % 10]}{_SECOND[n // 10 % 10]}建材有限公司"


def code_of(n: int) -> str:
    body = f"91500105MA{n:07}"
    return body + uscc_check_character(body)


def census(*numbers: int) -> str:
    return CENSUS_HEADER + "".join(
        f"1,{name_of(n)},{code_of(n)},王{n % 7}明,1380000{n:04},500105006001,演江路{n}号,1,批发建材,5165\n"
        for n in numbers
    )


def market(*numbers: int, said: str = "李四", codes: bool = True) -> str:
    return MARKET_HEADER + "".join(
        f"{code_of(n) if codes else ''},{name_of(n)},有限责任公司,{said},2019-03-05,重庆市江北区演江路{n}号,5165,存续,1380000{n:04}\n"
        for n in numbers
    )
