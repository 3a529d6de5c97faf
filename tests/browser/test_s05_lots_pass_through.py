"""S5: Lot/Serial Number Pass-Through on and off."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at, open_channel

pytestmark = pytest.mark.browser


def test_s05_pass_through_is_switched_on_and_off_again(open_browser: Open) -> None:
    page, said = listen(open_browser)
    open_channel(page, "Sydney", "Advanced")

    for wanted in (True, False):
        page.get_by_role("switch", name="Lot/Serial Number Pass-Through").set_checked(wanted)
        expect(page.locator(".savebar #diff")).to_contain_text("1 change")
        page.click(".savebar .primary")
        expect(page.locator("#history li").first).to_contain_text("Pass-Through")
        expect(page.get_by_role("switch", name="Lot/Serial Number Pass-Through")).to_be_checked(checked=wanted)
        offer = page.get_by_role("heading", name="Lots and serial numbers from before")
        expect(offer).to_be_visible(visible=wanted)
        if wanted:
            assert look_at(page) == []

    assert said == []


def test_s05_where_a_system_tells_no_lots_the_switch_says_so(open_browser: Open) -> None:
    page, said = listen(open_browser)
    open_channel(page, "Own warehouse", "Advanced")

    expect(page.get_by_role("switch", name="Lot/Serial Number Pass-Through")).to_be_disabled()
    expect(page.locator("#pass_lots-help")).to_contain_text("tells no lot or serial numbers")
    assert said == []
