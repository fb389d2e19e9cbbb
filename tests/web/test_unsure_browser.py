"""The third key of a pair: who is unsure says why, by keyboard too (R11)."""

from __future__ import annotations

from playwright.sync_api import expect


def test_the_key_of_doubt_points_at_the_reason_and_sends_nothing_without_one(district, visit):
    """The key gave the field away to the button again: nothing was seen to happen, and nothing did."""
    page = visit(district, "maintainer")
    sent = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.url.endswith("/decision") else None)
    page.goto(f"{district}/review/1")
    page.wait_for_function("() => document.body.dataset.ready")
    page.keyboard.press("3")
    expect(page.locator("#comment")).to_be_focused()
    assert sent == []
    page.keyboard.type("执照地址与实地不符")
    page.locator("button[value=unsure]").click()
    expect(page.locator("#said")).to_contain_text("暂不确定")
    page.goto(f"{district}/review?status=unsure")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("执照地址与实地不符")
