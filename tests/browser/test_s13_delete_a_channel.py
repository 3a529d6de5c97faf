"""S13: delete the connection."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at, open_channel

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_s13_deleting_says_what_goes_and_is_undone(scripted: bool, open_browser: Open) -> None:
    page, said = listen(open_browser, java_script_enabled=scripted)
    address = open_channel(page, "Own warehouse")
    page.click("[aria-label='More actions']")
    page.click("a:has-text('Delete channel')")
    expect(page.locator("h2:has-text('What goes')")).to_be_visible()
    expect(page.locator("h2:has-text('What stays')")).to_be_visible()
    if scripted:
        assert look_at(page) == []

    page.click("button:has-text('Delete channel')")

    expect(page.locator(".deleted")).to_contain_text("Own warehouse")
    page.goto(address)
    expect(page.locator("text=This channel is deleted")).to_be_visible()
    if scripted:
        assert look_at(page) == []
    page.click("button:has-text('Restore channel')")
    expect(page.locator("text=This channel is deleted")).to_have_count(0)
    assert said == []
