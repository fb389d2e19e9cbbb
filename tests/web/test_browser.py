"""The workplace in a real browser: each kind of person, the whole road by mouse and by keyboard, a phone, two languages."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.accounts.totp import code_at, step_of
from app.core.clock import Clock
from app.demo.folder import CLOCK
from tests.web.conftest import AXE, served

SAMPLES = Path(__file__).parents[2] / "data" / "samples"

pytestmark = pytest.mark.browser

ROOMS = {
    "maintainer": {
        "/",
        "/units",
        "/imports",
        "/review",
        "/changes",
        "/surveys",
        "/findings",
        "/values",
        "/frames",
        "/spotchecks",
        "/codelists",
    },
    "section": {"/", "/units", "/changes", "/surveys", "/findings", "/values", "/frames", "/spotchecks", "/codelists"},
    "approver": {"/", "/units", "/changes", "/surveys", "/findings", "/values", "/frames", "/spotchecks", "/codelists"},
    "survey": {"/", "/units", "/changes", "/surveys", "/findings", "/values", "/frames", "/spotchecks", "/codelists"},
    "post": {"/", "/units", "/changes", "/surveys", "/findings", "/values", "/frames", "/spotchecks", "/codelists"},
    "sysadmin": {"/", "/codelists", "/people", "/offices", "/keys", "/rights", "/matrix"},
    "secadmin": {"/", "/codelists", "/people", "/offices", "/keys", "/rights", "/matrix"},
    "audadmin": {"/", "/codelists", "/matrix", "/log"},
}
DEEPER = {
    "maintainer": ["/units/5", "/units/5/propose", "/units/5/merge?absorbed=6", "/units/new", "/imports/1", "/review/1", "/changes/1",
                   "/changes/1/items", "/frames/new", "/jobs", "/jobs/1", "/codelists/industry", "/no/such/page", "/me", "/docs"],
    "survey": ["/spotchecks/new"],
    "secadmin": ["/people/section", "/rights?all=true"],
    "audadmin": ["/log/audit/1"],
    "sysadmin": ["/codelists/industry", "/codelists/division?parent=500105000000"],
}  # fmt: skip
NEW_NAME = "重庆晨曦测试商贸有限公司"
NEW_CODE = "91500105MAE1B2C346"
MARKET_FILE = (
    "统一社会信用代码,企业(机构)名称,类型,法定代表人,成立日期,住所,登记状态\n"
    f"{NEW_CODE},{NEW_NAME},有限责任公司,赵晨曦,2024-11-05,重庆市江北区测试路18号,存续（在营、开业、在册）\n"
)


@pytest.mark.parametrize("login", ROOMS)
def test_each_kind_of_person_finds_their_rooms_and_no_others(shared_district, visit, login):
    page = visit(shared_district, login)
    links = page.locator(".side nav a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert set(links) == ROOMS[login]
    for link in links:
        page.goto(shared_district + link)
        expect(page.locator("h1").first).to_be_visible()
        assert page.title().endswith("名录")


@pytest.mark.parametrize("login", ["maintainer", "secadmin", "audadmin", "sysadmin"])
def test_no_page_has_serious_accessibility_findings(shared_district, visit, login):
    page = visit(shared_district, login)
    for address in [*sorted(ROOMS[login]), *DEEPER.get(login, [])]:
        if address == "/docs":
            continue  # a drawing by another library, of no page of ours
        page.goto(shared_district + address)
        at_rest(page)
        assert serious(page) == [], address


@pytest.mark.parametrize("language", ["中文", "English"])
def test_a_second_factor_is_set_up_at_a_browser(built_district, tmp_path, visit, language):
    """Anybody may have one where it is asked for; every state of its page can be read by everybody."""
    folder, clock = tmp_path / "own", Clock(CLOCK)
    shutil.copytree(built_district, folder)
    with served(folder, clock, second_factor="deciders") as address:
        page = visit(address, "maintainer")
        if language == "English":
            go(page, "text=English")
        page.goto(f"{address}/me")
        go(page, "a[href='/me/second-factor']")
        assert serious(page) == []
        go(page, "main button.btn-primary")
        assert serious(page) == []
        secret = page.inner_text("code.secret").replace(" ", "")
        page.fill("#code", code_at(secret, step_of(clock.now())))
        go(page, "main form.panel button")
        page.wait_for_url(f"{address}/me?done=1")
        assert serious(page) == []
        go(page, "text=更换手机" if language == "中文" else "text=Another telephone")
        expect(page.locator("#code")).to_be_visible()
        assert serious(page) == []
        page.context.clear_cookies()
        page.goto(f"{address}/login")
        expect(page.locator("#code")).to_be_visible()
        assert serious(page) == []


def test_a_refused_form_is_filled_again_and_says_what_is_wrong_beside_its_field(shared_district, visit):
    """A refusal was a page of its own: what was typed was gone, and the one way on was home."""
    page = visit(shared_district, "maintainer")
    page.goto(f"{shared_district}/units/5/propose")
    page.fill("#evidence", "电话核实")
    page.fill("#f_address", "新华路8号")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.fill("#f_employees", "很多")
    go(page, "button:has-text('提交申请')")
    expect(page.locator("[role=alert]")).to_contain_text("须为整数")
    for field, text in (("#evidence", "电话核实"), ("#f_address", "新华路8号"), ("#f_employees", "很多")):
        expect(page.locator(field)).to_have_value(text)
    expect(page.locator("#f_employees")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".field:has(#f_employees) .fault")).to_contain_text("须为整数")
    expect(page.locator("#f_employees")).to_be_focused()
    assert serious(page) == []


def test_a_form_in_a_window_stands_in_it_again(shared_district, visit):
    page = visit(shared_district, "maintainer")
    page.goto(f"{shared_district}/surveys")
    page.click("[data-dialog=new]")
    page.fill("#code", "E204")
    page.fill("#name", "又一个")
    go(page, "dialog[open] button.btn-primary")
    expect(page.locator("dialog[open] [role=alert]")).to_contain_text("E204")
    expect(page.locator("#name")).to_have_value("又一个")


def test_ticks_go_from_page_to_page_and_the_button_counts_them(shared_district, visit):
    page = visit(shared_district, "approver")
    page.goto(f"{shared_district}/changes?status=in_review")
    files = json.loads((SAMPLES / "expected.json").read_text("utf-8"))["demo"]["files"].values()
    count = max(one["outcomes"].get("proposed", 0) for one in files)
    batch = page.locator(f"tr[data-href]:has-text('{count:,}')").get_attribute("data-href")
    page.goto(f"{shared_district}{batch}/items")
    page.locator("input[type=checkbox][name=except]").nth(1).check()
    expect(page.locator("[data-left-out]")).to_have_text("不批准：1 项")
    assert serious(page) == []
    go(page, "button:has-text('下一页')")
    page.locator("input[type=checkbox][name=except]").nth(0).check()
    expect(page.locator("[data-left-out]")).to_have_text("不批准：2 项")
    go(page, "button:has-text('批准其余')")
    expect(page.locator("[data-decision]")).to_have_text(f"批准 {count - 2:,} 项，退回 2 项")
    page.locator("input[type=checkbox][name=except]").nth(0).uncheck()
    expect(page.locator("[data-decision]")).to_have_text(f"批准 {count - 1:,} 项，退回 1 项")
    assert serious(page) == []


def at_rest(page: Page) -> None:
    """Wait until nothing more will change by itself: scripts ran, parts are in, charts are drawn, letters are there."""
    page.wait_for_function(
        "() => document.body.dataset.ready && !document.querySelector('.htmx-request, .chart:not([data-drawn])')"
    )
    page.evaluate("document.fonts.ready")


def go(page: Page, selector: str) -> None:
    """A click that leads to another page, which is waited for: who goes on earlier stops the form on its way."""
    with page.expect_navigation():
        page.click(selector)


def serious(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    grave = [one for one in found["violations"] if one["impact"] in {"serious", "critical"}]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in grave]


def test_the_screens_speak_english_after_a_switch_and_chinese_again(district, visit):
    page = visit(district, "maintainer")
    go(page, "text=English")
    expect(page.locator("h1")).to_have_text("Home")
    expect(page.locator("main dl")).to_contain_text("Legal unit")
    page.click("summary >> nth=-1")
    expect(page.locator("main thead").last).to_contain_text("Exits")
    for address in [*sorted(ROOMS["maintainer"]), "/units/5/propose", "/review/1", "/frames/new", "/me"]:
        page.goto(district + address)
        chrome = " ".join(page.locator("h1, h2, nav, label, button, thead").all_inner_texts())
        names = set(page.locator(".side .foot").all_inner_texts())
        assert not re.search(r"[\u4e00-\u9fff]{3,}", _without_data(page, chrome)), (address, names)
    go(page, "text=中文")
    page.goto(district)
    expect(page.locator("h1")).to_have_text("首页")


def _without_data(page: Page, text: str) -> str:
    """Chrome alone: names of people and units are theirs in any language."""
    for own in ("名录库维护员", *page.locator("h1, option, .crumb").all_inner_texts()):
        text = text.replace(own, "") if re.search(r"[\u4e00-\u9fff]", own) else text
    return text


def sign_out(page: Page) -> None:
    page.context.close()


def test_the_whole_road_by_mouse(district, visit, tmp_path):
    file = tmp_path / "market.csv"
    file.write_text(MARKET_FILE, "utf-8")
    page = visit(district, "maintainer")
    page.click(".side a[href='/imports']")
    page.set_input_files("#file", file)
    page.select_option("#source", "market")
    page.click("button:has-text('先看看')")
    expect(page.locator("dl.facts").first).to_contain_text("market")
    expect(page.locator("main")).to_contain_text(NEW_NAME)
    assert serious(page) == []
    go(page, "button:has-text('读入')")
    expect(page.locator("main")).to_contain_text("等您确认")
    page.click("a:has-text('看导入批次')")
    expect(page.locator(".alert-x.warn")).to_contain_text("远少于上一个同类文件")
    asks = page.url
    sign_out(page)
    page = visit(district, "maintainer2")  # another person than who brought it
    page.goto(asks)
    go(page, "button:has-text('继续')")
    matched(page, district)
    page.goto(f"{district}/changes?mine=1")
    request = new_request(page)
    expect(page.locator("main")).to_contain_text(NEW_NAME)
    assert page.locator("button:has-text('批准')").count() == 0
    sign_out(page)
    approve_by_mouse(visit(district, "approver"), district, request)
    page = visit(district, "section")
    page.goto(f"{district}/units")
    page.fill("#q", "晨曦测试")
    expect(page.locator("#found")).to_contain_text(NEW_NAME)
    sign_out(page)
    page = visit(district, "maintainer2")
    frame = define_frame(page, district)
    sign_out(page)
    confirmed(visit(district, "section"), frame)
    page = visit(district, "maintainer")
    page.goto(frame)
    go(page, "button:has-text('确认')")
    go(page, "button:has-text('冻结')")
    expect(page.locator(".head .tag")).to_have_text("已冻结")
    page.click("a:has-text('重抽核对')")
    expect(page.locator("[role=status]")).to_contain_text("逐字节一致")
    page.click("button:has-text('导出')")
    page.fill("#purpose", "年报")
    page.fill("#recipient", "贸易投资科")
    with page.expect_download() as taken:
        page.click("dialog button.btn-primary")
    assert taken.value.suggested_filename.endswith(".zip")
    assert Path(taken.value.path()).stat().st_size > 1000


def matched(page: Page, district: str) -> None:
    """Wait until the queue is empty, looking at the page of the newest job."""
    page.goto(f"{district}/jobs")
    page.locator("tbody a").first.click()
    expect(page.locator("main")).to_contain_text("已完成")


def new_request(page: Page) -> str:
    """The newest request in the list, opened."""
    page.locator("tbody tr").first.locator("a").first.click()
    expect(page.locator("h1")).to_be_visible()
    return page.url.partition("?")[0]


def approve_by_mouse(page: Page, district: str, request: str) -> None:
    page.goto(request)
    go(page, "button:has-text('批准…')")
    go(page, "button:has-text('批准全部')")
    page.goto(request)
    expect(page.locator(".head .tag")).to_have_text("已入库")
    sign_out(page)


def confirmed(page: Page, frame: str) -> None:
    """By somebody else than who wrote the list."""
    page.goto(frame)
    go(page, "button:has-text('确认')")
    sign_out(page)


def define_frame(page: Page, district: str) -> str:
    page.goto(f"{district}/frames/new")
    expect(page.locator("#counts .big")).to_be_visible()
    page.fill("#name", "2025年测试框")
    page.select_option("#survey", "E204")
    page.fill("#period", "2025Q1")
    page.locator("select[name=field]").nth(2).select_option("industry_code")
    page.locator("select[name=op]").nth(2).select_option("prefix")
    page.locator("input[name=value]").nth(2).fill("51,52")
    page.locator("input[name=value]").nth(2).press("Tab")
    expect(page.locator("#counts")).to_contain_text("51、52")
    go(page, "button:has-text('编制')")
    expect(page.locator(".head .tag")).to_have_text("已编制")
    return page.url.partition("?")[0]


def test_the_whole_road_by_keyboard_alone(district, visit, tmp_path):
    """No click anywhere: the file is chosen by the dialog the system shows, everything else by keys."""
    file = tmp_path / "market.csv"
    file.write_text(MARKET_FILE, "utf-8")
    page = visit(district, "maintainer")
    press(page, "g", "i")
    expect(page.locator("h1")).to_have_text("数据导入")
    page.locator("#file").focus()
    page.set_input_files("#file", file)
    tab_to(page, "#source")
    press(page, "ArrowDown")
    tab_to(page, "button:has-text('先看看')")
    press(page, "Enter")
    expect(page.locator("h1")).to_have_text("market.csv")
    press(page, "y")
    expect(page.locator("main")).to_contain_text("等您确认")
    press(page, "o")
    expect(page.locator("button[data-hotkey=y]")).to_be_visible()
    asks = page.url
    sign_out(page)
    page = visit(district, "maintainer2")  # another person than who brought it
    page.goto(asks)
    press(page, "y")
    expect(page.locator("[role=status]")).to_be_visible()
    sign_out(page)
    page = visit(district, "maintainer")
    press(page, "g", "r")
    expect(page.locator("h1")).to_have_text("比对复核")
    press(page, "s")
    expect(page.locator("#pair h1")).to_contain_text("第")
    press(page, "2")
    expect(page.locator("#said")).to_be_visible()
    press(page, "z")
    expect(page.locator("main")).to_contain_text("已完成")
    press(page, "g", "c")
    expect(page.locator("h1")).to_have_text("变更申请")
    sign_out(page)
    page = visit(district, "approver")
    press(page, "g", "c")
    expect(page.locator("h1")).to_have_text("变更申请")
    tab_to(page, "p a:has-text('待审批')", most=40)
    press(page, "Enter")
    expect(page.locator("a[data-hotkey=s]")).to_be_visible()
    press(page, "s")
    expect(page.locator("button[data-hotkey=a]")).to_be_visible()
    decide_by_key(page)
    sign_out(page)
    page = visit(district, "maintainer2")
    press(page, "g", "f")
    expect(page.locator("h1")).to_have_text("抽样框")
    press(page, "n")
    expect(page.locator("#name")).to_be_visible()
    for selector, text in (("#name", "键盘框"), ("#survey", "E204"), ("#period", "2025")):
        tab_to(page, selector, most=40)
        page.keyboard.type(text)
    press(page, "Enter")
    expect(page.locator(".head .tag")).to_have_text("已编制")
    frame = page.url.partition("?")[0]
    sign_out(page)
    page = visit(district, "section")
    page.goto(frame)
    press(page, "y")
    expect(page.locator(".good").first).to_be_visible()
    sign_out(page)
    page = visit(district, "maintainer")
    page.goto(frame)
    press(page, "y")
    expect(page.locator(".head .tag")).to_have_text("已确认")
    press(page, "f")
    expect(page.locator(".head .tag")).to_have_text("已冻结")


def decide_by_key(page: Page) -> None:
    """Approve what is open by `a`, a batch by `y` on the step behind it; the same keys approve nothing more."""
    if page.locator("button[data-hotkey=a][form=weigh]").count():
        press(page, "a")
        expect(page.locator("button[data-hotkey=y]")).to_be_visible()
        press(page, "a", "y")
    else:
        press(page, "a")
    expect(page.locator("[role=status]")).to_be_visible()
    press(page, "a", "y", "a")
    expect(page.locator("button[data-hotkey=a], button[data-hotkey=y]")).to_have_count(0)
    expect(page.locator(".head .tag")).to_have_text(re.compile("已入库|已批准|执行中"))


def press(page: Page, *keys: str) -> None:
    """Keys one after the other, once the page listens: a person cannot be faster than that."""
    page.wait_for_function("() => document.body.dataset.ready")
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, selector: str, most: int = 20) -> None:
    """Tab until the element has the focus, as somebody without a mouse does."""
    wanted = page.locator(selector)
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("el => el === document.activeElement"):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def test_fifty_pairs_are_decided_by_one_key_each(district, visit):
    page = visit(district, "maintainer")
    press(page, "g", "r")
    expect(page.locator("h1")).to_have_text("比对复核")
    left = open_pairs(page)
    press(page, "s")
    shown = page.locator("#pair [data-pair]")
    expect(shown).to_be_visible()
    for n in range(50):
        decide(page, "2" if n % 3 else "1")
    expect(page.locator("#said")).to_be_visible()
    all_answered(page)  # nobody is asked to stay
    page.goto(f"{district}/review")
    assert left - open_pairs(page) >= 50


def decide(page: Page, key: str) -> None:
    """One key for the pair shown; the next pair is there when it can be decided in its turn."""
    press(page, key)
    page.wait_for_function("() => !document.querySelector('#pair form[data-sent]')")


def all_answered(page: Page) -> None:
    page.wait_for_function("() => !document.querySelector('#pair[data-waiting]')")


def open_pairs(page: Page) -> int:
    found = re.search(r"待判定 ([\d,]+)", page.locator("main").inner_text())
    assert found, "the queue does not say how many pairs are open"
    return int(found.group(1).replace(",", ""))


def test_who_decides_faster_than_the_register_answers_loses_nothing(district, visit):
    """The register answers none of forty decisions before the last is made."""
    page = visit(district, "maintainer")
    answers, held, answering = [], [], False
    page.on("response", lambda r: answers.append(r.status) if r.url.endswith("/decision") else None)
    page.goto(f"{district}/review")
    left = open_pairs(page)
    press(page, "s")
    expect(page.locator("#pair [data-pair]")).to_be_visible()
    page.route("**/decision", lambda route: route.continue_() if answering else held.append(route))
    for n in range(40):  # among them pairs that a "same" has settled before it was answered
        decide(page, "2" if n % 3 else "1")
    expect(page.locator("#pair")).to_have_attribute("data-waiting", "40")
    answering = True
    held.pop().continue_()
    all_answered(page)
    assert answers == [200] * 40
    expect(page.locator("#refused")).to_be_hidden()
    page.goto(f"{district}/review")
    assert left - open_pairs(page) >= 40


def test_taken_back_is_the_last_decision_though_its_answer_is_not_there_yet(district, visit):
    """While an answer was out, `z` took back the decision before; before any decision it led to a page of an error."""
    page = visit(district, "maintainer")
    page.goto(f"{district}/review")
    press(page, "s")
    shown = page.locator("#pair [data-pair]")
    first = shown.get_attribute("data-pair")
    press(page, "z")
    decide(page, "2")
    all_answered(page)
    expect(page.locator("#undo")).to_be_visible()
    second, held = shown.get_attribute("data-pair"), []
    assert second != first
    page.route("**/decision", lambda route: held.append(route))
    decide(page, "2")
    expect(shown).not_to_have_attribute("data-pair", second)
    press(page, "z")
    held.pop().continue_()
    page.wait_for_url(f"**/review/{second}?done=1")
    expect(page.locator("#pair form[data-decide]")).to_be_visible()
    page.goto(f"{district}/review/{first}")
    expect(page.locator("#pair form[data-decide]")).to_have_count(0)


def test_a_refused_decision_says_so_and_can_be_made_again(district, visit):
    page = visit(district, "maintainer")
    page.goto(f"{district}/review")
    press(page, "s")
    shown = page.locator("#pair [data-pair]")
    first = shown.get_attribute("data-pair")
    page.route("**/decision", lambda route: route.fulfill(status=409, body="登记簿忙"))
    press(page, "2")
    expect(page.locator("#refused li")).to_have_text([f"第 {first} 对登记簿忙"])
    expect(shown).to_have_attribute("data-pair", first)
    page.unroute("**/decision")
    press(page, "2")
    expect(page.locator("#said")).to_contain_text(f"第 {first} 对")
    expect(shown).not_to_have_attribute("data-pair", first)
    expect(page.locator("#refused")).to_be_hidden()


def test_a_spot_check_on_a_phone(district, visit):
    frozen = freeze_a_frame(district, visit)
    page = visit(district, "survey", width=390, height=844, touch=True)
    page.goto(f"{district}/spotchecks/new?frame={frozen}")
    page.fill("#name", "江北质量抽查")
    page.fill("#size", "3")
    page.fill("#seed", "2024年末")
    go(page, "button:has-text('抽取')")
    expect(page.locator(".head .tag")).to_have_text("已抽取，未开始")
    page.locator("input[name=checkers][value=survey]").check()
    go(page, "button:has-text('开始抽查')")
    go(page, "a:has-text('去核查')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    page.locator("label[for=name-right]").tap()
    page.locator("label[for=address-wrong]").tap()
    page.fill("#f_address", "实地查看的新地址9号")
    go(page, "button[value=stay]")
    expect(page.locator("#f_address")).to_have_value("实地查看的新地址9号")
    page.goto(f"{district}/spotchecks/1")
    expect(page.locator("main")).to_contain_text("已核查 1 / 3 户")
    go(page, "a:has-text('结束抽查')")
    expect(page.locator("main")).to_contain_text("还有 2 户没有核查")
    go(page, "button:has-text('2 户不再核查')")
    page.goto(f"{district}/spotchecks/1/items/1")
    go(page, "button:has-text('更正申请')")
    expect(page.locator("main")).to_contain_text("实地查看")
    expect(page.locator(".head .tag")).to_have_text("待审批")
    page.goto(f"{district}/spotchecks/1")
    expect(page.locator("tr:has-text('详细地址')")).to_contain_text("100.0%")


def test_who_is_checked_does_not_see_the_check_before_it_is_started(district, visit):
    """D3: the maintainer opened the page of the survey team, set its verdict right and closed the check."""
    frozen = freeze_a_frame(district, visit)
    page = visit(district, "survey")
    page.goto(f"{district}/spotchecks/new?frame={frozen}")
    for field, text in (("#name", "突击抽查"), ("#size", "2"), ("#seed", "封存")):
        page.fill(field, text)
    go(page, "button:has-text('抽取')")
    sign_out(page)
    page = visit(district, "maintainer")
    page.goto(f"{district}/spotchecks")
    expect(page.locator("main")).not_to_contain_text("突击抽查")
    page.goto(f"{district}/spotchecks/1")
    expect(page.locator("main")).to_contain_text("check_not_found")
    sign_out(page)
    page = visit(district, "survey")
    page.goto(f"{district}/spotchecks/1")
    go(page, "button:has-text('开始抽查')")
    expect(page.locator("[role=alert]")).to_contain_text("至少指定一名核查员")
    page.locator("input[name=checkers][value=survey]").check()
    go(page, "button:has-text('开始抽查')")
    sign_out(page)
    page = visit(district, "maintainer")
    page.goto(f"{district}/spotchecks/1")
    expect(page.locator("main")).to_contain_text("核查结果在结束后公开")
    expect(page.locator("main form")).to_have_count(0)
    page.goto(f"{district}/spotchecks/1/items/1")
    expect(page.locator("main")).to_contain_text("unit_not_drawn")


def freeze_a_frame(district: str, visit) -> str:
    page = visit(district, "maintainer2")
    frame = define_frame(page, district)
    sign_out(page)
    confirmed(visit(district, "section"), frame)
    page = visit(district, "maintainer")
    page.goto(frame)
    go(page, "button:has-text('确认')")
    go(page, "button:has-text('冻结')")
    expect(page.locator(".head .tag")).to_have_text("已冻结")
    sign_out(page)
    return frame.rpartition("/")[2]


def test_every_page_fits_a_phone_and_the_sign_in_is_accessible(shared_district, visit):
    page = visit(shared_district, "maintainer", width=390, height=844, touch=True)
    for address in [*sorted(ROOMS["maintainer"]), *DEEPER["maintainer"]]:
        if address != "/docs":
            page.goto(shared_district + address)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), address
    page.tap("[data-menu]")
    page.tap("button:has-text('退出')")
    expect(page.locator("#login")).to_be_visible()
    assert serious(page) == []


def test_an_area_is_confirmed_on_a_phone(district, visit):
    """Of a right that waits the button to confirm it was off the screen."""
    page = visit(district, "sysadmin", width=390, height=844, touch=True)
    page.goto(f"{district}/offices")
    page.select_option("#area-office", "gyq")
    page.fill("#area-prefix", "500105007")
    go(page, "button:has-text('增加')")
    expect(page.locator("main")).to_contain_text("500105007 待确认")
    page = visit(district, "secadmin", width=390, height=844, touch=True)
    for address in ("/people", "/offices", "/rights", "/rights?all=true"):
        page.goto(district + address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), address
        wide = "[...document.querySelectorAll('.panel, table')].filter(one => one.scrollWidth > one.clientWidth + 1).length"
        assert page.evaluate(wide) == 0, address
        assert serious(page) == [], address
    page.goto(f"{district}/rights")
    for button in page.locator("td.acts button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] >= 40
    page.tap("td.acts button:text-is('确认')")
    expect(page.locator("main")).to_contain_text("没有待确认的权限")


def test_progress_survives_a_reload_and_a_bad_file_says_what_is_wrong(district, visit, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("甲,乙\n1,2\n", "utf-8")
    page = visit(district, "maintainer")
    page.goto(f"{district}/imports")
    page.set_input_files("#file", bad)
    page.click("button:has-text('先看看')")
    expect(page.locator("[role=alert]")).to_contain_text("表头")
    good = tmp_path / "market.csv"
    good.write_text(MARKET_FILE, "utf-8")
    page.goto(f"{district}/imports")
    page.set_input_files("#file", good)
    page.select_option("#source", "market")
    go(page, "button:has-text('先看看')")
    go(page, "button:has-text('读入')")
    page.reload()
    expect(page.locator("main")).to_contain_text("等您确认")
    page.goto(f"{district}/imports")
    expect(page.locator("tbody tr").first).to_contain_text("market.csv")


SHOTS = {
    "maintainer": {
        "home": "/", "units": "/units?q=商贸", "unit": "/units/5", "propose": "/units/5/propose", "imports": "/imports",
        "import": "/imports/3", "review": "/review", "pair": "/review/2", "changes": "/changes?status=in_review",
        "change": "/changes/8", "frame_new": "/frames/new", "codelist": "/codelists/industry", "me": "/me",
    },
    "secadmin": {"people": "/people", "offices": "/offices", "keys": "/keys"},
    "audadmin": {"log": "/log"},
}  # fmt: skip


@pytest.mark.long
def test_pictures_of_the_main_pages_are_made(district, visit, pictures):
    """Pictures for the user guide: `--pictures docs/images` puts them there, otherwise they are thrown away."""
    frozen = freeze_a_frame(district, visit)
    for login, shots in SHOTS.items():
        page = visit(district, login)
        for name, address in shots.items():
            take(page, district + address, pictures / f"{name}.png")
    page = visit(district, "maintainer")
    take(page, f"{district}/frames/{frozen}", pictures / "frame.png")
    go(page, "text=English")
    take(page, f"{district}/", pictures / "home_en.png")
    go(page, "text=中文")
    page = visit(district, "approver")
    page.goto(f"{district}/changes?status=in_review")
    press(page, "s")
    expect(page.locator("button[data-hotkey=a]")).to_be_visible()
    take(page, page.url, pictures / "approve.png")
    page = visit(district, "survey", width=390, height=844, touch=True)
    page.goto(f"{district}/spotchecks/new?frame={frozen}")
    for field, text in (("#name", "江北质量抽查"), ("#size", "20"), ("#seed", "2024年末")):
        page.fill(field, text)
    go(page, "button:has-text('抽取')")
    go(page, "button:has-text('开始抽查')")
    take(page, f"{district}/spotchecks/1/items/1", pictures / "spotcheck_phone.png")
    page = visit(district, "survey")
    take(page, f"{district}/spotchecks/1", pictures / "spotcheck.png")
    assert len(list(pictures.glob("*.png"))) >= 21


def take(page: Page, address: str, target: Path) -> None:
    page.goto(address)
    at_rest(page)
    assert serious(page) == [], address
    page.screenshot(path=target)
    assert target.stat().st_size > 10_000
