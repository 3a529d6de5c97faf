"""S1: create a CartonCloud channel for an account's warehouse, then configure and save."""

import pytest
from playwright.sync_api import expect

from cartoncloud_simulator.testing import running_simulator
from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at

pytestmark = pytest.mark.browser


def test_s01_a_channel_is_connected_in_three_steps(open_browser: Open) -> None:
    page, said = listen(open_browser)
    with running_simulator() as far:
        page.goto("/channels/")
        page.click("text=Connect a channel")
        page.wait_for_selector("a.choice")
        found = look_at(page)
        page.click("a.choice:has-text('CartonCloud')")
        page.wait_for_selector("a.choice", state="detached")
        found += look_at(page)
        page.click("a:has-text('Perth')")
        page.check("[name=api_url][value=other]")
        page.fill("[name='api_url.other']", far.base_url)
        page.fill("#client_id", far.client_id)
        page.fill("#client_secret", far.client_secret)
        page.fill("#tenant_id", far.tenant_id)
        page.fill("#customer_name", "Nobody")
        page.click("button:has-text('Test connection')")
        expect(page.locator(".check h2")).to_contain_text("The connection has a problem")
        expect(page.locator(".check .bad strong")).to_contain_text("Customer found")
        found += look_at(page)
        page.locator(".offers button").first.click()
        expect(page.locator(".check .bad strong")).to_contain_text("Settings there that change orders")
        expect(page.locator("text=Entered already")).to_be_visible()
        for box in page.locator("[name=confirm]").all():
            box.check()
        page.click("button:has-text('Test and connect')")
        expect(page.locator("h1")).to_contain_text("CartonCloud · Perth")
        page.fill("#name", "Perth, connected")
        expect(page.locator(".savebar #diff ins")).to_have_text("Perth, connected")
        page.click(".savebar .primary")
        expect(page.locator("h1")).to_contain_text("Perth, connected")

    assert far.client_secret not in page.content()
    assert found == []
    assert [line for line in said if "422" not in line] == []
