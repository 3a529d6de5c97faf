"""S9: edit connection name and Automation Mode."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at, open_channel

pytestmark = pytest.mark.browser

NAME = "CartonCloud · Utrecht"


def make_it_callable(page: Page) -> str:
    """Make an address and a key by the button, return the key, and go back to the channel."""
    expect(page.get_by_label("Webhook", exact=True)).to_be_disabled()
    page.click("#webhooks button")
    key = page.locator("#webhook-key [data-copy]").get_attribute("data-copy")
    expect(page.locator("#webhook-request")).to_contain_text(f"Authorization: Bearer {key}")
    assert look_at(page) == []
    page.click("main >> text=Back to")
    return key


def test_s09_two_people_edit_and_neither_overwrites_the_other(open_browser: Open) -> None:
    ana, said = listen(open_browser)
    ben, _ = listen(open_browser)
    address = open_channel(ana, NAME)
    key = make_it_callable(ana)
    assert key not in ana.content() and key[-4:] in ana.content()
    ben.goto(address)

    ana.fill("#name", "Utrecht, renamed")
    ana.click(".savebar .primary")
    expect(ana.locator("h1")).to_contain_text("Utrecht, renamed")
    ben.get_by_label("Webhook", exact=True).check()
    ben.click(".savebar .primary")

    expect(ben.locator("[role=alert]")).to_contain_text("Somebody else changed these settings")
    expect(ben.locator("#name")).to_have_value("Utrecht, renamed")
    assert look_at(ben) == []
    ben.fill("#name", NAME)
    ben.click(".savebar .primary")
    expect(ben.locator("h1")).to_contain_text(NAME)
    expect(ben.get_by_label("Webhook", exact=True)).to_be_checked()
    ben.get_by_label("Recurring", exact=True).check()
    ben.click(".savebar .primary")
    expect(ben.get_by_label("Recurring", exact=True)).to_be_checked()
    assert said == []
