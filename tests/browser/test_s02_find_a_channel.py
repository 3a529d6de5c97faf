"""S2: find it under Fulfillment Channels > Channels and open it by name."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_s02_a_channel_is_opened_by_its_name(scripted: bool, open_browser: Open) -> None:
    page, said = listen(open_browser, java_script_enabled=scripted)
    page.goto("/")
    expect(page.locator("#nav h2:has-text('Fulfillment Channels') + a")).to_contain_text("Channels")

    page.click("#nav a:has-text('Channels') >> nth=0")
    page.click(".rowlink:has-text('CartonCloud · Utrecht')")

    expect(page.locator("h1")).to_contain_text("CartonCloud · Utrecht")
    if scripted:
        assert look_at(page) == []
    assert said == []
