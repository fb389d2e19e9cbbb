"""The verbs of the frames: who may, what they say in both languages, what two at once get."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from app.core.errors import Forbidden, PermissionMissing
from app.domain.words import FrameStatus
from app.frames import verbs
from app.frames.errors import FrameFrozen, FrameNameTaken, FrameNotFound, InvalidPeriod
from app.models import AccessEvent, Frame
from app.register.conditions import InvalidDefinition
from tests.factories.frames import confirm
from tests.factories.house import do, housing
from tests.factories.races import at_once
from tests.factories.units import make_unit
from tests.frames.world import TRADE

NEW = {
    "name": "限上批零2025",
    "survey": "retail",
    "period": "2025",
    "definition": TRADE,
    "reference_date": "2024-12-31",
}
ONE = {"reference": "限上批零2025"}


@pytest.fixture
def house(database):
    with database.write() as session:
        make_unit(session)
    with housing(database) as opened:
        yield opened


def drawn(house, **changes):
    return do(house, verbs.create, "maintainer2", **NEW | {"build": True} | changes)


def test_who_may_not_is_refused_by_every_verb(house):
    drawn(house)
    order = {"purpose": "年报", "recipient": "科"}
    refused = (
        (verbs.options, ("approver", "survey", "post", "sysadmin"), {}),
        (verbs.preview, ("approver", "survey", "post", "sysadmin"), {"definition": TRADE}),
        (verbs.create, ("approver", "survey", "post", "sysadmin"), NEW | {"name": "other"}),
        (verbs.redefine, ("approver", "survey"), ONE | {"definition": TRADE, "reference_date": "2024-12-31"}),
        (verbs.build, ("approver", "survey"), ONE),
        (verbs.freeze, ("approver", "survey"), ONE),
        (verbs.discard, ("approver", "survey"), ONE),
        (verbs.confirm, ("approver", "survey"), ONE | {"side": "section", "version": 2}),
        (verbs.export, ("approver", "survey"), ONE | order),
        *((verb, ("sysadmin", "secadmin"), ONE) for verb in (verbs.show, verbs.units, verbs.verify, verbs.exports)),
        (verbs.list_, ("sysadmin", "audadmin"), {}),
    )
    for verb, logins, told in refused:
        for login in logins:
            with pytest.raises(PermissionMissing):
                do(house, verb, login, **told)


def test_what_is_not_understood_is_refused_before_anything_is_opened(house):
    for told in (NEW | {"nmae": "x"}, NEW | {"name": "x" * 129}, NEW | {"name": "a\x00b"}, NEW | {"survey": ""}):
        with pytest.raises(ValidationError):
            do(house, verbs.create, "section", **told)
    for told in (ONE | {"limit": 1001}, ONE | {"after": -1}, ONE | {"after": 2**63}):
        with pytest.raises(ValidationError):
            do(house, verbs.units, "section", **told)


@pytest.mark.parametrize("value", ["a\x00b", "a\ud800b", "x" * 513])
def test_text_that_no_database_keeps_is_a_slip_in_a_definition(house, value):
    definition = {"conditions": [{"field": "name", "op": "eq", "value": value}]}
    with pytest.raises(InvalidDefinition) as refusal:
        do(house, verbs.preview, "section", definition=definition)
    assert refusal.value.details["where"] == "conditions[0].value"


def test_more_conditions_than_a_statement_can_hold_are_refused(house):
    definition = {"conditions": [{"field": "name", "op": "not_empty"}] * 1000}
    with pytest.raises(InvalidDefinition) as refusal:
        do(house, verbs.preview, "section", definition=definition)
    assert refusal.value.details["fault"].code == "definition_too_many"


@pytest.mark.parametrize("reference", ["²", "9" * 30, "none"])
def test_a_frame_that_is_not_there_is_not_found_whatever_it_is_called(house, reference):
    with pytest.raises(FrameNotFound):
        do(house, verbs.show, "section", reference=reference)


def test_a_refusal_speaks_both_languages_and_keeps_its_facts(house):
    definition = {"conditions": [{"field": "mobile", "op": "eq", "value": "13800001234"}]}
    with pytest.raises(InvalidDefinition) as refusal:
        do(house, verbs.preview, "section", definition=definition)
    assert refusal.value.text("en") == (
        "conditions[0].field: mobile is a personal field: a frame neither selects by it nor holds it"
    )
    assert "“移动电话”属个人信息" in refusal.value.text("zh")
    assert refusal.value.said.as_json()["facts"]["fault"]["code"] == "definition_personal_field"
    with pytest.raises(InvalidPeriod) as period:
        do(house, verbs.create, "section", **NEW | {"period": "25"})
    assert period.value.text("zh").startswith("时期“25”写法有误")


def test_a_frame_is_built_at_once_or_not_at_all(house):
    assert drawn(house).status is FrameStatus.BUILT
    assert drawn(house, name="later", build=False).status is FrameStatus.DRAFT


def test_a_frame_tells_who_confirmed_it_and_for_which_side_one_may(house):
    drawn(house)
    assert do(house, verbs.show, "section", **ONE).may_confirm == ["section"]
    confirm(house, "section", **ONE, side="section", comment="无误")
    shown = do(house, verbs.show, "maintainer", **ONE)
    assert shown.may_confirm == ["register"]
    assert [(one.side, one.comment) for one in shown.confirmations] == [("section", "无误")]
    assert shown.confirmations[0].by.startswith("section")
    assert shown.words[1] == "行业代码 开头为 51、52"
    assert do(house, verbs.show, "section", **ONE).may_confirm == []


def test_confirming_twice_says_it_once(house):
    drawn(house)
    for _ in range(2):
        confirm(house, "section", **ONE, side="section")
    confirm(house, "maintainer", **ONE, side="register")
    assert confirm(house, "section", **ONE, side="section").status is FrameStatus.CONFIRMED
    assert len(do(house, verbs.show, "section", **ONE).confirmations) == 2


def test_every_look_at_the_units_is_in_the_access_log(house):
    drawn(house)
    do(house, verbs.units, "maintainer", **ONE)
    house.access.flush()
    with house.database.read() as session:
        assert session.execute(select(AccessEvent.event, AccessEvent.actor)).all() == [("unit:list", "maintainer")]


def test_a_list_goes_on_behind_the_last(house):
    for number in range(3):
        drawn(house, name=f"框{number}", build=False)
    first = do(house, verbs.list_, "section", limit=2)
    assert [frame.name for frame in first.items] == ["框2", "框1"]
    rest = do(house, verbs.list_, "section", limit=2, after=first.next)
    assert ([frame.name for frame in rest.items], rest.next) == (["框0"], None)


def test_two_that_draft_one_name_at_once_get_one_frame_and_one_conflict(house):
    for turn in range(5):
        given = {**NEW, "name": f"同名{turn}"}
        heard = at_once(*[lambda said=given: do(house, verbs.create, "section", **said)] * 2)
        assert sorted(type(one).__name__ for one in heard) == ["FrameNameTaken", "FrameShown"]
        taken = next(one for one in heard if isinstance(one, FrameNameTaken))
        assert taken.details == {"name": given["name"]}
    with house.database.read() as session:
        assert session.execute(select(func.count()).select_from(Frame)).scalar_one() == 5


def test_of_two_that_freeze_and_discard_at_once_one_hears_a_conflict(house):
    drawn(house)
    confirm(house, "section", **ONE, side="section")
    confirm(house, "maintainer", **ONE, side="register")
    calls = [lambda verb=verb: do(house, verb, "section", **ONE) for verb in (verbs.freeze, verbs.discard)]
    heard = at_once(*calls)
    assert sorted(type(one).__name__ for one in heard) == ["FrameFrozen", "FrameShown"]
    refused = next(one for one in heard if isinstance(one, FrameFrozen))
    assert refused.details["status"] in {"frozen", "discarded"}


def test_who_lacks_the_right_to_unmask_gets_no_personal_field_and_no_package(house):
    drawn(house)
    confirm(house, "section", **ONE, side="section")
    confirm(house, "maintainer", **ONE, side="register")
    do(house, verbs.freeze, "section", **ONE)
    order = {"purpose": "年报", "recipient": "科", "personal": ["mobile"], "reason": "催报"}
    with pytest.raises(Forbidden):
        do(house, verbs.export, "section", **ONE, **order)
    assert do(house, verbs.exports, "section", **ONE).items == []
    file = do(house, verbs.export, "maintainer", **ONE, **order)
    assert file.file_name == f"frame-{file.headers['X-Export-Id']}.zip"
    assert [one.rows for one in do(house, verbs.exports, "section", **ONE).items] == [1]
