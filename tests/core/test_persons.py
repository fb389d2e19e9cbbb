"""Which names are made up from a person's, and what is shown of them."""

from __future__ import annotations

import pytest

from app.core.personal import Personal
from app.core.persons import in_full, person_of, persons_of, shown, without_persons


@pytest.mark.parametrize(
    ("name", "person", "sign"),
    [
        ("冯海（零售服装）", "冯海", "冯*（零售服装）"),
        ("冯 海(零售)", "冯海", "冯*(零售)"),
        ("冯海", "冯 海", "冯*"),
        ("冯海服装零售", "冯海", "冯*服装零售"),
        ("个体户张园", "张园", "个体户张*"),
        ("重庆市江北区刘轩（零售）", "刘轩", "重庆市江北区刘*（零售）"),
        ("欧阳海堂（修鞋）", "欧阳海堂", "欧***（修鞋）"),
        ("阿不都·买买提（烤肉）", "阿不都·买买提", "阿******（烤肉）"),
        ("张三、冯海（修鞋）", "张三、冯海", "张*、冯*（修鞋）"),
        ("红星小卖部（冯海）", "冯海", "红星小卖部（冯*）"),
        ("红星小卖部（经营者：刘轩）", "刘轩", "红星小卖部（经营者：刘*）"),
        ("小卖部冯海", "冯海", "小卖部冯*"),
        ("冯海面馆（冯海）", "冯海", "冯海面馆（冯*）"),
    ],
)
def test_a_name_made_up_from_a_persons_names_nobody(name: str, person: str, sign: str) -> None:
    persons = persons_of({"operator": person})
    assert shown(name, persons) == sign
    assert shown(sign, persons) == sign


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("冯海服装店", "冯海"),
        ("冯海（重庆）火锅店", "冯海"),
        ("冯海火锅店（冯海分店）", "冯海"),
        ("重庆冯海建材有限公司", "冯海"),
        ("冯海超市", "冯海"),
        ("重庆市江北区人民医院", "冯海"),
        ("红星公司", "红星公司"),
        ("海", "海"),
    ],
)
def test_a_registered_name_says_what_sort_of_place_it_is_and_stays(name: str, person: str) -> None:
    assert shown(name, persons_of({"legal_rep": person})) == name


def test_whose_name_it_is_puts_it_together_again() -> None:
    values = {"name": "冯*（零售服装）", "operator": Personal("冯 海"), "legal_rep": Personal("李四")}
    person = person_of(values)
    assert person is not None
    assert (person.reveal(), in_full("冯*（零售服装）", person)) == ("冯海", "冯海（零售服装）")
    assert person_of({**values, "operator": Personal("冯海堂")}) is None
    assert person_of({**values, "operator": None, "name_person": Personal("冯涛")}) == Personal("冯涛")


def test_values_that_are_no_names_stay_as_they_are() -> None:
    values = {"name": 5, "operator": "冯海", "address": "冯海家", "former_names": "冯海；老街理发"}
    assert without_persons(values) == {**values, "former_names": "冯*；老街理发"}
