"""S4: general Advanced settings apply to the channel."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at, open_channel

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_s04_what_is_chosen_is_listed_saved_and_remembered(scripted: bool, open_browser: Open) -> None:
    page, said = listen(open_browser, java_script_enabled=scripted)
    open_channel(page, "Sydney", "Advanced")
    was = page.is_checked("#suppress_personal")
    words = ("on", "off") if was else ("off", "on")

    page.set_checked("#suppress_personal", not was)
    if not scripted:
        page.click("button:has-text('Review changes')")
    expect(page.locator(".savebar #diff")).to_contain_text("1 change")
    expect(page.locator(".savebar #diff del")).to_have_text(words[0])
    expect(page.locator(".savebar #diff ins")).to_have_text(words[1])
    if scripted:
        assert look_at(page) == []
    page.click(".savebar .primary")

    expect(page.locator("#history li").first).to_contain_text("Suppress PII")
    assert page.is_checked("#suppress_personal") is not was
    assert said == []


def test_s04_every_choice_says_what_it_does(open_browser: Open) -> None:
    page, _ = listen(open_browser)
    open_channel(page, "Sydney", "Advanced")

    for title in ("Backorder Mode", "Allow Backorder Partial", "Suppress PII", "Size", "Weight", "Address incomplete"):
        field = page.locator(f".field:has(label:has-text('{title}')), .field:has(legend:has-text('{title}'))").first
        expect(field.locator(".help").first).not_to_be_empty()
